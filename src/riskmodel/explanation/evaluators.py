"""What each kind of model is computed from: the arrays that are published, and their margins and contributions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from riskmodel import serving
from riskmodel.errors import ModelError
from riskmodel.forests import MAX_TESTS, Arrays, Background, PathTables, summed
from riskmodel.forests.forest import Floats, starts

PATH_DEPENDENT, INTERVENTIONAL, COUNTED = "path-dependent", "interventional", "counted"

CLOSED = ("logistic", "ebm", "longest_arrears")

_COMPILED: WeakKeyDictionary[Any, tuple[Any, Arrays]] = WeakKeyDictionary()


def model_tables(model: Any, background: Background | NDArray[Any] | None = None) -> Arrays:
    """Return the arrays of a fitted model that margins and contributions are computed from: its ``tables.npz``.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
    background : Background or ndarray of shape (n_rows, n_features), optional
        What contributions compare with; default: the rows of the fit, of which the model keeps counts or means.

    Raises
    ------
    ModelError
        For a kind that is a yardstick only; for a background of one's own and a published model, whose tables are
        filled.
    """
    if hasattr(model, "scorer"):
        if background is not None:
            _refuse_background()
        return dict(model.scorer.tables)
    if background is not None:
        return _compiler(model.kind)(model, background)
    own = getattr(model, "background_", None)
    known = _COMPILED.get(model.core_)
    if known is None or known[0] is not own:
        known = _COMPILED[model.core_] = own, _compiler(model.kind)(model, own)
    return known[1]


def _refuse_background() -> NoReturn:
    raise ModelError(
        "a published model compares with the rows of its fit and with no others",
        code="explanation.background",
        allowed="background=None",
        next_step="explain the fitted model, or leave the background out",
    )


def _compiler(kind: str) -> Callable[[Any, Any], Arrays]:
    compilers = {
        "lightgbm": _boosters,
        "logistic": _terms,
        "ebm": _terms,
        "indicator_count": _indicator_count,
        "longest_arrears": _longest_arrears,
    }
    if kind not in compilers:
        raise ModelError(
            f"kind {kind!r} is a yardstick: its margin is no function of the features",
            code="explanation.kind",
            allowed=compilers,
            next_step="use one of these kinds",
        )
    return compilers[kind]


def method_of(kind: str, arrays: Arrays) -> str:
    """Return how contributions are defined."""
    if kind in ("indicator_count", "longest_arrears"):
        return COUNTED
    return INTERVENTIONAL if arrays["background_rows"] else PATH_DEPENDENT


def margin_of(kind: str, arrays: Arrays, matrix: Floats, n_jobs: int) -> Floats:
    """Return margins alone, which costs a fraction of the contributions."""
    if kind in CLOSED:
        return serving.EVALUATORS[kind](arrays)(matrix)[0]
    return PathTables.from_arrays(arrays).margin(matrix, n_jobs)


def evaluate(
    kind: str, arrays: Arrays, matrix: Floats, n_jobs: int, outputs: Sequence[int] | None = None
) -> tuple[float, Floats, Floats]:
    """Return base, margins and contributions to them, summed by output where `outputs` gives one for each column."""
    base = float(arrays["base"])
    if kind in CLOSED:
        margin, phi = serving.EVALUATORS[kind](arrays)(matrix)
        return base, margin, phi if outputs is None else _summed(phi, np.asarray(outputs))
    tables = arrays if outputs is None else summed(arrays, outputs)
    return base, *PathTables.from_arrays(tables).evaluate(matrix, n_jobs)


def _summed(phi: Floats, outputs: NDArray[np.int64]) -> Floats:
    parts = [phi[:, outputs == o].sum(axis=1) for o in range(outputs.max(initial=-1) + 1)]
    return np.stack(parts, axis=1)


def _boosters(model: Any, background: Any) -> Arrays:
    return PathTables(model.boosters_, background).arrays


def _terms(model: Any, background: Any) -> Arrays:
    arrays = dict(model.core_.arrays)
    if background is not None:
        terms = model.core_.contributions(background)
        arrays |= {"mean": terms.mean(axis=0), "background_rows": np.array(len(terms))}
    return {**arrays, "base": arrays["intercept"] + arrays["mean"].sum()}


def _indicator_count(model: Any, background: Any) -> Arrays:  # noqa: ARG001
    """Write the count of indicators as a forest of one group each: a pattern with any column above 0 counts one."""
    groups: Sequence[Sequence[int]] = model.core_.groups
    width = max(map(len, groups))
    if width > MAX_TESTS:
        raise ModelError(
            f"an indicator has {width} columns that tell whether it is there",
            code="explanation.columns",
            allowed=f"up to {MAX_TESTS}",
            next_step="count it over fewer windows",
        )
    n_tests = np.array([len(group) for group in groups])
    size = 1 << n_tests
    pattern = np.concatenate([np.arange(n) for n in size])
    above = [np.arange(1 << len(group)) >> j & 1 for group in groups for j in range(len(group))]
    share = [bit / np.maximum(np.bitwise_count(np.arange(len(bit))), 1) for bit in above]
    never = [[0, 65535, 0]]
    tests = [[[f, 2, 0] for f in group] + never * (MAX_TESTS - len(group)) for group in groups]
    n, none = model.n_features_in_, np.zeros(0, np.int64)
    return {
        "n_outputs": np.array(n),
        "base": np.array(0.0),
        "background_rows": np.array(0),
        "booster_start": np.array([0, len(groups)]),
        "group_start": np.arange(len(groups) + 1),
        "tests": np.array(tests, dtype=np.int32),
        "n_tests": n_tests,
        "slot_start": starts(n_tests),
        "slot_output": np.array([f for group in groups for f in group]),
        "table_start": starts(np.repeat(size, n_tests)),
        "table": np.concatenate(share),
        "leaf_start": starts(size),
        "leaf": (pattern > 0).astype(np.float64),
        "cut": np.zeros(n),
        "cut_start": np.arange(n + 1),
        "category": none,
        "category_start": np.zeros(n + 1, np.int64),
        "set_feature": none,
        "set_start": np.zeros(1, np.int64),
        "set_member": none.astype(np.uint16),
        "steps": np.zeros(len(groups), np.int64),
        "whole_start": np.zeros(len(groups) + 1, np.int64),
        "whole": np.zeros(0),
        "shared_start": np.zeros(len(groups) + 1, np.int64),
        "shared_tests": np.zeros((0, 3), np.int32),
        "shared_share": np.zeros(0),
        "shared_output": none,
    }


def _longest_arrears(model: Any, background: Any) -> Arrays:  # noqa: ARG001
    return {"positions": np.array(model.core_.positions), "base": np.array(0.0)}
