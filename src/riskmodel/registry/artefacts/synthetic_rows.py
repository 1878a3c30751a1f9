"""Made-up rows, on which a written model is compared with the fitted one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from riskmodel.panel import Column

SYNTHETIC_ROWS = 512


def synthetic_rows(columns: Iterable[Column], n: int, seed: int = 0) -> pd.DataFrame:
    """Return made-up rows: zeros, small and large numbers, blanks, known and unknown categories."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({column.name: _synthetic(column, n, rng) for column in columns})


def _synthetic(column: Column, n: int, rng: np.random.Generator) -> NDArray[Any]:
    if column.categories is not None:
        return rng.choice(np.array([*column.categories, "not seen", None], dtype=object), n)
    scale = rng.choice([0.0, 1.0, 10.0, 1e4, np.nan], n, p=[0.35, 0.3, 0.2, 0.05, 0.1])
    is_whole = rng.random(n) < 0.5
    return np.where(is_whole, np.round(scale * rng.exponential(size=n)), scale * rng.random(n))
