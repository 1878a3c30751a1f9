"""All metrics, in the order of their tables."""

from __future__ import annotations

import numpy as np

from riskmodel.metrics.calibration import (
    BRIER,
    CALIBRATION_INTERCEPT,
    CALIBRATION_SLOPE,
    LOG_LOSS,
    mean_influence,
)
from riskmodel.metrics.crises_reached import CRISES_EXPECTED, CRISES_REACHED
from riskmodel.metrics.discrimination import AUC, AVERAGE_PRECISION
from riskmodel.metrics.list_metrics import LIFT, PRECISION, RECALL
from riskmodel.metrics.metric import Metric, Observation, Use, households_of_both_classes

BASE_RATE = Metric(
    name="base_rate",
    title="base rate",
    estimate=lambda rows: float(np.average(rows.y, weights=rows.weight)),
    influence=lambda rows: mean_influence(rows.y, rows.weight),
    support=households_of_both_classes,
    scale="logit",
    uses=frozenset(),
)

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        BASE_RATE,
        AUC,
        AVERAGE_PRECISION,
        BRIER,
        LOG_LOSS,
        CALIBRATION_SLOPE,
        CALIBRATION_INTERCEPT,
        PRECISION,
        RECALL,
        LIFT,
        CRISES_REACHED,
        CRISES_EXPECTED,
    )
}
"""Every metric by name, in the order of tables; the one list from which all others derive."""


def metrics_used_in(use: Use) -> list[Metric]:
    """Return the metrics of one use, in the order of `METRICS`.

    Examples
    --------
    >>> [metric.title for metric in metrics_used_in(Use.GATE)]
    ['AUC', 'average precision', 'precision']
    """
    return [metric for metric in METRICS.values() if use in metric.uses]


def metrics_at_capacity() -> list[Metric]:
    """Return the metrics of the list.

    Examples
    --------
    >>> [metric.name for metric in metrics_at_capacity()]
    ['precision', 'recall', 'lift', 'crises_reached', 'crises_expected']
    """
    return [metric for metric in METRICS.values() if metric.is_at_capacity]


def metrics_defined(observation: Observation, *, has_probabilities: bool) -> list[Metric]:
    """Return the metrics that may be given under a label, for scores of a kind."""
    return [
        metric
        for metric in METRICS.values()
        if metric.is_defined(observation, has_probabilities=has_probabilities)
    ]
