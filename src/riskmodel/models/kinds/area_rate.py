"""A baseline: the past rate of a household's area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.models.cross_fit import by_folds
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.kind import Core, Kind, Range, refuse_not_applicable


@dataclass(frozen=True, eq=False)
class AreaRate(Core):
    """The log-odds of an area's past rate, shrunk towards the overall rate.

    Attributes
    ----------
    base : float
        Log-odds of the overall rate. An area that the fit did not see has it.
    log_odds : mapping of str to float
        By area.
    """

    base: float
    log_odds: Mapping[str, float]

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return the log-odds of each row's area."""
        areas = pd.Series(_require_area(area), dtype=object)
        log_odds = areas.map(self.log_odds).astype(np.float64).fillna(self.base)
        return np.asarray(log_odds, dtype=np.float64)


def fit_area_rate(rows: Rows, settings: FitSettings) -> AreaRate:
    """Learn each area's past rate from the labelled rows: (sum y + prior * rate) / (n + prior)."""
    areas = pd.Series(_require_area(rows.area), dtype=object)
    weight = pd.Series(np.ones(len(rows)) if rows.weight is None else rows.weight)
    overall = float(np.average(rows.y, weights=weight))

    prior = settings.params["prior"]
    positives = (weight * rows.y).groupby(areas).sum()
    n = weight.groupby(areas).sum()
    rates = (positives + prior * overall) / (n + prior)

    base = float(np.log(overall / (1 - overall)))
    log_odds = dict(np.log(rates / (1 - rates)))
    return AreaRate(base, log_odds)


def _require_area(area: NDArray[Any] | None) -> NDArray[Any]:
    if area is None:
        refuse_not_applicable(
            AREA_RATE.name,
            "no row has an area",
            allowed="a Panel with an area",
            next_step="name the area of the records, or pass area=",
        )
    return area


AREA_RATE = Kind(
    name="area_rate",
    fit=by_folds(fit_area_rate),
    evaluator=None,
    ranges={"prior": Range(1e-9, np.inf)},
    baseline=True,
    complexity=0,
)
