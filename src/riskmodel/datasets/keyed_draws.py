"""Random numbers by purpose and round, in which each household has its own place."""

from __future__ import annotations

import hashlib

import numpy as np

from riskmodel.datasets.course import Ints
from riskmodel.datasets.world import Floats


class KeyedDraws:
    """The uniform numbers of a service: one stream per purpose and round.

    The key of a stream is a hash of seed, purpose and round, and the numbers of a household stand
    at its own place in it. So a household's number depends on nothing that others do, and on
    nothing that was drawn before.

    Parameters
    ----------
    seed : int
    n : int
        Number of households.

    Examples
    --------
    >>> few, many = KeyedDraws(seed=1, n=2), KeyedDraws(seed=1, n=5)
    >>> bool((few.uniform("visit", 3) == many.uniform("visit", 3)[:2]).all())
    True
    """

    def __init__(self, seed: int, n: int) -> None:
        self.seed, self.n = seed, n

    def uniform(self, purpose: str, period: int, columns: int | None = None) -> Floats:
        """Return uniform numbers, shape (n,) or (n, columns)."""
        shape = (self.n,) if columns is None else (self.n, columns)
        return self._stream(purpose, period).random(shape)

    def _stream(self, purpose: str, period: int) -> np.random.Generator:
        key = hashlib.blake2b(f"{self.seed}/{period}/{purpose}".encode(), digest_size=16)
        return np.random.Generator(np.random.Philox(key=int.from_bytes(key.digest(), "little")))


class KeyedFactDraws:
    """The numbers behind facts, each at the place of its household and its code.

    Parameters
    ----------
    draws : KeyedDraws
    n_codes : int
        Number of codes that facts can have.
    """

    def __init__(self, draws: KeyedDraws, n_codes: int) -> None:
        self.draws, self.n_codes = draws, n_codes

    def shows(self, period: int, shape: tuple[int, int]) -> Floats:
        """Return the numbers by which events happen."""
        return self.draws.uniform("events", period, shape[1])

    def lags(self, period: int, household: Ints, code: Ints) -> Floats:
        """Return the numbers by which events become known."""
        return self._of_facts("lags", period, household, code)

    def holds(self, period: int, shape: tuple[int, int]) -> Floats:
        """Return the numbers by which delivered states begin or last."""
        return self.draws.uniform("states", period, shape[1])

    def ages(self, period: int, shape: tuple[int, int], chance: float) -> Ints:
        """Return geometric numbers, at least 1, behind the age of states."""
        share = self.draws.uniform("ages", period, shape[1])
        return 1 + np.floor(np.log1p(-share) / np.log1p(-chance)).astype(np.int64)

    def days(self, period: int, household: Ints, code: Ints) -> tuple[Floats, Floats]:
        """Return the numbers behind the day of each fact, and behind the day it becomes known."""
        return (
            self._of_facts("days", period, household, code),
            self._of_facts("known days", period, household, code),
        )

    def _of_facts(self, purpose: str, period: int, household: Ints, code: Ints) -> Floats:
        return self.draws.uniform(purpose, period, self.n_codes)[household, code]
