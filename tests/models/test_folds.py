"""Folds of households: each row's margin is of a model that saw no row of its household."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from known_truth import simulated, truth
from scipy.special import expit

from mended import Note
from riskmodel.models import make_classifier
from riskmodel.models.cross_fit import by_folds
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.folds import Folds
from riskmodel.models.kind import Core
from riskmodel.models.likelihood import fit_logistic
from riskmodel.panel import Panel


class OwnRate(Core):
    """A margin that tells the households and the seeds of its fit."""

    def __init__(self, rows: Rows, seeds: tuple[int, ...]) -> None:
        self.households, self.seeds = set(rows.matrix[:, 0]), seeds

    def margin(self, matrix: Floats, area: object = None, *, threads: int = 0) -> Floats:
        return np.array([household in self.households for household in matrix[:, 0]], float)


def rows_of(households: int, rounds: int = 3) -> Rows:
    household = np.repeat(np.arange(households), rounds)
    y = (household % 5 == 0).astype(float)
    return Rows(household[:, None].astype(float), y, household)


def test_a_margin_is_of_a_model_that_saw_no_row_of_the_household() -> None:
    fitted: list[OwnRate] = []

    def fit(rows: Rows, settings: FitSettings) -> OwnRate:
        fitted.append(OwnRate(rows, settings.seeds))
        return fitted[-1]

    rows = rows_of(50)
    settings = FitSettings(("x",), (0,), (0,), {"n_jobs": 1}, seeds=(7, 8))
    core, margin = by_folds(fit)(rows, settings, Folds.of(rows, 0))
    assert (margin == 0).all()
    assert core is fitted[0]
    assert [one.seeds for one in fitted] == [(7, 8), (7,), (8,), (7,)]
    assert core.margin(rows.matrix).all()


@pytest.mark.parametrize(("households", "count"), [(50, 3), (10, 2)])
def test_folds_share_the_positive_households(households: int, count: int) -> None:
    rows = rows_of(households)
    folds = Folds.of(rows, 0)
    assert folds.count == count
    positives = [np.unique(rows.household[fold.held_out & (rows.y == 1)]).size for fold in folds]
    assert max(positives) - min(positives) <= 1
    assert all((fold.fitted ^ fold.held_out).all() for fold in folds)
    assert sum(fold.held_out.sum() for fold in folds) == len(rows)
    within = folds.of_row + 1e-9 * np.arange(len(rows))
    assert folds.are_flat(within)
    assert not folds.are_flat(within + rows.y)


def with_noise(panel: Panel, rng: np.random.Generator) -> pd.DataFrame:
    numbers = panel.X.drop(columns="tenure")
    noise = rng.normal(size=(len(panel), 60))
    return numbers.join(pd.DataFrame(noise, index=panel.X.index).add_prefix("noise_"))


def slope_of(log_odds: Floats, chance: Floats) -> float:
    fitted = fit_logistic(log_odds[:, None], chance, np.ones(len(chance)))
    return float(fitted.coefficients[0])


def test_a_model_that_learnt_noise_by_heart_is_calibrated_on_others(mended: Note) -> None:
    panel, fresh, rng = simulated(150, seed=1), simulated(1500, seed=2), np.random.default_rng(3)
    X, new, chance = with_noise(panel, rng), with_noise(fresh, rng), expit(truth(fresh.X))
    unfitted = make_classifier(kind="logistic", l2=1.0).set_params(label=panel.label)
    model = unfitted.fit(X, panel.y)
    assert slope_of(model.margin(new), chance) < 0.6
    slope = slope_of(model.log_odds(new), chance)
    assert slope == pytest.approx(1, abs=0.1)
    mended(
        "figures",
        tried="the slope of exact chances on the log-odds; 65 columns, 60 of them noise",
        before="1.49: the sigmoid of a model of half of the rows",
        now=f"{slope:.2f}",
    )
