"""Verdicts of those contacted are weighed by their chances, so that they stand for everyone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import RiskmodelError
from riskmodel.models import chance_weights

N = 6_000


def drawn_panel(
    chance: np.ndarray, reach: float = 1.0, seed: int = 0
) -> tuple[rm.Panel, pd.Series]:
    """Return rows drawn by their chances, of whom some are reached, and everybody's verdict."""
    rng = np.random.default_rng(seed)
    n = len(chance)
    arrears = rng.poisson(1.0, n).astype(float)
    verdict = (rng.random(n) < 1 / (1 + np.exp(2.5 - arrears))).astype(float)
    drawn = rng.random(n) < chance
    known = drawn & (rng.random(n) < reach)
    frame = pd.DataFrame(
        {"id": range(n), "arrears": arrears, "y": np.where(known, verdict, np.nan)}
    )
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-01-01", y="y")
    own = frame["id"].astype(str).to_numpy()
    place = pd.Index(own).get_indexer(panel.households)
    draws = pd.DataFrame({"probability": chance[place], "drawn": drawn[place]}, index=panel.X.index)
    return replace(panel, draws=draws), pd.Series(verdict[place], index=panel.X.index)


def uneven(seed: int = 1) -> np.ndarray:
    """Return chances of a list and an arm: one in ten is certain."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(N) < 0.1, 1.0, rng.uniform(0.02, 0.2, N))


@pytest.fixture(scope="module")
def panel() -> rm.Panel:
    return drawn_panel(uneven())[0]


def test_where_all_drawn_are_reached_the_weight_is_one_over_the_chance(panel: rm.Panel) -> None:
    assert panel.draws is not None
    assert panel.y is not None
    known = panel.y.notna()
    whole = 1 / panel.draws["probability"]
    found = chance_weights(panel, 20)
    expected = whole.clip(upper=20).where(known, 0.0)
    np.testing.assert_allclose(found.weight, expected, rtol=1e-12)
    assert found.verdicts == known.sum()
    assert found.by_chance == (known & (whole > 1)).sum()
    assert found.capped == (known & (whole > 20)).sum()
    assert found.share_capped == found.capped / found.verdicts
    assert found.cut_off == pytest.approx(1 - expected.sum() / whole[known].sum())
    assert found.effective == pytest.approx(expected.sum() ** 2 / (expected**2).sum())
    assert f"{found.share_capped:.1%} of the verdicts" in repr(found)


def test_weighted_verdicts_stand_for_everyone_where_the_contacted_do_not() -> None:
    """The chance to be drawn rises with risk, and three in ten of the drawn are not reached."""
    found, naive, truth = [], [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        arrears = rng.poisson(1.0, N)
        chance = np.clip(0.04 * 2.0**arrears, 0, 1)
        panel, verdict = drawn_panel(chance, 0.7, seed)
        assert panel.y is not None
        weight = chance_weights(panel, 1e6).weight
        found.append((weight * panel.y.fillna(0)).sum() / weight.sum())
        naive.append(panel.y.mean())
        truth.append(verdict.mean())
    apart = np.array(found) - np.array(truth)
    assert abs(apart.mean()) < 0.02
    assert np.mean(naive) - np.mean(truth) > 0.1


def test_a_row_that_was_certain_but_is_seldom_reached_weighs_more_than_one() -> None:
    panel, _ = drawn_panel(np.ones(1_500), reach=0.5)
    weight = chance_weights(panel).weight
    assert weight[weight > 0].mean() == pytest.approx(2.0, abs=0.2)


def test_own_weights_of_the_rows_count_and_are_not_capped(panel: rm.Panel) -> None:
    own = pd.Series(np.tile([1.0, 3.0], N // 2), index=panel.X.index)
    found = chance_weights(replace(panel, weight=own), 20).weight
    np.testing.assert_allclose(found, own * chance_weights(panel, 20).weight, rtol=1e-12)


def test_what_no_chance_speaks_for_is_left_out_and_said(panel: rm.Panel) -> None:
    assert panel.draws is not None
    assert panel.y is not None
    known = np.flatnonzero(panel.y.notna())
    draws = panel.draws.copy()
    draws.iloc[known[:4], draws.columns.get_loc("probability")] = np.nan
    never = np.flatnonzero(panel.y.isna())[: N // 4]
    draws.iloc[never, draws.columns.get_loc("probability")] = 0.0
    found = chance_weights(replace(panel, draws=draws))
    assert found.verdicts == len(known) - 4
    assert found.not_recorded == 4
    assert (found.weight.iloc[known[:4]] == 0).all()
    assert "fewer than 10 verdicts without a recorded chance left out" in repr(found)
    assert found.never == pytest.approx(0.25, abs=0.001)
    assert "of the rows had no chance: no weight speaks for them" in repr(found)


def test_a_fit_by_the_weights_takes_the_verdicts_and_their_level_is_everyones() -> None:
    rng = np.random.default_rng(4)
    chance = np.clip(0.05 * 2.0 ** rng.poisson(1.0, N), 0, 1)
    panel, verdict = drawn_panel(chance, seed=4)
    weights = chance_weights(panel, 1e6)
    model = rm.make_classifier(panel, "logistic", l2=1.0).fit(panel, sample_weight=weights.weight)
    assert model.training_["rows"] == weights.verdicts
    predicted = 1 / (1 + np.exp(-model.log_odds(panel)))
    assert predicted.mean() == pytest.approx(verdict.mean(), abs=0.03)


@pytest.mark.parametrize(
    ("change", "most", "code"),
    [
        ({"draws": None}, 20, "models.no_chances"),
        ({"y": None}, 20, "models.no_chances"),
        ({}, 0.5, "models.most_weight"),
        ({}, np.nan, "models.most_weight"),
        ({}, "a", "models.most_weight"),
    ],
)
def test_what_cannot_be_weighed_is_refused(
    panel: rm.Panel, change: dict[str, None], most: float, code: str
) -> None:
    with pytest.raises(RiskmodelError) as refused:
        chance_weights(replace(panel, **change), most)
    assert refused.value.code == code


def test_verdicts_without_any_chance_are_refused(panel: rm.Panel) -> None:
    assert panel.draws is not None
    with pytest.raises(RiskmodelError) as refused:
        chance_weights(replace(panel, draws=panel.draws.assign(probability=np.nan)))
    assert refused.value.code == "models.no_chances"
