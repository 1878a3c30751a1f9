"""What a least recall for each group costs in crises reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.listed_groups import HIDDEN, ListedGroups
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_lines,
    html_table,
    number,
    text_table,
)
from riskmodel.metrics import Floats, clustered_interval, select

PASSES, HALVINGS, LAST_DIGITS = 20, 40, 1e-9
FLOOR = "groups.floor"


@dataclass(frozen=True, eq=False, repr=False)
class FloorPrice:
    """What the list loses where each group has a least recall.

    Attributes
    ----------
    name : str
        The evaluation's.
    by : str
        The column of groups.
    floor : float
    table : DataFrame
        One row per group that is shown: group, crises, recall, recall_with_floor, places,
        places_with_floor.
    crises : int
    reached, reached_with_floor : float
        Crises on the lists of all rounds, as expected over ties, by their weight.
    low, high : float
        The 95 % interval of the price, with both lists taken as given; NaN where it rests on fewer
        than five households.
    hidden : bool
        Whether some groups are hidden: they have no floor.
    """

    name: str
    by: str
    floor: float
    table: pd.DataFrame
    crises: int
    reached: float
    reached_with_floor: float
    low: float
    high: float
    hidden: bool

    @property
    def price(self) -> float:
        """Crises that the list reaches less for the floor."""
        return self.reached - self.reached_with_floor

    def frame(self) -> pd.DataFrame:
        """Return one row per group."""
        return self.table.copy()

    def __repr__(self) -> str:
        return "\n".join([self._title(), "", text_table(*self._cells()), "", *self._closing()])

    def _repr_html_(self) -> str:
        return (
            html_lines([self._title()])
            + html_table(*self._cells())
            + html_lines([*self._closing()])
        )

    def _title(self) -> str:
        return f"{self.name} by {self.by}, a recall of at least {number(self.floor)} for each group"

    def _cells(self) -> TableCells:
        header = (
            self.by,
            "crises",
            "recall",
            "with the floor",
            "places",
            "with the floor",
        )
        rows = [
            (
                str(line["group"]),
                f"{line['crises']:,.0f}",
                number(line["recall"]),
                number(line["recall_with_floor"]),
                f"{line['places']:,.0f}",
                f"{line['places_with_floor']:,.0f}",
            )
            for line in self.table.to_dict("records")
        ]
        return TableCells(header, rows)

    def _closing(self) -> list[str]:
        interval = bracket(self.low, self.high)
        price = f"price: {number(self.price)} crises{f' {interval}' if interval else ''}"
        lists = f"{self.reached_with_floor:,.1f} reached in place of {self.reached:,.1f}"
        lines = [f"{price}; {lists}, of {self.crises:,}"]
        if self.hidden:
            lines.append("groups that the evaluation's tables hide have no floor")
        return lines


@door
def floor_price(evaluation: Evaluation, floor: float, by: str | None = None) -> FloorPrice:
    """Return what the list loses where each group has a least recall.

    Parameters
    ----------
    evaluation : Evaluation
    floor : float
        The least share of each group's crises that is on the list.
    by : str, optional
        A column of groups that the evaluation has a table of, or the area; may be left out where
        there is one.

    Returns
    -------
    FloorPrice

    Raises
    ------
    ConfigError
        For a floor that is no share, one that the capacity does not allow, or a column without a
        table.

    Notes
    -----
    Each group below the floor gets the smallest addition to its margin with which it reaches it;
    the capacity of each round and area stays. The additions are chosen on the rows judged, so that
    on other rows a group may fall short of the floor.

    Examples
    --------
    >>> from riskmodel import Panel, evaluate
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"id": range(4_000), "risk": rng.uniform(0, 0.4, 4_000)})
    >>> frame["type"] = np.where(rng.random(4_000) < 0.5, "single", "family")
    >>> frame["crisis"] = (rng.random(4_000) < frame["risk"]).astype(float)
    >>> frame.loc[frame["type"].eq("single"), "risk"] *= 0.75
    >>> panel = Panel.from_frame(
    ...     frame, household_id="id", as_of_date="2024-05-01", y="crisis",
    ...     features=["risk"], groups=["type"],
    ... )
    >>> judged = evaluate(panel.X["risk"].astype(float), panel, capacity=800)
    >>> bool(floor_price(judged, 0.3).table["recall_with_floor"].min() >= 0.3)
    True
    """
    if not 0 < floor < 1:
        raise ConfigError(
            f"{floor} is no least recall",
            code=FLOOR,
            place="floor",
            allowed="a share above 0 and below 1",
        )
    groups = ListedGroups.of(evaluation, by)
    lists = _Lists(evaluation, groups)
    before = groups.inclusion
    after = lists.with_floor(floor)
    lost = groups.weight * groups.y * (before - after)
    price = float(lost.sum())
    moved = len(np.unique(groups.household[lost != 0]))
    interval = clustered_interval(price, lost, groups.household, events=moved)
    return FloorPrice(
        name=evaluation.name,
        by=groups.by,
        floor=floor,
        table=_table(groups, lists, after),
        crises=int(groups.y.sum()),
        reached=float((groups.weight * groups.y) @ before),
        reached_with_floor=float((groups.weight * groups.y) @ after),
        low=interval.low,
        high=interval.high,
        hidden=HIDDEN in groups.units,
    )


class _Lists:
    """The lists that additions to the margins of groups make."""

    def __init__(self, evaluation: Evaluation, groups: ListedGroups) -> None:
        self._groups, self._capacity = groups, evaluation.capacity
        self._top = float(np.ptp(groups.margin)) + 1.0
        self._of = self.by_group(groups.weight * groups.y)
        self._has_floor = (self._of > 0) & np.array([unit != HIDDEN for unit in groups.units])

    def by_group(self, values: Floats) -> Floats:
        """Return the sum of some values of rows, by group."""
        code, count = self._groups.code, len(self._groups.units)
        return np.bincount(code, values, minlength=count).astype(np.float64)

    def recall(self, inclusion: Floats) -> Floats:
        """Return each group's recall; NaN without crises."""
        reached = self.by_group(self._groups.weight * self._groups.y * inclusion)
        return reached / np.where(self._of > 0, self._of, np.nan)

    def with_floor(self, floor: float) -> Floats:
        """Return each row's chance to be listed where each group has a least recall."""
        added = np.zeros(len(self._groups.units))
        for _ in range(PASSES):
            inclusion = self._drawn(added)
            below = self._has_floor & (self.recall(inclusion) < floor - LAST_DIGITS)
            if not below.any():
                return inclusion
            for group in np.flatnonzero(below).tolist():
                added[group] = self._least_added(added, group, floor)
        raise self._not_reached(floor)

    def _drawn(self, added: Floats) -> Floats:
        groups = self._groups
        margin = groups.margin + added[groups.code]
        return select(margin, self._capacity, groups.round, groups.area).inclusion

    def _least_added(self, added: Floats, group: int, floor: float) -> float:
        """Return the smallest addition with which a group reaches the floor, by halving."""

        def reaches(value: float) -> bool:
            tried = added.copy()
            tried[group] = value
            return bool(self.recall(self._drawn(tried))[group] >= floor - LAST_DIGITS)

        low, high = float(added[group]), float(added.max() + self._top)
        if not reaches(high):
            raise self._not_reached(floor)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if reaches(middle) else (middle, high)
        return high

    def _not_reached(self, floor: float) -> ConfigError:
        return ConfigError(
            f"the capacity does not allow a recall of {floor:g} for each group by "
            f"{self._groups.by}",
            code=FLOOR,
            place="floor",
            allowed="a floor that the places of each round and area can reach",
            next_step="lower the floor, or evaluate at a larger capacity",
        )


def _table(groups: ListedGroups, lists: _Lists, after: Floats) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "group": groups.units,
            "crises": lists.by_group(groups.y),
            "recall": lists.recall(groups.inclusion),
            "recall_with_floor": lists.recall(after),
            "places": lists.by_group(groups.inclusion),
            "places_with_floor": lists.by_group(after),
        }
    )
    return table[table["group"].ne(HIDDEN)].reset_index(drop=True)
