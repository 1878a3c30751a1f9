"""Known truth: no model beats the exact chances, and the default one comes near them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import riskmodel as rm
from riskmodel.datasets import KNOWN_ATTRIBUTES, ceiling
from riskmodel.datasets.truth import expected_auc, expected_precision
from riskmodel.evaluation import scores_of

Parts = tuple[rm.Panel, rm.Panel, Any]


def parts(households: int, n_rounds: int, seed: int) -> Parts:
    records = rm.make_households(households, n_rounds=n_rounds, random_state=seed)
    panel = rm.build_panel(
        records, rounds=records.rounds, label=records.label, attributes=KNOWN_ATTRIBUTES
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    return train, test, records.truth.loc[test.X.index]


def reached(train: rm.Panel, test: rm.Panel, truth: Any) -> tuple[float, float]:
    """Return the shares of the ceiling's AUC gain and precision at 1 % that the model reaches."""
    margin = scores_of(rm.make_classifier(train).fit(train), test)["margin"].to_numpy()
    chance, best = truth["probability"].to_numpy(), ceiling(truth, 0.01)
    gain = (expected_auc(chance, margin) - 0.5) / (best.auc - 0.5)
    return gain, expected_precision(truth, best.capacity, score=margin) / best.precision


@pytest.fixture(scope="module")
def small() -> Parts:
    return parts(4_000, 10, 1)


@pytest.mark.parametrize(
    "kind", ["lightgbm", "logistic", "indicator_count", "longest_arrears", "area_rate"]
)
def test_the_truth_is_beaten_by_no_model_but_by_chance(small: Parts, kind: str) -> None:
    train, test, truth = small
    model = rm.make_classifier(train, kind=kind, seeds=1).fit(train)
    auc = rm.compare(truth["probability"], model, test).frame().set_index("metric").loc["auc"]
    one_se = (auc["high"] - auc["low"]) / (2 * 1.96)
    assert auc["difference"] > -one_se


def test_the_default_model_comes_near_the_ceiling(small: Parts) -> None:
    gain, precision = reached(*small)
    assert 0.85 < gain < 1
    assert 0.65 < precision < 1


@pytest.mark.slow
def test_the_default_model_reaches_nine_tenths_of_what_is_possible() -> None:
    found = np.array([reached(*parts(40_000, 18, seed)) for seed in range(10)])
    assert found[:, 0].mean() >= 0.90
    assert found[:, 1].mean() >= 0.85
    assert (found < 1).all()
