"""How far recorded chances cover a candidate's own list, and how many contacts a width takes."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.selective.pseudo_labels import Bools

THIN = 0.02
NORMAL = 1.959963984540054


class Overlap(NamedTuple):
    """How far recorded chances cover a list; counts are of places, with ties by their chance.

    Attributes
    ----------
    places : float
        On the list.
    certain : float
        That were certain to be drawn.
    thin : float
        That had a chance above 0 and below .02 to become known.
    without_chance : float
        That could not become known.
    promised : float
        Verdicts that the uncertain places promise: the sum of their chances.
    known : float
        Verdicts known on the list.
    effective : float
        How many verdicts of equal weight the known ones are worth: ``(sum 1/e)^2 / sum 1/e^2``.
    largest : float
        The largest share of one of them in the weight of all.
    """

    places: float
    certain: float
    thin: float
    without_chance: float
    promised: float
    known: float
    effective: float
    largest: float


def overlap(listed: Floats, drawn_chance: Floats, reach_chance: Floats, known: Bools) -> Overlap:
    """Return how far recorded chances cover a candidate's list.

    Parameters
    ----------
    listed, drawn_chance, reach_chance : ndarray, shape (n_rows,)
        Chance to be on the list, to be drawn, and to be reached if drawn.
    known : ndarray of bool, shape (n_rows,)

    Returns
    -------
    Overlap

    Examples
    --------
    >>> listed, known = np.array([1.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False])
    >>> found = overlap(listed, np.array([1.0, 0.1, 0.0, 0.1]), np.ones(4), known)
    >>> found.certain, found.without_chance, found.promised, round(found.effective, 2)
    (1.0, 1.0, 0.1, 1.2)
    """
    chance = drawn_chance * reach_chance
    of_known = listed[known] / chance[known]
    weight = float(of_known.sum())
    return Overlap(
        places=float(listed.sum()),
        certain=float(listed[drawn_chance >= 1].sum()),
        thin=float(listed[(chance > 0) & (chance < THIN)].sum()),
        without_chance=float(listed[chance == 0].sum()),
        promised=float(listed[drawn_chance < 1] @ chance[drawn_chance < 1]),
        known=float(listed[known].sum()),
        effective=weight**2 / float(of_known @ of_known) if weight > 0 else 0.0,
        largest=float(of_known.max()) / weight if weight > 0 else 0.0,
    )


def contacts_for_half_width(
    half_width: float,
    by_label: Floats,
    expected: Floats,
    drawn_chance: Floats,
    reach_chance: Floats,
    excess: float = 1.0,
) -> int:
    """Return how many random contacts bring a figure's interval to a half-width.

    Parameters
    ----------
    half_width : float
        Of the 95 % interval for this list, above 0.
    by_label : ndarray, shape (n_rows,)
        The figure's derivative by each row's label (`Figure.by_label`).
    expected, drawn_chance, reach_chance : ndarray, shape (n_rows,)
        The chance of a verdict of 1, to be drawn, and to be reached if drawn. Rows certain to be
        drawn stay so; all others have the same chance to be drawn by the random contacts.
    excess : float, default 1
        How many times the variance ``m (1 - m)`` verdicts vary around the expected chances m: 1
        where these are right, more where few verdicts could tell the rows apart.

    Returns
    -------
    int
        At most the number of rows that are not certain to be drawn.

    Raises
    ------
    RiskmodelError
        For a half-width that even a contact of every row would not reach, since some are not met.

    Notes
    -----
    With a chance ``e = n q / U`` for each of the U uncertain rows, the variance is
    ``excess sum G^2 m (1 - m) (1 - e) / e``, of which the rows that are certain to be drawn have
    their part whatever n is. It is solved for n.

    Examples
    --------
    A precision of .3 in a list of 100 of 10,000, everyone met:

    >>> by_label, everyone = np.repeat([0.01, 0.0], [100, 9_900]), np.ones(10_000)
    >>> contacts_for_half_width(0.1, by_label, everyone * 0.3, everyone * 0, everyone)
    4466
    """
    if not half_width > 0:
        raise RiskmodelError(
            "the half-width is not above 0",
            code="selective.half_width",
            allowed="a number above 0",
            next_step="give the half-width of the interval that you need",
        )
    uncertain = drawn_chance < 1
    own = excess * by_label**2 * expected * (1 - expected)
    reach = np.maximum(reach_chance, np.finfo(np.float64).tiny)
    per_chance = own / reach
    fixed = float((per_chance - own)[~uncertain].sum()) - float(own[uncertain].sum())
    varying = float(per_chance[uncertain].sum()) * int(uncertain.sum())
    allowed = (half_width / NORMAL) ** 2 - fixed
    contacts = varying / allowed if allowed > 0 else float("inf")
    if contacts > uncertain.sum() + 0.5:
        raise RiskmodelError(
            "a contact of every household would not bring the interval to this half-width",
            code="selective.half_width",
            allowed="a half-width that the households not met leave possible",
            next_step="ask for a wider interval, or judge more rounds together",
        )
    return ceil(contacts - 1e-9)
