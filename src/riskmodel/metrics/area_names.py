"""How messages name areas: a few of them, and those of few households as a number."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from riskmodel.metrics.groups import UNKNOWN

NAMED_AREAS = 5
LISTED_AREAS = 20


def named_areas(areas: Iterable[str], names: Iterable[str], most: int = NAMED_AREAS) -> str:
    """Return areas as one text, those that may not be named as a number.

    Examples
    --------
    >>> named_areas(["north", "south", "a hamlet"], ["north", "south"])
    'north, south and 1 small one'
    """
    listed, known = list(areas), set(names)
    shown = [area for area in listed if area in known]
    small = len(listed) - len(shown)
    rest = f"{small} small {'one' if small == 1 else 'ones'}" if small else ""
    return " and ".join(part for part in (_some(shown, most), rest) if part)


def areas_without_a_place(area: ArrayLike, inclusion: ArrayLike) -> list[str]:
    """Return the areas none of whose households can be listed, in the order of their names.

    Parameters
    ----------
    area : array-like of str, shape (n_rows,)
        Of the rows of one round.
    inclusion : array-like, shape (n_rows,)
        The chance of each row to be listed.

    Examples
    --------
    >>> areas_without_a_place(["north", "south", "south", "west"], [1.0, 0.0, 0.5, 0.0])
    ['west']
    """
    names, code = np.unique(np.asarray(area), return_inverse=True)
    places = np.bincount(code, weights=np.asarray(inclusion, dtype=np.float64))
    return [str(name) for name in names[places == 0] if name != UNKNOWN]


def _some(names: list[str], most: int = NAMED_AREAS) -> str:
    """Return the first of some names as one text."""
    shown = ", ".join(names[:most])
    return shown + (" and others" if len(names) > most else "")
