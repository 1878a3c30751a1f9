"""Areas that a capacity does not name share that of "other"; what is published names few-household
areas in no other way."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel import metrics
from riskmodel.errors import ConfigError
from riskmodel.metrics import Capacity, for_publication

AREA = ["north"] * 20 + ["hamlet"] * 4 + ["farm"] * 2
MAY = ["may"] * len(AREA)


def test_areas_that_are_not_named_share_the_slots_of_other() -> None:
    score = np.arange(len(AREA), dtype=float)
    selection = metrics.select(score, Capacity.parse({"north": 2, "other": 3}), MAY, AREA)
    listed = np.array(AREA)[selection.listed()]
    assert listed.tolist() == ["north"] * 2 + ["hamlet"] + ["farm"] * 2
    assert Capacity.parse({"north": 1, "other": 1}).empty_areas(["north"]) == []


def test_other_is_an_area_wherever_areas_are_checked() -> None:
    Capacity.parse({"north": 1, "other": 1}).check_areas(["north", "hamlet"])
    with pytest.raises(ConfigError, match="the households have none"):
        Capacity.parse({"other": 1}).check_areas(None)


@pytest.mark.parametrize(
    ("by_area", "published"),
    [
        ({"north": 9, "hamlet": 2, "farm": 1}, {"north": 9, "other": 3}),
        ({"north": 9, "hamlet": 0, "farm": 0}, {"north": 9, "other": 0}),
        ({"north": 0.5, "hamlet": 0.5, "farm": 0.5}, {"north": 0.5, "other": 0.5}),
        ({"north": 9, "hamlet": 0.25, "farm": 1}, {"north": 9, "other": 2 / 6}),
        ({"north": 9, "hamlet": 4, "farm": 0.9}, {"north": 9, "other": 6}),
        ({"north": 9, "unknown": 1, "hamlet": 1}, {"north": 9, "unknown": 1, "other": 1}),
        ({"north": 9, "farm": 1, "other": 2}, {"north": 9, "other": 3}),
        ({"north": 9, "other": 2}, {"north": 9, "other": 2}),
        ({"hamlet": 3}, {"other": 3}),
    ],
)
def test_what_is_published_adds_the_capacities_of_small_areas(
    by_area: dict[str, float], published: dict[str, float]
) -> None:
    found = for_publication(Capacity.parse(by_area), ["north"], MAY, AREA)
    assert found == Capacity(published)


def test_a_capacity_of_all_areas_is_published_as_it_is() -> None:
    for value in (0.05, 40):
        assert for_publication(Capacity.parse(value), [], MAY, None) == Capacity(value)


def test_a_refusal_names_no_area_of_few_households() -> None:
    with pytest.raises(ConfigError, match="3 of 3 areas have no capacity: north and 2 small ones"):
        metrics.select(np.zeros(len(AREA)), Capacity.parse({"west": 2}), MAY, AREA)
