"""Reads the arguments of `fit`: targets, weights, areas, keys and directions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import column_or_1d

from riskmodel.errors import ConfigError, ModelError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, KEYS, as_days, first_misaligned
from riskmodel.models.classes import Class, two_classes
from riskmodel.models.encoding import Frame
from riskmodel.models.fit_rows import Floats
from riskmodel.panel import Column, Label, Panel, Recipe
from riskmodel.texts import as_words, plain_text

OF_THE_PANEL = ("label", "recipe", "columns", "catalogue", "doubtful")
"""The parameters of a classifier that are facts of its panel."""


@dataclass(frozen=True, eq=False)
class FitInput:
    """The arguments of `fit`. An argument of the call overrides what the Panel holds."""

    X: Frame
    y: ArrayLike | None = None
    weight: ArrayLike | None = None
    area: ArrayLike | None = None
    label: Label | None = None
    columns: tuple[Column, ...] = ()
    recipe: Recipe | None = None
    positive: Class | None = None
    catalogue: Catalogue = field(default_factory=Catalogue)
    doubtful: Mapping[str, str] | None = None
    areas: tuple[str, ...] = ()
    cluster: pd.Series | None = None

    @classmethod
    def of(
        cls,
        X: Panel | Frame,
        *,
        y: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        area: ArrayLike | None = None,
        label: Label | None = None,
        columns: tuple[Column, ...] | None = None,
        recipe: Recipe | None = None,
        positive: Class | None = None,
        catalogue: Catalogue | None = None,
    ) -> FitInput:
        """Return the parts of a Panel, or X alone, overridden by the arguments of the call."""
        parts = _parts_of(X)
        built_by = parts.recipe if recipe is None else recipe
        described = parts.catalogue if catalogue is None else catalogue
        return cls(
            X=parts.X,
            y=parts.y if y is None else y,
            weight=parts.weight if weight is None else weight,
            area=parts.area if area is None else area,
            label=parts.label if label is None else label,
            columns=parts.columns if columns is None else columns,
            recipe=built_by,
            positive=positive,
            catalogue=described if built_by is None else built_by.catalogue,
            doubtful=parts.doubtful if y is None else None,
            areas=parts.areas,
            cluster=parts.cluster,
        )


def _parts_of(X: Panel | Frame) -> FitInput:
    if not isinstance(X, Panel):
        return FitInput(X)
    return FitInput(
        X=X.X,
        y=X.y,
        weight=X.weight,
        area=X.area,
        label=X.label,
        columns=X.columns,
        recipe=X.recipe,
        catalogue=X.catalogue,
        doubtful=X.doubtful,
        areas=X.labelled_areas,
        cluster=X.cluster,
    )


def features_of(X: Panel | Frame) -> Frame:
    """Return the features of a Panel, or X itself."""
    return X.X if isinstance(X, Panel) else X


def areas_of(X: Panel | Frame, area: ArrayLike | None, n_rows: int) -> NDArray[Any] | None:
    """Return the areas of the rows: `area`, or else those of the Panel."""
    given = X.area if isinstance(X, Panel) and area is None else area
    check_same_keys(features_of(X), {"area": given})
    return read_area(given, n_rows)


class Target(NamedTuple):
    """The two classes, and y in numbers.

    y is 1 for the second class, which is the crisis class, 0 for the first, and NaN where missing.
    """

    classes: NDArray[Any]
    y: Floats


def read_target(y: ArrayLike | None, n_rows: int, positive: Class | None = None) -> Target:
    """Return the classes of y, and y in numbers; other than two classes are refused."""
    if y is None:
        raise ModelError(
            "RiskClassifier requires y to be passed, but the target y is None",
            code="models.no_target",
            next_step="pass y, or a Panel built with a label",
        )

    values = _words(column_or_1d(y, warn=True))
    _check_length("y", len(values), n_rows)
    is_known = np.asarray(pd.notna(values))
    labels = pd.Series(values[is_known]).infer_objects().to_numpy()

    classes = two_classes(labels, positive)
    target = np.full(n_rows, np.nan)
    target[is_known] = labels == classes[-1]
    if classes.dtype.kind == "f":
        classes = classes.astype(int)
    return Target(classes, target)


def _words(labels: NDArray[Any]) -> NDArray[Any]:
    """Return words by the rule of text, a blank one missing, and any other labels as they are."""
    are_words = pd.api.types.infer_dtype(labels, skipna=True) == "string"
    return as_words(labels) if are_words else labels


def read_weight(weight: ArrayLike | None, n_rows: int) -> Floats | None:
    """Return weights as float64; refuse negative or missing ones."""
    if weight is None:
        return None
    values = np.asarray(weight, dtype=np.float64)
    is_valid = np.isfinite(values) & (values >= 0)
    if values.shape != (n_rows,) or not is_valid.all():
        raise ModelError(
            "sample_weight is not one finite weight for each row",
            code="models.weight",
            allowed=f"{n_rows} numbers >= 0",
            next_step="correct the weights, or leave them out",
        )
    return values


def read_area(area: ArrayLike | None, n_rows: int) -> NDArray[Any] | None:
    """Return areas as text, None where a row has none."""
    if area is None:
        return None
    values = as_words(area)
    _check_length("area", len(values), n_rows)
    return values


class Keys(NamedTuple):
    """The number of each row's household, and its date where the rows have dates."""

    household: NDArray[np.intp]
    as_of: NDArray[np.datetime64] | None


