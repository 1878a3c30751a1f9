"""The gates of a promotion. Each is declared here, once; conf/gates repeats the thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from numbers import Real

import numpy as np
import pandas as pd

from riskmodel.errors import RegistryError, did_you_mean
from riskmodel.evaluation.non_inferiority import at_worst_of, ends
from riskmodel.evaluation.text_tables import NOT_IDENTIFIED, bracket, number, short_note
from riskmodel.metrics import METRICS, Metric, Use, metrics_used_in
from riskmodel.registry.gate import Evidence, Finding, Gate, GateResult, Refusal, Verdict
from riskmodel.registry.holdout import ComparedMetric
from riskmodel.registry.version import Version

NOT_WORSE = (
    f"{' and '.join(metric.title for metric in metrics_used_in(Use.GATE))} of which the interval "
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


def not_worse(metric: str, evidence: Evidence, threshold: float) -> Finding:
    """Check that a metric is not worse than any opponent's by more than a margin.

    The figure is the lowest lower end of the intervals (95 %, paired) of the differences from the
    opponents, in the direction in which more is better. The version passes if it does not lie
    below the threshold, so that its being worse by more than that is ruled out. Where it lies
    below, the version is refused if the whole interval is on the worse side, and else there are
    too few outcomes to tell, as without an interval.
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
        unclear = _reasons(rows[may_be_below], threshold)
        lacks_chances = rows.loc[may_be_below, "note"].str.startswith(NOT_IDENTIFIED).any()
        how = NO_CHANCES if lacks_chances else None
        return Finding(figure, Verdict.NOT_IDENTIFIED, measured, unclear, how)
    if rows.empty:
        nothing = (f"{METRICS[metric].title} has nothing to be compared with",)
        return Finding(figure, Verdict.NOT_IDENTIFIED, nothing, nothing)
    return Finding(figure, Verdict.PASS, measured)


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
        checks=f"{metric.title} is not worse than a baseline's or the champion's "
        "by more than the margin",
        threshold=-metric.margin if threshold is None else threshold,
        check=partial(not_worse, metric.name),
        refusals={Verdict.REFUSE: WORSE, Verdict.NOT_IDENTIFIED: TOO_FEW},
        is_in_table=True,
    )


GATES = tuple(not_worse_gate(metric) for metric in metrics_used_in(Use.GATE))


def default_thresholds() -> dict[str, float]:
    """Return the threshold of each gate.

    Examples
    --------
    >>> default_thresholds()
    {'auc': -0.04, 'average_precision': -0.05}
    """
    return {gate.name: gate.threshold for gate in GATES}


def gates_with(thresholds: Mapping[str, float] | None) -> tuple[Gate, ...]:
    """Return the gates with some thresholds replaced.

    Raises
    ------
    RegistryError
        For an unknown gate, or a threshold that is not a finite number.
    """
    given = {} if thresholds is None else thresholds
    if not isinstance(given, Mapping):
        raise RegistryError(
            f"gates is a {type(given).__name__}",
            code="promote.gate",
            allowed="a mapping of gates to thresholds",
            next_step=f"write gates={default_thresholds()}, the defaults",
        )
    known = default_thresholds()
    for name, threshold in given.items():
        if name not in known:
            raise RegistryError(
                f"unknown gate {name!r}",
                code="promote.gate",
                allowed=known,
                next_step=did_you_mean(name, known),
            )
        if not isinstance(threshold, Real) or not np.isfinite(float(threshold)):
            raise RegistryError(
                f"the threshold of gate {name} is not a number",
                code="promote.threshold",
                allowed="a finite number",
                next_step=f"write {name}={known[name]}, the default",
            )
    return tuple(
        replace(gate, threshold=float(given.get(gate.name, gate.threshold))) for gate in GATES
    )


def refusal_of(version: Version, results: Iterable[GateResult]) -> RegistryError | None:
    """Return why a version is not promoted, None if it passed all gates.

    What is refused counts before what is not identified; the first such gate names the code.
    """
    results = list(results)
    for verdict in (Verdict.REFUSE, Verdict.NOT_IDENTIFIED):
        stopped = [result for result in results if result.verdict == verdict]
        if stopped:
            reasons = "; ".join(reason for result in stopped for reason in result.reasons)
            refusal = stopped[0].refusal or stopped[0].gate.refusals[verdict]
            return RegistryError(
                f"{version.name} version {version.version} is not promoted: {reasons}",
                **refusal._asdict(),
            )
    return None


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
