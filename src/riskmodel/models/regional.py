"""Regions of a model: a level and a slope for each, as far as they differ between regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, did_you_mean, nearest
from riskmodel.forests import Arrays
from riskmodel.models.fit_rows import Floats
from riskmodel.serving import REGION, margin_by_region


@dataclass(frozen=True, eq=False, repr=False)
class Regions:
    """The line of each region: margin = slope * national margin + shift.

    Attributes
    ----------
    column : str
        The column that names the region.
    position : int
        Of it among the columns of the model.
    names : tuple of str
        The categories of the column.
    slope, shift : ndarray, shape (n_regions,)
        1 and 0 for a region without a line of its own.
    level : ndarray, shape (n_regions,)
        What the line adds to the log-odds of the region's households on average.
    is_own : ndarray of bool, shape (n_regions,)
        Whether the region has a line of its own: it has enough households.
    level_spread, slope_spread : float
        The standard deviation of levels, and of slopes, between regions, as estimated.
    """

    column: str
    position: int
    names: tuple[str, ...]
    slope: Floats
    shift: Floats
    level: Floats
    is_own: NDArray[np.bool_]
    level_spread: float
    slope_spread: float

    def arrays(self) -> Arrays:
        """Return the regions as tables of a published model hold them."""
        return {
            REGION: np.array(self.position),
            "region_slope": self.slope,
            "region_shift": self.shift,
            "region_level": self.level,
            "region_is_own": self.is_own,
            "region_spread": np.array([self.level_spread, self.slope_spread]),
        }

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        columns: Sequence[str],
        vocabulary: Mapping[str, Sequence[str]],
    ) -> Regions | None:
        """Read the regions from tables; None where they hold none."""
        if REGION not in arrays:
            return None
        position = int(arrays[REGION])
        level_spread, slope_spread = arrays["region_spread"].tolist()
        return cls(
            column=columns[position],
            position=position,
            names=tuple(vocabulary[columns[position]]),
            slope=arrays["region_slope"],
            shift=arrays["region_shift"],
            level=arrays["region_level"],
            is_own=arrays["region_is_own"],
            level_spread=level_spread,
            slope_spread=slope_spread,
        )

    def margin(self, matrix: Floats, national: Floats) -> Floats:
        """Return the margins by region of rows with these national ones."""
        return margin_by_region(self.arrays(), matrix, national)

    def frame(self) -> pd.DataFrame:
        """Return one row per region: its name, level, slope, and whether these are its own."""
        return pd.DataFrame(
            {self.column: self.names, "level": self.level, "slope": self.slope, "own": self.is_own}
        )

    def facts(self) -> dict[str, object]:
        """Return what a card says of them."""
        return {
            "region": self.column,
            "regions": len(self.names),
            "own_regions": int(self.is_own.sum()),
            "level_spread": self.level_spread,
            "slope_spread": self.slope_spread,
        }

    def __repr__(self) -> str:
        table = self.frame().to_string(index=False, float_format="{:.3f}".format)
        return f"{self._title()}\n\n{table}"

    def _repr_html_(self) -> str:
        table = self.frame().to_html(index=False, float_format="{:.3f}".format)
        return f"<p>{self._title()}</p>{table}"

    def _title(self) -> str:
        return (
            f"{self.is_own.sum()} of {len(self.names)} regions have a level and a slope of their "
            f"own; between regions the level varies by {self.level_spread:.3f} of log-odds, the "
            f"slope by {self.slope_spread:.3f} (standard deviations)"
        )


def check_region(
    region: str, names: Sequence[str], vocabulary: Mapping[str, Sequence[str]]
) -> None:
    """Refuse a region that is no column of categories."""
    if region in vocabulary:
        return
    if region in names:
        raise ConfigError(
            f"region={region!r} is a column of numbers",
            code="models.region",
            allowed=sorted(vocabulary) or "a column of categories",
            next_step=f"make it one: categories=[{region!r}] in Panel.from_frame, or "
            f"X[{region!r}].astype('category')",
        )
    advice = (
        f"name it among the features, by attributes=[{region!r}] of build_panel or "
        f"categories=[{region!r}] of Panel.from_frame"
    )
    raise ConfigError(
        f"region={region!r} is no column of the rows of the fit",
        code="models.region",
        allowed=sorted(vocabulary) or "a column of categories",
        next_step=did_you_mean(region, vocabulary) if nearest(region, vocabulary) else advice,
    )
