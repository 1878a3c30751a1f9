"""How an evaluation's figures are printed: a metric and its interval, ties, and which rounds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from riskmodel.evaluation.text_tables import bracket, number, short_note
from riskmodel.metrics import METRICS

TIE_TOLERANCE = 1e-12


def cells_of(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return each metric, its value and its interval, or why it has none."""
    return [_cells_of(line) for line in table.to_dict("records")]


def tie_cells(table: pd.DataFrame) -> list[str]:
    """Return between which values ties at the cut leave each metric; nothing without ties."""
    return [_tie_cell(line) for line in table.to_dict("records")]


def named_rounds(rounds: tuple[str, ...]) -> str:
    """Return one round by its date, several by the first and the last."""
    if len(rounds) == 1:
        return f"round {rounds[0]}"
    return f"{len(rounds)} rounds {rounds[0]} .. {rounds[-1]}"


def _cells_of(line: Mapping[Hashable, Any]) -> tuple[str, ...]:
    interval = bracket(line["low"], line["high"]) or short_note(line["note"])
    return METRICS[line["metric"]].heading, number(line["value"]), interval


def _tie_cell(line: Mapping[Hashable, Any]) -> str:
    is_tied = line["best"] - line["worst"] > TIE_TOLERANCE
    return f"{number(line['worst'])} to {number(line['best'])}" if is_tied else ""
