"""Feeds that come late in some areas are named, and told from feeds that move everywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import RecordsError
from riskmodel.panel import Recipe
from riskmodel.panel.filling.feed_arrivals import (
    ELSEWHERE,
    FeedArrivals,
    arrivals_before,
    late_feeds,
)
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.records.table_schemas import conform
from riskmodel.scoring import score_round

PROVINCES = ("north", "south", "east", "west")
ROUNDS = pd.date_range("2023-01-01", periods=9, freq="2MS")
DAY = str(ROUNDS[-1].date())
HOUSEHOLDS = 4_000
FEEDS = ("rent", "water")


@cache
def homes() -> pd.DataFrame:
    """Return where each household lives: four provinces of two areas, the first the largest."""
    rng = np.random.default_rng(0)
    province = rng.choice(PROVINCES, HOUSEHOLDS, p=[0.4, 0.2, 0.2, 0.2])
    area = pd.Series(province) + " " + pd.Series(rng.integers(1, 3, HOUSEHOLDS)).astype(str)
    ids = [f"h{number:04d}" for number in range(HOUSEHOLDS)]
    own = pd.DataFrame({"household_id": ids, "province": province, "area": area})
    kind = np.where(np.arange(HOUSEHOLDS) % 2, "single", "family")
    return own.assign(type=kind)


def came(shares: dict[str, float], seed: int = 1, day: str = DAY) -> rm.Records:
    """Return records in which, before the last round, areas bring a share of what is usual."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, first in enumerate(ROUNDS):
        for feed in FEEDS:
            # the country moves from round to round, and places differ
            chance = 0.15 * (1 + 0.5 * np.sin(number)) * np.ones(HOUSEHOLDS)
            chance[homes()["province"] == "west"] *= 1.5
            if str(first.date()) == day and feed == "rent":
                place = homes()["area"].map(shares)
                chance *= place.fillna(homes()["province"].map(shares)).fillna(1.0)
            own = homes()["household_id"][rng.random(HOUSEHOLDS) < chance]
            on = first - pd.Timedelta(days=10)
            rows.append(pd.DataFrame({"household_id": own, "code": feed, "event_date": on}))
    named = ("province", "area", "type")
    attributes = homes().melt("household_id", list(named), "name", "text")
    return rm.Records.from_frames(
        pd.concat(rows),
        today="2024-12-01",
        attributes=attributes.assign(known_date="2022-01-01"),
        catalogue={feed: {"direction": 1, "agency": "A", "family": "housing"} for feed in FEEDS},
        area="area",
        groups=["province", "type"],
        rounds=ROUNDS,
    )


def learnt(records: rm.Records, rounds: pd.DatetimeIndex = ROUNDS[:-1]) -> FeedArrivals:
    days = np.array([str(day.date()) for day in rounds], "datetime64[D]")
    return arrivals_before(records, FEEDS, days, "60D", Feeds.of(records))[0]


def late(shares: dict[str, float], **rest: Any) -> dict[str, tuple[str, ...]]:
    records = came(shares, **rest)
    found = late_feeds([learnt(records)], records, np.datetime64(DAY))
    return {own.feed: own.places for own in found}


def test_places_are_the_widest_that_areas_belong_to_and_areas() -> None:
    arrivals = learnt(came({}))
    assert list(arrivals.levels) == ["province", "area"]
    rates = arrivals.levels["province"].rates["rent"]
    assert set(rates) == set(PROVINCES)
    assert rates["west"] / rates["east"] == pytest.approx(1.5, rel=0.1)
    assert FeedArrivals.from_dict(arrivals.to_dict()) == arrivals


@pytest.mark.parametrize("seed", range(6))
def test_an_ordinary_round_is_late_nowhere(seed: int) -> None:
    assert late({}, seed=seed) == {}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_two_provinces_of_half_the_country_are_named(share: float) -> None:
    shares = {"north": share, "south": share}
    assert late(shares) == {"rent": ("north", "south")}


@pytest.mark.parametrize("share", [0.05, 0.4, 2.0, 3.0])
def test_what_moves_everywhere_is_late_nowhere(share: float) -> None:
    assert late(dict.fromkeys(PROVINCES, share)) == {}


