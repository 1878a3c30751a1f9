"""What a reader of a plan must know: who has no room, what that costs, what is not carried out."""

from __future__ import annotations

import pandas as pd

from riskmodel.few import MIN_HOUSEHOLDS, told_text
from riskmodel.service.channels.allocation import Allocation
from riskmodel.service.channels.ladder_places import LadderPlaces
from riskmodel.service.channels.prices import areas_without_room
from riskmodel.texts import counted

_NAMED = 5
"""Areas that a note names."""


def plan_notes(
    frame: pd.DataFrame,
    chosen: Allocation,
    places: LadderPlaces | None = None,
) -> tuple[str, ...]:
    """Return the notes of a plan.

    Parameters
    ----------
    frame : DataFrame
        Of the rules.
    chosen : Allocation
    places : LadderPlaces, optional
        Of the draw, if there is one.
    """
    return (
        *_areas_without_room(frame, chosen),
        *_overdue(frame, chosen),
        *_unmet(chosen),
        *_undrawn(frame, places),
        *_gap(chosen),
    )


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


def _overdue(frame: pd.DataFrame, chosen: Allocation) -> list[str]:
    left = chosen.left_out["household"].to_numpy(int)
    rows = frame.iloc[left]
    waits = rows[rows["overdue"].astype(bool)]
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


def _gap(chosen: Allocation) -> list[str]:
    return [f"the steps find at most {chosen.gap:.2%} less than the best"] if chosen.gap else []
