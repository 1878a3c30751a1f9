"""Ids of households in reasons that are kept: how they are found, and the same rule in SQL."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

import riskmodel as rm
from mended import Note
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
