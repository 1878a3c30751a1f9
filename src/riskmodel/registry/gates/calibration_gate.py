"""The gate on probabilities: neither their level nor their slope is shown to be off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.evaluation.estimates import Estimate
from riskmodel.evaluation.text_tables import bracket, number
from riskmodel.metrics import METRICS, Interval, ScoredRows
from riskmodel.registry.gates.gate import Evidence, Finding, Gate, Range, Refusal, Verdict

MISCALIBRATED = Refusal(
    code="promote.calibration",
    allowed="probabilities of which neither level nor slope is shown to be off by more than the "
    "threshold",
    next_step="fit on later rounds, or with region=; or state an override with its reason",
)
UNCLEAR_LEVEL = Refusal(
    code="promote.calibration_too_few",
    allowed="intervals of level and slope that are narrower than the threshold",
    next_step="wait for more rounds with mature labels, or state an override with its reason",
)
NO_PROBABILITIES = "its scores are no probabilities"


def calibrated(evidence: Evidence, threshold: float) -> Finding:
    """Check that neither level nor slope of the probabilities is shown to be off.

    The figure is by how much the worse of the two is off: a slope of 0.8, and a level at which 1.25
    crises come for one that was expected, are both off by a quarter. The level is measured in odds.
    It is refused where an interval lies wholly beyond the threshold, and too few where one reaches
    beyond it on both sides.
    """
    rows = evidence.rows
    assert rows is not None
    if rows.probability is None:
        return Finding(np.nan, Verdict.TOO_FEW, (NO_PROBABILITIES,), (NO_PROBABILITIES,))
    slope = Estimate.of(METRICS["calibration_slope"], rows)
    level = Estimate.of(METRICS["calibration_intercept"], rows)
    spans = _Span.of_slope(slope, rows), _Span.of_level(level, rows)
    measured = tuple(span.words for span in spans)
    figure = float(np.max(np.exp(np.abs([span.value for span in spans])) - 1))
    band = np.log1p(threshold)
    if not all(span.is_known for span in spans):
        unclear = tuple(span.words for span in spans if not span.is_known)
        identified = rows.selective is None
        verdict = Verdict.TOO_FEW if identified else Verdict.NOT_IDENTIFIED
        return Finding(figure, verdict, measured, unclear)
    off = tuple(span.words for span in spans if span.low > band or span.high < -band)
    if off:
        held = tuple(f"{words}, and the threshold is {threshold:g}" for words in off)
        return Finding(figure, Verdict.REFUSE, measured, held)
    wide = tuple(span.words for span in spans if span.low < -band and span.high > band)
    return Finding(figure, Verdict.TOO_FEW if wide else Verdict.PASS, measured, wide)


class _Span(NamedTuple):
    """A figure of calibration on the scale on which 0 is right, with its interval."""

    value: float
    low: float
    high: float
    words: str

    @classmethod
    def of_slope(cls, estimate: Estimate, rows: ScoredRows) -> _Span:
        interval = estimate.interval(rows)
        ends = np.array([estimate.value, interval.low, interval.high])
        # a slope of 0 or less is off by any measure
        value, low, high = np.log(np.maximum(ends, 1e-6))
        return cls(value, low, high, _words("calibration slope", estimate.value, interval))

    @classmethod
    def of_level(cls, estimate: Estimate, rows: ScoredRows) -> _Span:
        interval = estimate.interval(rows)
        words = _words("calibration intercept", estimate.value, interval)
        return cls(estimate.value, interval.low, interval.high, words)

    @property
    def is_known(self) -> bool:
        return bool(np.isfinite([self.low, self.high]).all())


def _words(title: str, value: float, interval: Interval) -> str:
    return f"{title} {number(value)} {bracket(interval.low, interval.high) or interval.note}"


CALIBRATION = Gate(
    name="calibration",
    checks="neither level nor slope of its probabilities is shown to be off by more than this "
    "share",
    threshold=0.5,
    check=calibrated,
    refusals={
        Verdict.REFUSE: MISCALIBRATED,
        Verdict.TOO_FEW: UNCLEAR_LEVEL,
        Verdict.NOT_IDENTIFIED: UNCLEAR_LEVEL,
    },
    allowed=Range(0, 1),
)