def read_keys(X: Frame) -> Keys:
    """Return households and dates of the rows.

    Without keys each row is a household, and all rows are of one round.
    """
    index = _multi_index(X)
    if index is None or list(index.names) != KEYS:
        return Keys(np.arange(len(X)), None)
    household = pd.factorize(index.get_level_values(HOUSEHOLD), sort=True)[0]
    return Keys(household, as_days(index.get_level_values(AS_OF)))


def _multi_index(X: Frame) -> pd.MultiIndex | None:
    if isinstance(X, pd.DataFrame) and isinstance(X.index, pd.MultiIndex):
        return X.index
    return None


def check_same_keys(X: Frame, others: Mapping[str, ArrayLike | None]) -> None:
    """Refuse a Series whose index is not that of X; its values would go to other rows."""
    name = first_misaligned({"X": X, **others}) if isinstance(X, pd.DataFrame) else None
    if name is not None:
        raise ModelError(
            f"the index of {name} is not that of X",
            code="models.index",
            allowed="the same keys in the same order",
            next_step=f"pass {name}.loc[X.index], or {name}.to_numpy() if its rows are in the "
            "order of X",
        )


def read_directions(
    directions: Mapping[str, int] | None,
    columns: tuple[Column, ...],
    names: tuple[str, ...],
    rare: Collection[str] = (),
) -> dict[str, int]:
    """Return the risk direction by column: `directions`, or else those of the columns."""
    known = {column.name: column.direction for column in columns}
    plain = {plain_text(str(name)): direction for name, direction in (directions or {}).items()}
    chosen = known if directions is None else plain
    for name, direction in chosen.items():
        if name not in names and name not in known:
            raise ConfigError(
                f"a direction is given for {name!r}, which is no column",
                code="models.directions",
                allowed="columns of X",
                next_step=did_you_mean(name, set(names).difference(rare)),
            )
        if direction not in (-1, 0, 1):
            raise ConfigError(
                f"the direction of {name!r} is {direction!r}",
                code="models.directions",
                allowed="-1, 0, 1",
                next_step="write 1 where more of it means more risk, -1 where it means less",
            )
    return chosen


def _check_length(name: str, length: int, n_rows: int) -> None:
    if length != n_rows:
        raise ModelError(
            f"X has {n_rows} rows, {name} has {length}",
            code="models.length",
            next_step=f"pass one value of {name} for each row",
        )
