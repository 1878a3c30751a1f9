"""What a reader must know beside the figures of an evaluation, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskmodel.evaluation.known_verdicts import KnownVerdicts
from riskmodel.evaluation.panel_rows import (
    Among,
    areas_of,
    is_by_chances,
    judged,
    rounds_of,
    unlabelled,
)
from riskmodel.few import told_text
from riskmodel.metrics import (
    LISTED_AREAS,
    METRICS,
    UNKNOWN,
    Capacity,
    Ints,
    ScoredRows,
    Unfilled,
    areas_without_a_place,
    named_areas,
)
from riskmodel.models.verdict_chances import LEAST_CHANCE
from riskmodel.panel import Panel
from riskmodel.panel.panel_lines import unobserved_positives
from riskmodel.texts import counted

UNDER_SUPPORT = (
    "under the support given: the records hold contacts, and a crisis that they prevented counts "
    "as none"
)
OF_CONTACTED = (
    "figures are of those contacted only, who were listed because they looked in need: they say "
    "nothing of another list"
)


def notes_on(
    rows: ScoredRows,
    panel: Panel,
    capacity: Capacity,
    hidden: tuple[int, int],
    among: Among = "all",
) -> Iterator[str]:
    """Yield what a reader must know beside the figures of an evaluation.

    Parameters
    ----------
    rows : ScoredRows
        The judged rows of the panel, with their list.
    panel : Panel
    capacity : Capacity
    hidden : tuple of int
        How many cells of the tables are suppressed, and of how many others the figures of the list.
    among : {"all", "contacted"}
        As in `riskmodel.evaluate`.
    """
    positions = judged(panel, among)
    notes = [
        panel.note,
        *panel.doubts,
        _note_on_labels(rows, panel, among),
        unobserved_positives(panel),
        UNDER_SUPPORT if panel.under_support else "",
        _note_on_weights(rows, panel),
        _note_on_clusters(panel),
        _note_on_probabilities(rows),
        _note_on_ties(rows),
        _note_on_areas(panel, capacity, positions),
        note_on_slots(panel, capacity, among),
        _note_on_places(rows, panel, capacity, positions),
        _note_on_suppression(*hidden),
    ]
    yield from filter(None, notes)


def _note_on_labels(rows: ScoredRows, panel: Panel, among: Among) -> str:
    if is_by_chances(panel, among):
        return "; ".join(_notes_on_chances(panel, early=len(panel) - len(rows)))
    count = unlabelled(panel)
    without = (
        f"{told_text(count)} rows without a label are left out; the list is drawn among the others"
        if count
        else ""
    )
    return "; ".join(filter(None, [without, OF_CONTACTED if among == "contacted" else ""]))


def _notes_on_chances(panel: Panel, early: int) -> Iterator[str]:
    verdicts = KnownVerdicts.of(panel)
    yield "the list is drawn among all rows, with or without a verdict"
    if early:
        yield f"{told_text(early)} rows that cannot have one yet are left out"
    if verdicts.not_recorded:
        rows = told_text(verdicts.not_recorded)
        yield f"{rows} rows without a chance on record count as rows that could not be drawn"
    if verdicts.raised:
        rows = told_text(verdicts.raised)
        yield f"{rows} rows with a chance to be reached below {LEAST_CHANCE} count as having that"


def _note_on_weights(rows: ScoredRows, panel: Panel) -> str:
    if panel.weight is None:
        return ""
    if rows.selective is not None:
        return "rows are weighted, the capacity counts rows"
    idle = len(panel) - unlabelled(panel) - len(rows)
    without = f"; {told_text(idle)} rows of weight 0 are left out" if idle else ""
    return f"rows are weighted, the capacity counts rows{without}"


def _note_on_clusters(panel: Panel) -> str:
    if panel.cluster is None:
        return ""
    return f"intervals are clustered by {panel.cluster.name}, {panel.cluster.nunique():,} clusters"


def _note_on_probabilities(rows: ScoredRows) -> str:
    if rows.probability is not None:
        return ""
    left_out = [metric.title for metric in METRICS.values() if metric.needs_probabilities]
    return f"not said to be probabilities: no {', '.join(left_out)}"


def _note_on_ties(rows: ScoredRows) -> str:
    count = int((rows.is_listed & rows.is_left_out).sum())
    if not count:
        return ""
    means = "means" if (rows.weight == rows.weight[0]).all() else "ratios of means"
    tied = f"{told_text(count)} rows tie at the cut"
    return f"{tied}: figures of the list are {means} over their random order"


def _note_on_areas(panel: Panel, capacity: Capacity, positions: Ints) -> str:
    area = areas_of(panel)
    if area is None or panel.area_name is None:
        return ""
    return capacity.note(area[positions], panel.vocabulary_of(panel.area_name).names)


def note_on_slots(panel: Panel, capacity: Capacity, among: Among = "all") -> str:
    """Say where all judged rows are listed, since the capacity has more slots."""
    rows, area = judged(panel, among), areas_of(panel)
    unfilled = Unfilled.of(capacity, rounds_of(panel)[rows], None if area is None else area[rows])
    known = [] if panel.area_name is None else panel.vocabulary_of(panel.area_name).names
    return unfilled.note(known)


def _note_on_places(rows: ScoredRows, panel: Panel, capacity: Capacity, positions: Ints) -> str:
    """Say how many areas, and which, have no household on the list of all areas together."""
    area = areas_of(panel)
    if area is None or panel.area_name is None or capacity.is_by_area:
        return ""
    rounds, area = rounds_of(panel)[positions], area[positions]
    without = [
        areas_without_a_place(area[rounds == day], rows.inclusion[rounds == day])
        for day in np.unique(rounds)
    ]
    counts = sorted({len(areas) for areas in without})
    if counts == [0]:
        return ""
    how_many = " to ".join(map(str, dict.fromkeys([counts[0], counts[-1]])))
    names = panel.vocabulary_of(panel.area_name).names
    which = named_areas(sorted(set().union(*without)), names, LISTED_AREAS)
    of_all = f"{how_many} of {len({*area} - {UNKNOWN})} areas have no household on the list"
    return (
        f"{of_all}: {which}"
        if len(without) == 1
        else f"{of_all} of a round; in some round: {which}"
    )


def _note_on_suppression(cells: int, lists: int) -> str:
    parts = [
        counted(cells, "small cell") if cells else "",
        f"the list's figures of {counted(lists, 'cell')}" if lists else "",
    ]
    told = " and ".join(filter(None, parts))
    return f"suppressed in the tables by round, area and group: {told}" if told else ""
