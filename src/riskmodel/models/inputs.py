"""Reads what a user passes to `fit`: targets, weights, areas, keys and directions, or refuses it with the fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from riskmodel.errors import ConfigError, ModelError, did_you_mean
from riskmodel.keys import AS_OF, HOUSEHOLD, KEYS, as_days
from riskmodel.models.rows import Floats

if TYPE_CHECKING:
    from riskmodel.panel import Column, Label


@dataclass(frozen=True, eq=False)
class Given:
    """What `fit` was given, a Panel taken apart; what is said in the call goes before what a Panel holds."""

    X: Any
    y: Any = None
    weight: Any = None
    area: Any = None
    label: Label | None = None
    columns: tuple[Column, ...] = ()
    recipe: Any = None

    @classmethod
    def of(cls, X: Any, **said: Any) -> Given:
        """Take a Panel apart, or keep X as it is."""
        parts: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        if not is_panel(X):
            return cls(X, **parts)
        held = {
            name: getattr(X, name) for name in ("y", "weight", "area", "label", "columns", "recipe")
        }
        return cls(X.X, **(held | parts))


def is_panel(X: Any) -> bool:
    """Tell a Panel from a frame; by its recipe, so that models alone load without the panel's engine."""
    return not isinstance(X, pd.DataFrame) and hasattr(X, "recipe")


def read_target(y: Any, n_rows: int) -> tuple[NDArray[Any], Floats]:
    """Return the two classes, and y as 1 for the second (the crisis class), 0 for the first, NaN where missing."""
    if y is None:
        raise ModelError(
            "RiskClassifier requires y to be passed, but the target y is None",
            code="models.no_target",
            next_step="pass y, or a Panel built with a label",
        )
    values = column_or_1d(y, warn=True)
    _check_length("y", len(values), n_rows)
    known = np.asarray(pd.notna(values))
    labels = pd.Series(values[known]).infer_objects().to_numpy()
    classes = _two_classes(labels)
    target = np.full(n_rows, np.nan)
    target[known] = labels == classes[-1]
    return (classes.astype(int) if classes.dtype.kind == "f" else classes), target


def _two_classes(labels: NDArray[Any]) -> NDArray[Any]:
    found = type_of_target(labels) if len(labels) else "binary"
    if found == "multiclass":
        raise ModelError(
            "Only binary classification is supported. The type of the target is multiclass",
            code="models.target",
            allowed="two classes",
            next_step="make y 1 for the crisis class and 0 for the other",
        )
    if found != "binary":
        raise ModelError(
            f"Unknown label type: {found}",
            code="models.target",
            allowed="two classes",
            next_step="make y 1 for the crisis class and 0 for the other",
        )
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ModelError(
            "the labelled rows hold one class only" if len(classes) else "no row has a label",
            code="models.one_class" if len(classes) else "models.no_rows",
            allowed="rows of both classes",
            next_step="take more rounds with complete label windows, a longer window or another outcome",
        )
    return classes


def read_weight(weight: Any, n_rows: int) -> Floats | None:
    """Return weights as float64; refuse negative or missing ones."""
    if weight is None:
        return None
    values = np.asarray(weight, dtype=np.float64)
    if values.shape != (n_rows,) or not np.isfinite(values).all() or (values < 0).any():
        raise ModelError(
            "sample_weight is not one finite weight for each row",
            code="models.weight",
            allowed=f"{n_rows} numbers >= 0",
            next_step="correct the weights, or leave them out",
        )
    return values


def read_area(area: Any, n_rows: int) -> NDArray[Any] | None:
    """Return areas as text, None where a row has none."""
    if area is None:
        return None
    values = pd.Series(np.asarray(area, dtype=object), dtype=object)
    _check_length("area", len(values), n_rows)
    return values.map(str, na_action="ignore").to_numpy(dtype=object)


def read_keys(X: Any, n_rows: int) -> tuple[NDArray[np.intp], NDArray[np.datetime64] | None]:
    """Return households' numbers and dates of the rows; without keys each row is a household, all of one round."""
    index = getattr(X, "index", None)
    if not isinstance(index, pd.MultiIndex) or list(index.names) != KEYS:
        return np.arange(n_rows), None
    household = pd.factorize(index.get_level_values(HOUSEHOLD), sort=True)[0]
    return household, as_days(index.get_level_values(AS_OF))


def check_same_keys(X: Any, **others: Any) -> None:
    """Refuse a Series whose keys are not those of X, row by row: it would be taken in the wrong order."""
    index = getattr(X, "index", None)
    for name, other in others.items():
        if (
            isinstance(index, pd.MultiIndex)
            and isinstance(other, pd.Series)
            and not other.index.equals(index)
        ):
            raise ModelError(
                f"the index of {name} is not that of X",
                code="models.index",
                allowed="the same keys in the same order",
                next_step=f"pass {name}.loc[X.index]",
            )


def read_directions(
    directions: Mapping[str, int] | None, columns: tuple[Column, ...], names: tuple[str, ...]
) -> dict[str, int]:
    """Return the risk direction by column: as given, else as the columns' indicators have it."""
    known = {column.name: column.direction for column in columns}
    given = known if directions is None else dict(directions)
    for name, direction in given.items():
        if name not in names and name not in known:
            raise ConfigError(
                f"a direction is given for {name!r}, which is no column",
                code="models.directions",
                allowed="columns of X",
                next_step=did_you_mean(name, names),
            )
        if direction not in (-1, 0, 1):
            raise ConfigError(
                f"the direction of {name!r} is {direction!r}",
                code="models.directions",
                allowed="-1, 0, 1",
                next_step="write 1 where more of it means more risk, -1 where it means less",
            )
    return given


def _check_length(name: str, found: int, n_rows: int) -> None:
    if found != n_rows:
        raise ModelError(
            f"X has {n_rows} rows, {name} has {found}",
            code="models.length",
            next_step=f"pass one value of {name} for each row",
        )
