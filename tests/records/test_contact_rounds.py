"""Contacts on days that are none of the records' rounds are counted in the records' notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mended import Note
from riskmodel.datasets import make_households
from riskmodel.datasets.presets import PRESETS
from riskmodel.panel import build_panel
from riskmodel.records import Records, ingest, open_store, read_records
from riskmodel.records.table_schemas import conform

ROUNDS = ["2024-01-15", "2024-03-15", "2024-05-15", "2024-07-15"]
OFF = ["2024-01-16", "2024-01-16", "2024-02-29", "2024-07-14"]
TOLD = (
    "4 contacts on 3 days that are none of the rounds (rounds:); their outcomes count for no round"
)
FACTS = pd.DataFrame({"household_id": [f"h{k}" for k in range(8)], "event_date": "2024-01-05"})
DOORS = ["manifest", "store", "Records.from_frames"]


def records_of(days: list[str], door: str, folder: Path, **keys: Any) -> Records:
    """Return records of one contact per household on some days, by a door."""
    facts, contacts = FACTS.assign(code="rent"), FACTS.head(len(days))[["household_id"]]
    contacts = contacts.assign(as_of_date=days, result="need_confirmed")
    keys = {"today": "2024-09-01", "rounds": ROUNDS, **keys}
    if door == "Records.from_frames":
        rounds = None if keys["rounds"] is None else pd.DatetimeIndex(keys["rounds"])
        return Records.from_frames(facts, contacts=contacts, **{**keys, "rounds": rounds})

    facts.to_csv(folder / "facts.csv", index=False)
    contacts.to_csv(folder / "contacts.csv", index=False)
    columns = {"household_id": "household_id", "as_of_date": "as_of_date"}
    events = {"file": "facts.csv", "household_id": "household_id", "event_date": "event_date"}
    written = {
        "events": [{**events, "code": "rent"}],
        "contacts": [{"file": "contacts.csv", **columns, "result": {"column": "result"}}],
        **{key: value for key, value in keys.items() if value is not None},
    }
    if door == "manifest":
        return read_records(written, root=folder)
    ingest(written, folder / "store", root=folder)
    return open_store(folder / "store")


@pytest.mark.parametrize("door", DOORS)
def test_contacts_on_days_that_are_no_round_are_told(
    door: str, tmp_path: Path, mended: Note
) -> None:
    records = records_of([*ROUNDS, *OFF], door, tmp_path)
    (note,) = records.notes
    assert note.startswith(TOLD)
    assert records.summary().notes.count(note) == 1
    assert note in repr(records.summary())
    assert records.counts.loc[records.counts.index.str.startswith("contacts"), "used"].sum() == 8
    assert note in build_panel(records, ROUNDS, label=None).doubts
    mended("rounds", tried=f"contacts a day after their round, {door}", before="no word", now=note)


@pytest.mark.parametrize(
    ("days", "keys"),
    [
        (ROUNDS, {}),
        (["2023-11-15", "2024-01-14", "2024-07-16", "2024-08-20"], {}),
        (["2024-01-31", "2024-03-31"], {}),
        (["2024-02-03"], {"since": "2024-02-15"}),
        (["2024-05-16", "2024-05-15"], {"today": "2024-05-16"}),
        (OFF, {"rounds": None}),
    ],
    ids=[
        "the rounds",
        "before the first and after the last",
        "the end of a month with one round",
        "before since, told as such",
        "from today on, told as such",
        "no rounds are given",
    ],
)
@pytest.mark.parametrize("door", ["manifest", "Records.from_frames"])
def test_other_contacts_are_not_told(
    door: str, days: list[str], keys: dict[str, Any], tmp_path: Path
) -> None:
    assert records_of(days, door, tmp_path, **keys).notes == ()


def test_the_last_day_of_a_month_is_no_round_where_two_lie_in_it(tmp_path: Path) -> None:
    rounds = ["2024-01-10", "2024-01-20", "2024-03-15"]
    records = records_of(["2024-01-31"], "manifest", tmp_path, rounds=rounds)
    assert records.off_rounds == (1, 1)
    (note,) = records.notes
    assert note.startswith("1 contact on 1 day that ")


def test_the_bounds_themselves_are_days_of_the_extract(tmp_path: Path) -> None:
    bounds = {"since": "2024-02-02", "today": "2024-05-03"}
    days = ["2024-02-01", "2024-02-02", "2024-05-02", "2024-05-03"]
    assert records_of(days, "manifest", tmp_path, **bounds).off_rounds == (2, 2)


@pytest.mark.parametrize("preset", PRESETS)
def test_simulated_contacts_are_of_the_rounds_until_their_days_are_moved(preset: str) -> None:
    service = {} if preset == "korea" else {"capacity": 0.05}
    records = make_households(300, n_rounds=8, preset=preset, random_state=1, **service)
    assert len(records.contacts)
    assert records.off_rounds == (0, 0)

    contacts = records.contacts
    is_moved = np.arange(len(contacts)) % 3 == 0
    moved = contacts.assign(
        as_of_date=contacts["as_of_date"] + pd.to_timedelta(is_moved.astype(int), unit="D")
    )
    tables = {**records.tables, "contacts": conform("contacts", moved)}
    wrong = records.replace(tables=tables)
    days = moved.loc[is_moved, "as_of_date"]
    inside = days[(days > records.rounds[0]) & (days < records.rounds[-1])]
    assert wrong.off_rounds == (len(inside), inside.nunique())
    assert len(inside)


EARLY = "dated one day before a round"
MONTHS = ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("rounds", [MONTHS, ROUNDS], ids=["first of the month", "mid month"])
def test_contacts_that_all_lie_a_day_before_a_round_are_told(
    rounds: list[str], door: str, tmp_path: Path, mended: Note
) -> None:
    moved = [str(np.datetime64(day) - 1) for day in rounds]
    records = records_of(moved, door, tmp_path, rounds=rounds)
    (note,) = (note for note in records.notes if EARLY in note)
    assert note.startswith("all 4 contacts are dated one day before a round")
    assert note in repr(records.summary())
    assert note in build_panel(records, rounds[1:], label=None).doubts
    mended("rounds", tried=f"contacts of {moved[1]}, {door}", before="the month before", now=note)


@pytest.mark.parametrize(
    "days",
    [MONTHS, ["2023-12-31", *MONTHS[1:]], ["2024-01-31", "2024-02-28"], ["2024-01-30"], []],
    ids=["the rounds", "one of them moved", "one on no eve", "two days before", "none"],
)
def test_other_days_are_not_told_as_moved(days: list[str], tmp_path: Path) -> None:
    records = records_of(days, "Records.from_frames", tmp_path, rounds=MONTHS)
    assert not any(EARLY in note for note in records.notes)
