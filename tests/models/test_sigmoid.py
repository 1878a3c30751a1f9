"""The sigmoid: which rows its slope and its level are of, known truth, and honest refusals."""

from __future__ import annotations

import numpy as np
import pytest
from known_truth import simulated, truth
from scipy.special import expit

from riskmodel.errors import ModelError
from riskmodel.models import make_classifier
from riskmodel.models.fit_rows import Rows
from riskmodel.models.folds import Folds
from riskmodel.models.likelihood import fit_logistic
from riskmodel.models.sigmoid import calibrate, fit_level, fit_slope, later_rounds
from riskmodel.panel import Panel


def rows_of(rounds: int, households: int, positive: np.ndarray | None = None) -> Rows:
    n = rounds * households
    days = np.datetime64("2020-01") + np.repeat(np.arange(rounds), households)
    return Rows(
        matrix=np.zeros((n, 1)),
        y=np.arange(n) % 2.0 if positive is None else positive.astype(float),
        household=np.tile(np.arange(households), rounds),
        as_of=days.astype("datetime64[D]"),
    )


@pytest.mark.parametrize(
    ("rounds", "households", "late"),
    [
        (20, 100, 4),  # a fifth of the rows
        (3, 100, 2),  # two rounds at least
        (1, 100, 1),
        (20, 5, 12),  # 30 positives
        (20, 2, 20),
    ],
)
def test_later_rounds_are_enough_to_tell_a_level(rounds: int, households: int, late: int) -> None:
    rows = rows_of(rounds, households)
    found = later_rounds(rows)
    assert len(np.unique(rows.as_of[found])) == late
    assert found[np.argsort(rows.as_of, kind="stable")].tolist() == sorted(found.tolist())


def test_rows_without_dates_are_all_of_the_later_rounds() -> None:
    rows = Rows(np.zeros((9, 1)), np.arange(9) % 2.0, np.arange(9))
    assert later_rounds(rows).all()


def test_the_slope_is_of_all_rounds_and_the_level_of_the_later_ones() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(-1, 1.5, 40_000)
    grown = np.repeat(np.linspace(1.0, 0.0, 20), 2000)  # the level of the margin drifts
    y = rng.random(40_000) < expit(0.8 * margin + grown)
    rows = rows_of(20, 2000, y)
    found = calibrate(rows, margin, Folds.of(rows, 0))
    assert found.slope == pytest.approx(0.8, abs=0.03)
    assert found.intercept == pytest.approx(grown[later_rounds(rows)].mean(), abs=0.06)


def test_the_model_tells_which_rounds_it_was_calibrated_on(panel: Panel) -> None:
    calibration = make_classifier(panel, seeds=1, n_estimators=20).fit(panel).calibration_
    assert (
        calibration.source
        == "household folds (3) of rounds 2022-01-01 to 2023-03-01, level of rounds 2023-01-01 "
        "to 2023-03-01"
    )
    assert calibration.rows == len(panel)
    assert calibration.positives == int(panel.y.sum())


def test_the_scores_of_the_later_rounds_have_the_level_of_their_outcomes(panel: Panel) -> None:
    late = panel.as_of >= "2023-01-01"
    fewer = panel.y.where(~late | (panel.households < "00350"), 0.0)
    model = make_classifier(panel, "logistic").fit(panel.X, fewer)
    assert model.predict_proba(panel[late])[:, 1].mean() == pytest.approx(
        fewer[late].mean(), rel=0.02
    )


@pytest.mark.parametrize("kind", ["lightgbm", "logistic"])
def test_probabilities_are_calibrated_on_fresh_households(kind: str) -> None:
    model = make_classifier(train := simulated(2500, seed=1), kind, seeds=2).fit(train)
    fresh = simulated(4000, seed=2)
    log_odds = model.log_odds(fresh)
    (slope,), intercept = fit_logistic(log_odds[:, None], fresh.y.to_numpy(), np.ones(len(fresh)))
    assert 0.9 <= slope <= 1.1
    assert abs(intercept) <= 0.2
    central = np.abs(truth(fresh.X) - truth(fresh.X).mean()) < 3
    assert np.polyfit(log_odds[central], truth(fresh.X)[central], 1)[0] == pytest.approx(
        1, abs=0.12
    )


def test_the_sigmoid_finds_the_truth_and_follows_the_scale() -> None:
    rng = np.random.default_rng(0)
    margin, weight = rng.normal(-2, 1.5, 40_000), rng.uniform(0.5, 1.5, 40_000)
    y = (rng.random(40_000) < expit(0.7 * margin + 0.4)).astype(float)
    slope = fit_slope(margin, y, weight)
    level = fit_level(slope * margin, y, weight)
    assert slope == pytest.approx(0.7, abs=0.03)
    assert level == pytest.approx(0.4, abs=0.06)
    rate = np.average(expit(slope * margin + level), weights=weight)
    assert rate == pytest.approx(np.average(y, weights=weight), rel=1e-3)
    assert fit_slope(1000 * margin, y, weight) == pytest.approx(slope / 1000, rel=1e-4)


@pytest.mark.parametrize("y", [[0.0] * 9 + [1.0], [1.0] * 10])
def test_equal_margins_have_the_level_of_the_rate(y: list[float]) -> None:
    level = fit_level(np.full(10, -7.0), np.array(y), np.ones(10))
    smoothed = (sum(y) + 1) / (sum(y) + 2)
    rate = np.mean([smoothed if one else 1 / (12 - sum(y)) for one in y])
    assert expit(level - 7) == pytest.approx(rate, rel=1e-9)


def test_classes_parted_wholly_have_a_finite_slope() -> None:
    y = np.repeat([0.0, 1.0], 50)
    assert 0 < fit_slope(y * 2 - 1, y, np.ones(100)) < 10


def test_a_slope_of_the_wrong_sign_is_refused() -> None:
    y = np.tile([0.0, 1.0, 1.0], 50)
    with pytest.raises(ModelError, match=r"slope <= 0.*\[models.calibration\]"):
        fit_slope(-y + np.arange(150) * 1e-3, y, np.ones(150))


def test_where_nothing_is_learnt_the_score_is_the_rate(panel: Panel) -> None:
    X = panel.X.iloc[:, :5].fillna(0) * 0
    model = make_classifier(panel, seeds=1, n_estimators=5).fit(X, panel.y)
    assert model.calibration_.slope == 1
    late = panel.as_of >= "2023-01-01"
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], panel.y[late].mean(), atol=0.02)


def test_one_round_gives_slope_and_level(panel: Panel) -> None:
    first = panel[panel.as_of == panel.as_of[0]]
    calibration = make_classifier(panel, "logistic").fit(first).calibration_
    assert calibration.source == "household folds (3) of round 2022-01-01"
    assert calibration.rows == len(first)


def test_an_array_has_no_rounds(plain: tuple[np.ndarray, np.ndarray]) -> None:
    calibration = make_classifier(kind="logistic").fit(*plain).calibration_
    assert calibration.source == "household folds (3) of rows without dates"


def test_one_household_with_crises_is_refused(panel: Panel) -> None:
    first = panel.households[panel.y == 1][0]
    only = panel.y.where(panel.households == first, 0.0)
    with pytest.raises(ModelError, match="one household only"):
        make_classifier(panel, seeds=1).set_params(label=None).fit(panel.X, only)
