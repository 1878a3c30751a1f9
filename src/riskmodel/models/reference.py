"""The margins of the publishing rounds, which percentiles and bands refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel import serving
from riskmodel.errors import ConfigError
from riskmodel.few import MIN_HOUSEHOLDS

BANDS = {"very high": 0.99, "high": 0.95, "raised": 0.8, "usual": 0.0}
QUANTILES = 1000
DIGITS = 4

Floats = NDArray[np.float64]


class Band(TypedDict):
    """The name of a band, and its lowest margin; None for the lowest band."""

    name: str
    from_margin: float | None


@dataclass(frozen=True)
class Reference:
    """The margins of one set of rounds, as quantiles, and the bands' cut-offs.

    Attributes
    ----------
    quantiles : tuple of float
        The sorted margins in blocks of equal size, at most a thousand, each block by its mean. A
        block is of at least 10 households, and its mean has 4 significant digits. A published
        margin would give its household away: whoever knows part of the record could guess the
        rest, score the guess and compare.
    bands : tuple of mapping
        ``name`` and ``from_margin``, which is None for the lowest band.
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
        households: pd.Index | None = None,
    ) -> Reference:
        """Take the quantiles of margins, and cut bands at shares of them.

        A cut is read between the published means, so that it tells of no row what they do not.

        Parameters
        ----------
        margin : array
        rounds : iterable
            Of the margins.
        bands : mapping of str to float, optional
            Names with the share of households below each, the lowest at 0.
        households : Index, optional
            The household of each margin. By default each margin is another household's.

        Examples
        --------
        >>> reference = Reference.of(np.arange(1000.0))
        >>> reference.band(np.array([500.0, 999.0]))
        ['usual', 'very high']
        """
        shares = _checked_shares(BANDS if bands is None else bands)
        ordered = np.sort(np.asarray(margin, dtype=np.float64))
        means = _block_means(ordered, MIN_HOUSEHOLDS * _most_rows_of_one(households))
        cuts = [None, *(_cut(means, share) for share in list(shares.values())[1:])]
        return cls(
            quantiles=tuple(means),
            bands=tuple(
                Band(name=name, from_margin=cut) for name, cut in zip(shares, cuts, strict=True)
            ),
            rounds=tuple(map(str, rounds)),
        )

    def percentile(self, margin: Floats) -> Floats:
        """Return the percentage of the reference that lies below, ties counted half."""
        return serving.percentile(margin, self.quantiles)

    def band(self, margin: Floats) -> list[str]:
        """Return the name of the band of each margin."""
        return serving.bands(margin, self.bands)


def _checked_shares(bands: Mapping[str, float]) -> dict[str, float]:
    """Return the share of households below each band, the lowest band first."""
    written = dict(bands) if isinstance(bands, Mapping) else {}
    are_shares = all(isinstance(share, Real) and 0 <= share < 1 for share in written.values())
    if not written or not are_shares or min(written.values()) != 0:
        raise ConfigError(
            "the bands do not cover all households",
            code="scoring.bands",
            allowed="names with the share of households below each, the lowest at 0",
            next_step=f"write for example bands={BANDS}",
        )
    return dict(sorted(written.items(), key=lambda band: band[1]))


def _most_rows_of_one(households: pd.Index | None) -> int:
    """Return how many margins one household has at most."""
    return 1 if households is None else int(households.value_counts().max())


def _block_means(ordered: Floats, together: int) -> list[float]:
    """Return the means of blocks of at least so many margins, or of all where they are fewer."""
    blocks = max(min(QUANTILES, len(ordered) // together), 1)
    edges = np.linspace(0, len(ordered), blocks + 1).round().astype(int)
    means = np.add.reduceat(ordered, edges[:-1]) / np.diff(edges)
    return [float(f"{mean:.{DIGITS}g}") for mean in means]


def _cut(means: list[float], share: float) -> float:
    middles = (np.arange(len(means)) + 0.5) / len(means)
    return float(np.interp(share, middles, means))
