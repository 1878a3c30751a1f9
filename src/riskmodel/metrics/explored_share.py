"""The share of a round that is drawn at random, and the seed of the draw."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real

from riskmodel.errors import ConfigError
from riskmodel.metrics.systematic import checked_seed


@dataclass(frozen=True)
class Explore:
    """The share of a list that is drawn, and the seed of the draw.

    Attributes
    ----------
    share : float
        Of the slots, above 0 and below 1.
    seed : int
    """

    share: float
    seed: int

    @classmethod
    def parse(cls, explore: float | None, seed: int | None) -> Explore | None:
        """Return what is asked for, None where nothing is drawn.

        Raises
        ------
        ConfigError
            For a share that is none, and a share without a seed or the reverse.

        Examples
        --------
        >>> Explore.parse(0.1, 3)
        Explore(share=0.1, seed=3)
        >>> Explore.parse(None, None) is None
        True
        """
        if explore is None and seed is None:
            return None
        if explore is None:
            raise ConfigError(
                "seed is given, and nothing is drawn",
                place="seed",
                code="scoring.explore",
                next_step="add explore=0.1, or leave seed out",
            )
        is_number = isinstance(explore, Real) and not isinstance(explore, (bool, Integral))
        if not is_number or not 0 < float(explore) < 1:
            raise ConfigError(
                "explore is no share of the list",
                place="explore",
                code="scoring.explore",
                allowed="a share above 0 and below 1, such as 0.1",
                next_step="write explore=0.1 for a tenth of the slots, or leave it out",
            )
        return cls(float(explore), checked_seed(seed, "scoring.explore"))
