"""What a contact keeps: result, support, id, who, reason and blind, at every door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import adds_up, reasons

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records, ingest, read_records
from riskmodel.records.contact_words import CHANNELS, REASONS, SUPPORTS, closes
from riskmodel.records.sources import row_checks

FACTS = pd.DataFrame(
    {"household_id": list("abcdefghijklm"), "code": "fire", "event_date": "2024-01-05"}
)
ROUND, TODAY = "2024-03-01", "2025-01-01"
DOORS = ["frame", "CSV", "Parquet", "from_frames", "query", "store"]
NEW = ("support", "contact_id", "by", "reason", "blind")
WORDS = ("channel", "reason", "result", "support")


def contacts(table: pd.DataFrame, door: str, folder: Path, **changes: Any) -> Records:
    """Return records of these contacts, by a door."""
    usual = {"household_id": "a", "as_of_date": ROUND, "result": "no_need"}
    table = pd.DataFrame({**usual, **table})
    if door == "from_frames":
        return Records.from_frames(FACTS, contacts=table, today=TODAY, max_quarantined=1)
    rows: dict[str, Any] = {"frame": table}
    if door in ("CSV", "store", "query"):
        table.to_csv(folder / "c.csv", index=False)
        rows = {"file": "c.csv"}
    if door == "Parquet":
        table.to_parquet(folder / "c.parquet")
        rows = {"file": "c.parquet"}
    if door == "query":
        rows["query"] = "SELECT * FROM source"
    named = {key: {"column": key} if key in ("channel", "reader") else key for key in table}
    FACTS.to_csv(folder / "f.csv", index=False)
    facts = {"file": "f.csv", "household_id": "household_id", "event_date": "event_date"}
    manifest = {
        "today": TODAY,
        "max_quarantined": 1,
        "events": [{**facts, "code": "fire"}],
        "contacts": [{**rows, **named, **changes}],
    }
    if door == "store":
        return ingest(manifest, folder / "store", root=folder).records
    return read_records(manifest, root=folder)


@pytest.mark.parametrize("door", DOORS)
def test_a_contact_keeps_what_was_found_beside_the_support(door: str, tmp_path: Path) -> None:
    told = {
        "household_id": ["a", "b", "c", "d", "e"],
        "result": ["need_confirmed", "PUBLIC_SUPPORT", None, "no_need", "not_reached"],
        "support": ["Basic_Livelihood", None, "private_support", None, None],
        "contact_id": ["007", None, "8", "9", "10"],
        "by": ["p1", "p1", None, "p2", "p2"],
        "reason": [None, None, None, "hung_up", "Signs_Nobody_Met"],
        "blind": ["true", "no", None, "0", None],
        "channel": ["visit", "VISIT", "ai_call", "call", "mail_carrier"],
    }
    records = contacts(pd.DataFrame(told), door, tmp_path)
    table = records.contacts.astype(object)
    read = table.where(table.notna(), None)[["result", *NEW]].to_numpy().tolist()
    assert read == [
        ["need_confirmed", "basic_livelihood", "007", "p1", None, True],
        ["not_told", "public_support", None, "p1", None, False],
        ["not_told", "private_support", "8", None, None, None],
        ["no_need", None, "9", "p2", "hung_up", False],
        ["not_reached", None, "10", "p2", "signs_nobody_met", None],
    ]
    assert records.contacts["channel"].tolist()[1] == "visit"
    assert records.blank_results.empty
    assert adds_up(records)
    if door == "frame":
        again = Records.from_frames(FACTS, contacts=records.contacts, today=TODAY)
        pd.testing.assert_frame_equal(again.contacts, records.contacts)


BAD: dict[str, tuple[dict[str, str], str, str]] = {
    "before its round": ({"contact_date": "2024-02-20"}, row_checks.BEFORE_ROUND, "contact_date"),
    "on today": ({"contact_date": TODAY}, row_checks.AFTER_TODAY, "contact_date"),
    "known before it": ({"known_date": "2023-03-04"}, row_checks.KNOWN_BEFORE, "known_date"),
    "known before its round": (
        {"known_date": "2024-02-29", "contact_date": ""},
        row_checks.KNOWN_BEFORE,
        "known_date",
    ),
    "a chance above 1": ({"probability": "1.5"}, row_checks.NO_CHANCE, "probability"),
    "a chance below 0": ({"probability": "-0.2"}, row_checks.NO_CHANCE, "probability"),
    "no chance": ({"probability": "0"}, row_checks.CHANCE_OF_0, "probability"),
    "an unknown channel": ({"channel": "Kim Marker"}, row_checks.UNKNOWN_CHANNEL, "channel"),
    "an unknown reason": ({"reason": "Kim Marker"}, row_checks.UNKNOWN_REASON, "reason"),
    "an unknown support": ({"support": "Kim Marker"}, row_checks.UNKNOWN_SUPPORT, "support"),
    "blind or not": ({"blind": "Kim Marker"}, row_checks.UNKNOWN_BLIND, "blind"),
    "two supports": (
        {"result": "public_support", "support": "private_support"},
        row_checks.TWO_SUPPORTS,
        "support",
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_contact_that_cannot_be_is_a_bad_row(door: str, tmp_path: Path) -> None:
    good = {"contact_date": ROUND, "channel": "visit", "reason": "moved", "support": None}
    good |= {"blind": "true", "result": "no_need", "known_date": TODAY, "probability": "1"}
    rows = [good, *(good | cells for cells, *_ in BAD.values())]
    records = contacts(
        pd.DataFrame(rows).assign(household_id=list("abcdefghijklm")), door, tmp_path
    )
    bad = [(row, blamed, why) for row, (_, why, blamed) in enumerate(BAD.values(), start=2)]
    assert reasons(records) == bad
    assert records.contacts["household_id"].tolist() == ["a"]
    assert adds_up(records)


@pytest.mark.parametrize(
    "name", ["on today", "known before it", "no chance", "an unknown channel", "blind or not"]
)
def test_too_many_such_rows_are_refused_with_what_to_do(name: str) -> None:
    cells, reason, _ = BAD[name]
    table = pd.DataFrame([{"household_id": "a", "as_of_date": ROUND, "result": "no_need"} | cells])
    with pytest.raises(RecordsError, match=reason) as refusal:
        Records.from_frames(FACTS, contacts=table, today=TODAY)
    assert refusal.value.code == "records.quarantined"
    assert refusal.value.next_step
    assert "Kim" not in str(refusal.value)


@pytest.mark.parametrize("key", WORDS)
def test_words_of_ones_own_are_mapped(key: str, tmp_path: Path) -> None:
    word = {"channel": "visit", "reason": "moved", "result": "no_need"}.get(key, SUPPORTS[0])
    told = pd.DataFrame({key: ["방문 ", "방문"], "household_id": ["a", "b"]})
    mapped = {key: {"column": key, "map": {"방문": word.upper()}}}
    records = contacts(told, "CSV", tmp_path, **mapped)
    assert records.contacts[key].tolist() == [word] * 2
    with pytest.raises(ConfigError, match=f"unknown {key}") as refusal:
        contacts(told, "CSV", tmp_path, **{key: {"column": key, "map": {"방문": "nothing"}}})
    assert refusal.value.code == f"manifest.{key}"


@pytest.mark.parametrize("key", ["support", "reason"])
def test_a_word_for_none_costs_no_verdict(key: str, tmp_path: Path) -> None:
    words = ["없음", "미상", "None ", "none"]
    told = pd.DataFrame({key: words, "household_id": list("abcd"), "result": "need_confirmed"})
    records = contacts(
        told, "CSV", tmp_path, **{key: {"column": key, "map": {"없음": "none", "미상": "none"}}}
    )
    assert records.quarantine.empty
    assert records.contacts[key].isna().all()
    assert (records.contacts["result"] == "need_confirmed").all()
    frame = told.assign(as_of_date=ROUND)
    with pytest.raises(RecordsError, match=f"2 {key} that no word is mapped to") as refusal:
        Records.from_frames(FACTS, contacts=frame, today=TODAY)
    assert "or none" in refusal.value.next_step


def test_a_support_of_none_is_no_contact_without_a_result(tmp_path: Path) -> None:
    told = pd.DataFrame({"support": ["none", "public_support"], "household_id": list("ab")})
    records = contacts(told.assign(result=None), "CSV", tmp_path)
    assert records.contacts["household_id"].tolist() == ["b"]
    assert records.blank_results["contacts"].tolist() == [1]


@pytest.mark.parametrize("door", ["from_frames", "CSV", "store"])
def test_what_two_people_found_on_one_day_are_two_contacts(door: str, tmp_path: Path) -> None:
    told = pd.DataFrame(
        {
            "by": ["w1", "w2", "w1"],
            "contact_date": ["2024-03-05", "2024-03-05", "2024-03-06"],
            "result": ["no_need", "need_confirmed", "no_need"],
            "channel": "visit",
        }
    )
    records = contacts(told, door, tmp_path)
    assert sorted(records.contacts["result"]) == ["need_confirmed", "no_need", "no_need"]
    same = contacts(told.assign(by="w1"), "from_frames", tmp_path)
    assert [reason for *_, reason in reasons(same)] == [row_checks.CONTRADICTED] * 2


@pytest.mark.parametrize("door", DOORS)
def test_a_reason_alone_says_that_nobody_was_met_or_that_they_refused(
    door: str, tmp_path: Path
) -> None:
    told = pd.DataFrame(
        {
            "household_id": list("abcd"),
            "result": [None, None, None, "no_need"],
            "reason": ["moved", "refused", "none", "moved"],
        }
    )
    records = contacts(told, door, tmp_path)
    found = records.contacts.set_index("household_id")["result"]
    assert found.to_dict() == {"a": "not_reached", "b": "refused", "d": "no_need"}
    assert records.blank_results["contacts"].tolist() == [1]


def test_a_channel_for_all_rows_is_one_of_the_channels(tmp_path: Path) -> None:
    told = pd.DataFrame({"household_id": ["a"]})
    assert contacts(told, "CSV", tmp_path, channel="Visit").contacts["channel"].tolist() == [
        "visit"
    ]
    with pytest.raises(ConfigError, match="unknown channel") as refusal:
        contacts(told, "CSV", tmp_path, channel="visist")
    assert refusal.value.next_step == "did you mean 'visit'?"
    assert refusal.value.allowed == ", ".join(CHANNELS)


def test_a_month_end_that_stands_for_a_round_of_its_month_is_not_after_its_contact(
    tmp_path: Path,
) -> None:
    told = pd.DataFrame({"as_of_date": ["2024-03-31"], "contact_date": ["2024-03-20"]})
    assert contacts(told, "CSV", tmp_path).quarantine.empty
    known = told.drop(columns="contact_date").assign(known_date="2024-03-20")
    assert contacts(known, "CSV", tmp_path).quarantine.empty
    earlier = told.assign(contact_date="2024-02-20")
    assert reasons(contacts(earlier, "CSV", tmp_path)) == [
        (1, "contact_date", row_checks.BEFORE_ROUND)
    ]


def test_a_contact_after_today_comes_out_of_quarantine_once_today_is_later(tmp_path: Path) -> None:
    FACTS.to_csv(tmp_path / "f.csv", index=False)
    rows = f"a,{ROUND},2024-03-09,no_need\nb,{ROUND},2024-05-09,no_need\n"
    (tmp_path / "c.csv").write_text(f"household_id,as_of_date,on,result\n{rows}", encoding="utf-8")
    manifest: dict[str, Any] = {
        "max_quarantined": 1,
        "events": [{"file": "f.csv", "household_id": "household_id", "code": "fire",
                    "event_date": "event_date"}],
        "contacts": [{"file": "c.csv", "household_id": "household_id", "contact_date": "on",
                      "as_of_date": "as_of_date", "result": "result"}],
    }  # fmt: skip
    first = ingest(manifest | {"today": "2024-05-01"}, tmp_path / "store", root=tmp_path).records
    assert reasons(first) == [(2, "on", row_checks.AFTER_TODAY)]
    later = ingest(manifest | {"today": "2024-06-01"}, tmp_path / "store", root=tmp_path).records
    assert later.quarantine.empty
    assert later.digest == read_records(manifest | {"today": "2024-06-01"}, root=tmp_path).digest


def test_a_correction_replaces_the_contact_of_its_id(tmp_path: Path) -> None:
    """Two sources may number their contacts alike, and a correction may name another round."""
    FACTS.to_csv(tmp_path / "f.csv", index=False)
    header = "no,id,round,on,result,known\n"
    (tmp_path / "visits-1.csv").write_text(
        f"{header}1,a,2024-03-01,2024-03-05,need_confirmed,2024-03-09\n", encoding="utf-8"
    )
    (tmp_path / "calls-1.csv").write_text(
        f"{header}1,a,2024-03-01,2024-03-04,not_reached,2024-03-09\n", encoding="utf-8"
    )
    keys = {"household_id": "id", "as_of_date": "round", "contact_date": "on", "contact_id": "no",
            "result": "result", "known_date": "known"}  # fmt: skip
    manifest: dict[str, Any] = {
        "events": [{"file": "f.csv", "household_id": "household_id", "code": "fire",
                    "event_date": "event_date"}],
        "contacts": [{"file": "visits-*.csv", "channel": "visit", **keys},
                     {"file": "calls-*.csv", "channel": "call", **keys}],
    }  # fmt: skip
    ingest(manifest | {"today": "2024-04-01"}, tmp_path / "store", root=tmp_path)
    (tmp_path / "visits-2.csv").write_text(
        f"{header}1,b,2024-03-01,2024-03-05,no_need,2024-03-09\n", encoding="utf-8"
    )
    done = ingest(manifest | {"today": "2024-05-01"}, tmp_path / "store", root=tmp_path)
    table = done.records.contacts
    days = table[["known_date", "retracted_date"]].apply(lambda day: day.dt.strftime("%m-%d"))
    rows = table[["household_id", "channel", "result"]].join(days.fillna(""))
    assert rows.to_numpy().tolist() == [
        ["a", "call", "not_reached", "03-09", ""],
        ["a", "visit", "need_confirmed", "03-09", "04-30"],
        ["b", "visit", "no_need", "04-30", ""],
    ]
    again = Records.from_frames(FACTS, contacts=done.records.contacts[1:], today="2024-05-01")
    pd.testing.assert_frame_equal(again.contacts, done.records.contacts[1:].reset_index(drop=True))


def test_records_without_the_new_columns_have_the_digest_that_they_had() -> None:
    """The digest of `main` before the columns came."""
    table = pd.DataFrame({"household_id": ["a"], "as_of_date": ROUND, "result": "no_need"})
    facts = FACTS.head(8)
    records = Records.from_frames(facts, contacts=table, today=TODAY)
    assert records.digest == "a19a06a37bed6331c769315eb541fdfeabaa3afd37f7e153911b5f49519b87ee"
    filled = Records.from_frames(facts, contacts=table.assign(by="p1"), today=TODAY)
    assert filled.digest != records.digest


def test_each_reason_says_whether_it_closes_the_round() -> None:
    assert {reason for reason in REASONS if closes(reason)} == {
        "refused", "moved", "in_institution", "died", "empty"
    }  # fmt: skip
    page = (Path(__file__).parents[2] / "docs" / "manifest.md").read_text(encoding="utf-8")
    for reason, is_closing in REASONS.items():
        assert f"| `{reason}` | {'closes' if is_closing else 'does not close'} |" in page
    assert all(f"`{channel}`" in page for channel in CHANNELS)
