"""Shares of groups, each drawn towards the others as far as these vary: full Bayes over a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskmodel.metrics.arrays import Floats

DRAWS = 4_000
SPREADS, MEANS = 32, 48
SMALLEST, LARGEST = 0.01, 0.9
PRIOR_SPREAD = 0.4
"""Of the half-normal prior, as a share of the largest spread, the root of m (1 - m)."""

WIDE, NEGLIGIBLE = 9.0, 1e-5


@dataclass(frozen=True, eq=False)
class SharesOfGroups:
    """Draws of the shares of groups, given how many of how many each has.

    Attributes
    ----------
    draws : ndarray, shape (n_draws, n_groups)
    spread : ndarray, shape (n_draws,)
        The standard deviation of the shares between groups.
    """

    draws: Floats
    spread: Floats

    @classmethod
    def of(
        cls, hits: Floats, size: Floats, *, draws: int = DRAWS, random_state: int = 0
    ) -> SharesOfGroups:
        """Draw the shares of groups.

        Parameters
        ----------
        hits, size : ndarray, shape (n_groups,)
            How many of how many; they need not be whole numbers. A group of size 0 is drawn from
            what the others say of groups.
        draws : int
        random_state : int

        Notes
        -----
        The hits of a group are binomial, given its share; the shares of groups have a beta
        distribution with mean m and standard deviation tau. m is uniform, and tau half-normal with
        scale .4 as a share of its largest value, the root of m (1 - m). Both are integrated over a
        grid: with a single estimate of tau in its place, intervals of small groups are too short
        whenever it is small by chance.

        Examples
        --------
        None of 4 is less than 30 of 100, but says little:

        >>> shares = SharesOfGroups.of(np.array([30.0, 33.0, 0.0]), np.array([100.0, 110.0, 4.0]))
        >>> bool(0.2 < shares.value[2] < 0.3)
        True
        """
        means, spreads, chance = _grid(hits, size)
        rng = np.random.default_rng(random_state)
        picked = rng.choice(chance.size, draws, p=chance.ravel())
        mean, relative = means[picked // len(spreads)], spreads[picked % len(spreads)]
        strength = (1 / relative**2 - 1)[:, None]
        first = mean[:, None] * strength
        shares = rng.beta(first + hits, strength - first + (size - hits))
        return cls(shares, relative * np.sqrt(mean * (1 - mean)))

    @property
    def value(self) -> Floats:
        """The mean of each group's share."""
        return self.draws.mean(axis=0)

    def interval(self) -> tuple[Floats, Floats]:
        """Return the central 95 % of each group's share."""
        low, high = np.quantile(self.draws, [0.025, 0.975], axis=0)
        return low, high

    def of_others(self, weight: Floats) -> Floats:
        """Return the share of all other groups together, for each group, as draws.

        Parameters
        ----------
        weight : ndarray, shape (n_groups,)
            What each group counts. NaN where the others have none.
        """
        together = self.draws * weight
        rest = weight.sum() - weight
        with np.errstate(divide="ignore", invalid="ignore"):
            others = (together.sum(axis=1)[:, None] - together) / rest
        return np.where(rest > 0, others, np.nan)


def _grid(hits: Floats, size: Floats) -> tuple[Floats, Floats, Floats]:
    """Return means, spreads, and the posterior chance of each pair of them."""
    from scipy.special import expit

    spreads = np.geomspace(SMALLEST, LARGEST, SPREADS)
    wide = np.linspace(-WIDE, WIDE, MEANS)
    chance = _chance(expit(wide), spreads, hits, size).sum(axis=1)
    inside = np.flatnonzero(chance > NEGLIGIBLE * chance.max())
    low, high = wide[max(inside[0] - 1, 0)], wide[min(inside[-1] + 1, MEANS - 1)]
    means = expit(np.linspace(low, high, MEANS))
    return means, spreads, _chance(means, spreads, hits, size)


def _chance(means: Floats, spreads: Floats, hits: Floats, size: Floats) -> Floats:
    """Return the posterior chance of means and spreads, shape (n_means, n_spreads)."""
    from scipy.special import betaln

    log = np.zeros((len(means), len(spreads)))
    strength = 1 / spreads**2 - 1
    first, second = np.outer(means, strength), np.outer(1 - means, strength)
    for k, n in zip(hits, size, strict=True):
        if n > 0:
            log += betaln(first + k, second + n - k) - betaln(first, second)
    # the grids are even in the log-odds and in the logarithm of the spread
    prior = np.log(spreads) - (spreads / PRIOR_SPREAD) ** 2 / 2
    log += np.log(means * (1 - means))[:, None] + prior
    chance = np.exp(log - log.max())
    return np.asarray(chance / chance.sum())
