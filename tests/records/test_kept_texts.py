"""Ids of households in reasons that are kept: how they are found, and the same rule in SQL."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError
from riskmodel.records import Records
from riskmodel.records.engine import query
from riskmodel.records.kept_texts import WITHOUT_CASE, personal_in
from riskmodel.schema.ids_in_texts import Ids, without_case
from riskmodel.texts import plain_text

IDS = [
    "Mildred Vanterpool",
    "강남-00417",
    "강남00417",
    "İSTANBUL-7",
    "Straße 12",
    "ΝΊΚΟΣ-1",
    "12345",
]
FOUND = [
    "mildred\u00a0 VANTERPOOL complained",
    "강남-00417은 이사했다",
    "세대강남00417",
    "of İstanbul-7",
    "in STRASSE 12.",
    "νίκος-1's",
    "１２３４５번",
]
NOT_FOUND = ["Mildred complained", "강남 00417", "Strasse 123", "0.12345 and .12345 of 123456"]


@pytest.fixture(scope="module")
def records() -> Records:
    frame = pd.DataFrame({"id": [*IDS, "7"], "on": "2024-01-05"})
    entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    return rm.read_records({"name": "fires", "today": "2024-06-01", "events": [entry]})


@pytest.mark.parametrize("text", FOUND)
def test_an_id_is_found_however_it_is_written(records: Records, text: str, mended: Note) -> None:
    found = personal_in(text, records)
    assert found == "a household_id"
    assert Ids.of(IDS).stand_in(text)
    mended("personal data", tried=f"why={text!r}", before="kept", now=f"found: {found}")


@pytest.mark.parametrize("text", [*NOT_FOUND, "7 households", ""])
def test_a_text_without_an_id_is_kept(records: Records, text: str) -> None:
    assert personal_in(text, records) is None
    assert not Ids.of(IDS).stand_in(text)


def test_sql_writes_letters_without_case_as_python_does() -> None:
    letters = [letter for letter in map(chr, range(0x21, 0xD800)) if plain_text(letter) == letter]
    words = [letter for letter in letters if not letter.isspace()]
    made = query(pa.table({"household_id": words}), f"SELECT {WITHOUT_CASE} AS made FROM source")
    assert made["made"].tolist() == [*map(without_case, words)]


PERSON = "김철수 댁"
RARE = {"an attribute": PERSON, "a code": "visit_vanterpool", "an area": "Hollow Lane"}


def manifest(**keys: object) -> dict[str, object]:
    """Describe twelve households in the north and one each of what few have."""
    ids = [f"h{k:04d}" for k in range(12)]
    events = pd.DataFrame({"id": [*ids, ids[0]], "code": ["fire"] * 12 + [RARE["a code"]]})
    homes = pd.DataFrame({"id": ids, "kind": "a flat", "area": "north"})
    homes.loc[0, ["kind", "area"]] = [PERSON, RARE["an area"]]
    entry = {"frame": events.assign(on="2024-01-05"), "household_id": "id", "event_date": "on"}
    known = {"frame": homes.assign(on="2023-01-01"), "household_id": "id", "known_date": "on"}
    return {
        "name": "fires",
        "today": "2024-06-01",
        "events": [{**entry, "code": {"column": "code"}}],
        "attributes": [{**known, "columns": {"kind": "kind", "area": "area"}}],
        "groups": ["area"],
        "area": "area",
        **keys,
    }


@pytest.mark.parametrize("what", RARE)
@pytest.mark.parametrize("text", ["{}", "since {} asked", "{}에서"])
def test_what_few_households_are_called_is_found(what: str, text: str, mended: Note) -> None:
    found = personal_in(text.format(RARE[what].upper()), rm.read_records(manifest()))
    assert found == "a name of fewer than 10 households"
    mended("personal data", tried=f"why= names {what} of one household", before="kept",
           now=f"found: {found}")  # fmt: skip


@pytest.mark.parametrize("text", ["a flat in the north", "fire", "Hollow Lanes", "김철수"])
def test_what_many_are_called_and_other_words_are_kept(text: str) -> None:
    assert personal_in(text, rm.read_records(manifest())) is None


@pytest.mark.parametrize("door", ["read_records", "ingest"])
@pytest.mark.parametrize(
    ("named", "kind"),
    [("h0003", "a household_id"), (PERSON, "a name of fewer than 10 households")],
)
def test_a_reason_to_accept_a_feed_names_nobody(
    door: str, named: str, kind: str, tmp_path: Path, mended: Note
) -> None:
    read = manifest(accept_feeds={"fire": f"{named} was away"})
    doors = {"read_records": rm.read_records, "ingest": lambda given: rm.ingest(given, tmp_path)}
    with pytest.raises(ConfigError, match=f"the feed 'fire' holds {kind}") as error:
        doors[door](read)
    assert error.value.code == "manifest.accept_feeds"
    assert named not in str(error.value)
    assert list(tmp_path.glob("store.json")) == []
    mended("personal data", tried=f"a reason of accept_feeds with {kind}, {door}",
           before="on every list", now=error.value.code)  # fmt: skip
