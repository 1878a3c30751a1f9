"""What a list of limited length reaches: top-k in each round, or in each area of a round, with ties left open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskmodel.errors import ConfigError
from riskmodel.metrics.arrays import Floats, Ints

Capacity = float | int | Mapping[str, float | int]


@dataclass(frozen=True, eq=False)
class Places:
    """How many can be contacted in each cell, a cell being a round or an area in a round.

    Attributes
    ----------
    cell : ndarray of int, shape (n_rows,)
        The cell of each row.
    size : ndarray of int, shape (n_cells,)
        Rows in each cell.
    room : ndarray of int, shape (n_cells,)
        How many of them can be listed, at most `size`.
    """

    cell: Ints
    size: Ints
    room: Ints


def places(capacity: Capacity, rounds: ArrayLike, area: ArrayLike | None = None) -> Places:
    """Count out the places on the list.

    Parameters
    ----------
    capacity : float, int or mapping
        Below 1, a share of each round's cohort, rounded up; a whole number, so many a round; a mapping, one of either
        for each area.
    rounds : array-like, shape (n_rows,)
        Who shares a capacity.
    area : array-like, shape (n_rows,), optional
        Needed where `capacity` is a mapping.

    Examples
    --------
    >>> places(0.3, ["may"] * 5 + ["july"] * 2).room.tolist()  # by name: july, may
    [1, 2]
    >>> places(1.0, ["may"])
    Traceback (most recent call last):
    ...
    riskmodel.errors.ConfigError: capacity: 1.0 can mean everyone or one household. Allowed: a share above 0 and \
below 1, or a whole number of at least 1. Next: write 1 for one household a round, or the number of the cohort for \
everyone. [capacity.value]
    """
    check_capacity(capacity)
    keys, cell = np.unique(np.asarray(rounds), return_inverse=True)
    if not isinstance(capacity, Mapping):
        size = np.bincount(cell, minlength=len(keys))
        return Places(cell, size, np.array([_room(capacity, n) for n in size], dtype=np.intp))
    names, areas = np.unique(_areas(area), return_inverse=True)
    _check_areas(capacity, names)
    pairs, cell = np.unique(cell * len(names) + areas, return_inverse=True)
    size = np.bincount(cell)
    allowed = {str(name): room for name, room in capacity.items()}
    room = [
        _room(allowed[names[pair % len(names)]], n) for pair, n in zip(pairs, size, strict=True)
    ]
    return Places(cell, size, np.array(room, dtype=np.intp))


def check_capacity(capacity: Any) -> None:
    """Refuse what can't be meant as a capacity; a mapping may give an area no place at all."""
    if isinstance(capacity, Mapping):
        for name, room in capacity.items():
            if not _is_number(room) or room != 0:
                _check_number(room, place=f"capacity[{name!r}]")
        return
    _check_number(capacity, place="capacity")


def inclusion(score: Floats, spots: Places) -> Floats:
    """Return the chance of each row to be listed: 1 above the cut, 0 below, in between where scores tie at the cut.

    Examples
    --------
    >>> inclusion(np.array([3.0, 2.0, 2.0, 1.0]), places(2, ["may"] * 4)).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    order = np.lexsort((-score, spots.cell))
    start = np.cumsum(spots.size) - spots.size
    last = np.where(spots.room > 0, score[order][start + np.maximum(spots.room, 1) - 1], np.inf)
    cut = last[spots.cell]
    above, tied = score > cut, score == cut
    free = spots.room - np.bincount(spots.cell[above], minlength=len(spots.room))
    at_cut = np.maximum(np.bincount(spots.cell[tied], minlength=len(spots.room)), 1)
    return above + tied * (free / at_cut)[spots.cell]


def share_listed(listed: Floats, spots: Places, weight: Floats) -> Floats:
    """Return for each row the weighted share of its cell that is listed."""
    total = np.bincount(spots.cell, weight)
    part = np.bincount(spots.cell, weight * listed)
    return np.divide(part, total, out=np.zeros_like(total), where=total > 0)[spots.cell]


def extremes(y: Floats, score: Floats, spots: Places, weight: Floats) -> tuple[Floats, Floats]:
    """Return the worst and the best list that the ties at the cut allow, as 0 or 1 for each row.

    The worst takes non-crises first among the tied, the heaviest of them first, then the lightest crises; the best
    does the reverse. No other choice has a lower or higher precision or recall.
    """
    best_first = np.where(y == 1, -weight, weight)
    room = spots.room[spots.cell]
    worst, best = (_ranks(score, spots, key) < room for key in (-best_first, best_first))
    return worst.astype(np.float64), best.astype(np.float64)


def precision(y: Floats, listed: Floats, weight: Floats) -> float:
    """Return the share of crises among the listed; `listed` holds each row's chance to be listed."""
    return _ratio(weight @ (listed * y), weight @ listed)


def recall(y: Floats, listed: Floats, weight: Floats) -> float:
    """Return the share of the crises that is listed."""
    return _ratio(weight @ (listed * y), weight @ y)


def lift(y: Floats, listed: Floats, weight: Floats) -> float:
    """Return the precision as a multiple of the base rate: how much better than a list drawn at random."""
    return _ratio(precision(y, listed, weight) * weight.sum(), weight @ y)


