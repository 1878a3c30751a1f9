"""What a margin is compared with: the quantiles of the publishing rounds, and the bands' cut-offs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from riskmodel import serving
from riskmodel.errors import ConfigError

BANDS = {"very high": 0.99, "high": 0.95, "raised": 0.8, "usual": 0.0}
QUANTILES = 1000

Floats = NDArray[np.float64]


class Band(TypedDict):
    """The name of a band, and the margin from which on rows are in it; None for the lowest."""

    name: str
    from_margin: float | None


@dataclass(frozen=True)
class Reference:
    """What margins are compared with: those of one set of rounds, as quantiles, and the bands' cut-offs.

    Attributes
    ----------
    quantiles : tuple of float
        A thousand evenly spaced ones; the margin of no single household stands out.
    bands : tuple of mapping
        ``name`` and ``from_margin``; None for the lowest.
    rounds : tuple of str
    """

    quantiles: tuple[float, ...]
    bands: tuple[Band, ...]
    rounds: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        margin: Floats,
        rounds: Iterable[str | np.datetime64] = (),
        bands: Mapping[str, float] | None = None,
    ) -> Reference:
        """Take the quantiles of margins, and cut bands at shares of them.

        Examples
        --------
        >>> reference = Reference.of(np.arange(1000.0))
        >>> reference.band(np.array([500.0, 999.0]))
        ['usual', 'very high']
        """
        levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
        shares = sorted((BANDS if bands is None else bands).items(), key=lambda band: band[1])
        if not shares or shares[0][1] != 0 or not all(0 <= share < 1 for _, share in shares):
            raise ConfigError(
                "the bands do not part the households",
                code="scoring.bands",
                allowed="names with the share of households below each, the lowest at 0",
                next_step=f"write for example bands={BANDS}",
            )
        cuts = [
            None,
            *np.quantile(
                margin, [share for _, share in shares[1:]], method="inverted_cdf"
            ).tolist(),
        ]
        return cls(
            tuple(np.quantile(margin, levels, method="inverted_cdf").tolist()),
            tuple(
                Band(name=name, from_margin=cut)
                for (name, _), cut in zip(shares, cuts, strict=True)
            ),
            tuple(map(str, rounds)),
        )

    def percentile(self, margin: Floats) -> Floats:
        """Return the percentage of the reference that lies below, ties counted half."""
        return serving.percentile(margin, self.quantiles)

    def band(self, margin: Floats) -> list[str]:
        """Return the name of the band of each margin."""
        return serving.bands(margin, self.bands)
