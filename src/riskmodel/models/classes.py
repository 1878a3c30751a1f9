"""The two classes of an outcome, and which of them is the crisis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.multiclass import type_of_target

from riskmodel.errors import ModelError
from riskmodel.texts import plain_word

Class = str | float | bool
KNOWN_TYPES = ("string", "boolean", "integer", "floating", "mixed-integer-float")
FIX = "make y 1 for the crisis class and 0 for the other"


def two_classes(labels: NDArray[Any], positive: Class | None = None) -> NDArray[Any]:
    """Return the two classes of labels, none of them missing; the second is the crisis class.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        Numbers, booleans or words.
    positive : str, number or bool, optional
        The crisis class. By default it is the larger of two numbers or booleans.

    Raises
    ------
    ModelError
        For other than two classes, for words without `positive`, and for a `positive` that is no
        class.

    Examples
    --------
    >>> two_classes(np.array([1, 0, 1])).tolist()
    [0, 1]
    >>> two_classes(np.array(["need", "no need"], dtype=object), positive="need").tolist()
    ['no need', 'need']
    """
    _check_type(labels)
    classes = np.unique(labels)
    if len(classes) < 2:
        raise _too_few(len(classes))
    return classes[::-1] if _crisis_position(classes, positive) == 0 else classes


def _crisis_position(classes: NDArray[Any], positive: Class | None) -> int:
    """Return the position of the crisis class among two classes in ascending order."""
    if positive is None:
        _refuse_words(classes)
        return 1

    names = classes.tolist()
    wanted = plain_word(positive) if isinstance(positive, str) else positive
    if wanted not in names:
        raise ModelError(
            f"positive={positive!r} is none of the two classes of y",
            code="models.positive",
            allowed="one of the two values that y holds, as it is written there",
            next_step="compare it with y.unique(); leave positive out where y is 1 and 0, as a "
            "panel's is",
        )
    return names.index(wanted)


def _refuse_words(classes: NDArray[Any]) -> None:
    """Refuse classes whose order says nothing: the alphabet does not know what a crisis is."""
    if classes.dtype.kind in "biuf":
        return
    raise ModelError(
        "the two classes are words, and nothing says which of them is the crisis",
        code="models.positive",
        allowed="numbers or booleans, of which the larger is the crisis, or words and positive=",
        next_step="name the word of the crisis class: RiskClassifier(positive='...') or "
        f"make_classifier(positive='...'); or {FIX}",
    )


def _check_type(labels: NDArray[Any]) -> None:
    """Refuse labels that are neither numbers, booleans nor words, or of more than two classes."""
    if not len(labels):
        return
    kind = pd.api.types.infer_dtype(labels, skipna=False)
    if kind not in KNOWN_TYPES:
        raise _not_binary(f"Unknown label type: {kind}")
    if kind != "string" and not np.isfinite(labels.astype(np.float64)).all():
        raise _not_binary("y contains infinity")

    # scikit-learn's own tests require these sentences
    target_type = type_of_target(labels)
    if target_type == "multiclass":
        raise _not_binary(
            "Only binary classification is supported. The type of the target is multiclass"
        )
    if target_type != "binary":
        raise _not_binary(f"Unknown label type: {target_type}")


def _not_binary(message: str) -> ModelError:
    return ModelError(
        message,
        code="models.target",
        allowed="two classes: numbers, booleans or words",
        next_step=FIX,
    )


def _too_few(number: int) -> ModelError:
    return ModelError(
        "the labelled rows hold one class only" if number else "no row has a label",
        code="models.one_class" if number else "models.no_rows",
        allowed="rows of both classes",
        next_step="take more rounds with complete label windows, a longer window or another "
        "outcome",
    )
