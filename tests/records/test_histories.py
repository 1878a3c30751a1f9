"""Ten thousand random histories: on every day, what stands is what the rows delivered before that day say."""

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

DAY_ZERO = pd.Timestamp("2024-01-01")
ROLL_UP = {"any": "any", "sum": "sum", "max": "max"}
CODES = ["each", *ROLL_UP]
DAYS = range(3, 28, 6)


def made(n: int, people: int, seed: int = 0) -> tuple[list[Row], list[Member]]:
    rng = random.Random(seed)
    found = [history(rng, f"세대{k}", CODES, people) for k in range(n)]
    return [row for rows, _ in found for row in rows], [member for _, members in found for member in members]


def dates(days: list[int | None]) -> list[str]:
    return ["" if day is None else str((DAY_ZERO + pd.Timedelta(days=day)).date()) for day in days]


def read(rows: list[Row], members: list[Member]) -> Records:
    frame = pd.DataFrame(rows)
    for column in ("event", "known", "retracted"):
        frame[column] = dates([row._asdict()[column] for row in rows])
    entry: dict[str, Any] = {
        "frame": frame.assign(number=range(len(rows))),
        "person_id" if members else "household_id": "who",
        "code": {"column": "code"},
        "fact_id": "fact",
        "event_date": "event",
        "known_date": "known",
        "retracted_date": "retracted",
        "value": "value",
    }
    catalogue = {code: {"roll_up": ROLL_UP.get(code)} for code in CODES}
    manifest: dict[str, Any] = {"today": "2030-01-01", "catalogue": catalogue, "events": [entry], "max_quarantined": 1}
    if members:
        homes = pd.DataFrame(members)
        for column in ("start", "end", "known"):
            homes[column] = dates([member._asdict()[column] for member in members])
        keys = {"person_id": "person", "household_id": "household", "from": "start", "to": "end", "known_date": "known"}
        manifest["members"] = [{"frame": homes} | keys]
    return read_records(manifest)


def standing(records: Records, day: int) -> Counter[Fact]:
    events = records.events
    event, known, retracted = (
        events[f"{name}_date"].to_numpy("datetime64[D]") for name in ("event", "known", "retracted")
    )
    seen = events[visible(event, known, np.datetime64(str((DAY_ZERO + pd.Timedelta(days=day)).date())), retracted)]
    days = (seen["event_date"] - DAY_ZERO).dt.days
    values = seen["value"].astype(object).where(seen["value"].notna(), None)
    return Counter(map(Fact, seen["household_id"], seen["code"], days, values))


@pytest.mark.parametrize("people", [0, 3])
def test_what_stands_on_a_day_is_what_was_delivered_before_it(people: int) -> None:
    rows, members = made(5_000, people)
    records = read(rows, members)
    assert adds_up(records)
    assert records.counts["repeated"].iloc[-1] > 1_000
    assert records.events["retracted_date"].notna().sum() > 500
    for day in DAYS:
        expected = known_on(day, rows, members or None, ROLL_UP)
        assert standing(records, day) == expected, day
        assert day < 9 or len(expected) > 500


@pytest.mark.parametrize("people", [0, 2])
def test_what_is_delivered_later_changes_no_past_day(people: int) -> None:
    rows, members = made(300, people, seed=1)
    whole = read(rows, members)
    for day in (6, 10, 15):
        then = read([row for row in rows if row.known < day], [member for member in members if member.known < day])
        assert standing(then, day) == standing(whole, day)


def test_the_quality_of_links_is_counted() -> None:
    rows = [Row(who, "each", f"{k}", 5, 6, 1.0, None) for k, who in enumerate(["a", "b", "c", "d", "e"])]
    members = [
        Member("a", "h1", 0, None, 1),
        Member("a", "h2", 3, None, 4),  # moved: the open stay in h1 ended with it
        Member("b", "h1", 0, 9, 1),
        Member("b", "h2", 2, 9, 2),  # in two at once
        Member("c", "h1", 0, None, 20),  # told later
        Member("d", "h1", 0, 2, 1),  # between two stays
    ]
    records = read(rows, members)
    assert records.links.iloc[0].to_dict() == {
        "facts": 5, "matched": 2, "matched_later": 1, "several": 1, "gap": 1, "stranger": 1,
    }  # fmt: skip
    assert records.quarantine["reason"].tolist() == ["person in no known household on that day"] * 2
    assert records.events["household_id"].tolist() == ["h1", "h2", "h2"]
    for text in (repr(records.summary()), records.summary()._repr_html_()):
        assert "stranger" in text


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
