"""The gate on groups: none is shown to be reached less than by the champion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.evaluation.text_tables import bracket, number
from riskmodel.metrics import UPPER, Floats, Interval, Ints, ScoredRows, clustered_interval
from riskmodel.metrics.selective import spread_of_lists_like_it, symmetric_interval
from riskmodel.registry.gates.gate import (
    Evidence,
    Finding,
    Gate,
    NamedRows,
    Range,
    Refusal,
    Verdict,
)

FEW_REACHED = 10
"""Households of a group whose crisis either list reaches: fewer say nothing of a drop."""
NO_CHAMPION, NO_GROUPS = "no champion to compare with", "no groups to compare"
UNFAIR = Refusal(
    code="promote.group",
    allowed="no group of which the list is shown to reach fewer crises than the champion's, by "
    "more than the margin",
    next_step="look at riskmodel.group_gaps of the evaluation, or state an override and its reason",
)
UNCLEAR_GROUPS = Refusal(
    code="promote.group_too_few",
    allowed="at least one group of which the lists reach 10 households in a crisis",
    next_step="wait for more rounds with mature labels, or state an override and its reason",
)


def reaches_groups(evidence: Evidence, threshold: float) -> Finding:
    """Check that no group is shown to be reached less than by the champion.

    The figure is the largest drop of a group's recall, as a share of what the champion reaches:
    -0.3 where it reaches 7 of each 10. A group is behind whose drop is larger than the threshold,
    where the interval of the difference lies below 0; it is widened for the number of groups that
    are looked at. Groups of which either list reaches fewer than 10 households in a crisis are
    counted, not judged. Where only some verdicts are known, the recall is that of their doubly
    robust estimates, and a group is counted, too, whose interval is too wide to show that all of
    it were lost.
    """
    rows, champion, groups = evidence.rows, evidence.champion, evidence.groups
    if rows is None or champion is None:
        return Finding(np.nan, Verdict.PASS, (NO_CHAMPION,))
    if groups is None or groups.empty:
        return Finding(np.nan, Verdict.PASS, (NO_GROUPS,))
    found = list(_groups_of(rows, champion.rows, groups))
    many = [group for group in found if group.reached >= FEW_REACHED]
    in_column = Counter(group.by for group in many)
    every = [
        _drop(group, rows, champion, 1 - (1 - UPPER) / (len(in_column) * in_column[group.by]))
        for group in many
    ]
    drops = [drop for drop in every if drop.is_told]
    left = f"{len(found) - len(drops)} of {len(found)} groups have too few crises to be judged"
    if not drops:
        return Finding(np.nan, Verdict.TOO_FEW, (left,), (left,))
    largest = min(drops, key=lambda drop: drop.value)
    measured = (largest.words, *([left] if len(found) > len(drops) else []))
    behind = [drop for drop in drops if drop.value < threshold and drop.high < 0]
    if behind:
        held = f"and the margin is {-threshold:.0%} of it"
        reasons = tuple(f"{drop.words}, {held}" for drop in behind)
        return Finding(largest.value, Verdict.REFUSE, measured, reasons)
    return Finding(largest.value, Verdict.PASS, measured)


class _Group(NamedTuple):
    """A group of rows.

    Attributes
    ----------
    by, name : str
    rows : ndarray of int
    reached : int
        How many of its households are known to be in a crisis and are on either list.
    """

    by: str
    name: str
    rows: Ints
    reached: int


def _groups_of(one: ScoredRows, other: ScoredRows, groups: pd.DataFrame) -> Iterator[_Group]:
    is_reached = (one.y == 1) & ((_inclusion(one) > 0) | (_inclusion(other) > 0))
    for by in groups:
        codes, names = pd.factorize(groups[by])
        for code, name in enumerate(names):
            members = np.flatnonzero(codes == code)
            reached = len(np.unique(one.household[members][is_reached[members]]))
            yield _Group(str(by), str(name), members, reached)


class _Drop(NamedTuple):
    """The difference of a group's recall.

    Attributes
    ----------
    value : float
        As a share of what the champion reaches.
    high : float
        The upper end of the difference.
    words : str
    is_told : bool
        Whether a loss of the whole recall would be shown.
    """

    value: float
    high: float
    words: str
    is_told: bool


def _drop(group: _Group, rows: ScoredRows, champion: NamedRows, upper: float) -> _Drop:
    """Return the difference of two lists' recall of a group: sum w y (a - b) / sum w y."""
    selective = rows.selective
    outcome = rows.y if selective is None else selective.phi
    weight = (rows.weight * outcome)[group.rows]
    total = weight.sum()
    one, other = (_inclusion(each)[group.rows] for each in (rows, champion.rows))
    recalls = [float(weight @ listed / total) for listed in (one, other)]
    value = recalls[0] - recalls[1]
    influence = np.zeros(len(rows))
    influence[group.rows] = weight * (one - other - value) / total
    interval = _interval(value, influence, rows, group, upper)
    words = (
        f"recall of {group.by} {group.name} is {number(recalls[0])}, by {champion.name} "
        f"{number(recalls[1])} ({number(value)} "
        f"{bracket(interval.low, interval.high) or interval.note})"
    )
    share = value / recalls[1] if recalls[1] > 0 else 0.0
    is_told = selective is None or interval.high - value < recalls[1]
    return _Drop(share, interval.high, words, is_told)


def _inclusion(rows: ScoredRows) -> Floats:
    return rows.inclusion if rows.selective is None else rows.selective.listed


def _interval(
    value: float, influence: Floats, rows: ScoredRows, group: _Group, upper: float
) -> Interval:
    if rows.selective is None:
        return clustered_interval(
            value, influence, rows.household, events=group.reached, upper=upper
        )
    selective = rows.selective
    spread = spread_of_lists_like_it(influence, selective.household, selective.area_round)
    return symmetric_interval(value, spread, upper)


GROUPS = Gate(
    name="group_recall",
    checks="no group is shown to lose more than this share of the recall that the champion "
    "gives it",
    threshold=-0.3,
    check=reaches_groups,
    refusals={Verdict.REFUSE: UNFAIR, Verdict.TOO_FEW: UNCLEAR_GROUPS},
    allowed=Range(-1, 0),
)
