"""What a least recall for each group costs in crises reached."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.listed_groups import HIDDEN, ListedGroups
from riskmodel.evaluation.raised_lists import FLOOR, RaisedLists
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_page,
    number,
    text_page,
)
from riskmodel.metrics import Floats, clustered_interval

MORE = "below 0: the list with the floor happened to reach more; its cuts were chosen on these rows"


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
    note : str
        Why there is no interval.
    groups, hidden, without_crisis : int
        How many groups there are, how many of them are hidden, and how many are shown that have no
        crisis: neither have a floor.
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
    note: str
    groups: int
    hidden: int
    without_crisis: int

    @property
    def price(self) -> float:
        """Crises that the list reaches less for the floor."""
        return self.reached - self.reached_with_floor

    def frame(self) -> pd.DataFrame:
        """Return one row per group."""
        return self.table.copy()

    def __repr__(self) -> str:
        return text_page(self._title(), [self._cells()], [*self._closing()])

    def _repr_html_(self) -> str:
        return html_page(self._title(), [self._cells()], [*self._closing()])

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
        if self.price < 0:
            lines.append(MORE)
        if self.note:
            lines.append(self.note)
        if self.hidden:
            lines.append(
                f"no floor for {self.hidden} of {self.groups} groups: the evaluation's tables hide "
                "them"
            )
        if self.without_crisis:
            lines.append(
                f"no floor for {self.without_crisis} of {self.groups} groups: they have no crisis"
            )
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
        For a floor that is no share, one that raising the groups below it does not reach, or a
        column without a table.
    PanelError
        Where the evaluation's tables hide all groups.

    Notes
    -----
    Each group below the floor gets the smallest addition to its margin with which it reaches it;
    the capacity of each round and area stays. Other cuts are not tried. The additions are chosen on
    the rows judged, so that on other rows a group may fall short of the floor.

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
    _check(floor)
    groups = ListedGroups.of(evaluation, by)
    groups.refuse_all_hidden()
    lists = RaisedLists(evaluation, groups)
    before = groups.inclusion
    after = lists.with_floor(floor)
    lost = groups.weight * groups.y * (before - after)
    price = float(lost.sum())
    moved = len(np.unique(groups.household[lost != 0]))
    interval = clustered_interval(price, lost, groups.household, events=moved)
    table = _table(groups, lists, after)
    return FloorPrice(
        name=evaluation.name,
        by=groups.by,
        floor=floor,
        table=table,
        crises=int(groups.y.sum()),
        reached=float((groups.weight * groups.y) @ before),
        reached_with_floor=float((groups.weight * groups.y) @ after),
        low=interval.low,
        high=interval.high,
        note=interval.note,
        groups=len(groups.names),
        hidden=len(groups.notes),
        without_crisis=int((table["crises"] == 0).sum()),
    )


def _check(floor: object) -> None:
    if isinstance(floor, Real) and 0 < float(floor) < 1:
        return
    # a text, or a column of a table, may hold cells
    said = f"{floor}" if isinstance(floor, Real) else f"a {type(floor).__name__}"
    raise ConfigError(
        f"{said} is no least recall",
        code=FLOOR,
        place="floor",
        allowed="a share above 0 and below 1",
        next_step="write 0.3 for three of ten crises",
    )


def _table(groups: ListedGroups, lists: RaisedLists, after: Floats) -> pd.DataFrame:
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
