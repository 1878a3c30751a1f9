"""Words by which people say that there is no id are none, in Korean as in English."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from manifests import adds_up, entry, read_by, read_frame, reasons

import riskmodel as rm
from mended import Note
from riskmodel.errors import PanelError, RecordsError
from riskmodel.panel import Panel
from riskmodel.records import Records
from riskmodel.records.sources import row_checks

KIND = "ids"
WORDS = [
    *("미상", "(미상)", "（미상）", "없음", "무", "확인불가", "확인 불가", "해당없음", "해당 없음"),
    *("불명", "알수없음", "알 수 없음", "?", "Unknown", "'미상'", "(null)", "(unknown)"),
    *("00", "00000000", "0000.0", "００００", "'0000"),
]
IDS = ["0", "0.0", "10", "001", "0-0", "무-1", "미상-1", "나무", "unknown-1", "A?"]
READ = ["0", "0", *IDS[2:]]
SAID = len(WORDS)
HOUSEHOLDS = sorted(set(READ))
BEFORE = "each word was a household, and repeats of it the largest"


def written() -> pd.DataFrame:
    days = pd.date_range("2024-01-05", periods=SAID + len(IDS)).strftime("%Y-%m-%d")
    return pd.DataFrame({"id": [*WORDS, *IDS], "day": days})


@pytest.mark.parametrize("door", ["frame", "CSV", "Parquet", "wide"])
def test_words_for_no_id_are_bad_rows(door: str, tmp_path: Path, mended: Note) -> None:
    records = read_by(door, written(), tmp_path)
    assert sorted(set(records.events["household_id"])) == HOUSEHOLDS
    assert reasons(records) == [(row, "id", row_checks.NO_ID) for row in range(1, SAID + 1)]
    assert adds_up(records)
    told = f"{len(records.quarantine)} bad rows: {records.quarantine['reason'].iloc[0]}"
    mended(KIND, tried=f"미상, 없음, ?, 00000000 and the like, {door}", before=BEFORE, now=told)


def test_a_panel_and_records_of_frames_refuse_them(mended: Note) -> None:
    frame = pd.DataFrame({"id": [*WORDS, "a"], "on": "2024-01-05", "x": 1.0})
    with pytest.raises(PanelError, match=f"{SAID} rows have no household_id") as caught:
        Panel.from_frame(frame, household_id="id", as_of_date="on")
    events = frame.rename(columns={"id": "household_id", "on": "event_date"}).assign(code="fire")
    given = Records.from_frames(events.drop(columns="x"), today="2025-01-01", max_quarantined=1)
    assert given.events["household_id"].tolist() == ["a"]
    assert given.quarantine["reason"].tolist() == [row_checks.NO_ID] * SAID
    mended(KIND, tried="the same in a panel's frame", before=BEFORE, now=caught.value.code)


def test_ids_that_hold_such_a_word_stay(mended: Note) -> None:
    frame = pd.DataFrame({"id": IDS[1:], "on": "2024-01-05", "x": 1.0})
    panel = Panel.from_frame(frame, household_id="id", as_of_date="on")
    assert sorted(set(panel.households)) == HOUSEHOLDS
    mended(KIND, tried="0, 나무, 미상-1", before="ids", now=f"{len(set(panel.households))} ids")


@pytest.mark.parametrize("word", ["없음", "미상", "unknown", "000"])
def test_they_are_no_code(word: str, mended: Note) -> None:
    frame = {"id": ["a", "b"], "day": "2024-01-05", "what": [word, "fire"]}
    records = read_frame(frame, code={"column": "what"})
    assert records.events["code"].tolist() == ["fire"]
    assert reasons(records) == [(1, "what", row_checks.UNKNOWN_CODE)]
    now = f"bad row: {records.quarantine['reason'].iloc[0]}"
    mended(KIND, tried=f"{word} as a code", before="an indicator without catalogue", now=now)


@pytest.mark.parametrize("key", ["person_id", "dwelling_id"])
def test_they_are_no_person_and_no_dwelling(key: str) -> None:
    members = pd.DataFrame({"person": ["p", "미상"], "home": ["h", "h"], "house": ["b", "c"]})
    who = {"frame": members, "person_id": "person", "household_id": "house", "dwelling_id": "home"}
    frame = {"at": ["미상", "p" if key == "person_id" else "h"], "day": "2024-01-05"}
    records = read_frame(frame, {"members": [who]}, household_id=None, **{key: "at"})
    assert records.events["household_id"].tolist() == ["b"]
    assert set(reasons(records)) == {(2, "person", row_checks.NO_ID), (1, "at", row_checks.NO_ID)}


def test_an_area_and_a_stratum_that_say_so_are_words_as_others_are() -> None:
    areas = ["미상", "00", "가", "nan"]
    log = pd.DataFrame({"feed": "fire", "area": areas, "on": "2024-01-31", "known": "2024-02-05"})
    asked = pd.DataFrame({"id": ["a"], "on": "2024-02-01", "drawn": "unknown", "result": "no_need"})
    homes = pd.DataFrame({"id": ["a", "b", "c"], "area": areas[:3]})
    deliveries = {"frame": log, "event_date": "on", "known_date": "known"}
    contacts = {"frame": asked, "household_id": "id", "as_of_date": "on", "result": "result"}
    attributes = {"frame": homes, "household_id": "id", "columns": ["area"]}
    manifest = {
        "area": "area",
        "attributes": [attributes | {"known_date": "always"}],
        "deliveries": [deliveries | {"feed": {"column": "feed"}, "area": {"column": "area"}}],
        "contacts": [contacts | {"stratum": {"column": "drawn"}}],
    }
    records = read_frame({"id": ["a"], "day": "2024-01-05"}, manifest)
    told = records.deliveries["area"].fillna("everywhere")
    assert sorted(told) == sorted(["미상", "00", "가", "everywhere"])
    assert records.contacts["stratum"].tolist() == ["unknown"]


def test_too_many_of_them_stop_with_advice() -> None:
    frame = pd.DataFrame({"id": ["미상", "a"], "day": "2024-01-05"})
    with pytest.raises(RecordsError, match="check that the id column is the right one"):
        rm.read_records({"today": "2025-01-01", "events": [entry(frame=frame)]})
