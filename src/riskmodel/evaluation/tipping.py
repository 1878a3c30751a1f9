"""The tipping point of a comparison: how many outcomes would have to be otherwise to undo it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.evaluation.non_inferiority import BETTER, WORSE, with_verdicts
from riskmodel.evaluation.paired_differences import Difference
from riskmodel.evaluation.panel_rows import Listed
from riskmodel.metrics import METRICS, Floats, Ints, ScoredRows

JUDGED_BY = METRICS["precision"]


@dataclass(frozen=True)
class TippingPoint:
    """How many outcomes undo that one list has the higher precision than another.

    Attributes
    ----------
    better, other : str
        The model whose precision at capacity is higher, its interval excluding 0, and the other.
    missed : int
        So many of the rows without a crisis that the other list alone holds would have had one,
        unseen.
    could_be_missed : int
        How many such rows there are.
    mistaken : int
        So many of the crises that the better list alone holds would have been none.
    could_be_mistaken : int
    has_ties : bool
        Whether rows are among them that tie at the cut of a list. Such a row counts by its share:
        by how much its chance to be on one list exceeds that to be on the other. All four numbers
        are then rows that may be expected on one list alone, rounded up.

    Notes
    -----
    Outcomes of rows on both lists, or on neither, move both precisions alike. The outcomes that
    move the difference most are changed first: of equal ones, those missed that the other model
    ranks highest, those mistaken that the better one ranks lowest. After each, the difference and
    its interval are computed anew, and the first number is told at which 0 is no longer excluded.
    """

    better: str
    other: str
    missed: int
    could_be_missed: int
    mistaken: int
    could_be_mistaken: int
    has_ties: bool = False

    def __repr__(self) -> str:
        return ", ".join([f"{JUDGED_BY.heading}: {self.better} is better", *self._ways()])

    def _ways(self) -> Iterator[str]:
        missed = f"{self.missed:,} of the {self.could_be_missed:,}"
        yield f"no longer if {missed} rows without a crisis that {self.other} alone lists had one"
        mistaken = f"{self.mistaken:,} of the {self.could_be_mistaken:,}"
        yield f"or if {mistaken} crises that {self.better} alone lists are none"
        if self.has_ties:
            yield "rows that tie at a cut counted by their share"


def tipping_point(
    one: Listed, other: Listed, names: tuple[str, str], upper: float
) -> TippingPoint | None:
    """Return what undoes that one list is better than the other; None where neither is.

    Parameters
    ----------
    one, other : Listed
        Two lists of the same rows.
    names : tuple of (str, str)
    upper : float
        Up to which quantile of Student's t the interval reaches.
    """
    verdict = _verdict(one.rows, other.rows, upper)
    if verdict == WORSE:
        one, other, names = other, one, names[::-1]
    elif verdict != BETTER:
        return None

    missed, mistaken = _missed_first(one.rows, other.rows), _mistaken_first(one.rows, other.rows)

    share, is_tied = _share_alone(one.rows, other.rows)

    def undoes(changed: Ints) -> bool:
        y = one.rows.y.copy()
        y[changed] = 1 - y[changed]
        return _verdict(one.with_outcomes(y), other.with_outcomes(y), upper) != BETTER

    return TippingPoint(
        better=names[0],
        other=names[1],
        missed=_places(share[missed[: _least(missed, undoes)]]),
        could_be_missed=_places(share[missed]),
        mistaken=_places(share[mistaken[: _least(mistaken, undoes)]]),
        could_be_mistaken=_places(share[mistaken]),
        has_ties=bool(is_tied[[*missed, *mistaken]].any()),
    )


def _verdict(one: ScoredRows, other: ScoredRows, upper: float) -> str:
    line = Difference.of(JUDGED_BY, one, other).line(upper)
    return str(with_verdicts(pd.DataFrame([line]))["verdict"].iloc[0])


def _missed_first(one: ScoredRows, other: ScoredRows) -> Ints:
    """Return the rows whose unseen crisis would help the other list, the most helpful first."""
    gain = _gain(one, other)
    rows = np.flatnonzero((one.y == 0) & (gain < 0))
    return rows[np.lexsort((-other.margin[rows], gain[rows]))]


def _mistaken_first(one: ScoredRows, other: ScoredRows) -> Ints:
    """Return the crises by which one list is ahead, those that put it ahead most first."""
    gain = _gain(one, other)
    rows = np.flatnonzero((one.y == 1) & (gain > 0))
    return rows[np.lexsort((one.margin[rows], -gain[rows]))]


def _gain(one: ScoredRows, other: ScoredRows) -> Floats:
    """Return by how much a crisis of each row puts one list's precision ahead of the other's."""
    shares = (rows.weight * rows.inclusion for rows in (one, other))
    ahead, behind = (share / share.sum() for share in shares)
    return np.asarray(ahead - behind)


def _share_alone(one: ScoredRows, other: ScoredRows) -> tuple[Floats, NDArray[np.bool_]]:
    """Return how much of each row one list alone is expected to hold, and which rows tie."""
    chances = (rows.inclusion for rows in (one, other))
    is_tied = np.logical_or.reduce([(chance > 0) & (chance < 1) for chance in chances])
    apart = np.abs(one.inclusion - other.inclusion)
    return np.where(is_tied, apart, 1.0), is_tied


def _places(share: Floats) -> int:
    """Return the rows that some shares make up; a part of a row is one."""
    return int(np.ceil(np.round(share.sum(), 6)))


def _least(order: Ints, undoes: Callable[[Ints], bool]) -> int:
    """Return the first number of rows, in their order, that undoes.

    Each further row moves the difference the same way, so that the number is found by halving. All
    of them always undo: two lists of one capacity have equal parts that the other does not hold.
    """
    numbers = range(len(order) + 1)
    return bisect_left(numbers, x=True, key=lambda number: undoes(order[:number]))
