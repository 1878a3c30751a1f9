"""How many crises a list reaches: as observed, and as its probabilities expect it.

Both are the size of the list times a share: the share of crises among the listed, and the mean of
their probabilities. Weights weigh the rows; the size is then the sum of weights on the list.
"""

from __future__ import annotations

from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.intervals import Interval, clustered_interval, scaled_interval
from riskmodel.metrics.list_metrics import PRECISION, precision_influence
from riskmodel.metrics.metric import Metric, households_listed_of_both_classes
from riskmodel.metrics.scored_rows import ScoredRows


def crises_on_list(outcome: Floats, listed: Floats, weight: Floats) -> float:
    """Return how many crises a list reaches, or is expected to reach.

    Parameters
    ----------
    outcome : ndarray, shape (n_rows,)
        Outcomes of 0 and 1, or calibrated probabilities of them.
    listed, weight : ndarray, shape (n_rows,)
        Each row's chance to be listed, and its weight.

    Returns
    -------
    float
        ``sum(w p outcome)``, in crises.

    Examples
    --------
    >>> import numpy as np
    >>> listed, weight = np.array([1.0, 0.5, 0.5, 0.0]), np.ones(4)
    >>> crises_on_list(np.array([1.0, 1.0, 0.0, 1.0]), listed, weight)
    1.5
    """
    return float(weight @ (listed * outcome))


def _size(rows: ScoredRows) -> float:
    return float(rows.weight @ rows.inclusion)


def _reached_influence(rows: ScoredRows) -> Floats:
    return _size(rows) * PRECISION.influence(rows)


def _reached_interval(value: float, influence: Floats, rows: ScoredRows) -> Interval:
    """Return precision's interval, times the size of the list."""
    size = _size(rows)
    if size == 0:
        return Interval(0.0, 0.0, 0.0)
    return scaled_interval(PRECISION.interval(value / size, influence / size, rows), size)


def _probability(rows: ScoredRows) -> Floats:
    assert rows.probability is not None, "evaluation gives this metric probabilities only"
    return rows.probability


def _expected_influence(rows: ScoredRows) -> Floats:
    return _size(rows) * precision_influence(
        _probability(rows),
        rows.inclusion,
        rows.weight,
        rows.share_listed,
        rows.marginal_probability,
    )


def _expected_interval(value: float, influence: Floats, rows: ScoredRows) -> Interval:
    """Return the interval of the mean probability on the list, times its size."""
    size = _size(rows)
    if size == 0:
        return Interval(0.0, 0.0, 0.0)
    of_mean = clustered_interval(value / size, influence / size, rows.household, scale="logit")
    return scaled_interval(of_mean, size)


CRISES_REACHED = Metric(
    name="crises_reached",
    title="crises reached",
    estimate=lambda rows: crises_on_list(rows.y, rows.inclusion, rows.weight),
    influence=_reached_influence,
    own_interval=_reached_interval,
    support=households_listed_of_both_classes,
    greater_is_better=True,
    is_at_capacity=True,
    # on the same lists they differ as precisions do
    uses=frozenset(),
)
CRISES_EXPECTED = Metric(
    name="crises_expected",
    title="crises expected",
    estimate=lambda rows: crises_on_list(_probability(rows), rows.inclusion, rows.weight),
    influence=_expected_influence,
    own_interval=_expected_interval,
    support=households_listed_of_both_classes,
    is_at_capacity=True,
    needs_probabilities=True,
    uses=frozenset(),
)
