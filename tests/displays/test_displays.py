"""Displays hold a tidy frame, and drawing only draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.displays import (
    CapacityDisplay,
    DecisionCurveDisplay,
    ReliabilityDisplay,
    WaterfallDisplay,
)
from riskmodel.errors import RiskmodelError
from riskmodel.evaluation import Evaluation
from riskmodel.metrics import Capacity, CapacityLike

pytest.importorskip("matplotlib", reason="the plot extra is not installed")


@pytest.fixture(scope="module")
def panel() -> rm.Panel:
    """Two rounds of 200 households; scores with ties, weights, and two areas of unequal size."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0, 0.5, 400)
    frame = pd.DataFrame(
        {
            "id": [f"h{i}" for i in range(200)] * 2,
            "date": np.repeat(["2024-01-01", "2024-03-01"], 200),
            "p": p,
            "points": np.floor(6 * p),
            "same": 1.0,
            "y": (rng.random(400) < p).astype(float),
            "weight": np.where(rng.random(400) < 0.2, 9.0, 1.0),
            "area": np.where(rng.random(400) < 0.3, "north", "south"),
        }
    )
    return rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="date",
        y="y",
        weight="weight",
        area="area",
        features=["p", "points", "same"],
    )


@pytest.fixture(scope="module")
def judged(panel: rm.Panel) -> Evaluation:
    return rm.evaluate(panel.X["p"].astype(float), panel, name="model", probability=True)


def test_full_capacity_reaches_everyone(judged: Evaluation) -> None:
    table = CapacityDisplay.from_evaluation(judged).frame()
    assert list(table)[:5] == ["capacity", "share", "recall", "precision", "next_contact"]
    assert table["recall"].is_monotonic_increasing
    assert table["recall"].iloc[-1] == pytest.approx(1.0)
    assert table["precision"].iloc[-1] == pytest.approx(judged.metrics["base_rate"])


@pytest.mark.parametrize("scores", ["p", "points", "same"])
@pytest.mark.parametrize("capacity", [0.02, 0.1, 7, {"north": 2, "south": 0.1}])
def test_the_curve_at_a_capacity_is_the_evaluation_at_it(
    panel: rm.Panel, scores: str, capacity: CapacityLike
) -> None:
    column = panel.X[scores].astype(float)
    own = Capacity.parse(capacity)
    table = rm.evaluate(column, panel, capacity).capacity_curve(points=7)
    assert (table.iloc[:, 0] == (1 if own.is_by_area else own.value)).any()
    for row in table.itertuples(index=False):
        there = own.times(row[0]) if own.is_by_area else Capacity(type(own.value)(row[0]))
        expected = rm.evaluate(column, panel, there)
        assert row.recall == pytest.approx(expected.metrics["recall"], abs=1e-12)
        assert row.precision == pytest.approx(expected.metrics["precision"], abs=1e-12)
        assert row.share == pytest.approx(expected.listed / expected.rows)


def test_ties_at_the_cut_share_its_slots_on_the_curve(panel: rm.Panel) -> None:
    table = rm.evaluate(panel.X["same"].astype(float), panel).capacity_curve()
    assert table["recall"].to_numpy() == pytest.approx(table["share"].to_numpy())


def test_a_capacity_by_area_is_drawn_by_its_multiples(panel: rm.Panel) -> None:
    found = rm.evaluate(panel.X["p"].astype(float), panel, {"north": 3, "south": 0})
    display = CapacityDisplay.from_evaluation(found, points=5)
    table = display.frame()
    assert list(table)[:5] == ["multiple", "share", "recall", "precision", "next_contact"]
    north = (panel.area == "north").to_numpy()
    weight, y = panel.weight[north], panel.y[north]
    reached = (weight * y).sum() / (panel.weight * panel.y).sum()
    assert table["recall"].iloc[-1] == pytest.approx(reached)
    assert display.plot().get_xlabel() == "multiple of the capacity"


