"""The draw of a round: everybody's chance is exact, and no area's households are without one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from riskmodel.errors import ConfigError
from riskmodel.metrics.systematic import (
    chances_by_weight,
    drawn_in_turn,
    rounded_in_turn,
)
from riskmodel.service import Draw, draw, reserved_places

DAY = "2024-07-01"


def frame_of(households: int, areas: int, seed: int = 0, day: str = DAY) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "household_id": [f"h{number:06d}" for number in rng.permutation(households)],
            "as_of_date": day,
            "area": [f"a{number:03d}" for number in rng.integers(0, areas, households)],
            "score": rng.random(households).round(2),
            "in_frame": rng.random(households) < 0.97,
        }
    )


def first_of(frame: pd.DataFrame, places: int, after: int = 0) -> np.ndarray:
    """Return who stands by score on some places of each area, after so many others."""
    able = frame[frame["in_frame"]]
    order = able.sort_values(["score", "household_id"], ascending=[False, True])
    rank = order.groupby("area").cumcount().reindex(frame.index)
    return ((rank >= after) & (rank < after + places)).to_numpy()


def means_of(frame: pd.DataFrame, mean: float) -> dict[str, float]:
    return dict.fromkeys(frame["area"], mean)


def drawn(seed: int, frame: pd.DataFrame, mean: float = 0.4, **rest: Any) -> Draw:
    chosen = first_of(frame, 3)
    besides = first_of(frame, 1, after=3)
    given: dict[str, Any] = {"filled": besides, "near": 1.0} | rest
    return draw(frame, chosen, means_of(frame, mean), seed=seed, **given)


@pytest.mark.parametrize("mean", [0.4, 2.7])
def test_each_household_is_listed_as_often_as_its_chance_says(mean: float) -> None:
    frame, repetitions = frame_of(600, 20), 250
    other = pd.Series(np.random.default_rng(9).random(600), index=frame["household_id"])
    counts = np.zeros(len(frame))
    for seed in range(repetitions):
        found = drawn(seed, frame, mean, other=other).rows
        counts += found["listed"]
    chance = found["probability"].to_numpy()
    assert (counts[chance == 0] == 0).all()
    assert (counts[chance == 1] == repetitions).all()
    tail = np.minimum(
        binom.cdf(counts, repetitions, chance), binom.sf(counts - 1, repetitions, chance)
    )
    assert (tail > 1e-6).all()
    assert (tail < 0.00135).mean() <= 0.005


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    mean=st.floats(0.01, 5),
    areas=st.integers(1, 12),
    weight=st.floats(0.2, 9),
)
def test_places_are_kept_and_chances_sum_to_their_mean(
    seed: int, mean: float, areas: int, weight: float
) -> None:
    frame = frame_of(150, areas, seed)
    found = drawn(seed, frame, mean, weights={"near": weight})
    rows, places = found.rows, found.areas.set_index("area")
    assert (places["places"] - mean).abs().max() < 1
    assert abs(places["places"].sum() - mean * len(places)) < 1
    able = frame[frame["in_frame"]].groupby("area").size().reindex(places.index, fill_value=0)
    taken = rows.groupby("area")["drawn"].sum()
    chosen = rows[rows["listed"] & ~rows["drawn"]].groupby("area").size()
    room = able - chosen.reindex(places.index, fill_value=0)
    assert taken.tolist() == np.minimum(places["places"], room).tolist()
    # in all areas with enough households
    rounded_up = mean % 1 if mean % 1 > 1e-9 else 1.0
    wide = places.index[able > 4 + np.ceil(mean)]
    sums = rows.groupby("area")["probability"].sum()[wide]
    assert np.allclose(sums, 3 + mean + (1 - rounded_up))
    assert (rows.loc[frame["in_frame"], "probability"] > 0).all()
    assert (rows.loc[~frame["in_frame"], "probability"] == 0).all()
    assert rows.loc[~frame["in_frame"], "stratum"].isna().all()


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = frame_of(800, 30)
    found = drawn(3, frame)
    order = np.random.default_rng(1).permutation(len(frame))
    turned = frame.iloc[order].reset_index(drop=True)
    again = drawn(3, turned)
    pd.testing.assert_frame_equal(again.rows, found.rows.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(again.areas, found.areas)


def test_one_seed_draws_the_same_again_and_others_in_another_round() -> None:
    frame = frame_of(800, 30)
    same, next_round = drawn(3, frame), drawn(3, frame.assign(as_of_date="2024-09-01"))
    pd.testing.assert_frame_equal(same.rows, drawn(3, frame).rows)
    assert set(same.rows.loc[same.rows["drawn"], "household_id"]) != set(
        next_round.rows.loc[next_round.rows["drawn"], "household_id"]
    )
    assert not same.rows["drawn"].equals(drawn(4, frame).rows["drawn"])


def test_the_random_arm_is_not_empty_where_every_area_has_few_places() -> None:
    frame = frame_of(16_000, 480).assign(in_frame=True)
    found = drawn(0, frame)
    assert found.rows["listed"].sum() == 480 * 4 == 1_920
    assert found.rows["drawn"].sum() == round(0.4 * 480)
    assert (found.rows["probability"] > 0).all()
    assert not np.round(np.full(480, 0.4)).any()  # what each area alone would round to


def test_strata_name_who_is_near_the_cut_and_whom_another_model_lists() -> None:
    frame = pd.DataFrame(
        {
            "household_id": list("abcdef"),
            "as_of_date": DAY,
            "area": "Jung",
            "score": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
            "in_frame": [True] * 5 + [False],
        }
    )
    chosen = np.array([True, True, False, False, False, False])
    other = pd.Series([0.1, 0.9, 0.2, 0.3, 0.8, 1.0], index=list("abcdef"))
    found = draw(frame, chosen, {"Jung": 0.5}, near=0.5, other=other, seed=1).rows
    assert found["stratum"].tolist() == [
        "certain",
        "certain",
        "near",
        "random",
        "disagree",
        None,
    ]
    assert np.allclose(found["probability"], [1, 1, 0.2, 0.1, 0.2, 0])
    named = draw(frame, chosen, {"Jung": 0.5}, near=0, other=["c"], seed=1).rows
    assert named["stratum"].tolist()[2:5] == ["disagree", "random", "random"]


def test_who_takes_the_freed_place_is_certain_then_and_may_be_drawn_else() -> None:
    frame = frame_of(40, 1).assign(in_frame=True)
    besides = first_of(frame, 1, after=3)
    found = [drawn(seed, frame, 0.25) for seed in range(20)]
    for one in found:
        (place,) = one.areas["places"]
        row = one.rows[besides].iloc[0]
        assert bool(one.areas["filled"].iloc[0]) == (place == 0)
        assert place or (row["stratum"] == "certain" and row["listed"])
        assert one.rows["listed"].sum() == 4
    assert {int(one.areas["places"].iloc[0]) for one in found} == {0, 1}
    weights = 2.0 * 3 + 34.0  # three near the cut, the rest at random
    assert np.allclose(found[0].rows.loc[besides, "probability"], 0.75 + 0.25 * 2 / weights)


def test_a_whole_mean_frees_no_place() -> None:
    frame = frame_of(40, 1).assign(in_frame=True)
    found = drawn(0, frame, 2.0)
    assert not found.areas["filled"].any()
    assert found.rows["listed"].sum() == 5


def test_an_area_with_fewer_households_than_places_lists_them_all() -> None:
    frame = frame_of(5, 1).assign(in_frame=True)
    found = drawn(0, frame, 4.5).rows
    assert found["listed"].all()
    assert (found["probability"] == 1).all()


def test_what_is_kept_free_is_the_mean_rounded_up() -> None:
    kept = reserved_places({"a": 0.3, "b": 1.0, "c": 0.1 + 0.2 + 0.7, "d": 0})
    assert kept.to_dict() == {"a": 1, "b": 1, "c": 1, "d": 0}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no seed": ({"seed": None}, "a draw needs a seed"),
    "flags of another length": ({"certain": [True]}, "no flag for each row"),
    "flags that are none": ({"certain": [1, 0, 0]}, "no flag for each row"),
    "chosen outside the frame": ({"certain": [False, False, True]}, "are not in the frame"),
    "no mean": ({"mean_places": {"Jung": np.nan}}, "mean number of places is none"),
    "a mean below 0": ({"mean_places": {"Jung": -1.0}}, "mean number of places is none"),
    "a weight of 0": ({"weights": {"near": 0}}, "the weight of 'near' is none"),
    "a stratum": ({"weights": {"nears": 1}}, "did you mean 'near'"),
    "near": ({"near": -0.5}, "near is no share"),
    "near as a yes": ({"near": True}, "near is no share"),
    "near without end": ({"near": np.inf}, "near is no share"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_a_draw_of_what_is_none_is_refused(change: dict[str, Any], message: str) -> None:
    frame = pd.DataFrame(
        {
            "household_id": list("abc"),
            "as_of_date": DAY,
            "area": "Jung",
            "score": [0.3, 0.2, 0.1],
            "in_frame": [True, True, False],
        }
    )
    given: dict[str, Any] = {
        "certain": [True, False, False],
        "mean_places": {"Jung": 0.5},
        "seed": 1,
    } | change
    with pytest.raises(ConfigError, match=message) as caught:
        draw(frame, **given)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"as_of_date": [DAY, "2024-09-01"]}, "several rounds"),
        ({"household_id": ["a", "a"]}, "stands twice"),
        ({"score": [0.1, np.nan]}, "has no score"),
    ],
)
def test_a_frame_of_what_is_no_round_is_refused(columns: dict[str, Any], message: str) -> None:
    rows = {"household_id": ["a", "b"], "as_of_date": DAY, "area": "x", "score": 0.1}
    frame = pd.DataFrame({**rows, "in_frame": True, **columns})
    with pytest.raises(ConfigError, match=message):
        draw(frame, [False, False], {"x": 1}, seed=1)
    with pytest.raises(ConfigError, match="no column 'in_frame'"):
        draw(frame.drop(columns="in_frame"), [False, False], {"x": 1}, seed=1)


@settings(max_examples=200, deadline=None)
@given(
    means=st.lists(st.floats(0, 6), min_size=1, max_size=40),
    start=st.floats(0, 1, exclude_max=True),
)
def test_numbers_are_rounded_so_that_their_sum_is(means: list[float], start: float) -> None:
    mean = np.array(means)
    rounded = rounded_in_turn(mean, start)
    assert (np.abs(rounded - mean) < 1).all()
    assert abs(rounded.sum() - mean.sum()) < 1 + 1e-6


@settings(max_examples=200, deadline=None)
@given(
    weights=st.lists(st.floats(0.01, 50), min_size=1, max_size=60),
    places=st.integers(0, 70),
    start=st.floats(0, 1, exclude_max=True),
)
def test_a_fixed_number_is_drawn_by_weights(
    weights: list[float], places: int, start: float
) -> None:
    weight, cell = np.array(weights), np.zeros(len(weights), dtype=np.intp)
    chance = chances_by_weight(weight, cell, np.array([places]))
    number = min(places, len(weights))
    assert np.isclose(chance.sum(), number)
    assert (chance <= 1).all()
    below = chance < 1
    if below.any() and number:
        shares = chance[below] / weight[below]
        assert np.allclose(shares, shares[0])
        assert (weight[~below] >= weight[below].max() - 1e-9).all()
    assert drawn_in_turn(chance, cell, np.array([start])).sum() == number
