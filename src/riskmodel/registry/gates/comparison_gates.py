"""Gates that hold a metric against every opponent's: not worse by more than a margin."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.evaluation.non_inferiority import at_worst_of, ends
from riskmodel.evaluation.text_tables import NOT_IDENTIFIED, bracket, number, short_note
from riskmodel.metrics import METRICS, Metric, Use, metrics_used_in
from riskmodel.registry.gates.gate import Evidence, Finding, Gate, Range, Refusal, Verdict
from riskmodel.registry.gates.holdout import ComparedMetric

NOT_WORSE = (
    f"{', '.join(metric.title for metric in metrics_used_in(Use.GATE))} of which the interval "
    "rules out that they are worse than a baseline's or the champion's by more than the margin"
)
WORSE = Refusal(
    code="promote.worse",
    allowed=NOT_WORSE,
    next_step="publish a model that stands the comparison, or the baseline itself",
)
TOO_FEW = Refusal(
    code="promote.too_few",
    allowed=NOT_WORSE,
    next_step="wait for more rounds with mature labels: there are too few outcomes to judge by; "
    "or answer for a wider margin, such as gates={'auc': -0.1}",
)
NO_CHANCES = Refusal(
    code="promote.not_identified",
    allowed=NOT_WORSE,
    next_step="hand out lists of which a part is drawn at random (rm.score(..., explore=)), and "
    "judge when their verdicts are known; or judge those contacted alone, as if nobody else were "
    "there: among='contacted'",
)

DELTAS = {"precision": 0.02}
"""Margins of gates that are narrower than that within which two models count as level."""


def not_worse(metric: str, evidence: Evidence, threshold: float) -> Finding:
    """Check that a metric is not worse than any opponent's by more than a margin.

    The figure is the lowest lower end of the intervals (95 %, paired) of the differences from the
    opponents, in the direction in which more is better. The version passes if it does not lie
    below the threshold, so that its being worse by more than that is ruled out. Where it lies
    below, the version is refused if the whole interval is on the worse side, and else it is not
    identified, as without an interval. Of a list, an interval wider to each side than the margin
    can rule nothing out: that is *too few*.
    """
    rows = evidence.table[evidence.table["metric"] == metric]
    least, most = ends(rows)
    measured = lines_of(rows)
    figure = float(np.nanmin(least)) if np.isfinite(least).any() else np.nan
    may_be_below = ~(least >= threshold)
    is_worse = may_be_below & (most < max(threshold, 0.0))
    if is_worse.any():
        return Finding(figure, Verdict.REFUSE, measured, _reasons(rows[is_worse], threshold))
    if may_be_below.any():
        unclear = rows[may_be_below]
        if _can_rule_nothing_out(metric, unclear, threshold).all():
            return Finding(figure, Verdict.TOO_FEW, measured, _too_wide(unclear, threshold))
        lacks_chances = unclear["note"].str.startswith(NOT_IDENTIFIED).any()
        how = NO_CHANCES if lacks_chances else None
        told = _reasons(unclear, threshold)
        return Finding(figure, Verdict.NOT_IDENTIFIED, measured, told, how)
    if rows.empty:
        nothing = (f"{METRICS[metric].title} has nothing to be compared with",)
        return Finding(figure, Verdict.NOT_IDENTIFIED, nothing, nothing)
    return Finding(figure, Verdict.PASS, measured)


def _can_rule_nothing_out(metric: str, rows: pd.DataFrame, threshold: float) -> NDArray[np.bool_]:
    """Return for which comparisons of a list too few places are told apart for the margin."""
    is_told = ~rows["note"].str.startswith(NOT_IDENTIFIED).to_numpy(dtype=bool)
    half = (rows["high"] - rows["low"]).to_numpy(dtype=np.float64) / 2
    return METRICS[metric].is_at_capacity & is_told & ~(half <= abs(threshold))


def _too_wide(rows: pd.DataFrame, threshold: float) -> tuple[str, ...]:
    """Return in one line how wide intervals are that can rule nothing out."""
    half = ((rows["high"] - rows["low"]) / 2).max()
    known = f"reach {number(half)} to a side" if np.isfinite(half) else "are not known"
    against = ", ".join(rows["against"])
    return (f"intervals {known} where the margin is {abs(threshold):g}, against {against}",)


def _reasons(rows: pd.DataFrame, threshold: float) -> tuple[str, ...]:
    """Return comparisons in words, those with an interval with what they were held to."""
    held = f", threshold {threshold:g}" if threshold > 0 else ""
    if threshold < 0:
        held = f", and the margin is {-threshold:g}"
    has_interval = rows["low"].notna()
    known = tuple(f"{line}{held}" for line in lines_of(rows[has_interval]))
    return known + lines_of(rows[~has_interval])


def not_worse_gate(metric: Metric, threshold: float | None = None) -> Gate:
    """Return the gate that checks a metric against every opponent's, by the metric's margin."""
    return Gate(
        name=metric.name,
        checks=f"{metric.heading} is not worse than a baseline's or the champion's "
        "by more than the margin",
        threshold=-DELTAS.get(metric.name, metric.margin) if threshold is None else threshold,
        check=partial(not_worse, metric.name),
        refusals={
            Verdict.REFUSE: WORSE,
            Verdict.NOT_IDENTIFIED: TOO_FEW,
            Verdict.TOO_FEW: TOO_FEW,
        },
        allowed=Range(-1, 1),
        is_in_table=True,
    )


def lines_of(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return each comparison in words: which metric, by how much, against what.

    What is not identified for one reason against several stands in one line.
    """
    lines: list[str] = []
    against: dict[tuple[str, str], list[str]] = {}
    for row in ComparedMetric.of(rows):
        if row.note.startswith(NOT_IDENTIFIED):
            against.setdefault((METRICS[row.metric].title, row.note), []).append(row.against)
        else:
            lines.append(_line(row))
    unknown = (
        f"{title} against {', '.join(names)} is {note}" for (title, note), names in against.items()
    )
    return (*lines, *unknown)


def _line(row: ComparedMetric) -> str:
    metric, value, verdict, against, difference, interval, _ = cells_of(row)
    said = f"{metric} {value} is {verdict} {against} ({difference} {interval})"
    return ", ".join(filter(None, [said, at_worst_of(row.at_worst)]))


def cells_of(row: ComparedMetric) -> tuple[str, ...]:
    """Return one comparison as the cells of a printed row."""
    interval = bracket(row.low, row.high) or short_note(row.note)
    return (
        METRICS[row.metric].title,
        number(row.version),
        row.verdict,
        row.against,
        number(row.difference),
        interval,
        at_worst_of(row.at_worst).removeprefix("could be "),
    )


COMPARED = tuple(not_worse_gate(metric) for metric in metrics_used_in(Use.GATE))
