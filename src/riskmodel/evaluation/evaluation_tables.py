"""The tables of an evaluation by round, area and group; what each may show is decided together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from riskmodel.evaluation.group_columns import reported
from riskmodel.evaluation.group_tables import (
    Suppression,
    bins_of,
    group_table,
    reliability_table,
)
from riskmodel.evaluation.panel_rows import observation_of, rounds_of
from riskmodel.metrics import Groups, Ints, ScoredRows

if TYPE_CHECKING:
    from riskmodel.panel import Panel

ROUND, AREA, GROUP = "round", "area", "group "


class EvaluationTables(NamedTuple):
    """The tables by round, by area and by group; None where the panel names none."""

    by_round: pd.DataFrame
    by_area: pd.DataFrame | None
    by_group: pd.DataFrame | None
    reliability: pd.DataFrame

    @classmethod
    def of(
        cls,
        rows: ScoredRows,
        panel: Panel,
        columns: Sequence[str],
        suppression: Suppression,
        positions: Ints,
    ) -> EvaluationTables:
        """Return the tables of the rows that stand at some positions of a panel."""
        groups = _groups(panel, columns, positions)
        bins = bins_of(rows, suppression)
        shown = suppression.shown(rows, list(groups.values()), bins)
        tables = {
            name: group_table(
                rows,
                name if name in (ROUND, AREA) else "value",
                each,
                cells,
                observation_of(panel.label),
                suppression,
                whole_rounds=name == ROUND,
            )
            for (name, each), cells in zip(groups.items(), shown, strict=False)
        }
        reliability = reliability_table(rows, bins, shown[-1], suppression)
        by_round, by_area = tables.pop(ROUND), tables.pop(AREA, None)
        by_group = [table.assign(group=name.removeprefix(GROUP)) for name, table in tables.items()]
        return cls(by_round, by_area, _joined(by_group), reliability)

    @property
    def hidden(self) -> tuple[int, int]:
        """How many cells are suppressed, and of how many others the figures of the list are."""
        tables = [table for table in self[:3] if table is not None]
        hidden = sum(int(table["rows"].isna().sum()) for table in tables)
        return hidden, sum(int(table["note"].ne("").sum()) for table in tables) - hidden


def _groups(panel: Panel, columns: Sequence[str], positions: Ints) -> dict[str, Groups]:
    """Return how each table parts the judged rows, by its name."""
    area = panel.area_name
    groups = {ROUND: rounds_of(panel)[positions]}
    if panel.area is not None and area is not None:
        groups[AREA] = panel.reported_group(area)[positions]
    groups |= {GROUP + column: reported(panel, column)[positions] for column in columns}
    return {name: Groups.of(values) for name, values in groups.items()}


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
    """Return the tables of all groups below each other, the group first."""
    if not tables:
        return None
    return pd.concat(tables, ignore_index=True).set_index("group").reset_index()
