"""An evaluation's probabilities are tested, with a band for their curve, or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation import Evaluation, reliability


@pytest.fixture(scope="module")
def right(panel: rm.Panel, truth: pd.Series) -> Evaluation:
    return rm.evaluate(truth, panel, probability=True, name="truth")


def test_parts_are_those_of_the_evaluations_brier_score(right: Evaluation) -> None:
    found = reliability(right)
    assert found.brier == pytest.approx(right.metrics["brier"], abs=1e-12)
    assert (found.rows, found.households) == (3_200, 400)
    table = found.frame().set_index("part")
    assert table.loc["brier", "value"] == pytest.approx(
        table.loc["miscalibration", "value"]
        - table.loc["discrimination", "value"]
        + table.loc["uncertainty", "value"]
    )
    assert table["by_chance"].notna().tolist() == [True, False, False, False, True]


def test_right_probabilities_lie_in_their_band_and_wrong_ones_do_not(
    panel: rm.Panel, truth: pd.Series, right: Evaluation
) -> None:
    found = reliability(right)
    assert found.p_value > 0.05
    assert "often show as much" in repr(found)
    assert found.curve.eval("low <= observed <= high").mean() > 0.8

    too_extreme = pd.Series(expit(1.8 * logit(truth)), truth.index)
    wrong = reliability(rm.evaluate(too_extreme, panel, probability=True))
    assert wrong.p_value == 0.005
    assert "p = 0.005 (199 draws): right probabilities rarely show as much" in repr(wrong)
    assert wrong.curve.eval("low <= observed <= high").mean() < 0.6
    assert wrong.ece > 2 * wrong.ece_by_chance


def test_a_calibration_error_stands_beside_what_chance_makes_of_it(right: Evaluation) -> None:
    page = repr(reliability(right))
    line = next(line for line in page.splitlines() if line.startswith("expected calibration"))
    assert "on average" in line
    assert "on average" in reliability(right)._repr_html_()


def test_the_same_seed_gives_the_same_test_and_rows_are_counted_by_their_weight(
    panel: rm.Panel, truth: pd.Series, right: Evaluation
) -> None:
    pd.testing.assert_frame_equal(reliability(right).curve, reliability(right).curve)
    assert not reliability(right, random_state=1).curve.equals(reliability(right).curve)
    half = np.arange(len(panel)) < len(panel) // 2
    weighted = rm.Panel(**{**vars(panel), "weight": pd.Series(half * 1.0, panel.X.index)})
    alone = reliability(rm.evaluate(truth[half], panel[half], probability=True))
    assert reliability(rm.evaluate(truth, weighted, probability=True)).brier == alone.brier


def test_few_households_get_no_p_value(panel: rm.Panel, truth: pd.Series) -> None:
    ids = panel.X.index.get_level_values(0)
    positive = ids[panel.y == 1].unique()[:4]
    few = panel[ids.isin(positive) | ~ids.isin(ids[panel.y == 1])]
    found = reliability(rm.evaluate(truth[few.X.index], few, probability=True))
    assert np.isnan(found.p_value)
    assert "fewer than 5 households" in repr(found)


def test_what_is_no_probability_and_too_few_draws_are_refused(
    panel: rm.Panel, truth: pd.Series, right: Evaluation
) -> None:
    with pytest.raises(PanelError) as caught:
        reliability(rm.evaluate(pd.Series(logit(truth), truth.index), panel))
    assert caught.value.code == "reliability.scores"
    with pytest.raises(ConfigError) as refused:
        reliability(right, draws=18)
    assert refused.value.code == "reliability.draws"
