"""AUC and average precision of labels that need not be 0 or 1, in O(n log n)."""

from __future__ import annotations

import numpy as np

from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.selective.pseudo_figures import Figure, undefined


def pseudo_auc(phi: Floats, score: Floats, weight: Floats) -> Figure:
    """Return the chance that a row with a verdict of 1 ranks above one with 0; ties count half.

    Parameters
    ----------
    phi, score, weight : ndarray, shape (n_rows,)

    Returns
    -------
    Figure
        It may lie outside [0, 1], as the labels may.

    Notes
    -----
    With ``a = w phi`` and ``b = w (1 - phi)``::

        sum_{i != j} a_i b_j ([s_i > s_j] + [s_i = s_j] / 2) / sum_{i != j} a_i b_j

    Pairs of a row with itself are left out of both sums: a row's label is known once, and
    ``phi (1 - phi)`` is not 0 on the mean. This is the AUC under verification bias [1]_.

    References
    ----------
    .. [1] Alonzo, Pepe (2005), JRSS C 54, 173-190. doi:10.1111/j.1467-9876.2005.00477.x;
       Rotnitzky, Faraggi, Schisterman (2006), JASA 101, 1276-1288.
       doi:10.1198/016214505000001339

    Examples
    --------
    >>> score, weight = np.array([0.1, 0.4, 0.4, 0.8]), np.ones(4)
    >>> pseudo_auc(np.array([0.0, 1.0, 0.0, 1.0]), score, weight).value
    0.875
    >>> round(pseudo_auc(np.array([0.1, 1.8, -0.4, 1.2]), score, weight).value, 3)
    0.792
    """
    ones, zeros = weight * phi, weight * (1 - phi)
    _, group = np.unique(score, return_inverse=True)
    tied_ones, tied_zeros = np.bincount(group, ones), np.bincount(group, zeros)
    below = (np.cumsum(tied_zeros) - tied_zeros / 2)[group] - zeros / 2
    above = (ones.sum() - np.cumsum(tied_ones) + tied_ones / 2)[group] - ones / 2

    other_zeros, other_ones = zeros.sum() - zeros, ones.sum() - ones
    pairs = float(ones @ other_zeros)
    if not pairs > 0:
        return undefined(phi)
    value = float(ones @ below) / pairs
    by_label = weight * (below - above - value * (other_zeros - other_ones)) / pairs
    won, all_pairs = ones * below + zeros * above, ones * other_zeros + zeros * other_ones
    return Figure(value, by_label, (won - value * all_pairs) / pairs)


def pseudo_average_precision(phi: Floats, score: Floats, weight: Floats) -> Figure:
    """Return the mean, over rows with a verdict of 1, of the precision of the list down to them.

    Parameters
    ----------
    phi, score, weight : ndarray, shape (n_rows,)

    Returns
    -------
    Figure

    Notes
    -----
    With ``a = w phi`` and ``N_i`` the weight of the rows that score at least as much as row i::

        sum_i a_i (w_i + sum_{j != i, s_j >= s_i} a_j) / N_i / sum_i a_i

    A row's own part in its precision is its weight, not its label once more: with the square of
    the label there, whose mean is far above the label's, .192 was estimated as .218.

    Examples
    --------
    >>> score, weight = np.array([0.1, 0.4, 0.4, 0.8]), np.ones(4)
    >>> round(pseudo_average_precision(np.array([0.0, 1.0, 0.0, 1.0]), score, weight).value, 4)
    0.8333
    """
    total = float(weight @ phi)
    if not total > 0:
        return undefined(phi)
    own = weight * phi
    _, group = np.unique(-score, return_inverse=True)
    size = np.cumsum(np.bincount(group, weight))
    hits = np.cumsum(np.bincount(group, own))
    per_size = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)

    found = own * (weight + hits[group] - own)
    of_group = np.bincount(group, found)
    value = float(of_group @ per_size) / total

    lower = _sum_from(np.bincount(group, own).astype(np.float64) * per_size)
    lower_found = _sum_from(of_group * per_size**2)
    by_own = (weight + hits[group] - 2 * own) * per_size[group] + lower[group]
    by_label = weight * (by_own - value) / total
    by_weight = own * weight * per_size[group] - weight * lower_found[group]
    return Figure(value, by_label, (own * (by_own - value) + by_weight) / total)


def _sum_from(values: Floats) -> Floats:
    """Return the sum of each value and all that follow."""
    return np.cumsum(values[::-1])[::-1]
