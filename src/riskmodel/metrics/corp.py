"""The Brier score in parts, and what they are by chance where the probabilities are right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from riskmodel.metrics.arrays import Floats, Ints, check_arrays
from riskmodel.metrics.calibration import reliability_bins

DRAWS = 199
POINTS = 100


class BrierParts(NamedTuple):
    """The parts of a Brier score, which is miscalibration - discrimination + uncertainty.

    Attributes
    ----------
    miscalibration : float
        What the isotonic recalibration gains; 0 for probabilities that need none.
    discrimination : float
        What recalibrated probabilities gain over one chance for all rows.
    uncertainty : float
        The Brier score of one chance for all rows, the base rate.
    """

    miscalibration: float
    discrimination: float
    uncertainty: float


class CalibrationNull(NamedTuple):
    """What outcomes show by chance where the probabilities are right.

    Attributes
    ----------
    miscalibration : ndarray, shape (draws,)
    ece : ndarray, shape (draws,)
        The expected calibration error.
    curves : ndarray, shape (draws, n_points)
        The isotonic recalibration at some probabilities.
    """

    miscalibration: Floats
    ece: Floats
    curves: Floats


@dataclass(frozen=True, eq=False)
class Levels:
    """The distinct probabilities of rows, and what outcomes say of each of them.

    Rows in rising order of their probability are read several times faster.

    Attributes
    ----------
    probability : ndarray, shape (n_levels,)
        In rising order.
    of_row : ndarray of int, shape (n_rows,)
    weight : ndarray, shape (n_rows,)
    bin_of_row : ndarray of int, shape (n_rows,)
        By `reliability_bins`: the outcomes have no part in it.
    """

    probability: Floats
    of_row: Ints
    weight: Floats
    bin_of_row: Ints

    @classmethod
    def of(cls, probability: Floats, weight: Floats) -> Levels:
        """Find the levels of rows whose weights are above 0."""
        levels, of_row = np.unique(probability, return_inverse=True)
        return cls(levels, of_row, weight, reliability_bins(probability))

    def curve(self, y: Floats) -> Floats:
        """Return the isotonic recalibration of each level."""
        from scipy.optimize import isotonic_regression

        observed = np.bincount(self.of_row, self.weight * y) / self._weight
        return np.asarray(isotonic_regression(observed, weights=self._weight).x)

    @cached_property
    def _weight(self) -> Floats:
        return np.bincount(self.of_row, self.weight).astype(np.float64)

    def parts(self, y: Floats, curve: Floats) -> BrierParts:
        """Return the parts of the Brier score of outcomes, given their own curve."""
        as_told = self._error(y, self.probability[self.of_row])
        recalibrated = self._error(y, curve[self.of_row])
        of_one_chance = self._error(y, np.average(y, weights=self.weight))
        return BrierParts(as_told - recalibrated, of_one_chance - recalibrated, of_one_chance)

    def ece(self, y: Floats) -> float:
        """Return the mean distance of predicted and observed shares over the bins."""
        lacking = self.weight * (y - self.probability[self.of_row])
        return float(np.abs(np.bincount(self.bin_of_row, lacking)).sum() / self.weight.sum())

    def points(self, most: int = POINTS) -> Ints:
        """Return levels to draw a curve at: some evenly spread over rows, some over the scale."""
        over_rows = np.linspace(0, len(self.of_row) - 1, most).round().astype(int)
        of_rows = np.sort(self.of_row)[over_rows]
        over_scale = np.linspace(self.probability[0], self.probability[-1], most)
        of_scale = np.searchsorted(self.probability, over_scale)
        return np.unique(np.concatenate([of_rows, of_scale]))

    def _error(self, y: Floats, chance: Floats | float) -> float:
        return float(np.average((y - chance) ** 2, weights=self.weight))


def brier_parts(
    y: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None
) -> BrierParts:
    """Return miscalibration, discrimination and uncertainty of probabilities [1]_.

    Miscalibration is above 0 for right probabilities, too, because the recalibration follows
    chance: compare it with what `wild_null` returns.

    References
    ----------
    .. [1] Dimitriadis, Gneiting, Jordan (2021), PNAS 118, e2016191118.
       doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> brier_parts([0, 1, 0, 1], [0.25, 0.5, 0.5, 0.75])
    BrierParts(miscalibration=0.03125, discrimination=0.125, uncertainty=0.25)
    """
    outcome, chance, weights = check_arrays(y, probability, weight)
    counts = weights > 0
    levels = Levels.of(chance[counts], weights[counts])
    return levels.parts(outcome[counts], levels.curve(outcome[counts]))


def wild_null(
    levels: Levels, y: Floats, unit: Ints, points: Ints, draws: int, seed: int
) -> CalibrationNull:
    """Draw outcomes as they could be, were the probabilities right.

    Parameters
    ----------
    levels : Levels
    y : ndarray, shape (n_rows,)
    unit : ndarray of int, shape (n_rows,)
        The household, or cluster, of each row.
    points : ndarray of int
        The levels at which curves are kept.
    draws, seed : int

    Notes
    -----
    With right probabilities q, the mean of y - q is 0 at each of them. In each draw the outcomes
    are q + g (y - q) with g = +1 or -1, one g for all rows of a household [1]_. The rows of a
    household keep their dependence over overlapping rounds, so that nothing is assumed of it. Signs
    drawn by rows reject right probabilities far too often (`benchmarks/corp.py`).

    References
    ----------
    .. [1] Liu (1988), Ann. Stat. 16, 1696-1708. doi:10.1214/aos/1176351062
    """
    rng = np.random.default_rng(seed)
    told = levels.probability[levels.of_row]
    units = int(unit.max()) + 1
    miscalibration, ece = np.empty(draws), np.empty(draws)
    curves = np.empty((draws, len(points)))
    for draw in range(draws):
        sign = 2.0 * rng.integers(0, 2, units) - 1
        outcome = told + sign[unit] * (y - told)
        curve = levels.curve(outcome)
        miscalibration[draw] = levels.parts(outcome, curve).miscalibration
        ece[draw] = levels.ece(outcome)
        curves[draw] = curve[points]
    return CalibrationNull(miscalibration, ece, curves)


def share_as_large(value: float, by_chance: Floats) -> float:
    """Return the p-value of a value among draws by chance, which counts the value as one of them.

    Examples
    --------
    >>> share_as_large(3.0, np.array([1.0, 2.0, 3.0]))
    0.5
    """
    return float((1 + np.sum(by_chance >= value)) / (1 + len(by_chance)))
