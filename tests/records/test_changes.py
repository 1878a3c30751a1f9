"""A manifest that changed since the last ingest is refused by name, unless the change is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import ingest, open_store

ROWS = {"id": ["a", "b"], "home": ["c", "d"], "no": ["1", "2"], "v": [1, 2]}
FRAME = pd.DataFrame({**ROWS, "on": ["2024-01-05", "2024-02-05"], "told": "2024-03-01"})
RENT = {"kind": "reading", "direction": 1, "unit": "months"}
EVENTS = {
    "frame": FRAME,
    "household_id": "id",
    "code": "rent",
    "event_date": "on",
    "value": "v",
    "known_date": "told",
}
BEFORE: dict[str, Any] = {
    "name": "south",
    "today": "2024-06-01",
    "events": EVENTS,
    "catalogue": {"rent": RENT},
}
CHANGED = [
    ("today", {"today": "2024-05-31"}, "today goes back from 2024-06-01 to 2024-05-31"),
    ("since", {"since": "2024-01-01"}, "since was None, and is 2024-01-01"),
    ("name", {"name": "north", "site": "south"}, "name was south, and is north"),
    ("site", {"site": "north"}, "site was south, and is north"),
    (
        "direction",
        {"catalogue": {"rent": {**RENT, "direction": -1}}},
        "direction of rent was 1, and is -1",
    ),
    (
        "kind",
        {"catalogue": {"rent": {**RENT, "kind": "event"}}},
        "kind of rent was 'reading', and is 'event'",
    ),
    (
        "unit",
        {"catalogue": {"rent": {**RENT, "unit": "days"}}},
        "unit of rent was 'months', and is 'days'",
    ),
    (
        "fact_id",
        {"events": {**EVENTS, "fact_id": "no"}},
        "fact_id of events: frame is another",
    ),
    (
        "known_date",
        {"events": {**EVENTS, "known_date": {"lag": "1D"}}},
        "known_date of events: frame is another",
    ),
    (
        "ids",
        {"events": {**EVENTS, "household_id": "home"}},
        "household_id of events: frame is another",
    ),
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    ingest(BEFORE, tmp_path / "store")
    return tmp_path / "store"


@pytest.mark.parametrize(("kind", "change", "told"), CHANGED, ids=[kind for kind, *_ in CHANGED])
def test_a_change_is_refused_until_it_is_accepted(
    kind: str, change: dict[str, Any], told: str, store: Path
) -> None:
    log = (store / "store.json").read_bytes()
    others = [other for other, *_ in CHANGED if other != kind]
    with pytest.raises(RecordsError) as refusal:
        ingest({**BEFORE, **change}, store, accept_changes=others)
    assert refusal.value.code == "records.changes"
    assert told in str(refusal.value)
    assert "correct it, or ingest into a new folder; if it is meant: " in str(refusal.value)
    assert f"accept_changes=['{kind}'] (in the shell accept_changes=[{kind}])" in str(refusal.value)
    assert (store / "store.json").read_bytes() == log
    ingest({**BEFORE, **change}, store, accept_changes=[kind])


def test_of_many_changes_the_first_are_told_and_the_others_counted(store: Path) -> None:
    told = {
        "today": "2024-05-31",
        "since": "2024-01-01",
        "name": "north",
        "site": "west",
        "catalogue": {"rent": {"kind": "event", "direction": -1, "unit": "days"}},
    }
    with pytest.raises(RecordsError) as refusal:
        ingest({**BEFORE, **told}, store)
    text = str(refusal.value)
    assert text.count(" was ") == 4, "since, name, site, and one of rent, beside today"
    assert " and 2 more" in text
    with pytest.raises(RecordsError) as refusal:
        ingest({**BEFORE, **told}, store, accept_changes=["kind", "unit"])
    assert "more" not in str(refusal.value).partition("Allowed")[0]


def test_what_grows_is_no_change(store: Path) -> None:
    more = {"frame": FRAME.assign(v=3), "code": "fire", "event_date": "on", "household_id": "id"}
    grown = {
        **BEFORE,
        "today": "2024-07-01",
        "events": [EVENTS, more],
        "catalogue": {"rent": RENT, "fire": {"direction": 1}},
        "complete_before": {"rent": "2024-06-01"},
    }
    ingest(grown, store)
    assert set(open_store(store).events["code"]) == {"rent", "fire"}


def test_a_code_that_leaves_the_catalogue_loses_its_meaning(store: Path) -> None:
    without = {key: value for key, value in BEFORE.items() if key != "catalogue"}
    with pytest.raises(RecordsError, match="direction of rent was 1, and is 0"):
        ingest(without, store)


def test_a_kind_of_change_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'today'") as refusal:
        ingest(BEFORE, tmp_path / "store", accept_changes=["todya"])
    assert refusal.value.code == "records.accept_changes"
