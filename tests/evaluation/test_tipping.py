"""The tipping point: so many other outcomes undo that a list is better, and one fewer does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.evaluation import Comparison
from riskmodel.evaluation.non_inferiority import BETTER, NOT_TOLD

CAPACITY = 100


@pytest.fixture(scope="module")
def one_round() -> rm.Panel:
    """Return 1,000 households of which one in five is in crisis, with a good and a poor score."""
    rng = np.random.default_rng(5)
    n = 1_000
    y = (rng.random(n) < 0.2).astype(float)
    frame = pd.DataFrame({"id": np.arange(n), "y": y})
    frame["good"] = 1.5 * y + rng.normal(size=n)
    frame["poor"] = 0.5 * y + rng.normal(size=n)
    frame["steps"] = np.round(2 * frame["good"])
    return rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")


def compared(panel: rm.Panel, a: str = "good", b: str = "poor") -> Comparison:
    return rm.compare(panel.X[a], panel.X[b], panel, CAPACITY)


def verdict(panel: rm.Panel, a: str = "good", b: str = "poor") -> str:
    return compared(panel, a, b).frame().set_index("metric").loc["precision", "verdict"]


def with_changed(panel: rm.Panel, rows: np.ndarray) -> rm.Panel:
    y = panel.y.to_numpy().copy()
    y[rows] = 1 - y[rows]
    return replace(panel, y=pd.Series(y, panel.y.index))


def listed(panel: rm.Panel, score: str) -> np.ndarray:
    return panel.X[score].rank(ascending=False).to_numpy() <= CAPACITY


def in_order(panel: rm.Panel, way: str) -> np.ndarray:
    """Return the rows of one list alone in the order in which their outcomes are changed."""
    own, other, y = listed(panel, "good"), listed(panel, "poor"), panel.y.to_numpy()
    if way == "missed":
        rows = np.flatnonzero(other & ~own & (y == 0))
        return rows[np.argsort(-panel.X["poor"].to_numpy()[rows])]
    rows = np.flatnonzero(own & ~other & (y == 1))
    return rows[np.argsort(panel.X["good"].to_numpy()[rows])]


@pytest.mark.parametrize("way", ["missed", "mistaken"])
def test_so_many_other_outcomes_undo_it_and_one_fewer_does_not(one_round, way):
    tipping = compared(one_round).tipping
    rows, least = in_order(one_round, way), getattr(tipping, way)
    assert getattr(tipping, f"could_be_{way}") == len(rows)
    assert 1 < least < len(rows)
    assert verdict(one_round) == BETTER
    assert verdict(with_changed(one_round, rows[: least - 1])) == BETTER
    assert verdict(with_changed(one_round, rows[:least])) != BETTER


@pytest.mark.parametrize("way", ["missed", "mistaken"])
def test_with_weights_the_outcomes_that_move_the_difference_most_come_first(one_round, way):
    weight = pd.Series(np.random.default_rng(2).uniform(0.2, 5, len(one_round)), one_round.X.index)
    weighted = replace(one_round, weight=weight)
    own, other = (listed(one_round, name) * weight.to_numpy() for name in ("good", "poor"))
    gain = own / own.sum() - other / other.sum()
    y = one_round.y.to_numpy()
    order = np.argsort(gain if way == "missed" else -gain)
    wanted = (gain < 0) & (y == 0) if way == "missed" else (gain > 0) & (y == 1)
    tipping = compared(weighted).tipping
    rows, least = order[wanted[order]], getattr(tipping, way)
    assert getattr(tipping, f"could_be_{way}") == len(rows)
    assert 1 < least < len(rows)
    assert verdict(with_changed(weighted, rows[: least - 1])) == BETTER
    assert verdict(with_changed(weighted, rows[:least])) != BETTER


def test_it_is_that_of_the_better_list_whichever_is_named_first(one_round):
    tipping = compared(one_round).tipping
    assert (tipping.better, tipping.other) == ("good", "poor")
    assert compared(one_round, "poor", "good").tipping == tipping


def test_lists_that_are_not_told_apart_have_none(one_round):
    flat = compared(one_round, "good", "good")
    assert flat.tipping is None
    assert "no longer if" not in repr(flat)
    noise = np.random.default_rng(0).normal(0, 0.05, len(one_round))
    near = replace(one_round, X=one_round.X.assign(near=one_round.X["good"] + noise))
    assert verdict(near, "good", "near") == NOT_TOLD
    assert compared(near, "good", "near").tipping is None


def test_it_is_told_in_text_and_in_a_notebook(one_round):
    found = compared(one_round)
    t = found.tipping
    said = (
        f"precision at capacity: good is better, no longer if {t.missed} of the "
        f"{t.could_be_missed} rows without a crisis that poor alone lists had one, or if "
        f"{t.mistaken} of the {t.could_be_mistaken} crises that good alone lists are none"
    )
    assert said in repr(found).splitlines()
    assert said in found._repr_html_()


def test_where_scores_tie_a_row_counts_by_its_chance(one_round):
    found = compared(one_round, "steps", "poor")
    t, y = found.tipping, one_round.y.to_numpy()
    steps = one_round.X["steps"].to_numpy()
    cut = np.sort(steps)[-CAPACITY]
    tied = steps == cut
    chance = np.where(tied, (CAPACITY - (steps > cut).sum()) / tied.sum(), steps > cut)
    ahead = chance - listed(one_round, "poor")
    assert 0 < tied.sum() * chance[tied].min() < tied.sum()
    assert t.could_be_missed == np.ceil(np.round(-ahead[(ahead < 0) & (y == 0)].sum(), 6))
    assert t.could_be_mistaken == np.ceil(np.round(ahead[(ahead > 0) & (y == 1)].sum(), 6))
    assert 1 <= t.missed <= t.could_be_missed <= CAPACITY
    assert "rows that tie at a cut counted by their share" in repr(found)
    assert "rows that tie" not in repr(compared(one_round))


def test_a_constant_holds_no_more_rows_than_it_has_places(one_round):
    flat = pd.Series(0.0, one_round.X.index, name="flat")
    for pair in ((one_round.X["good"], flat), (flat, one_round.X["good"])):
        tipping = rm.compare(*pair, one_round, CAPACITY).tipping
        assert (tipping.better, tipping.has_ties) == ("good", True)
        assert 1 < tipping.missed < tipping.could_be_missed <= CAPACITY
        assert 1 < tipping.mistaken < tipping.could_be_mistaken <= CAPACITY


def test_too_few_outcomes_have_no_verdict_and_so_none():
    frame = pd.DataFrame({"id": np.arange(200), "y": 0.0})
    frame.loc[:3, "y"] = 1
    frame["good"], frame["poor"] = -np.arange(200.0), np.arange(200.0)
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    found = rm.compare(panel.X["good"], panel.X["poor"], panel, 20)
    assert found.frame().set_index("metric").loc["precision", "verdict"] == NOT_TOLD
    assert found.tipping is None
