"""Which rows are meant by a position, positions, a mask or a slice."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskmodel.errors import ConfigError


def chosen_rows(rows: slice | ArrayLike, count: int, by_household: str) -> NDArray[np.intp]:
    """Return the positions of the rows that are chosen among so many.

    Parameters
    ----------
    rows : int, slice, or array of int or bool
    count : int
    by_household : str
        How rows are chosen by household instead.

    Raises
    ------
    ConfigError
        For what chooses no rows, such as an id, and for positions that do not exist.

    Examples
    --------
    >>> chosen_rows(-1, 3, "").tolist(), chosen_rows([True, False, True], 3, "").tolist()
    ([2], [0, 2])
    """
    positions = np.arange(count)
    try:
        wanted = _as_slice(rows) if isinstance(rows, slice) else _as_array(rows, count)
        return np.atleast_1d(positions[wanted])
    except (IndexError, TypeError, ValueError):
        kind = type(rows).__name__
    # Outside of the handler: numpy's error may hold what was given, such as an id.
    raise ConfigError(
        f"rows are chosen by what is no choice of {count:,} rows (of type {kind})",
        code="rows.choice",
        allowed=f"a position from 0 to {count - 1}, or from the end from -1 to {-count}; a list "
        f"of positions; a mask of {count} booleans; a slice",
        next_step=by_household,
    )


def _as_slice(rows: slice) -> slice:
    if not all(end is None or isinstance(end, Integral) for end in (rows.start, rows.stop)):
        raise TypeError
    return rows


def _as_array(rows: Any, count: int) -> NDArray[Any]:
    """Return whole numbers or booleans as an array of them."""
    wanted = np.asarray(rows)
    if not wanted.size and wanted.ndim == 1 and wanted.dtype.kind in "fO":
        return np.arange(0)
    if wanted.dtype.kind == "O" and all(isinstance(value, bool) for value in wanted.flat):
        wanted = wanted.astype(bool)
    is_mask = wanted.dtype.kind == "b"
    if wanted.dtype.kind not in "iub" or wanted.ndim > 1 or (is_mask and wanted.shape != (count,)):
        raise TypeError
    return wanted