def marginal_precision(y: Floats, score: Floats, spots: Places, weight: Floats) -> float:
    """Return the precision near the cut, where one more place would be filled: ranks within half the list of it."""
    room = spots.room[spots.cell]
    near = np.abs(_ranks(score, spots) + 0.5 - room) <= np.maximum(room, 2) / 2
    return _ratio(weight[near] @ y[near], weight[near].sum()) if near.any() else 0.0


def precision_influence(
    y: Floats, listed: Floats, weight: Floats, share: Floats | None = None, marginal: float = 0.0
) -> Floats:
    """Return what each row adds to the precision, summing to 0.

    Parameters
    ----------
    y, listed, weight : ndarray, shape (n_rows,)
    share : ndarray, shape (n_rows,), optional
        Share of the row's cell that is listed (`share_listed`). Without it the cut is taken as given.
    marginal : float
        Precision near the cut (`marginal_precision`).

    Notes
    -----
    A row above the cut also pushes the cut up, and one row with the marginal precision m off the list. With ``p``
    the chance to be listed and ``c`` the share listed, it adds ``w (p (y - m) + c (m - precision)) / sum(w p)``;
    the same with ``c = p`` where the cut is given, ``w p (y - precision) / sum(w p)``.
    """
    share = listed if share is None else share
    gain = listed * (y - marginal) + share * (marginal - precision(y, listed, weight))
    return _over(weight * gain, weight @ listed)


def recall_influence(
    y: Floats, listed: Floats, weight: Floats, share: Floats | None = None, marginal: float = 0.0
) -> Floats:
    """Return what each row adds to the recall, summing to 0; see `precision_influence`.

    Notes
    -----
    ``w (p (y - m) + c m - recall y) / sum(w y)``.
    """
    share = listed if share is None else share
    gain = listed * (y - marginal) + share * marginal - recall(y, listed, weight) * y
    return _over(weight * gain, weight @ y)


def lift_influence(
    y: Floats, listed: Floats, weight: Floats, share: Floats | None = None, marginal: float = 0.0
) -> Floats:
    """Return what each row adds to the lift, by the rule of quotients, summing to 0; see `precision_influence`."""
    base = _ratio(weight @ y, weight.sum())
    own = precision_influence(y, listed, weight, share, marginal)
    return _over(own - lift(y, listed, weight) * weight * (y - base) / weight.sum(), base)


def _room(capacity: float | int, n: int) -> int:
    """Return how many of n can be listed; a share is rounded up, but not for the last bit of a product."""
    wanted = int(capacity) if isinstance(capacity, Integral) else int(np.ceil(capacity * n - 1e-9))
    return min(wanted, int(n))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def _check_number(value: Any, place: str) -> None:
    if _is_number(value) and (int(value) >= 1 if isinstance(value, Integral) else 0 < value < 1):
        return
    what, advice = (
        f"{value!r} is no capacity",
        "write 0.02 for two in a hundred, or 40 for forty a round",
    )
    if _is_number(value) and value == 1:
        what = "1.0 can mean everyone or one household"
        advice = "write 1 for one household a round, or the number of the cohort for everyone"
    elif _is_number(value) and value > 1:
        advice = f"write {int(value)} for so many a round"
    raise ConfigError(
        what,
        code="capacity.value",
        place=place,
        allowed="a share above 0 and below 1, or a whole number of at least 1",
        next_step=advice,
    )


def _areas(area: ArrayLike | None) -> NDArray[np.str_]:
    if area is None:
        raise ConfigError(
            "capacity is given by area, but the rows have none",
            code="capacity.area",
            next_step="name the area of the records, or give one number for all",
        )
    return np.asarray(area).astype(str)


def _check_areas(capacity: Mapping[str, Any], names: NDArray[np.str_]) -> None:
    known = set(names.tolist())
    missing = known - set(map(str, capacity))
    strangers = [str(name) for name in capacity if str(name) not in known]
    if missing:
        raise ConfigError(
            f"{len(missing)} of {len(known)} areas have no capacity: {', '.join(sorted(missing)[:5])}"
            + (" and others" if len(missing) > 5 else ""),
            code="capacity.area",
            place="capacity",
            allowed="one number for each area, 0 where nobody can be contacted",
            next_step=f"{strangers[0]!r} is no area of these rows: correct it"
            if strangers
            else "add the areas",
        )


def _ranks(score: Floats, spots: Places, tiebreak: Floats | None = None) -> Ints:
    """Return each row's place in its cell, 0 for the highest score; ties by `tiebreak`, low first, then by order."""
    keys = (-score, spots.cell) if tiebreak is None else (tiebreak, -score, spots.cell)
    order = np.lexsort(keys)
    start = np.cumsum(spots.size) - spots.size
    rank = np.empty(len(score), dtype=np.intp)
    rank[order] = np.arange(len(score)) - start[spots.cell[order]]
    return rank


def _ratio(part: Any, whole: Any) -> float:
    return float(part / whole) if whole > 0 else float("nan")


def _over(values: Floats, whole: Any) -> Floats:
    return values / whole if whole > 0 else np.full_like(values, np.nan)
