"""A local level and slope are found again, change no order, and are judged on other households."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation import recalibrate, side_by_side


def site(level: float, slope: float, seed: int = 0) -> tuple[pd.Series, rm.Panel]:
    """Return probabilities of 6,000 households whose log-odds are off by a level and a slope."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-2.0, 1.0, 6_000)
    frame = pd.DataFrame(
        {"id": np.arange(6_000), "x": odds, "y": rng.random(6_000) < expit(slope * odds + level)}
    )
    panel = rm.Panel.from_frame(
        frame.astype({"y": float}), household_id="id", as_of_date="2024-01-01", y="y"
    )
    score = pd.Series(expit(panel.X["x"].to_numpy(np.float64)), index=panel.X.index, name="score")
    return score, panel


def test_the_level_that_is_off_is_found_and_mends_the_mean() -> None:
    score, panel = site(level=0.8, slope=1.0)
    table = (
        recalibrate(rm.evaluate(score, panel, probability=True)).frame().set_index("calibration")
    )
    assert table.loc["level", "intercept"] == pytest.approx(0.8, abs=0.1)
    assert table.loc["level", "slope"] == 1.0
    before, after = table.loc["as it is"], table.loc["level"]
    assert before["expected"] < 0.75 * before["observed"]
    assert after["expected"] == pytest.approx(after["observed"], rel=0.02)
    assert after["log_loss"] < before["log_loss"]
    assert after["brier"] < before["brier"]


def test_the_slope_that_is_off_is_found_too() -> None:
    score, panel = site(level=0.5, slope=0.5)
    table = (
        recalibrate(rm.evaluate(score, panel, probability=True)).frame().set_index("calibration")
    )
    assert table.loc["level and slope", "slope"] == pytest.approx(0.5, abs=0.08)
    assert table.loc["level and slope", "intercept"] == pytest.approx(0.5, abs=0.15)
    assert table["log_loss"].is_monotonic_decreasing


def test_right_probabilities_gain_nothing_on_other_households() -> None:
    score, panel = site(level=0.0, slope=1.0, seed=3)
    table = (
        recalibrate(rm.evaluate(score, panel, probability=True)).frame().set_index("calibration")
    )
    assert abs(table.loc["level and slope", "log_loss"] - table.loc["as it is", "log_loss"]) < 1e-3
    own = rm.evaluate(score, panel, probability=True).metrics
    assert table.loc["as it is", "brier"] == pytest.approx(own["brier"], abs=1e-12)


def test_it_prints_what_it_changes_and_what_not() -> None:
    score, panel = site(level=0.8, slope=1.0)
    result = recalibrate(rm.evaluate(score, panel, probability=True))
    page = repr(result)
    assert "log loss" in page
    told = "calibrated on 6,000 rows of 6,000 households, each household by the others (5 folds)"
    assert told in page
    assert "lists, AUC and percentiles stay" in page
    assert "level and slope" in result._repr_html_()


def test_rows_of_weight_0_and_households_of_several_rows_count_rightly() -> None:
    score, panel = site(level=0.8, slope=1.0)
    weight = pd.Series(np.where(np.arange(6_000) < 3_000, 1.0, 0.0), index=panel.X.index)
    half = rm.Panel(**{**vars(panel), "weight": weight})
    alone = recalibrate(rm.evaluate(score[:3_000], panel[:3_000], probability=True))
    assert recalibrate(rm.evaluate(score, half, probability=True)).table.equals(alone.table)
    assert recalibrate(rm.evaluate(score, half, probability=True)).households == 3_000


def test_what_is_no_probability_or_too_few_is_refused() -> None:
    score, panel = site(level=0.0, slope=1.0)
    with pytest.raises(PanelError) as caught:
        recalibrate(rm.evaluate(pd.Series(logit(score), index=score.index), panel))
    assert caught.value.code == "recalibration.scores"
    chance = score.where(panel.y.eq(0), score + 0.9).clip(upper=1.0)
    with pytest.raises(PanelError) as caught:
        recalibrate(rm.evaluate(chance.where(panel.y.eq(1), 0.01), panel, probability=True))
    assert caught.value.code == "recalibration.separated"


@pytest.mark.parametrize(
    ("turned", "code", "words"),
    [
        (lambda y: 0 * y + 0.1, "recalibration.one_score", "to all rows: all scores are one value"),
        (lambda y: 0.2 + 0.5 * y, "recalibration.separated", "separates the outcomes"),
        (lambda y: 0.7 - 0.5 * y, "recalibration.separated", "separates the outcomes"),
    ],
)
def test_scores_without_a_slope_are_refused_with_the_cause(turned, code, words) -> None:
    _, panel = site(level=0.0, slope=1.0)
    with pytest.raises(PanelError, match=words) as caught:
        recalibrate(rm.evaluate(turned(panel.y), panel, probability=True))
    assert caught.value.code == code
    assert "too few" not in str(caught.value)


def test_a_cut_that_separates_outside_one_fold_is_told_with_the_fold() -> None:
    _, panel = site(level=0.0, slope=1.0)
    score = 0.2 + 0.5 * panel.y
    # the one row out of order, of the third of five folds
    score.iloc[np.flatnonzero(panel.y.eq(1) & (np.arange(6_000) % 5 == 2))[0]] = 0.1
    with pytest.raises(PanelError, match="slope.*to the rows outside fold 3 of 5: a cut") as caught:
        recalibrate(rm.evaluate(score, panel, probability=True))
    assert caught.value.code == "recalibration.separated"


def test_one_crisis_is_too_few() -> None:
    score, panel = site(level=0.0, slope=1.0)
    y = pd.Series(0.0, panel.X.index)
    y.iloc[17] = 1
    with pytest.raises(PanelError, match="the outcomes are too few") as caught:
        recalibrate(rm.evaluate(score, rm.Panel(**{**vars(panel), "y": y}), probability=True))
    assert caught.value.code == "recalibration.too_few"


def test_scores_in_the_place_of_an_evaluation_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"Allowed: an Evaluation.*rm\.evaluate\(scores, panel\)"):
        recalibrate(site(level=0.0, slope=1.0)[0])


def test_two_sites_stand_side_by_side() -> None:
    (home, here), (away, there) = site(0.0, 1.0), site(0.8, 1.0, seed=1)
    at_home, elsewhere = (
        rm.evaluate(home, here, probability=True),
        rm.evaluate(away, there, probability=True),
    )
    table = side_by_side({"home": at_home, "elsewhere": elsewhere})
    assert table.loc["AUC", "home"] == at_home.metrics["auc"]
    assert table.loc["AUC", "elsewhere"] == elsewhere.metrics["auc"]
    line = elsewhere.table.set_index("metric").loc["auc"]
    assert (
        table.loc["AUC", "elsewhere, 95 % interval"] == f"[{line['low']:.3f}, {line['high']:.3f}]"
    )
