"""The logistic baseline: additive, bounded by the directions, equal to an outside solver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from riskmodel.models import make_classifier
from riskmodel.models.fit_rows import FitSettings, Rows
from riskmodel.models.folds import Folds
from riskmodel.models.kinds.logistic import PENALTIES, fit_linear, squash
from riskmodel.models.likelihood import fit_logistic
from riskmodel.panel import Panel


def draw(seed: int, coefficients: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4000, len(coefficients)))
    y = (rng.random(4000) < 1 / (1 + np.exp(1 - x @ coefficients))).astype(float)
    return x, y, rng.uniform(0.5, 2.0, 4000)


@pytest.mark.parametrize("penalty", [0.5, 10.0])
def test_it_is_scikit_learns_solution_where_no_bound_binds(penalty: float) -> None:
    x, y, weight = draw(0, [1.0, -0.5, 0.2])
    found, intercept = fit_logistic(x, y, weight, penalty=penalty)
    other = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=1000).fit(
        x, y, sample_weight=weight
    )
    np.testing.assert_allclose(found, other.coef_[0], atol=2e-5)
    assert intercept == pytest.approx(other.intercept_[0], abs=2e-5)


def test_bounds_hold_where_the_data_point_the_other_way() -> None:
    x, y, weight = draw(1, [1.0, -0.5, 0.7])
    found, _ = fit_logistic(x, y, weight, sign=np.array([1.0, 1.0, -1.0]))
    assert found[0] > 0.8
    assert found[1] == 0
    assert found[2] == 0


@pytest.mark.parametrize("sign", [[1, 1, -1, 0, 1], [-1, 0, 1, 1, -1], [1, -1, 0, -1, 0]])
@pytest.mark.parametrize("penalty", [0.0, 20.0])
def test_between_bounds_it_is_another_solvers_optimum(penalty: float, sign: list[int]) -> None:
    x, y, weight = draw(4, [1.0, -0.5, 0.7, 0.3, 0.02])
    x[:, 1] += 0.8 * x[:, 0]  # a coefficient that is held at 0 moves the others

    def loss(theta: np.ndarray) -> float:
        margin = theta[0] + x @ theta[1:]
        misfit = weight @ (np.logaddexp(0, margin) - y * margin)
        return float(misfit + penalty / 2 * theta[1:] @ theta[1:]) / weight.sum()

    bounds = [(None, None), *[(0 if s > 0 else None, 0 if s < 0 else None) for s in sign]]
    other = minimize(
        loss,
        np.zeros(6),
        method="SLSQP",  # of another family than the solver inside
        bounds=bounds,
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    found, intercept = fit_logistic(x, y, weight, penalty=penalty, sign=np.array(sign, float))
    np.testing.assert_allclose([intercept, *found], other.x, atol=2e-4)
    assert loss(np.array([intercept, *found])) <= loss(other.x) + 1e-10
    assert (found[np.array(sign) != 0] == 0).any(), "some bound binds"
    assert (np.array(sign) * found >= 0).all()


def test_squash_is_odd_and_increasing() -> None:
    x = np.linspace(-50, 50, 1001)
    np.testing.assert_array_equal(squash(-x), -squash(x))
    assert (np.diff(squash(x)) > 0).all()


def test_contributions_and_intercept_are_the_margin(panel: Panel) -> None:
    model = make_classifier(panel, "logistic").fit(panel)
    parts = model.core_.contributions(model.encode(panel.X))
    assert parts.shape == (len(panel), 6)
    total = np.full(len(panel), float(model.core_.arrays["intercept"]))
    for j in range(6):
        total = total + parts[:, j]
    assert np.array_equal(model.margin(panel.X), total)


def test_coefficients_keep_the_directions_and_find_the_truth(panel: Panel) -> None:
    linear = make_classifier(panel, "logistic").fit(panel).core_.arrays
    assert (linear["weight"][:3] >= 0).all()
    assert linear["weight"][4] <= 0
    slope = linear["weight"] / linear["scale"]
    assert slope[0] == pytest.approx(0.9, abs=0.15)  # the truth is 0.9 log(1 + months)
    owned, rented, shared = linear["category_weight"]
    assert rented - (owned + shared) / 2 == pytest.approx(0.7, abs=0.2)


def test_only_columns_with_gaps_have_a_coefficient_for_missing(panel: Panel) -> None:
    linear = make_classifier(panel, "logistic").fit(panel).core_.arrays
    assert (linear["missing"] != 0).tolist() == [False, False, False, False, True, False]


def test_a_missing_value_in_a_complete_column_counts_as_its_mean(panel: Panel) -> None:
    model = make_classifier(panel, "logistic").fit(panel)
    gap = panel.X.iloc[:50].assign(rent__now__=np.float32(np.nan))
    parts = model.core_.contributions(model.encode(gap))
    assert (parts[:, 0] == 0).all()


def test_an_unseen_category_has_no_say(panel: Panel) -> None:
    model = make_classifier(panel, "logistic").fit(panel)
    gap = panel.X.iloc[:50].assign(tenure=pd.Categorical(["barge"] * 50))
    assert (model.core_.contributions(model.encode(gap))[:, 5] == 0).all()


def test_a_constant_column_has_no_weight(panel: Panel) -> None:
    X = panel.X.assign(visit__count__ever=np.float32(3))
    model = make_classifier(panel, "logistic").fit(X, panel.y)
    assert abs(model.core_.arrays["weight"][3]) < 1e-9


def noisy(panel: Panel, columns: int) -> pd.DataFrame:
    """Return the features of a panel with columns of noise beside them."""
    noise = np.random.default_rng(5).normal(size=(len(panel), columns)).astype(np.float32)
    names = [f"noise_{j}" for j in range(columns)]
    return panel.X.join(pd.DataFrame(noise, index=panel.X.index, columns=names))


def folds_of(panel: Panel, X: pd.DataFrame) -> tuple[Rows, FitSettings, Folds]:
    categories = tuple(3 * (name == "tenure") for name in X)
    codes = X.assign(tenure=X["tenure"].cat.codes).to_numpy(np.float64)
    rows = Rows(codes, panel.y.to_numpy(), pd.factorize(panel.households)[0])
    settings = FitSettings(tuple(X), (0,) * X.shape[1], categories, {"l2": None})
    return rows, settings, Folds.of(rows, 0)


@pytest.mark.parametrize(("columns", "expected"), [(0, 10.0), (200, 1000.0)])
def test_the_penalty_is_that_by_which_other_households_are_predicted_best(
    panel: Panel, columns: int, expected: float
) -> None:
    part = panel[panel.households < "00250"]
    rows, settings, folds = folds_of(part, noisy(part, columns))
    loss = {}
    for l2 in PENALTIES:
        core, margin = fit_linear(rows, replace(settings, params={"l2": l2}), folds)
        assert float(core.arrays["l2"]) == l2
        loss[l2] = np.mean(np.logaddexp(0, margin) - rows.y * margin)
    chosen = fit_linear(rows, settings, folds).core.arrays["l2"]
    assert float(chosen) == expected == min(loss, key=loss.__getitem__)


@pytest.mark.parametrize("l2", [10.0, 1000.0])
def test_margins_of_folds_are_those_of_models_without_the_fold(panel: Panel, l2: float) -> None:
    part = panel[panel.households < "00250"]
    rows, settings, folds = folds_of(part, noisy(part, 20))
    alone = replace(settings, params={"l2": l2})
    core, margin = fit_linear(rows, alone, folds)
    for others, held_out in folds:
        less = replace(settings, params={"l2": l2 * others.mean()})
        own = fit_linear(rows[others], less, Folds.of(rows[others], 0)).core
        exact = own.margin(rows.matrix[held_out])
        seen = core.margin(rows.matrix[held_out])
        away = np.abs(margin[held_out] - exact).mean()
        assert away < 0.2 * np.abs(seen - exact).mean()
