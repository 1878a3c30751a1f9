"""What a reader must know beside the figures of an evaluation, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskmodel.evaluation.panel_rows import areas_of, labelled, rounds_of, unlabelled
from riskmodel.few import told_text
from riskmodel.metrics import (
    LISTED_AREAS,
    METRICS,
    UNKNOWN,
    Capacity,
    ScoredRows,
    Unfilled,
    areas_without_a_place,
    named_areas,
)
from riskmodel.panel import Panel
from riskmodel.panel.panel_lines import unobserved_positives
from riskmodel.texts import counted

UNDER_SUPPORT = (
    "under the support given: the records hold contacts, and a crisis that they prevented counts "
    "as none"
)


def notes_on(
    rows: ScoredRows, panel: Panel, capacity: Capacity, hidden: tuple[int, int]
) -> Iterator[str]:
    """Yield what a reader must know beside the figures of an evaluation.

    Parameters
    ----------
    rows : ScoredRows
        The labelled rows of the panel, with their list.
    panel : Panel
    capacity : Capacity
    hidden : tuple of int
        How many cells of the tables are suppressed, and of how many others the figures of the list.
    """
    notes = [
        panel.note,
        *panel.doubts,
        _note_on_labels(panel),
        unobserved_positives(panel),
        UNDER_SUPPORT if panel.under_support else "",
        _note_on_weights(rows, panel),
        _note_on_clusters(panel),
        _note_on_probabilities(rows),
        _note_on_ties(rows),
        _note_on_areas(panel, capacity),
        note_on_slots(panel, capacity),
        _note_on_places(rows, panel, capacity),
        _note_on_suppression(*hidden),
    ]
    yield from filter(None, notes)


def _note_on_labels(panel: Panel) -> str:
    count = unlabelled(panel)
    if not count:
        return ""
    rows = told_text(count)
    return f"{rows} rows without a label are left out; the list is drawn among the others"


def _note_on_weights(rows: ScoredRows, panel: Panel) -> str:
    if panel.weight is None:
        return ""
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


def _note_on_areas(panel: Panel, capacity: Capacity) -> str:
    area = areas_of(panel)
    if area is None or panel.area_name is None:
        return ""
    return capacity.note(area[labelled(panel)], panel.vocabulary_of(panel.area_name).names)


def note_on_slots(panel: Panel, capacity: Capacity) -> str:
    """Say where all labelled rows are listed, since the capacity has more slots."""
    rows, area = labelled(panel), areas_of(panel)
    unfilled = Unfilled.of(capacity, rounds_of(panel)[rows], None if area is None else area[rows])
    known = [] if panel.area_name is None else panel.vocabulary_of(panel.area_name).names
    return unfilled.note(known)


def _note_on_places(rows: ScoredRows, panel: Panel, capacity: Capacity) -> str:
    """Say how many areas, and which, have no household on the list of all areas together."""
    area = areas_of(panel)
    if area is None or panel.area_name is None or capacity.is_by_area:
        return ""
    positions = labelled(panel)
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
