"""Ten thousand random histories: each day, the facts follow from the rows delivered before it."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from history_oracle import Fact, Member, Row, history, known_on
from manifests import adds_up

from riskmodel.keys import visible
from riskmodel.records import Records, read_records
from riskmodel.records.sources.row_checks import CONTRADICTED

DAY_ZERO = pd.Timestamp("2024-01-01")
ROLL_UP = {"any": "any", "sum": "sum", "max": "max"}
CODES = ["each", *ROLL_UP]
DAYS = range(3, 28, 6)


def made(
    n: int,
    people: int,
    seed: int = 0,
    *,
    of_dwellings: bool = False,
    days: tuple[int, ...] = (0,),
) -> tuple[list[Row], list[Member]]:
    rng = random.Random(seed)
    found = [
        history(rng, f"세대{k}-", CODES, people, of_dwellings=of_dwellings, days=days)
        for k in range(n)
    ]
    return [row for rows, _ in found for row in rows], [
        member for _, members in found for member in members
    ]


def dates(days: list[int | None]) -> list[str]:
    return ["" if day is None else str((DAY_ZERO + pd.Timedelta(days=day)).date()) for day in days]


def read(rows: list[Row], members: list[Member], whose: str = "") -> Records:
    frame = pd.DataFrame(rows)
    for column in ("event", "known", "retracted", "delivered"):
        frame[column] = dates([row._asdict()[column] for row in rows])
    entry: dict[str, Any] = {
        "frame": frame.assign(number=range(len(rows))),
        whose or ("person_id" if members else "household_id"): "who",
        "code": {"column": "code"},
        "fact_id": "fact",
        "event_date": "event",
        "known_date": "known",
        "retracted_date": "retracted",
        "value": "value",
        "delivered_on": "delivered",
    }
    catalogue = {code: {"roll_up": ROLL_UP.get(code)} for code in CODES}
    manifest: dict[str, Any] = {
        "today": "2030-01-01",
        "catalogue": catalogue,
        "events": [entry],
        "max_quarantined": 1,
    }
    if members:
        homes = pd.DataFrame(members)
        for column in ("start", "end", "known", "delivered"):
            homes[column] = dates([member._asdict()[column] for member in members])
        keys = {"from": "start", "to": "end", "known_date": "known"}
        keys["delivered_on"] = "delivered"
        keys |= {f"{name}_id": name for name in ("person", "household", "dwelling")}
        manifest["members"] = [{"frame": homes} | keys]
    return read_records(manifest)


def standing(records: Records, day: int) -> Counter[Fact]:
    events = records.events
    event, known, retracted = (
        events[f"{name}_date"].to_numpy("datetime64[D]") for name in ("event", "known", "retracted")
    )
    seen = events[
        visible(
            event, known, np.datetime64(str((DAY_ZERO + pd.Timedelta(days=day)).date())), retracted
        )
    ]
    days = (seen["event_date"] - DAY_ZERO).dt.days
    values = seen["value"].astype(object).where(seen["value"].notna(), None)
    return Counter(map(Fact, seen["household_id"], seen["code"], days, values))


@pytest.mark.parametrize(
    ("whose", "people"), [("household_id", 0), ("person_id", 3), ("dwelling_id", 3)]
)
@pytest.mark.parametrize("days", [(0,), (5, 9, 14)], ids=["one delivery", "three deliveries"])
def test_what_stands_on_a_day_is_what_was_delivered_before_it(
    whose: str, people: int, days: tuple[int, ...]
) -> None:
    rows, members = made(1_200, people, of_dwellings=whose == "dwelling_id", days=days)
    records = read(rows, members, whose)
    assert adds_up(records)
    assert records.counts["repeated"].iloc[-1] > 100
    assert (records.quarantine["reason"] == CONTRADICTED).any()
    assert records.events["retracted_date"].notna().sum() > 200
    for day in DAYS:
        expected = known_on(day, rows, members or None, ROLL_UP)
        assert standing(records, day) == expected, day
        assert day < 9 or len(expected) > 100


@pytest.mark.parametrize(
    ("whose", "people"), [("household_id", 0), ("person_id", 2), ("dwelling_id", 2)]
)
def test_what_is_delivered_later_changes_no_past_day(whose: str, people: int) -> None:
    rows, members = made(300, people, seed=1, of_dwellings=whose == "dwelling_id")
    whole = read(rows, members, whose)
    for day in (6, 10, 15):
        then = read(
            [row for row in rows if row.known < day], [m for m in members if m.known < day], whose
        )
        assert standing(then, day) == standing(whole, day)


def stay(
    person: str, household: str, start: int, end: int | None, known: int, dwelling: str = ""
) -> Member:
    return Member(person, household, start, end, known, dwelling)


def test_the_quality_of_links_is_counted() -> None:
    rows = [
        Row(who, "each", f"{k}", 5, 6, 1.0, None)
        for k, who in enumerate(["a", "b", "c", "d", "e", "f"])
    ]
    members = [
        stay("a", "h1", 0, None, 1),
        stay("a", "h2", 3, None, 4),  # moved: the open stay in h1 ended with it
        stay("b", "h1", 0, 9, 1),
        stay("b", "h2", 2, 9, 2),  # in two at once
        stay("c", "h1", 0, None, 20),  # delivered later
        stay("d", "h1", 0, 2, 1),  # between two stays
        stay("f", "h1", 0, None, 1),
        stay("f", "h1", 0, 4, 6),  # the same stay, delivered again when it had ended
    ]
    records = read(rows, members)
    assert records.links.iloc[0].to_dict() == {
        "facts": 6, "matched": 2, "matched_later": 1, "several": 1, "gap": 2, "stranger": 1,
    }  # fmt: skip
    assert records.quarantine["reason"].tolist() == ["person in no known household on that day"] * 3
    assert records.events["household_id"].tolist() == ["h1", "h2", "h2"]
    for text in (repr(records.summary()), records.summary()._repr_html_()):
        assert "stranger" in text


def test_a_dwellings_fact_is_that_of_who_was_known_to_live_there() -> None:
    rows = [Row(who, "each", f"{k}", day, 12, 1.0, None) for k, (who, day) in enumerate(
        [("d1", 2), ("d1", 6), ("d1", 11), ("d2", 6), ("d3", 6), ("d4", 6)]
    )]  # fmt: skip
    members = [
        stay("a", "h1", 0, None, 1, "d1"),
        stay("b", "h1", 0, None, 1, "d1"),  # two people of one household are not two households
        stay("a", "h1", 5, None, 6, "d2"),
        stay("b", "h1", 5, None, 6, "d2"),  # both moved out; the house stands empty
        stay("c", "h2", 10, None, 11, "d1"),  # and has new people
        stay("d", "h3", 0, None, 1, "d3"),
        stay("e", "h4", 4, None, 5, "d3"),  # two households share a meter: who came last
    ]
    records = read(rows, members, "dwelling_id")
    assert records.events[["household_id", "event_date"]].to_numpy().tolist() == [
        ["h1", DAY_ZERO + pd.Timedelta(days=2)],
        ["h1", DAY_ZERO + pd.Timedelta(days=6)],
        ["h2", DAY_ZERO + pd.Timedelta(days=11)],
        ["h4", DAY_ZERO + pd.Timedelta(days=6)],
    ]
    assert records.links.iloc[0].to_dict() == {
        "facts": 6, "matched": 4, "matched_later": 0, "several": 1, "gap": 1, "stranger": 1,
    }  # fmt: skip
    assert set(records.quarantine["reason"]) == {"dwelling of no known household on that day"}


def test_a_correction_stands_from_the_day_on_which_it_is_known() -> None:
    rows = [
        Row("h", "each", "1", 0, 2, 3.0, None),
        Row("h", "each", "1", 0, 5, 3.0, None),
        Row("h", "each", "1", 0, 9, 4.0, 12),
    ]
    records = read(rows, [])
    table = records.events.set_index("value")[["known_date", "retracted_date"]]
    assert table.apply(lambda days: (days - DAY_ZERO).dt.days).to_dict("index") == {
        3.0: {"known_date": 2, "retracted_date": 9},
        4.0: {"known_date": 9, "retracted_date": 12},
    }
    assert records.counts[["used", "repeated"]].to_numpy().tolist() == [[2, 1]]
