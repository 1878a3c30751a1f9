"""How many households and crises the lists of all rounds reach, each counted once, and how early.

A household stands in several rounds, and one crisis lies in the windows of several of its rows.
Figures of rows count it once a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.evaluation.panel_rows import labelled
from riskmodel.evaluation.text_tables import bracket, number
from riskmodel.keys import as_days
from riskmodel.metrics import Floats, Ints, ScoredRows, share_interval

if TYPE_CHECKING:
    from riskmodel.panel import Panel

NOT_TOLD = "not told: the rows do not say on which day the outcome was"


@dataclass(frozen=True)
class Share:
    """How many of some units were on a list, as expected over ties, with its interval.

    Attributes
    ----------
    reached : float
    of : int
    low, high : float
    """

    reached: float
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share."""
        return self.reached / self.of

    def __repr__(self) -> str:
        interval = bracket(self.low, self.high)
        return f"{number(self.value)} {interval}: {self.reached:,.0f} of {self.of:,}"


@dataclass(frozen=True)
class Reach:
    """What the lists of all rounds reach.

    Attributes
    ----------
    rounds : int
    places : int
        Places on all lists together.
    households : float
        Distinct households on them.
    with_crisis : Share
        Of the households with the outcome: those that were listed in a round whose window holds it.
    crises : Share or None
        Of the crises, a household and the day of the outcome: those with a list before them. None
        where the rows do not tell the day; each row tells the first outcome of its window.
    lead_days : tuple of float
        Of the crises reached: days from the first list to the outcome, as quartiles. Empty where
        the day is not told, or none is reached.
    are_weighted : bool
        Whether the rows have different weights, which these figures leave out of account.

    Notes
    -----
    Households and crises count once, whatever the weight of their rows. The intervals are Korn and
    Graubard's, clustered as those of the rows, with the cut of each list taken as given.
    """

    rounds: int
    places: int
    households: float
    with_crisis: Share
    crises: Share | None = None
    lead_days: tuple[float, ...] = ()
    are_weighted: bool = False

    @classmethod
    def of(cls, rows: ScoredRows, panel: Panel) -> Reach:
        """Return what the lists of some scored rows, the labelled ones of a panel, reach."""
        positions = labelled(panel)
        household = pd.factorize(panel.households[positions])[0]
        as_of = as_days(panel.as_of[positions])
        hits = np.flatnonzero(rows.y == 1)
        reached = _chance(household, rows.inclusion)
        parts = cls(
            rounds=len(np.unique(as_of)),
            places=round(float(rows.inclusion.sum())),
            households=float(reached.sum()),
            with_crisis=_share(household[hits], rows, hits),
            are_weighted=bool((rows.weight != rows.weight[0]).any()),
        )
        day = panel.outcome_day
        if day is None or not len(hits):
            return parts
        return _with_crises(parts, rows, hits, household, as_of, as_days(day.iloc[positions]))

    def lines(self) -> Iterator[str]:
        """Yield the figures as sentences; none for one round, where rows are households."""
        if self.rounds < 2:
            return
        unweighted = ", unweighted," if self.are_weighted else ""
        yield (
            f"recall by household{unweighted} {self.with_crisis}; {self.households:,.0f} distinct "
            f"households on {self.places:,} places"
        )
        if self.crises is None:
            yield f"recall by crisis and lead time {NOT_TOLD}"
            return
        yield f"recall by crisis{unweighted} {self.crises}{self._lead()}"

    def _lead(self) -> str:
        if not self.lead_days:
            return ""
        low, middle, high = self.lead_days
        return f"; listed {middle:.0f} days before it (half of them {low:.0f} to {high:.0f})"


def _with_crises(
    reach: Reach,
    rows: ScoredRows,
    hits: Ints,
    household: NDArray[Any],
    as_of: NDArray[np.datetime64],
    day: NDArray[np.datetime64],
) -> Reach:
    """Return the same with the crises, one for each household and day."""
    if np.isnat(day[hits]).any():
        return reach
    crisis = pd.MultiIndex.from_arrays([household[hits], day[hits]]).factorize()[0]
    order = np.lexsort((as_of[hits], crisis))
    first = _first_listing(crisis[order], rows.inclusion[hits][order])
    lead = (day[hits] - as_of[hits]).astype("int64")[order]
    return replace(reach, crises=_share(crisis, rows, hits), lead_days=_quartiles(lead, first))


def _chance(unit: Ints, inclusion: Floats) -> Floats:
    """Return each unit's chance that one of its rows is listed."""
    with np.errstate(divide="ignore"):
        missed = np.bincount(unit, np.log1p(-inclusion))
    return np.asarray(-np.expm1(missed))


def _share(unit: Ints, rows: ScoredRows, hits: Ints) -> Share:
    """Return the share of the units of some rows that is listed."""
    units, first, code = np.unique(unit, return_index=True, return_inverse=True)
    reached = _chance(code, rows.inclusion[hits])
    value = float(reached.mean())
    cluster = np.unique(rows.household[hits][first], return_inverse=True)[1]
    influence = (reached - value) / len(units)
    interval = share_interval(value, influence, cluster, np.ones(len(units)), hit=reached)
    return Share(float(reached.sum()), len(units), interval.low, interval.high)


def _first_listing(unit: Ints, inclusion: Floats) -> Floats:
    """Return the chance of each row, in the order of time, to be its unit's first on a list."""
    missed = pd.Series(1 - inclusion).groupby(unit).cumprod()
    before = missed.groupby(unit).shift(fill_value=1.0)
    return before.to_numpy() * inclusion


def _quartiles(values: NDArray[Any], weight: Floats) -> tuple[float, ...]:
    """Return the weighted quartiles; none where all weights are 0."""
    total = float(weight.sum())
    if total == 0:
        return ()
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order]) / total
    at = np.searchsorted(reached, [0.25, 0.5, 0.75], side="left")
    return tuple(float(value) for value in values[order][np.minimum(at, len(values) - 1)])
