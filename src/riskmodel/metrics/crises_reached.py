"""How many crises a list reaches: as observed, and as its probabilities expect it.

Both are the places of the list times a share: of crises among the listed, and the mean of their
probabilities. Weights weigh the rows in the share; places count rows, whatever their weight.
"""

from __future__ import annotations

from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.intervals import Interval, clustered_interval, scaled_interval
from riskmodel.metrics.list_metrics import PRECISION, precision, precision_influence
from riskmodel.metrics.metric import Metric, Use, households_listed_of_both_classes
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
        ``sum(p) sum(w p outcome) / sum(w p)``, in crises; 0 for a list without a place.

    Examples
    --------
    >>> import numpy as np
    >>> listed, weight = np.array([1.0, 0.5, 0.5, 0.0]), np.ones(4)
    >>> crises_on_list(np.array([1.0, 1.0, 0.0, 1.0]), listed, weight)
    1.5
    """
    places = float(listed.sum())
    return places * precision(outcome, listed, weight) if places > 0 else 0.0


def _places(rows: ScoredRows) -> float:
    return float(rows.inclusion.sum())


def _reached_influence(rows: ScoredRows) -> Floats:
    return _places(rows) * PRECISION.influence(rows)


def _reached_interval(value: float, influence: Floats, rows: ScoredRows) -> Interval:
    """Return precision's interval, times the places."""
    places = _places(rows)
    if places == 0:
        return Interval(0.0, 0.0, 0.0)
    return scaled_interval(PRECISION.interval(value / places, influence / places, rows), places)


def _probability(rows: ScoredRows) -> Floats:
    assert rows.probability is not None, "evaluation gives this metric probabilities only"
    return rows.probability


def _expected_influence(rows: ScoredRows) -> Floats:
    return _places(rows) * precision_influence(
        _probability(rows),
        rows.inclusion,
        rows.weight,
        rows.share_listed,
        rows.marginal_probability,
    )


def _expected_interval(value: float, influence: Floats, rows: ScoredRows) -> Interval:
    """Return the interval of the mean probability on the list, times its places."""
    places = _places(rows)
    if places == 0:
        return Interval(0.0, 0.0, 0.0)
    of_mean = clustered_interval(value / places, influence / places, rows.household, scale="logit")
    return scaled_interval(of_mean, places)


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
    uses=frozenset({Use.GROUPS}),
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
    uses=frozenset({Use.GROUPS}),
)
