"""The types that cross the reader's functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]
# from a matrix to margins and each column's part of them
Evaluator = Callable[[Floats], tuple[Floats, Floats]]