def test_a_province_that_brings_much_more_makes_no_other_late() -> None:
    assert late({"west": 3.0}) == {}


def test_a_place_that_brings_somewhat_less_is_not_late() -> None:
    assert late({"north": 0.7}) == {}


def test_a_single_area_is_named_and_not_once_more_within_its_province() -> None:
    assert late({"east 1": 0.0}) == {"rent": ("east 1",)}
    records = came({"north": 0.0, "east 1": 0.0})
    found = late_feeds([learnt(records)], records, np.datetime64(DAY))
    assert [own.places for own in found] == [("north",), ("east 1",)]
    assert all(own.feed == "rent" and own.share < 0.05 for own in found)


def test_a_monthly_feed_whose_last_month_alone_is_late_is_named() -> None:
    records = came({})
    events = records.events
    # a second delivery of each fact, a month before the first
    earlier = events.assign(
        event_date=events["event_date"] - pd.Timedelta(days=31),
        known_date=events["known_date"] - pd.Timedelta(days=31),
    )
    last = events["event_date"] == events["event_date"].max()
    of_north = events["household_id"].isin(homes()["household_id"][homes()["province"] == "north"])
    is_late = last & of_north & (events["code"] == "rent")
    monthly = pd.concat([events, earlier])
    silent = pd.concat([events[~is_late], earlier])
    usual, without = (
        records.replace(tables={**records.tables, "events": conform("events", rows)})
        for rows in (monthly, silent)
    )
    days = np.array([str(day.date()) for day in ROUNDS[:-1]], "datetime64[D]")
    arrivals = arrivals_before(usual, FEEDS, days, "61D", Feeds.of(usual))
    assert late_feeds(arrivals[:1], without, np.datetime64(DAY)) == []
    (found,) = late_feeds(arrivals, without, np.datetime64(DAY))
    assert (found.feed, found.places) == ("rent", ("north",))
    assert late_feeds(arrivals, usual, np.datetime64(DAY)) == []


def test_where_a_delivery_is_known_not_to_have_come_nothing_is_late() -> None:
    silent = came({"north": 0.0})
    areas = sorted(area for area in homes()["area"].unique())
    deliveries = [
        {
            "feed": "rent",
            "area": area,
            "event_date": day - pd.Timedelta(days=10),
            "known_date": day - pd.Timedelta(days=10),
            "delivered": not (area.startswith("north") and str(day.date()) == DAY),
        }
        for area in areas
        for day in ROUNDS
    ]
    told = silent.replace(
        tables={**silent.tables, "deliveries": conform("deliveries", pd.DataFrame(deliveries))}
    )
    assert late_feeds([learnt(silent)], silent, np.datetime64(DAY))
    assert late_feeds([learnt(told)], told, np.datetime64(DAY)) == []


def test_a_feed_that_began_elsewhere_earlier_is_compared_where_it_was_live() -> None:
    records = came({})
    starts = [
        {"feed": "rent", "area": area, "from_date": "2023-06-01" if "east" in area else None}
        for area in homes()["area"].unique()
    ]
    events = records.events
    of_east = events["household_id"].isin(homes()["household_id"][homes()["province"] == "east"])
    before = (events["code"] == "rent") & of_east & (events["event_date"] < "2023-06-01")
    tables = {
        "events": conform("events", events[~before]),
        "coverage": conform("coverage", pd.DataFrame(starts)),
    }
    begun = records.replace(tables={**records.tables, **tables})
    rates = learnt(begun).levels["province"].rates["rent"]
    usual = learnt(records).levels["province"].rates["rent"]
    assert rates["east"] == pytest.approx(usual["east"], rel=0.1)


def test_places_of_few_households_are_one() -> None:
    arrivals = learnt(came({"south": 1.0}))
    few = came({})
    attributes = few.attributes
    is_area = attributes["name"] == "area"
    # each household of the south stands in an area of its own
    own = attributes["household_id"].isin(homes()["household_id"][homes()["province"] == "south"])
    attributes.loc[is_area & own, "text"] = attributes["household_id"]
    split = few.replace(
        tables={**few.tables, "attributes": conform("attributes", attributes)}, groups=("type",)
    )
    rates = learnt(split).levels["area"].rates["rent"]
    assert ELSEWHERE in rates
    assert not any(place.startswith("h0") for place in rates)
    assert ELSEWHERE not in arrivals.levels["area"].rates["rent"]


