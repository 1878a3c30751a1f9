"""Labels where only some verdicts are known: from the known ones, their chances and a model."""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskmodel.errors import RiskmodelError
from riskmodel.metrics.arrays import Floats

Bools = NDArray[np.bool_]


def pseudo_labels(
    verdict: ArrayLike, known: ArrayLike, chance: ArrayLike, expected: ArrayLike
) -> Floats:
    """Return a label for every row whose mean is the verdict's, though few verdicts are known.

    Parameters
    ----------
    verdict : array-like of {0, 1}, shape (n_rows,)
        What the reader found; anything, such as NaN, where it is not known.
    known : array-like of bool, shape (n_rows,)
        Whether the verdict is known.
    chance : array-like, shape (n_rows,)
        The chance that the verdict became known: that of being drawn times that of being reached.
    expected : array-like, shape (n_rows,)
        The chance of a verdict of 1 by a model that was not fitted on the row's household.

    Returns
    -------
    ndarray, shape (n_rows,)
        It may lie below 0 or above 1.

    Raises
    ------
    RiskmodelError
        For a chance or an expectation outside [0, 1], a known verdict that is neither 0 nor 1 or
        had no chance to become known, and arrays of different lengths.

    Notes
    -----
    ``phi = m + V / e (Y - m)``. Its mean given what is known of a row is the verdict's, if the
    chance e or the expectation m is right [1]_: every figure that is linear in the outcome takes
    phi in its place. With every chance 1 it is the verdict itself.

    References
    ----------
    .. [1] Robins, Rotnitzky, Zhao (1994), JASA 89, 846-866. doi:10.1080/01621459.1994.10476818

    Examples
    --------
    Of two rows with a chance of .5, one was contacted, and in need:

    >>> pseudo_labels([1, np.nan], [True, False], [0.5, 0.5], [0.2, 0.1]).round(3).tolist()
    [1.8, 0.1]
    >>> pseudo_labels([1], [True], [0.0], [0.2])
    Traceback (most recent call last):
    ...
    riskmodel.errors.RiskmodelError: known: 1 of 1 known verdicts had no chance to become known. \
Allowed: a chance above 0 where a verdict is known. Next: give the chance by which the row was \
drawn. [selective.no_chance]
    """
    found, seen = np.asarray(verdict, dtype=np.float64), np.asarray(known, dtype=np.bool_)
    chances, model = np.asarray(chance, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    _check_lengths(verdict=found, known=seen, chance=chances, expected=model)
    check_chances(chances, "chance")
    check_chances(model, "expected")
    _check_verdicts(found, seen)
    check_known(seen, chances)
    return np.asarray(model + weighted_residual(found, seen, chances, model))


def weighted_residual(verdict: Floats, known: Bools, chance: Floats, expected: Floats) -> Floats:
    """Return ``V / e (Y - m)``, 0 where the verdict is not known."""
    residual = np.zeros_like(expected)
    residual[known] = (verdict[known] - expected[known]) / chance[known]
    return residual


def shifted_odds(expected: ArrayLike, odds_ratio: float) -> Floats:
    """Return the chances whose odds are a multiple of others'.

    Notes
    -----
    ``g m / (1 - m + g m)``.

    Examples
    --------
    >>> shifted_odds([0.0, 0.5, 0.75], 3.0).tolist()
    [0.0, 0.75, 0.9]
    """
    model = np.asarray(expected, dtype=np.float64)
    return np.asarray(odds_ratio * model / (1 - model + odds_ratio * model))


def sensitivity_labels(
    verdict: ArrayLike,
    drawn: ArrayLike,
    reached: ArrayLike,
    drawn_chance: ArrayLike,
    reach_chance: ArrayLike,
    expected: ArrayLike,
    odds_ratio: float,
) -> Floats:
    """Return labels under which those not reached have other odds than those reached.

    Parameters
    ----------
    verdict : array-like of {0, 1}, shape (n_rows,)
        Read where the row was drawn and reached.
    drawn, reached : array-like of bool, shape (n_rows,)
    drawn_chance, reach_chance : array-like, shape (n_rows,)
        The chance to be drawn, and that to be reached if drawn.
    expected : array-like, shape (n_rows,)
        The chance of a verdict of 1 among those reached.
    odds_ratio : float
        The odds of a verdict of 1 among those not reached, over those of like rows that were; 1
        where reach does not depend on need. A row that could not be drawn counts as not reached.

    Returns
    -------
    ndarray, shape (n_rows,)

    Notes
    -----
    With ``g = shifted_odds(m, odds_ratio)`` and its derivative ``g'``, a row's expectation is
    ``b = q m + (1 - q) g``, and its label is::

        b + D / pi (R Y + (1 - R) g + R (1 - q) / q g' (Y - m) - b)

    The third term takes out, to the first order, the error of m within g, so that an interval may
    be put around a bound as around any other figure. At an odds ratio of 1 this is
    `pseudo_labels` with e = pi q.

    References
    ----------
    Rambachan, Coston, Kennedy (2022), "Robust design and evaluation of predictive algorithms under
    unobserved confounding", doi:10.48550/arXiv.2212.09844.

    Examples
    --------
    >>> rows = dict(verdict=[1, 0], drawn=[True, True], reached=[True, False])
    >>> chances = dict(drawn_chance=[1, 1], reach_chance=[0.5, 0.5], expected=[0.2, 0.2])
    >>> sensitivity_labels(**rows, **chances, odds_ratio=1.0).round(3).tolist()
    [1.8, 0.2]
    >>> sensitivity_labels(**rows, **chances, odds_ratio=3.0).round(3).tolist()
    [2.224, 0.429]
    """
    found = np.asarray(verdict, dtype=np.float64)
    d, r = np.asarray(drawn, dtype=np.bool_), np.asarray(reached, dtype=np.bool_)
    pi, q = (np.asarray(each, dtype=np.float64) for each in (drawn_chance, reach_chance))
    model = np.asarray(expected, dtype=np.float64)
    _check_lengths(
        verdict=found, drawn=d, reached=r, drawn_chance=pi, reach_chance=q, expected=model
    )
    for values, name in ((pi, "drawn_chance"), (q, "reach_chance"), (model, "expected")):
        check_chances(values, name)
    check_odds_ratio(odds_ratio)
    _check_verdicts(found, d & r)
    check_known(d, pi)
    check_known(d & r, q)

    shifted = shifted_odds(model, odds_ratio)
    slope = odds_ratio / (1 - model + odds_ratio * model) ** 2
    mixed = np.where(pi > 0, q * model + (1 - q) * shifted, shifted)
    label = mixed.copy()
    met, unmet = d & r, d & ~r
    correction = 1 + (1 - q[met]) / q[met] * slope[met]
    seen = model[met] + correction * (found[met] - model[met])
    label[met] += (seen - mixed[met]) / pi[met]
    label[unmet] += (shifted[unmet] - mixed[unmet]) / pi[unmet]
    return label


def check_chances(values: Floats, name: str) -> None:
    """Refuse chances that are missing or outside [0, 1]."""
    bad = ~((values >= 0) & (values <= 1))
    if bad.any():
        raise RiskmodelError(
            f"{int(bad.sum())} of {len(values)} values are missing or outside [0, 1]",
            code="selective.chance",
            place=name,
            allowed="a chance from 0 to 1 for every row",
            next_step="give each row's recorded chance",
        )


def check_odds_ratio(odds_ratio: float) -> None:
    """Refuse an odds ratio that is none."""
    if not (isinstance(odds_ratio, Real) and np.isfinite(odds_ratio) and odds_ratio > 0):
        raise RiskmodelError(
            "the odds ratio is not a finite number above 0",
            code="selective.odds_ratio",
            allowed="a number above 0; 1 where nothing is hidden",
            next_step="try 2 or 3",
        )


def check_ratio_of_bounds(odds_ratio: float, next_step: str = "give its inverse") -> None:
    """Refuse an odds ratio that is none, or below 1: bounds lie on both sides of it."""
    check_odds_ratio(odds_ratio)
    if odds_ratio < 1:
        raise RiskmodelError(
            "the odds ratio of a bound is below 1",
            code="selective.odds_ratio",
            allowed="a number of at least 1",
            next_step=next_step,
        )


def _check_lengths(**arrays: NDArray[np.generic]) -> None:
    lengths = {array.shape for array in arrays.values()}
    if len(lengths) > 1 or any(array.ndim != 1 for array in arrays.values()):
        raise RiskmodelError(
            f"{', '.join(arrays)} have {', '.join(sorted({str(a.size) for a in arrays.values()}))} "
            f"values",
            code="selective.length",
            allowed="one value of each per row",
            next_step="pass arrays of one length",
        )


def _check_verdicts(verdict: Floats, known: Bools) -> None:
    bad = known & ~np.isin(verdict, (0.0, 1.0))
    if bad.any():
        raise RiskmodelError(
            f"{int(bad.sum())} of {int(known.sum())} known verdicts are neither 0 nor 1",
            code="selective.verdict",
            place="verdict",
            allowed="0, 1",
            next_step="mark rows without a verdict as not known",
        )


def check_known(known: Bools, chance: Floats) -> None:
    """Refuse verdicts, or draws, that had no chance."""
    bad = known & (chance == 0)
    if bad.any():
        raise RiskmodelError(
            f"{int(bad.sum())} of {int(known.sum())} known verdicts had no chance to become known",
            code="selective.no_chance",
            place="known",
            allowed="a chance above 0 where a verdict is known",
            next_step="give the chance by which the row was drawn",
        )
