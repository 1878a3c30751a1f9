"""Which candidate a backtest chooses: the simplest within one paired standard error of the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskmodel.evaluation.estimates import Estimate
from riskmodel.evaluation.panel_rows import Among, judged, scored_rows
from riskmodel.metrics import AVERAGE_PRECISION, Capacity, Floats, clustered_se

if TYPE_CHECKING:
    from riskmodel.panel import Panel

CHOSEN_BY = AVERAGE_PRECISION


class Standing(NamedTuple):
    """How a candidate stands in a backtest.

    Attributes
    ----------
    mean : float
        Its mean average precision over the cuts.
    behind : float
        By how much the best candidate's mean is higher.
    se : float
        The standard error of that difference, paired and clustered by household; 0 for the best.
    complexity : int
        Of its kind (`riskmodel.models.kind.Kind.complexity`); less is simpler.
    """

    mean: float
    behind: float
    se: float
    complexity: int

    @property
    def is_near(self) -> bool:
        """Whether it is within one standard error of the best."""
        return self.behind <= self.se


def standings_of(
    cuts: Sequence[tuple[Panel, Mapping[str, pd.DataFrame]]],
    complexity: Mapping[str, int],
    capacity: Capacity,
    among: Among = "all",
) -> dict[str, Standing]:
    """Return how the candidates of a backtest stand.

    Parameters
    ----------
    cuts : list of tuple
        By cut the test rows and, by name, margin and score of each of them.
    complexity : dict of str to int
        By the name of each candidate.
    capacity : Capacity
    among : {"all", "contacted"}
        As in `riskmodel.evaluate`.

    Returns
    -------
    dict of str to Standing
        In the order of `complexity`.

    Notes
    -----
    The mean over C cuts of a metric has as influence of a row 1/C of its influence in its cut. The
    differences from the best candidate are summed by household over all cuts. With fewer than two
    households there is no standard error, and it is taken as 0. Where few verdicts do not identify
    the metric in every cut, no candidate is told from another: all are level.
    """
    parts = {
        name: [_ap(scores[name], test, capacity, among) for test, scores in cuts]
        for name in complexity
    }
    household = np.concatenate([test.independent_units[judged(test, among)] for test, _ in cuts])
    cluster = pd.factorize(household)[0].astype(np.intp)
    means = {name: float(np.mean([each.value for each in parts[name]])) for name in parts}
    influences = {
        name: np.concatenate([each.influence for each in parts[name]]) / len(cuts) for name in parts
    }
    if not all(np.isfinite(mean) for mean in means.values()):
        return {name: Standing(means[name], 0.0, 0.0, level) for name, level in complexity.items()}
    best = max(means, key=lambda name: means[name])

    def se(name: str) -> float:
        apart: Floats = influences[name] - influences[best]
        return clustered_se(apart, cluster) if cluster.any() else 0.0

    return {
        name: Standing(means[name], means[best] - means[name], se(name), level)
        for name, level in complexity.items()
    }


def chosen_of(standings: Mapping[str, Standing]) -> str:
    """Return the simplest candidate within one standard error of the best.

    Of equally simple ones it is the one with the higher mean, then the first.

    Examples
    --------
    >>> standings = {
    ...     "lightgbm": Standing(0.35, 0.0, 0.0, 3),
    ...     "logistic": Standing(0.34, 0.01, 0.012, 1),
    ...     "area_rate": Standing(0.2, 0.15, 0.02, 0),
    ... }
    >>> chosen_of(standings), chosen_of({**standings, "logistic": Standing(0.34, 0.01, 0.008, 1)})
    ('logistic', 'lightgbm')
    """
    near = {name: each for name, each in standings.items() if each.is_near}
    return min(near, key=lambda name: (near[name].complexity, near[name].behind))


def ranking_of(standings: Mapping[str, Standing]) -> pd.DataFrame:
    """Return the candidates as a table, the best first: mean, behind, se, complexity."""
    lines = [each._asdict() for each in standings.values()]
    table = pd.DataFrame(lines, index=pd.Index(list(standings), name="model"))
    return table.sort_values("mean", ascending=False, kind="stable")


def _ap(scores: pd.DataFrame, test: Panel, capacity: Capacity, among: Among) -> Estimate:
    return Estimate.of(CHOSEN_BY, scored_rows(scores, test, capacity, among))
