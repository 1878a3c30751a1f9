"""Calibration: one sigmoid on the margin, fitted on later rounds or else on other households."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.keys import AS_OF, Span, as_days, matures_on
from riskmodel.models.fit_rows import Floats, Rows
from riskmodel.models.kind import Core
from riskmodel.models.likelihood import fit_logistic

if TYPE_CHECKING:
    from riskmodel.panel import Label

LATE_SHARE = 0.2
MIN_POSITIVES = 30
FOLDS = 3

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Calibration:
    """The sigmoid: log-odds = slope * margin + intercept.

    Attributes
    ----------
    slope, intercept : float
        The slope is above 0, so that the margin's ranks stay.
    source : str
        Which rows it was fitted on, and why those.
    rows, positives : int
        How many rows, and how many of the crisis class.
    """

    slope: float
    intercept: float
    source: str
    rows: int
    positives: int

    def log_odds(self, margin: Floats) -> Floats:
        """Return the calibrated log-odds of margins."""
        return self.slope * margin + self.intercept


def calibration_split(
    index: pd.Index | NDArray[np.datetime64], label: Label
) -> tuple[Mask, Mask] | None:
    """Split rows into earlier rounds to fit on and later rounds to calibrate on.

    The later rounds begin with the latest round from which on at least a fifth of the rows remain.
    The earlier rounds are those whose labels were mature by then. Rounds between are in neither.

    Parameters
    ----------
    index : MultiIndex with a level as_of_date, or dates, length n_rows
    label : Label

    Returns
    -------
    tuple of (early, late), ndarrays of bool of shape (n_rows,), or None
        None where no round is mature before another one.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> days = pd.to_datetime(["2024-01-01", "2024-03-01", "2024-05-01", "2024-07-01"])
    >>> early, late = calibration_split(days, SimpleNamespace(window="2M", maturity="1M"))
    >>> early.tolist(), late.tolist()
    ([True, True, False, False], [False, False, False, True])
    """
    dates = index.get_level_values(AS_OF) if isinstance(index, pd.MultiIndex) else index
    days, position, counts = np.unique(as_days(dates), return_inverse=True, return_counts=True)
    matures = matures_on(days, Span.parse(label.window), Span.parse(label.maturity))
    cuts = np.flatnonzero(days >= matures[0]) if len(days) else days
    if not len(cuts):
        return None

    share_from = counts[::-1].cumsum()[::-1] / counts.sum()
    large_enough = cuts[share_from[cuts] >= LATE_SHARE]
    cut = days[np.max(large_enough, initial=cuts[0])]
    return (matures <= cut)[position], (days >= cut)[position]


def calibrate(
    rows: Rows, fit: Callable[[Rows], Core], label: Label | None, *, seed: int = 0, threads: int = 1
) -> Calibration:
    """Fit the sigmoid on margins of rows that were held out of the fit.

    Parameters
    ----------
    rows : Rows
        All labelled rows.
    fit : callable
        Fits a model of the same recipe on some of the rows.
    label : Label, optional
        Its window and maturity are the embargo. Without a label households, or clusters, are held
        out.
    seed : int, default 0
        Of the households' folds.
    threads : int, default 1
        For the margins.
    """
    plan = _plan(rows, label, seed)
    margin = np.full(len(rows), np.nan)
    for split in plan.splits:
        core = fit(rows[split.fitted].require_two_classes())
        held_out = rows[split.held_out]
        margin[split.held_out] = core.margin(held_out.matrix, held_out.area, threads=threads)

    used = ~np.isnan(margin)
    y = rows.y[used]
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    flat = all(np.ptp(margin[split.held_out]) == 0 for split in plan.splits)
    slope, intercept = fit_sigmoid(margin[used], y, weight[used], flat=flat)
    return Calibration(slope, intercept, plan.source, len(y), int(y.sum()))


def fit_sigmoid(
    margin: Floats, y: Floats, weight: Floats, *, flat: bool = False
) -> tuple[float, float]:
    """Return slope and intercept of the log-odds on the margin.

    The targets are not 1 and 0 but (n1 + 1) / (n1 + 2) and 1 / (n0 + 2), as Platt chose them, so
    that the slope is finite even where the margin separates the classes. Where the margin is
    constant (`flat`) the slope is 1.

    Raises
    ------
    ModelError
        For a slope that is not above 0.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines, section 2.2.
    """
    n1 = int(np.sum(y == 1))
    n0 = len(y) - n1
    target = np.where(y == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    if flat:
        rate = np.average(target, weights=weight)
        return 1.0, float(np.log(rate / (1 - rate)) - np.average(margin, weights=weight))

    center, scale = margin.mean(), margin.std()
    standardised = (margin - center) / scale
    fitted = fit_logistic(standardised[:, None], target, weight)
    slope = float(fitted.coefficients[0] / scale)
    if not slope > 0:
        raise ModelError(
            "on the rows held out, a higher margin does not come with a higher risk "
            "(calibration slope <= 0)",
            code="models.calibration",
            allowed="a margin that ranks unseen rows better than chance",
            next_step="take more rounds or positives, or features that are related to this outcome",
        )
    return slope, float(fitted.intercept - slope * center)


class _Split(NamedTuple):
    """The rows that a model is fitted on, and the rows held out from it."""

    fitted: Mask
    held_out: Mask


class _Plan(NamedTuple):
    """The splits of a calibration, and which rows they hold out, in words."""

    splits: list[_Split]
    source: str


def _plan(rows: Rows, label: Label | None, seed: int) -> _Plan:
    """Hold out later rounds, or households where no later rounds can be held out."""
    if rows.as_of is None or len(np.unique(rows.as_of)) == 1:
        return _by_household(rows, seed, "one round only")
    if label is None:
        return _by_household(rows, seed, "no label, so no embargo between rounds is known")

    masks = calibration_split(rows.as_of, label)
    if masks is None:
        return _by_household(rows, seed, "no round's labels are mature before a later round")
    if min(int(rows.y[mask].sum()) for mask in masks) < MIN_POSITIVES:
        too_few = f"earlier or later rounds hold fewer than {MIN_POSITIVES} positives"
        return _by_household(rows, seed, too_few)

    early, late = (rows.as_of[mask] for mask in masks)
    source = f"later rounds {late.min()} to {late.max()}, model of {early.min()} to {early.max()}"
    return _Plan([_Split(*masks)], source)


def _by_household(rows: Rows, seed: int, why: str) -> _Plan:
    kept_whole = "household" if rows.cluster is None else "cluster"
    folds = _folds(rows, seed, kept_whole)
    return _Plan(folds, f"{kept_whole} folds ({len(folds)}): {why}")


def _folds(rows: Rows, seed: int, kept_whole: str) -> list[_Split]:
    """Split households, or clusters, into folds with about equally many positive ones.

    The folds do not depend on the order of the rows.
    """
    unit_of_row = rows.household if rows.cluster is None else rows.cluster
    units, position = np.unique(unit_of_row, return_inverse=True)
    positive = np.bincount(position, rows.y) > 0
    folds = min(FOLDS, int(positive.sum()))
    if folds < 2:
        raise ModelError(
            f"the crisis class is held by one {kept_whole} only",
            code="models.one_household",
            allowed=f"at least two {kept_whole}s with a positive label",
            next_step="take more rounds, a longer label window or another outcome",
        )

    shuffled = np.random.default_rng(seed).permutation(len(units))
    positives_last = shuffled[np.argsort(positive[shuffled], kind="stable")]
    fold = np.empty(len(units), dtype=int)
    fold[positives_last] = np.arange(len(units)) % folds
    fold_of_row = fold[position]
    return [_Split(fold_of_row != k, fold_of_row == k) for k in range(folds)]
