"""Displays hold a tidy frame, and drawing only draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from riskmodel.displays import CapacityDisplay, ReliabilityDisplay, WaterfallDisplay
from riskmodel.errors import RiskmodelError
from riskmodel.keys import KEYS

pytest.importorskip("matplotlib", reason="the plot extra is not installed")


@dataclass(frozen=True)
class Judged:
    """As much of an evaluation as a display reads."""

    scores: pd.DataFrame
    reliability: pd.DataFrame
    name: str = "model"


@pytest.fixture
def judged() -> Judged:
    rng = np.random.default_rng(0)
    p = rng.uniform(0, 0.5, 400)
    index = pd.MultiIndex.from_product(
        [[f"h{i}" for i in range(200)], pd.to_datetime(["2024-01-01", "2024-03-01"])]
    )
    scores = pd.DataFrame(
        {"margin": p, "score": p, "y": rng.random(400) < p}, index=index.set_names(KEYS)
    )
    bins = (
        scores.assign(y=scores["y"].astype(float))
        .groupby(pd.qcut(p, 5), observed=True)[["score", "y"]]
        .mean()
    )
    table = bins.rename(columns={"score": "predicted", "y": "observed"}).reset_index(drop=True)
    return Judged(scores.astype(float), table)


def test_full_capacity_reaches_everyone(judged: Judged) -> None:
    table = CapacityDisplay.from_evaluation(judged).frame()
    assert table["recall"].is_monotonic_increasing
    assert table["recall"].iloc[-1] == pytest.approx(1.0)
    assert table["precision"].iloc[-1] == pytest.approx(judged.scores["y"].mean())


def test_every_display_draws_its_frame(judged: Judged) -> None:
    contributions = pd.Series(np.linspace(1, -0.2, 12), index=[f"지표 {i}" for i in range(12)])
    waterfall = WaterfallDisplay.from_contributions(contributions, base=-3.0, top=5)
    assert waterfall.frame()["contribution"].sum() == pytest.approx(contributions.sum())
    for display in (
        CapacityDisplay.from_evaluation(judged),
        ReliabilityDisplay.from_evaluation(judged),
        waterfall,
    ):
        assert display.plot().figure is not None


def test_scores_that_are_no_probabilities_have_no_reliability(judged: Judged) -> None:
    display = ReliabilityDisplay(judged.reliability.iloc[:0], "ranks")
    with pytest.raises(RiskmodelError, match="no probabilities"):
        display.plot()
