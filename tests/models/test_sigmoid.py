"""The sigmoid: promise 2 for its split, known truth, and honest refusals."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_truth import simulated, truth

from riskmodel.errors import ModelError
from riskmodel.keys import Span, as_days, matures_on
from riskmodel.models import calibration_split, make_classifier
from riskmodel.models.likelihood import fit_logistic
from riskmodel.models.sigmoid import fit_sigmoid
from riskmodel.panel import Panel

SPANS = st.builds(lambda n, unit: f"{n}{unit}", st.integers(0, 9), st.sampled_from("DM"))


@given(
    days=st.lists(st.integers(0, 1500), min_size=1, max_size=40),
    window=SPANS,
    maturity=SPANS,
)
@settings(max_examples=200, deadline=None)
def test_the_embargo_is_kept(days: list[int], window: str, maturity: str) -> None:
    dates = np.datetime64("2020-01-01", "D") + np.array(days, "timedelta64[D]")
    split = calibration_split(
        pd.DatetimeIndex(dates), SimpleNamespace(window=window, maturity=maturity)
    )
    closes = matures_on(np.unique(dates), Span.parse(window), Span.parse(maturity))
    if split is None:
        assert closes.min() > dates.max()
        return
    early, late = split
    assert early.any()
    assert late.any()
    first_late = dates[late].min()
    assert matures_on(dates[early], Span.parse(window), Span.parse(maturity)).max() <= first_late
    assert (as_days(dates[~late]) < first_late).all()


def test_later_rounds_hold_a_fifth_of_the_rows_where_they_can() -> None:
    dates = pd.date_range("2020-01-01", periods=20, freq="MS").repeat(10)
    early, late = calibration_split(dates, SimpleNamespace(window="3M", maturity="0D"))
    assert late.mean() == pytest.approx(0.2)
    assert early.mean() == pytest.approx(0.7)  # 13 + 1 rounds before the three months of embargo


def test_the_model_tells_which_rounds_it_was_calibrated_on(panel: Panel) -> None:
    calibration = make_classifier(panel, seeds=1, n_estimators=20).fit(panel).calibration_
    assert (
        calibration.source
        == "later rounds 2023-01-01 to 2023-03-01, model of 2022-01-01 to 2022-07-01"
    )
    assert calibration.rows == 1400
    assert calibration.positives == int(panel.y.loc[(slice(None), slice("2023-01-01", None))].sum())


def test_the_calibration_ignores_labels_of_the_embargo(panel: Panel) -> None:
    dates = panel.as_of
    between = (dates > "2022-07-01") & (dates < "2023-01-01")
    changed = panel.y.where(~between, 1 - panel.y)
    model = make_classifier(panel, seeds=1, n_estimators=20)
    assert model.fit(panel).calibration_ == model.fit(panel.X, changed).calibration_


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
    margin = rng.normal(-2, 1.5, 40_000)
    y = (rng.random(40_000) < 1 / (1 + np.exp(-(0.7 * margin + 0.4)))).astype(float)
    slope, intercept = fit_sigmoid(margin, y, np.ones(40_000))
    assert slope == pytest.approx(0.7, abs=0.03)
    assert intercept == pytest.approx(0.4, abs=0.06)
    wide, _ = fit_sigmoid(1000 * margin, y, np.ones(40_000))
    assert wide == pytest.approx(slope / 1000, rel=1e-4)


def test_classes_parted_wholly_have_a_finite_slope() -> None:
    y = np.repeat([0.0, 1.0], 50)
    slope, _ = fit_sigmoid(y * 2 - 1, y, np.ones(100))
    assert 0 < slope < 10


def test_a_slope_of_the_wrong_sign_is_refused() -> None:
    y = np.tile([0.0, 1.0, 1.0], 50)
    with pytest.raises(ModelError, match=r"slope <= 0.*\[models.calibration\]"):
        fit_sigmoid(-y + np.arange(150) * 1e-3, y, np.ones(150))


def test_where_nothing_is_learnt_the_score_is_the_rate(panel: Panel) -> None:
    X = panel.X.iloc[:, :5] * 0
    model = make_classifier(panel, seeds=1, n_estimators=5).fit(X, panel.y)
    assert model.calibration_.slope == 1
    late = panel.as_of >= "2023-01-01"
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], panel.y[late].mean(), atol=0.02)


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("one round only", lambda p: p[p.as_of == p.as_of[0]]),
        ("no round's labels are mature before a later round", lambda p: p[p.as_of <= "2022-05-01"]),
        ("fewer than 30 positives", lambda p: p[np.asarray((p.y == 0) | (p.as_of < "2023-01-01"))]),
    ],
)
def test_too_few_rounds_are_said_and_households_held_out(
    panel: Panel, why: str, change: object
) -> None:
    part = change(panel)  # type: ignore[operator]
    calibration = make_classifier(panel, "logistic").fit(part).calibration_
    assert calibration.source.startswith("household folds (3): ")
    assert why in calibration.source
    assert calibration.rows == len(part)


def test_without_a_label_no_embargo_is_known(panel: Panel) -> None:
    calibration = (
        make_classifier(panel, "logistic").set_params(label=None).fit(panel.X, panel.y).calibration_
    )
    assert "no label, so no embargo" in calibration.source


def test_one_household_with_crises_is_refused(panel: Panel) -> None:
    first = panel.households[panel.y == 1][0]
    only = panel.y.where(panel.households == first, 0.0)
    with pytest.raises(ModelError, match="one household only"):
        make_classifier(panel, seeds=1).set_params(label=None).fit(panel.X, only)