def test_records_without_areas_or_with_few_rounds_are_compared_nowhere() -> None:
    records = came({})
    days = np.array([str(day.date()) for day in ROUNDS], "datetime64[D]")
    without = records.replace(area=None)
    assert arrivals_before(without, FEEDS, days, "60D", Feeds.of(without)) == ()
    assert arrivals_before(records, FEEDS, days[:2], "60D", Feeds.of(records)) == ()
    assert late_feeds([learnt(records)], without, np.datetime64(DAY)) == []


def test_nothing_is_usual_of_a_feed_that_came_in_two_rounds_alone() -> None:
    records = came({})
    events = records.events
    is_early = (events["code"] == "rent") & (events["event_date"] < ROUNDS[-3])
    young = records.replace(
        tables={**records.tables, "events": conform("events", events[~is_early])}
    )
    assert set(learnt(young).levels["province"].rates) == {"water"}


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    ordinary, silent = came({}), came({"north": 0.0, "south": 0.0})
    label = rm.Label("rent", window="2M", maturity="0D")
    features = rm.Features([rm.Agg.count(["water", "rent"], "2M")])
    panel = rm.build_panel(ordinary, ROUNDS[1:-2], label, features=features)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    return SimpleNamespace(model=model, ordinary=ordinary, silent=silent)


def test_a_list_of_a_late_feed_is_refused_by_name(study: SimpleNamespace) -> None:
    assert len(score_round(study.model, study.ordinary, DAY, capacity=40).frame())
    with pytest.raises(
        RecordsError, match=r"rent in north, south \(0% of what is usual came\)"
    ) as (refusal):
        score_round(study.model, study.silent, DAY, capacity=40)
    assert refusal.value.code == "scoring.late_feeds"
    assert "water" not in str(refusal.value)
    assert "accept_feeds=['rent']" in str(refusal.value)


def test_an_accepted_late_feed_is_told_on_the_list(study: SimpleNamespace) -> None:
    given = {"capacity": 40, "accept_feeds": ["rent"]}
    scored = score_round(study.model, study.silent, DAY, **given)
    told = "accepted although late in some areas only: rent in north, south (0% of what is usual"
    assert any(told in note for note in scored.notes)
    korean = score_round(study.model, study.silent, DAY, lang="ko", **given)
    assert any("일부 지역에서만 늦게 들어왔으나 수용함" in note for note in korean.notes)


def test_a_trace_tells_of_a_late_feed(study: SimpleNamespace) -> None:
    told = rm.trace(study.model, study.silent, DAY, "h0001", capacity=40)
    assert any("late in some areas only, so that there is no list" in note for note in told.notes)


def test_a_recipe_keeps_what_is_usual(study: SimpleNamespace) -> None:
    recipe = study.model.recipe
    written = json.loads(json.dumps(recipe.to_dict()))
    assert Recipe.from_dict(written) == recipe
    assert [own.span for own in recipe.feed_arrivals] == ["61D", "31D"]
    assert "feed_arrivals" not in replace(recipe, feed_arrivals=()).to_dict()


def test_a_list_names_the_areas_where_a_feed_is_known_not_to_have_come(
    study: SimpleNamespace,
) -> None:
    areas = sorted(homes()["area"].unique())
    ends = {area: "2024-03-01" if area.startswith("north") else None for area in areas}
    coverage = pd.DataFrame(
        [{"feed": "rent", "area": area, "to_date": end} for area, end in ends.items()]
    )
    told = study.silent.replace(
        tables={**study.silent.tables, "coverage": conform("coverage", coverage)}
    )
    notes = score_round(study.model, told, DAY, capacity=40, accept_feeds=["rent"]).notes
    said = "not delivered on this day in some areas, so missing for every household there: "
    assert f"{said}rent in north 1, north 2" in notes
    usual = score_round(study.model, study.ordinary, DAY, capacity=40).notes
    assert not any("in some areas, so missing" in note for note in usual)