def test_rows_without_a_label_or_a_weight_are_not_on_the_curve(panel: rm.Panel) -> None:
    hole, idle = np.arange(400) % 5 == 0, np.arange(400) % 7 == 0
    changed = replace(panel, y=panel.y.mask(hole), weight=panel.weight.mask(idle, 0.0))
    column = panel.X["p"].astype(float)
    kept = ~hole & ~idle
    found = rm.evaluate(column, changed).capacity_curve()
    expected = rm.evaluate(column[kept], panel[kept]).capacity_curve()
    pd.testing.assert_frame_equal(found, expected)


def test_every_display_draws_its_frame(judged: Evaluation) -> None:
    contributions = pd.Series(np.linspace(1, -0.2, 12), index=[f"지표 {i}" for i in range(12)])
    waterfall = WaterfallDisplay.from_contributions(contributions, base=-3.0, top=5)
    assert waterfall.frame()["contribution"].sum() == pytest.approx(contributions.sum())
    for display in (
        CapacityDisplay.from_evaluation(judged),
        ReliabilityDisplay.from_evaluation(judged),
        waterfall,
    ):
        assert display.plot().figure is not None


def test_the_reliability_of_probabilities_is_drawn_with_its_band(judged: Evaluation) -> None:
    display = ReliabilityDisplay.from_evaluation(judged)
    assert list(display.curve) == ["predicted", "observed", "low", "high"]
    ax = display.plot()
    (band,) = ax.collections
    assert band.get_label() == "if right, 95 % of curves"
    assert [line.get_label() for line in ax.get_lines()][::2] == ["recalibrated", "model"]
    without = ReliabilityDisplay(display.table, "model").plot()
    (intervals,) = without.collections
    ends = np.array([line[:, 1] for line in intervals.get_segments()])
    assert ends == pytest.approx(display.table[["low", "high"]].to_numpy())
    assert without.get_legend() is None


def test_scores_that_are_no_probabilities_have_no_reliability(judged: Evaluation) -> None:
    display = ReliabilityDisplay(judged.reliability.iloc[:0], "ranks")
    with pytest.raises(RiskmodelError, match="no probabilities"):
        display.plot()


def test_a_decision_curve_draws_scores_everyone_and_nobody(judged: Evaluation) -> None:
    display = DecisionCurveDisplay.from_evaluation(judged)
    ax = display.plot()
    assert [line.get_label() for line in ax.get_lines()] == [
        "contact nobody",
        "contact everyone",
        "model",
    ]
    drawn = ax.get_lines()[2].get_ydata()
    assert list(drawn) == display.frame()["value"].tolist()
    nothing = replace(display, table=display.frame().iloc[:0])
    assert nothing.plot().get_ylim()[0] < 0


def test_the_next_contact_is_worth_the_crises_near_the_end_of_the_list(panel: rm.Panel) -> None:
    found = rm.evaluate(panel.X["p"].astype(float), panel, 0.1).capacity_curve(10)
    for figure in ("recall", "precision", "next_contact"):
        low, high = found[f"{figure}_low"], found[f"{figure}_high"]
        assert (low <= found[figure]).all()
        assert (found[figure] <= high).all()
    # lists of 20: ranks 10 to 29 of each round are near their end
    rows = panel.y.to_frame("y").assign(weight=panel.weight, p=panel.X["p"].to_numpy())
    rank = rows.groupby(level="as_of_date")["p"].rank(ascending=False) - 1
    near = rows[(rank >= 10) & (rank < 30)]
    expected = np.average(near["y"], weights=near["weight"])
    at_own = found[found["capacity"] == 0.1].squeeze()
    assert at_own["next_contact"] == pytest.approx(expected)


def test_a_capacity_curve_draws_the_worth_of_the_next_contact_beside_recall(
    judged: Evaluation,
) -> None:
    display = CapacityDisplay.from_evaluation(judged)
    ax = display.plot()
    assert list(ax.get_lines()[1].get_ydata()) == display.frame()["recall"].tolist()
    beside = next(other for other in ax.figure.axes if other is not ax)
    assert list(beside.get_lines()[0].get_ydata()) == display.frame()["next_contact"].tolist()
