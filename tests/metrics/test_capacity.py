"""A capacity is parsed once: what cannot be one is refused, and slots are counted by one rule."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel import metrics
from riskmodel.errors import ConfigError
from riskmodel.metrics import Capacity


@pytest.mark.parametrize(
    ("capacity", "words"),
    [
        (1.0, "1.0 can mean everyone or one household"),
        (20.0, "write 20 for so many per round"),
        (0.0, "a share above 0 and below 1"),
        (0, "a whole number of at least 1"),
        (-3, "-3 is no capacity"),
        (-0.1, "-0.1 is no capacity"),
        (True, "True is no capacity"),
        (np.True_, "is no capacity"),
        ("2%", "write 0.02 for 2%"),
        (" 2.5 %", "write 0.025 for 2.5 %"),
        ({"north": "3%"}, "write 0.03 for 3%"),
        ("0%", "write 0.02 for two in a hundred"),
        ("100%", "write 0.02 for two in a hundred"),
        ("Kim 2%", "write 0.02 for two in a hundred"),
        (None, "None is no capacity"),
        (float("nan"), "nan is no capacity"),
        (float("inf"), "write 0.02"),
        ({}, "an empty mapping"),
        ({"north": 1.0}, "capacity['north']"),
        ({"north": -1}, "capacity['north']: -1 is no capacity"),
        ({"north": False}, "capacity['north']: False is no capacity"),
        ({1: 5, "1": 6}, "area '1' has two capacities"),
    ],
)
def test_what_cannot_be_a_capacity_is_refused(capacity: Any, words: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Capacity.parse(capacity)
    assert words in str(refusal.value)
    assert refusal.value.code == "capacity.value"


@pytest.mark.parametrize(
    ("capacity", "value"),
    [
        (0.02, 0.02),
        (np.float32(0.5), 0.5),
        (np.float32(0.07), 0.07),
        (Fraction(1, 50), 0.02),
        (np.int64(40), 40),
        ({"north": np.int64(0), 11: 0.5}, {"north": 0, "11": 0.5}),
        ({11.0: 3}, {"11": 3}),
        ({"north": 0.0}, {"north": 0}),
    ],
)
def test_numbers_become_plain_ones_and_areas_texts(capacity: Any, value: Any) -> None:
    found = Capacity.parse(capacity)
    assert found == Capacity(value)
    assert repr(found.value) == repr(value)
    assert Capacity.parse(found) is found


def test_a_share_is_rounded_up_but_not_for_the_last_bit_of_a_product() -> None:
    assert 0.07 * 100 > 7  # what the machine makes of it
    assert Capacity.parse(0.07).slots(100) == 7
    assert Capacity.parse(0.02).slots(1230) == 25
    assert Capacity.parse(0.02).slots(3) == 1
    assert Capacity.parse(0.100001).slots(10) == 2  # a share a little above a tenth
    assert Capacity.parse(0.1000001).slots(10) == 2


@given(st.one_of(st.floats(0.001, 0.999), st.integers(1, 500)), st.integers(0, 400))
def test_slots_never_exceed_the_households(value: float, households: int) -> None:
    slots = Capacity.parse(value).slots(households)
    assert 0 <= slots <= households
    assert slots >= min(value, 1) * households - 1e-6 or slots == value


def test_each_area_has_its_own_slots() -> None:
    capacity = Capacity.parse({"north": 0.1, "south": 5, "west": 0})
    found = [capacity.slots(30, area) for area in ("north", "south", "west")]
    assert found == [3, 5, 0]


@pytest.mark.parametrize(
    ("capacity", "multiple", "expected"),
    [
        (0.4, 2, 0.8),
        (0.4, 3, 1.0),
        (5, 1.5, 8),
        (10, 0.7, 7),
        ({"north": 5, "south": 0.4, "west": 0}, 3, {"north": 15, "south": 1.0, "west": 0}),
    ],
)
def test_a_multiple_rounds_counts_up_and_ends_at_everyone(
    capacity: Any, multiple: float, expected: Any
) -> None:
    assert Capacity.parse(capacity).times(multiple) == Capacity(expected)


def test_an_unknown_area_is_refused_with_the_nearest_one() -> None:
    capacity = Capacity.parse({"north": 3, "sout": 2})
    with pytest.raises(ConfigError, match="did you mean 'south'") as refusal:
        capacity.check_areas(["north", "south"])
    assert "'sout' is no area of these households. Allowed: north, south" in str(refusal.value)
    with pytest.raises(ConfigError, match="the households have none"):
        capacity.check_areas(None)
    Capacity.parse({"north": 3, "unknown": 2}).check_areas(["north", "south"])
    Capacity.parse(3).check_areas(None)


def test_an_area_without_a_capacity_is_refused_one_without_households_is_a_note() -> None:
    capacity = Capacity.parse({"north": 3, "south": 2})
    with pytest.raises(ConfigError, match="1 of 2 areas have no capacity: west"):
        capacity.check_covers(["north", "west"])
    with pytest.raises(ConfigError, match="3 of 3 areas have no capacity: d, e, f"):
        capacity.check_covers(["f", "d", "e"])
    with pytest.raises(ConfigError, match="the households have none"):
        metrics.select([1.0], capacity, ["may"])
    capacity.check_covers(["north"])
    said = "areas with a capacity but without households here: "
    assert capacity.note(["north"], ["south"]) == f"{said}south"
    assert capacity.note(["north"], []) == f"{said}1 small one"
    assert capacity.note(["north", "south"], []) == ""
    assert Capacity.parse(3).note(["north"], []) == ""


def test_an_area_has_a_place_where_one_of_its_households_can_be_listed() -> None:
    area = ["a", "a", "b", "c", "c", "unknown"]
    assert metrics.areas_without_a_place(area, [1, 0, 0, 0, 1e-9, 0]) == ["b"]
    assert metrics.areas_without_a_place([], []) == []


def test_of_many_areas_only_the_first_are_named() -> None:
    capacity = Capacity.parse({f"a{i}": 1 for i in range(9)})
    assert capacity.note(["a0"], capacity.areas).endswith("a1, a2, a3, a4, a5 and others")
    assert capacity.note(["a0", "a1", "a2", "a3"], capacity.areas).endswith(": a4, a5, a6, a7, a8")


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.02, "2 % of each round"), (40, "40 per round"), ({"north": 40}, "by area")],
)
def test_a_capacity_is_said_in_words(value: Any, words: str) -> None:
    assert str(Capacity.parse(value)) == words


def test_an_area_of_few_households_is_not_named_by_the_refusal() -> None:
    capacity = Capacity.parse({"a hamle": 3})
    with pytest.raises(ConfigError) as refusal:
        capacity.check_areas(["a hamlet", "north"], shown=["north"])
    assert "Allowed: north and 1 small one" in str(refusal.value)
    assert "a hamlet" not in str(refusal.value)
