"""Results of contacts: their words are folded as other words are, and blank ones are counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import adds_up, reasons

from mended import Note
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records, ingest, open_store, read_records
from riskmodel.records.contact_words import FOUND, RESULTS
from riskmodel.records.sources import row_checks

FACTS = pd.DataFrame({"household_id": ["a", "b"], "code": "fire", "event_date": "2024-01-05"})
FOLDED = ["no_need", "No_Need", " NO_NEED ", "ｎｏ＿ｎｅｅｄ", "no\u200b_need", "'no_need'"]
OWN = ["Erledigt  ja", "erledigt ja", "ＥＲＬＥＤＩＧＴ　ＪＡ", "e\u0301te\u0301", "ÉTÉ"]
DOORS = ["frame", "CSV", "Parquet", "from_frames"]


def contacts(results: list[Any], door: str, folder: Path, **result: Any) -> Records:
    """Return records of a contact a day with these results, by a door."""
    table = pd.DataFrame({"household_id": "a", "result": results})
    table["as_of_date"] = [f"2024-02-{day:02d}" for day in range(1, len(table) + 1)]
    if door == "from_frames":
        return Records.from_frames(FACTS, contacts=table, today="2025-01-01", max_quarantined=1)
    rows: dict[str, Any] = {"frame": table}
    if door == "CSV":
        table.to_csv(folder / "c.csv", index=False)
        rows = {"file": "c.csv"}
    if door == "Parquet":
        table.to_parquet(folder / "c.parquet")
        rows = {"file": "c.parquet"}
    keys = {"household_id": "household_id", "as_of_date": "as_of_date"}
    facts = {"frame": FACTS, "household_id": "household_id", "event_date": "event_date"}
    return read_records(
        {
            "today": "2025-01-01",
            "max_quarantined": 1,
            "events": [{**facts, "code": "fire"}],
            "contacts": [{**rows, **keys, "result": {"column": "result", **result}}],
        },
        root=folder,
    )


@pytest.mark.parametrize("door", DOORS)
def test_the_packages_words_are_read_in_any_form(door: str, tmp_path: Path, mended: Note) -> None:
    records = contacts(FOLDED, door, tmp_path)
    assert records.contacts["result"].tolist() == ["no_need"] * len(FOLDED)
    mended("look-alikes", tried=f"No_Need as a result, {door}", before="bad row", now="no_need")


@pytest.mark.parametrize("written", OWN)
def test_mapped_words_are_read_in_any_form_on_both_sides(written: str, tmp_path: Path) -> None:
    meaning = {written: " Need_Confirmed "}
    same = OWN[:3] if written in OWN[:3] else OWN[3:]
    records = contacts(same, "frame", tmp_path, map=meaning)
    assert records.contacts["result"].tolist() == ["need_confirmed"] * len(same)


def test_two_forms_of_a_word_cannot_mean_two_results(tmp_path: Path) -> None:
    meaning = {"A1": "no_need", "a1": "need_confirmed"}
    with pytest.raises(ConfigError, match="differ only in case or blanks") as refusal:
        contacts(["A1"], "frame", tmp_path, map=meaning)
    assert refusal.value.code == "manifest.repeated"
    again = contacts(["A1"], "frame", tmp_path, map={"A1": "no_need", "a1": "No_need"})
    assert again.contacts["result"].tolist() == ["no_need"]


@pytest.mark.parametrize("door", ["frame", "from_frames"])
def test_a_result_that_is_not_known_is_refused_with_the_words(door: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown result") as wrong:
        contacts(["x"], "frame", tmp_path, map={"x": "no_ned"})
    assert wrong.value.allowed == ", ".join(FOUND)
    assert "did you mean 'no_need'" in str(wrong.value)
    records = contacts(["no_need", "Kim Marker"], door, tmp_path)
    assert reasons(records) == [(2, "result", row_checks.UNKNOWN_RESULT)]
    table = pd.DataFrame({"household_id": "a", "as_of_date": "2024-02-01", "result": ["Kim"]})
    with pytest.raises(RecordsError) as refusal:
        Records.from_frames(FACTS, contacts=table, today="2025-01-01")
    assert all(word in refusal.value.next_step for word in RESULTS)
    assert "Kim" not in str(refusal.value)


@pytest.mark.parametrize("door", DOORS)
def test_contacts_without_a_result_are_counted_and_told(
    door: str, tmp_path: Path, mended: Note
) -> None:
    records = contacts(["no_need", None, "  ", "", "unclear"], door, tmp_path)
    (told,) = records.blank_results.itertuples(index=False)
    assert told.contacts == 3
    assert adds_up(records)
    assert records.counts.loc[told.source, ["used", "excluded", "quarantined"]].tolist() == [
        1,
        3,
        1,
    ]
    (note,) = (note for note in records.summary().notes if "no result" in note)
    assert note.startswith(f"{told.source}: 3 contacts have no result")
    assert note in repr(records.summary())
    mended("need", tried=f"blank results, {door}", before="excluded, untold", now=note)


def test_results_without_a_blank_are_not_told() -> None:
    table = pd.DataFrame({"household_id": ["a"], "as_of_date": "2024-02-01", "result": "refused"})
    records = Records.from_frames(FACTS, contacts=table, today="2025-01-01")
    assert records.blank_results.empty
    assert not any("no result" in note for note in records.summary().notes)


def test_a_store_adds_up_the_blank_results_of_its_deliveries(tmp_path: Path) -> None:
    FACTS.to_csv(tmp_path / "f.csv", index=False)
    keys = {"household_id": "household_id", "as_of_date": "as_of_date", "result": "result"}
    manifest: dict[str, Any] = {
        "today": "2025-01-01",
        "events": [
            {"file": "f.csv", "household_id": "household_id", "code": "fire",
             "event_date": "event_date"}
        ],
        "contacts": [{"file": "c*.csv", **keys}],
    }  # fmt: skip
    for month in (1, 2):
        rows = f"a,2024-0{month}-01,\nb,2024-0{month}-01,refused\n"
        (tmp_path / f"c{month}.csv").write_text(f"household_id,as_of_date,result\n{rows}")
        ingest(manifest, tmp_path / "store", root=tmp_path)
    opened = open_store(tmp_path / "store")
    assert opened.blank_results["contacts"].tolist() == [2]
    assert opened.blank_results.equals(read_records(manifest, root=tmp_path).blank_results)
    (tables,) = (tmp_path / "store").glob("tables-00002*")
    (tables / "blank_results.parquet").unlink()  # as in a store that was written before
    assert open_store(tmp_path / "store").blank_results.empty
