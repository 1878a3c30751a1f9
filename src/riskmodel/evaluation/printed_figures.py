"""How an evaluation's figures are printed: a metric and its interval, ties, and which rounds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from riskmodel.evaluation.text_tables import bracket, number, short_note
from riskmodel.metrics import METRICS

TIE_TOLERANCE = 1e-12


def cells_of(line: Mapping[Hashable, Any]) -> tuple[str, ...]:
    """Return a metric, its value and its interval, or why it has none."""
    interval = bracket(line["low"], line["high"]) or short_note(line["note"])
    return METRICS[line["metric"]].heading, number(line["value"]), interval


def tie_cell(line: Mapping[Hashable, Any]) -> str:
    """Return between which values ties at the cut leave a metric; nothing where there are none."""
    is_tied = line["best"] - line["worst"] > TIE_TOLERANCE
    return f"{number(line['worst'])} to {number(line['best'])}" if is_tied else ""


def named_rounds(rounds: tuple[str, ...]) -> str:
    """Return one round by its date, several by the first and the last."""
    if len(rounds) == 1:
        return f"round {rounds[0]}"
    return f"{len(rounds)} rounds {rounds[0]} .. {rounds[-1]}"
