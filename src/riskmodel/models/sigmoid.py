"""One sigmoid on the margin, fitted on rows that the model has not seen: later rounds, or else other households."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        The slope is above 0, so that ranks are the margin's.
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
    """Part rows into earlier rounds to fit on and later rounds to calibrate on, the label's embargo between them.

    The cut is the latest round from which at least a fifth of the rows remain, and the earlier
    rounds are those whose labels were mature by then; what lies between is in neither.

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
    closes = matures_on(days, Span.parse(label.window), Span.parse(label.maturity))
    cuts = np.flatnonzero(days >= closes[0]) if len(days) else days
    if not len(cuts):
        return None
    share = counts[::-1].cumsum()[::-1] / counts.sum()
    cut = days[np.max(cuts[share[cuts] >= LATE_SHARE], initial=cuts[0])]
    return (closes <= cut)[position], (days >= cut)[position]


def calibrate(
    rows: Rows, fit: Callable[[Rows], Core], label: Label | None, *, seed: int = 0, threads: int = 1
) -> Calibration:
    """Fit the sigmoid on margins of rows held out from the models that gave them.

    Parameters
    ----------
    rows : Rows
        All labelled rows.
    fit : callable
        Fits a model of the same recipe on some of the rows.
    label : Label, optional
        Its window and maturity are the embargo; without it households are held out.
    seed : int, default 0
        Of the households' folds.
    threads : int, default 1
        For the margins.
    """
    plan, source = _plan(rows, label, seed)
    margin = np.full(len(rows), np.nan)
    for train, held in plan:
        area = None if rows.area is None else rows.area[held]
        margin[held] = fit(rows[train].require_two_classes()).margin(
            rows.matrix[held], area, threads=threads
        )
    used = ~np.isnan(margin)
    flat = all(np.ptp(margin[held]) == 0 for _, held in plan)
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    slope, intercept = fit_sigmoid(margin[used], rows.y[used], weight[used], flat=flat)
    return Calibration(slope, intercept, source, int(used.sum()), int(rows.y[used].sum()))


def fit_sigmoid(
    margin: Floats, y: Floats, weight: Floats, *, flat: bool = False
) -> tuple[float, float]:
    """Return slope and intercept of the log-odds on the margin; a slope that isn't above 0 is refused.

    Targets are drawn in as Platt does, (n1 + 1) / (n1 + 2) and 1 / (n0 + 2), so that classes that
    the margin parts wholly still have a finite slope. Where nothing was learnt (`flat`) the slope
    stays 1.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines, section 2.2.
    """
    n1 = int(np.sum(y == 1))
    target = np.where(y == 1, (n1 + 1) / (n1 + 2), 1 / (len(y) - n1 + 2))
    if flat:
        rate = np.average(target, weights=weight)
        return 1.0, float(np.log(rate / (1 - rate)) - np.average(margin, weights=weight))
    center, scale = margin.mean(), margin.std()
    fitted = fit_logistic(((margin - center) / scale)[:, None], target, weight)
    slope = float(fitted.coefficients[0] / scale)
    if not slope > 0:
        raise ModelError(
            "on the rows held out, a higher margin does not come with a higher risk (calibration slope <= 0)",
            code="models.calibration",
            allowed="a margin that ranks unseen rows better than chance",
            next_step="take more rounds or positives, or look for features that speak of this outcome",
        )
    return slope, float(fitted.intercept - slope * center)


def _plan(rows: Rows, label: Label | None, seed: int) -> tuple[list[tuple[Mask, Mask]], str]:
    """Return the (fit, held out) masks and what to call them."""
    if rows.as_of is None or len(np.unique(rows.as_of)) == 1:
        why = "one round only"
    elif label is None:
        why = "no label, so no embargo between rounds is known"
    elif (split := calibration_split(rows.as_of, label)) is None:
        why = "no round's labels are mature before a later round"
    elif min(int(rows.y[mask].sum()) for mask in split) < MIN_POSITIVES:
        why = f"earlier or later rounds hold fewer than {MIN_POSITIVES} positives"
    else:
        early, late = (rows.as_of[mask] for mask in split)
        return [
            split
        ], f"later rounds {late.min()} to {late.max()}, model of {early.min()} to {early.max()}"
    folds = _household_folds(rows, seed)
    return folds, f"household folds ({len(folds)}): {why}"


def _household_folds(rows: Rows, seed: int) -> list[tuple[Mask, Mask]]:
    """Part households into folds with about as many positive ones each, whatever the order of the rows."""
    households, position = np.unique(rows.household, return_inverse=True)
    positive = np.bincount(position, rows.y) > 0
    folds = min(FOLDS, int(positive.sum()))
    if folds < 2:
        raise ModelError(
            "the crisis class is held by one household only",
            code="models.one_household",
            allowed="at least two households with a positive label",
            next_step="take more rounds, a longer label window or another outcome",
        )
    shuffled = np.random.default_rng(seed).permutation(len(households))
    fold = np.empty(len(households), dtype=int)
    fold[shuffled[np.argsort(positive[shuffled], kind="stable")]] = (
        np.arange(len(households)) % folds
    )
    return [(fold[position] != k, fold[position] == k) for k in range(folds)]
