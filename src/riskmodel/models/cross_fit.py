"""Fits all rows, and computes each row's margin by a model that saw no row of its household."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from riskmodel.models.fit_rows import FitSettings, Floats, Rows, thread_count
from riskmodel.models.folds import Folds
from riskmodel.models.kind import Core, CrossFit

Fit = Callable[[Rows, FitSettings], Core]


def by_folds(fit: Fit) -> Callable[[Rows, FitSettings, Folds], CrossFit]:
    """Return the `fit` of a kind that is fitted on all rows, and on those outside of each fold."""

    def fit_with_folds(rows: Rows, settings: FitSettings, folds: Folds) -> CrossFit:
        return CrossFit(fit(rows, settings), held_out_margin(fit, rows, settings, folds))

    return fit_with_folds


def held_out_margin(fit: Fit, rows: Rows, settings: FitSettings, folds: Folds) -> Floats:
    """Return each row's margin by a model of the other folds.

    Each of these models has one seed. Four would cost as much as two whole fits, and change the
    slope of the calibration by a hundredth at most.
    """
    threads = thread_count(settings.params["n_jobs"], rows.matrix)
    margin = np.empty(len(rows))
    for number, (others, held_out) in enumerate(folds):
        seed = settings.seeds[number % len(settings.seeds)]
        core = fit(rows[others].require_two_classes(), replace(settings, seeds=(seed,)))
        left = rows[held_out]
        margin[held_out] = core.margin(left.matrix, left.area, threads=threads)
    return margin
