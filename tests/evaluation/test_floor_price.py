"""A least recall for each group is kept at the same capacity, and its price is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation import Evaluation, FloorPrice, floor_price


def judged(
    capacity: object = 300, *, abbey: int = 0, min_cell: int = 10, weight: float | None = None
) -> Evaluation:
    """Two rounds of 800 households in two areas; scores of singles are too low."""
    rng = np.random.default_rng(0)
    n = 1_600
    kind = rng.choice(["family", "single"], n, p=[0.6, 0.4])
    kind[:abbey] = "abbey"
    risk = rng.uniform(0, 0.5, n)
    frame = pd.DataFrame(
        {
            "id": np.tile(np.arange(n // 2), 2),
            "date": np.repeat(["2024-01-01", "2024-03-01"], n // 2),
            "risk": np.where(kind == "single", 0.7 * risk, risk),
            "crisis": (rng.random(n) < risk).astype(float),
            "type": kind,
            "area": rng.choice(["north", "south"], n),
        }
    )
    panel = rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="date",
        y="crisis",
        features=["risk"],
        groups=["type"],
        area="area",
        min_households=1,
    )
    if weight is not None:
        weights = np.where(panel.groups["type"].eq("single"), weight, 1.0)
        panel = replace(panel, weight=pd.Series(weights, panel.X.index))
    return rm.evaluate(panel.X["risk"].astype(float), panel, capacity, min_cell=min_cell)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return judged()


@pytest.fixture(scope="module")
def price(evaluation: Evaluation) -> FloorPrice:
    return floor_price(evaluation, 0.55, by="type")


def test_every_group_has_the_floor_and_the_capacity_stays(
    price: FloorPrice, evaluation: Evaluation
) -> None:
    table = price.frame().set_index("group")
    assert table.loc["single", "recall"] < 0.55 <= table["recall_with_floor"].min()
    assert table["places_with_floor"].sum() == pytest.approx(evaluation.listed)
    assert table["places"].sum() == pytest.approx(evaluation.listed)


def test_no_more_is_moved_than_the_floor_asks_for(price: FloorPrice) -> None:
    single = price.frame().set_index("group").loc["single"]
    assert single["recall_with_floor"] - 0.55 < 1.5 / single["crises"]


def test_the_price_is_what_the_two_lists_reach(price: FloorPrice, evaluation: Evaluation) -> None:
    table = price.frame()
    for column, reached in (
        ("recall", price.reached),
        ("recall_with_floor", price.reached_with_floor),
    ):
        assert (table[column] * table["crises"]).sum() == pytest.approx(reached)
    assert price.reached / price.crises == pytest.approx(evaluation.metrics["recall"])
    assert price.low < price.price < price.high
    assert f"of {price.crises:,}" in repr(price)
    assert "<table>" in price._repr_html_()


def test_weights_weigh_the_crises_and_the_recall_of_each_group(price: FloorPrice) -> None:
    evaluation = judged(weight=3.0)
    weighted = floor_price(evaluation, 0.55, by="type")
    # one weight within a group leaves its recall, and the list, as they are
    pd.testing.assert_frame_equal(weighted.table, price.table)
    crises = price.table.set_index("group")["crises"] * pd.Series({"single": 3.0, "family": 1.0})
    for column, reached in (
        ("recall", weighted.reached),
        ("recall_with_floor", weighted.reached_with_floor),
    ):
        assert reached == pytest.approx((price.table.set_index("group")[column] * crises).sum())
    assert weighted.low < weighted.price < weighted.high
    # crises of singles count three times, so that to list more of them loses less
    assert weighted.price < price.price


def test_a_floor_that_all_have_costs_nothing(evaluation: Evaluation) -> None:
    price = floor_price(evaluation, 0.05, by="type")
    assert price.price == 0
    pd.testing.assert_series_equal(
        price.table["recall"], price.table["recall_with_floor"], check_names=False
    )
    assert np.isnan(price.low)


def test_a_capacity_by_area_stays_in_each_area() -> None:
    price = floor_price(judged({"north": 150, "south": 30}), 0.3, by="type")
    assert price.table["places_with_floor"].sum() == pytest.approx(360)
    by_area = floor_price(judged({"north": 150, "south": 30}), 0.05, by="area").table
    assert by_area["places_with_floor"].tolist() == [300, 60]


def test_hidden_groups_have_no_floor_and_are_not_told() -> None:
    price = floor_price(judged(abbey=4), 0.2, by="type")
    assert "abbey" not in set(price.table["group"])
    assert price.hidden == 2
    assert "no floor for 2 of 3 groups" in repr(price)


def test_groups_without_a_crisis_have_no_floor_and_are_counted(price: FloorPrice) -> None:
    assert price.without_crisis == 0
    assert "they have no crisis" not in repr(price)
    shown = judged(abbey=6, min_cell=1)
    quiet = shown.groups["type"].eq("abbey")
    scores = shown.scores.assign(y=shown.scores["y"].mask(quiet, 0.0))
    found = floor_price(replace(shown, scores=scores), 0.4, by="type")
    assert found.frame().set_index("group").loc["abbey", "crises"] == 0
    assert (found.hidden, found.without_crisis) == (0, 1)
    for printed in (repr(found), found._repr_html_()):
        assert "no floor for 1 of 3 groups: they have no crisis" in printed


def test_where_all_groups_are_hidden_there_is_no_price() -> None:
    with pytest.raises(PanelError, match="hide all groups by type.*larger capacity") as error:
        floor_price(judged(4), 0.3, by="type")
    assert error.value.code == "groups.hidden"


def test_a_price_below_0_is_explained_and_a_lacking_interval_has_its_reason() -> None:
    price = floor_price(judged(240), 0.3, by="type")
    assert price.price < 0
    assert np.isnan(price.low)
    assert "below 0: the list with the floor happened to reach more" in repr(price)
    assert "no interval: it rests on fewer than 5 households" in repr(price)


def test_what_is_not_found_is_not_called_impossible(evaluation: Evaluation) -> None:
    with pytest.raises(ConfigError, match="not found by raising only the groups below") as error:
        floor_price(evaluation, 0.62, by="type")
    assert error.value.next_step is not None
    highest = float(error.value.next_step.split()[0])
    assert 0.55 <= highest < 0.62
    assert floor_price(evaluation, highest, by="type").table["recall_with_floor"].min() >= highest


@pytest.mark.parametrize(
    ("floor", "said"),
    [
        (1.2, "1.2 is no least recall"),
        (0, "no least recall"),
        (float("nan"), "no least recall"),
        ("30%", "a str is no least recall.*0.3"),
        (None, "a NoneType is no least recall"),
        (0.99, "larger capacity"),
    ],
)
def test_a_floor_that_cannot_be_is_refused(
    evaluation: Evaluation, floor: object, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        floor_price(evaluation, floor, by="type")  # type: ignore[arg-type]
    assert error.value.code == "groups.floor"
