"""The rules that a model must beat: indicators counted, the longest arrears, the area's past rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.models.rows import Design, Floats, Rows

PRESENT = ("count", "ever", "now")
LENGTHS = ("now", "spell", "max")


@dataclass(frozen=True)
class IndicatorCount:
    """How many risk-raising indicators a household has: those with any of their columns above 0."""

    groups: tuple[tuple[int, ...], ...]

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return the number of indicators present."""
        total = np.zeros(len(matrix))
        for positions in self.groups:
            total += (matrix[:, positions] > 0).any(axis=1)
        return total


@dataclass(frozen=True)
class LongestArrears:
    """The longest of a household's arrears; 0 where it has none."""

    positions: tuple[int, ...]

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return the greatest value of the columns."""
        return np.nan_to_num(matrix[:, self.positions]).max(axis=1, initial=0.0).astype(np.float64)


@dataclass(frozen=True, eq=False)
class AreaRate:
    """The log-odds of an area's past rate, shrunken to the overall one; the overall one for an area never seen."""

    base: float
    log_odds: Mapping[str, float]

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return the area's log-odds for each row."""
        areas = pd.Series(_require_area(area), dtype=object)
        return areas.map(self.log_odds).astype(np.float64).fillna(self.base).to_numpy()


def fit_indicator_count(rows: Rows, design: Design) -> IndicatorCount:  # noqa: ARG001
    """Find the columns that tell whether a risk-raising indicator is present; nothing is learnt from y."""
    found = _columns_of(design, PRESENT)
    if not found:
        _not_applicable("indicator_count", f"no column counts an indicator ({', '.join(PRESENT)})")
    codes = dict.fromkeys(code for code, _, _ in found)
    return IndicatorCount(
        tuple(tuple(i for code, _, i in found if code == wanted) for wanted in codes)
    )


def fit_longest_arrears(rows: Rows, design: Design) -> LongestArrears:  # noqa: ARG001
    """Find the columns that hold months in arrears, or else the lengths of states; nothing is learnt from y."""
    months = {code for code, indicator in design.catalogue.items() if indicator.unit == "months"}
    found = _columns_of(design, LENGTHS)
    arrears = [i for code, aggregate, i in found if code in months and aggregate != "spell"]
    positions = arrears or [i for _, _, i in found]
    if not positions:
        _not_applicable(
            "longest_arrears", f"no column holds how long or how much ({', '.join(LENGTHS)})"
        )
    return LongestArrears(tuple(positions))


def fit_area_rate(rows: Rows, design: Design) -> AreaRate:
    """Learn each area's past rate from the labelled rows: (sum y + prior * base) / (n + prior)."""
    areas = pd.Series(_require_area(rows.area), dtype=object)
    weight = pd.Series(np.ones(len(rows)) if rows.weight is None else rows.weight)
    prior, base = design.settings["prior"], float(np.average(rows.y, weights=weight))
    positives, n = (weight * rows.y).groupby(areas).sum(), weight.groupby(areas).sum()
    rates = (positives + prior * base) / (n + prior)
    return AreaRate(float(np.log(base / (1 - base))), dict(np.log(rates / (1 - rates))))


def _columns_of(design: Design, aggregates: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """Return (indicator, aggregate, position) of the risk-raising indicators' columns; of all if none is directed."""
    position = {name: i for i, name in enumerate(design.names)}
    known = [
        c
        for c in design.columns
        if c.indicator and c.name in position and c.aggregate in aggregates
    ]
    direction = {c.name: design.directions[position[c.name]] for c in known}
    directed = [c for c in known if direction[c.name] > 0]
    chosen = directed or [c for c in known if direction[c.name] == 0]
    return [(c.indicator, c.aggregate, position[c.name]) for c in chosen]


def _require_area(area: NDArray[Any] | None) -> NDArray[Any]:
    if area is None:
        _not_applicable("area_rate", "no row has an area")
    assert area is not None
    return area


def _not_applicable(kind: str, why: str) -> None:
    raise ModelError(
        f"kind {kind!r} is not applicable: {why}",
        code="models.not_applicable",
        allowed="a panel built from records with such a column"
        if kind != "area_rate"
        else "a Panel with an area",
        next_step="name the area of the records, or pass area="
        if kind == "area_rate"
        else "use kind='logistic'",
    )
