"""What a reader of a plan must know: who has no room, what that costs, what is not carried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from riskmodel.few import MIN_HOUSEHOLDS, told_text
from riskmodel.keys import as_days
from riskmodel.service.channels.allocation import Allocation
from riskmodel.service.channels.ladder_places import LadderPlaces
from riskmodel.service.channels.options import Options
from riskmodel.service.channels.prices import areas_without_room
from riskmodel.texts import counted

_NAMED = 5
"""Areas that a note names."""


def plan_notes(
    frame: pd.DataFrame,
    left_out: pd.DataFrame,
    chosen: Allocation,
    own: Options,
    places: LadderPlaces | None = None,
    share: float | None = None,
) -> tuple[str, ...]:
    """Return the notes of a plan.

    Parameters
    ----------
    frame : DataFrame
        Of the rules.
    left_out : DataFrame
        Who is not on the plan.
    chosen : Allocation
    own : Options
        Of the candidates, with all the minutes that there are.
    places : LadderPlaces, optional
        Of the draw, if there is one.
    share : float, optional
        Of the minutes that it asks for.
    """
    return (
        *_areas_without_room(frame, chosen),
        *_overdue(left_out),
        *_unmet(chosen),
        *_undrawn(frame, places),
        *_set_aside(own, places, share or 0.0),
        *_gap(chosen),
    )


def ladder_notes(ladder: Sequence[str], channels: Iterable[str]) -> list[str]:
    """Name the rungs that the service has no channel for, and its channels on no rung."""
    own = list(channels)
    without = [channel for channel in ladder if channel not in own]
    beside = [channel for channel in own if channel not in ladder]
    return [
        *[f"on the ladder, and no channel of the service: {', '.join(without)}"] * bool(without),
        *[f"on no rung of the ladder, so not used: {', '.join(beside)}"] * bool(beside),
    ]


def request_notes(history: pd.DataFrame, day: np.datetime64) -> list[str]:
    """Count the requests whose decision is late on a day."""
    is_late = (history["requests_open"] > 0) & (as_days(history["request_due"]) < day)
    number = int(is_late.sum())
    return [
        f"a decision on the request of {counted(number, 'household')} is late: rm.review tells it"
    ] * bool(number)


def _areas_without_room(frame: pd.DataFrame, chosen: Allocation) -> list[str]:
    """Name the areas in which nobody has a step, with the need that is expected there."""
    areas = areas_without_room(frame, chosen)
    if areas.empty:
        return []
    total = areas["needs"].sum()
    areas = areas.sort_values("needs", ascending=False, kind="stable")
    shown = areas[areas["candidates"] >= MIN_HOUSEHOLDS].head(_NAMED)
    told = [f"{row.area} ({row.needs:.1f})" for row in shown.itertuples()]
    others = len(areas) - len(shown)
    if others:
        told.append(f"{'and ' if told else ''}{others:,} more")
    return [
        f"no room in {counted(len(areas), 'area')}, where {total:.1f} households in need are "
        f"expected: {', '.join(told)}"
    ]


def _overdue(left_out: pd.DataFrame) -> list[str]:
    waits = left_out[left_out["overdue"].astype(bool)]
    if waits.empty:
        return []
    areas = waits["area"].nunique()
    return [
        f"{counted(len(waits), 'overdue case')} in {counted(areas, 'area')} without room: first in "
        "the next round; left_out counts them by area"
    ]


def _unmet(chosen: Allocation) -> list[str]:
    why = chosen.unmet.groupby(["must_rule", "why"], sort=True).size().reset_index(name="number")
    return [
        f"must-visit {rule!r} is not carried out for {told_text(number)} households: {reason}"
        for rule, reason, number in why.itertuples(index=False)
    ]


def _undrawn(frame: pd.DataFrame, places: LadderPlaces | None) -> list[str]:
    if places is None:
        return []
    without = places.mean.index[places.mean == 0]
    households = int((frame["in_frame"] & frame["area"].astype(str).isin(without)).sum())
    if not households:
        return []
    return [
        f"nobody can be drawn in {counted(len(without), 'area')} of {households:,} households, "
        "where the minutes do not carry one whole ladder"
    ]


def _set_aside(own: Options, places: LadderPlaces | None, share: float) -> list[str]:
    """Name the channels of which whole ladders take much more than the share that was asked for."""
    if places is None:
        return []
    budgets = own.budgets.table.assign(kept=places.at_most)
    sums = budgets.groupby("channel", sort=False)[["minutes", "kept"]].sum()
    much = sums[sums["kept"] > 2 * share * sums["minutes"]]
    return [
        f"the draw sets {row.kept:,.0f} of {row.minutes:,.0f} minutes of {row.Index} aside, more "
        f"than the {share:.1%} that was asked for: ladders are whole, in each area"
        for row in much.itertuples()
    ]


def _gap(chosen: Allocation) -> list[str]:
    return [f"the steps find at most {chosen.gap:.2%} less than the best"] if chosen.gap else []
