"""Requests, referrals, other services' cases and signs: read by every door, versioned, counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import TODAY, adds_up, entry

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records, ingest, read_records, undo
from riskmodel.records.known_on import known_on
from riskmodel.records.service_rows import service_rows
from riskmodel.records.service_words import CLOSED, DUE_DAYS
from riskmodel.records.table_schemas import SCHEMAS, SERVICE_TABLES

FIRE = pd.DataFrame({"id": ["가구-001"], "day": ["2024-01-05"]})
# Of each table: rows as an office writes them, the keys that read them, and what they say.
OFFICE: dict[str, tuple[dict[str, list[Any]], dict[str, Any], dict[str, list[Any]]]] = {
    "requests": (
        {
            "번호": ["가구-001", "가구-002"],
            "종류": ["이의", "번호안내"],
            "접수": ["2024-02-01", "2024-02-01"],
            "결정": ["2024-02-09", None],
            "결과": ["인용", None],
            "조치": ["명단제외", "없음"],
            "접수번호": ["00123", "00124"],
        },
        {
            "household_id": "번호",
            "kind": {"column": "종류", "map": {"이의": "objection", "번호안내": "number_notice"}},
            "received": "접수",
            "decided": "결정",
            "outcome": {"column": "결과", "map": {"인용": "upheld"}},
            "effect": {"column": "조치", "map": {"명단제외": "not_listed", "없음": "none"}},
            "request_id": "접수번호",
        },
        {
            "household_id": ["가구-001", "가구-002"],
            "kind": ["objection", "number_notice"],
            "due": ["2024-02-11", "2024-03-02"],
            "decided": ["2024-02-09", None],
            "outcome": ["upheld", None],
            "effect": ["not_listed", None],
            "known_date": ["2024-02-01", "2024-02-01"],
            "request_id": ["00123", "00124"],
        },
    ),
    "referrals": (
        {"번호": ["새가구"], "접수": ["2024-03-02"], "동": ["중앙동"]},
        {
            "household_id": "번호",
            "referred_by": "self",
            "received": "접수",
            "area": {"column": "동"},
            "known_date": {"lag": "2D"},
        },
        {
            "household_id": ["새가구"],
            "referred_by": ["self"],
            "area": ["중앙동"],
            "known_date": ["2024-03-04"],
        },
    ),
    "cases": (
        {"번호": ["가구-001"], "시작": ["2024-01-02"], "끝": [None], "사업": ["고독사 예방"]},
        {
            "household_id": "번호",
            "kind": "other_service",
            "service": {"column": "사업"},
            "from": "시작",
            "to": "끝",
        },
        {
            "kind": ["other_service"],
            "service": ["고독사 예방"],
            "from_date": ["2024-01-02"],
            "to_date": [None],
            "known_date": ["2024-01-02"],
        },
    ),
    "signs": (
        {
            "번호": ["가구-001", "가구-002"],
            "본날": ["2024-04-01"] * 2,
            "우편물": ["쌓임", "이상없음"],
        },
        {
            "household_id": "번호",
            "sign": {"column": "우편물", "map": {"쌓임": "piled_up_mail", "이상없음": "none"}},
            "seen": "본날",
            "seen_by": "carrier",
        },
        {
            "household_id": ["가구-001"],
            "sign": ["piled_up_mail"],
            "seen_by": ["carrier"],
            "known_date": ["2024-04-01"],
        },
    ),
}


def manifest(**tables: Any) -> dict[str, Any]:
    return {"name": "s", "today": TODAY, "events": [entry(frame=FIRE)], **tables}


def read_office(table: str, door: str, folder: Path) -> Records:
    rows, keys, _ = OFFICE[table]
    frame = pd.DataFrame(rows)
    source: dict[str, Any] = {"frame": frame}
    if door == "CSV of cp949":
        frame.to_csv(folder / "s.csv", index=False, encoding="cp949")
        source = {"file": "s.csv", "encoding": "cp949"}
    if door == "Parquet":
        frame.to_parquet(folder / "s.parquet")
        source = {"file": "s.parquet"}
    if door == "workbook":
        frame.to_excel(folder / "s.xlsx", index=False)
        source = {"file": "s.xlsx"}
    said = manifest(**{table: [source | keys]})
    if door == "store":
        frame.to_csv(folder / "s.csv", index=False)
        FIRE.to_csv(folder / "e.csv", index=False)
        said = manifest(**{table: [{"file": "s.csv"} | keys]}) | {"events": [entry(file="e.csv")]}
        return ingest(said, folder / "store", folder).records
    return read_records(said, root=folder)


@pytest.mark.parametrize("door", ["frame", "CSV of cp949", "Parquet", "workbook", "store"])
@pytest.mark.parametrize("table", SERVICE_TABLES)
def test_what_an_office_writes_is_read_by_every_door(table: str, door: str, tmp_path: Path) -> None:
    records = read_office(table, door, tmp_path)
    held = getattr(records, table)
    assert list(held) == SCHEMAS[table].names
    assert records.quarantine.empty
    assert adds_up(records)
    for name, wanted in OFFICE[table][2].items():
        told = held[name]
        if told.dtype.kind == "M":
            told = told.dt.strftime("%Y-%m-%d")
        assert told.astype(object).where(told.notna(), None).tolist() == wanted
    again = Records.from_frames(records.events, today=TODAY, **{table: held})
    pd.testing.assert_frame_equal(getattr(again, table), held)


def frames(**tables: Any) -> Records:
    events = FIRE.rename(columns={"id": "household_id", "day": "event_date"}).assign(code="fire")
    given = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return Records.from_frames(events, today=TODAY, **given)


def request(**more: Any) -> dict[str, Any]:
    return {"household_id": "a", "kind": "objection", "received": "2024-02-01"} | more


def test_records_without_such_rows_have_the_digest_that_they_had() -> None:
    without = frames()
    tables = {name: table for name, table in without.tables.items() if name not in SERVICE_TABLES}
    assert without.replace(tables=tables).digest == without.digest
    assert frames(requests=[request()]).digest != without.digest


def test_each_kind_of_request_is_due_after_its_days_and_a_day_that_is_told_stays() -> None:
    rows = [request(household_id=kind, kind=kind) for kind in DUE_DAYS]
    due = frames(requests=rows).requests.set_index("kind")["due"]
    days = (due - pd.Timestamp("2024-02-01")).dt.days.to_dict()
    assert days == {"objection": 10, "refusal": 10, "explanation": 10, "number_notice": 30}
    told = frames(requests=[request(due="2024-02-05")]).requests["due"]
    assert told.tolist() == [pd.Timestamp("2024-02-05")]


@pytest.mark.parametrize("own_id", ["r1", None])
def test_a_request_that_is_decided_later_is_one_request(own_id: str | None, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    FIRE.to_csv(tmp_path / "e.csv", index=False)
    keys = {"household_id": "h", "kind": "objection", "received": "on", "known_date": "told"}
    keys |= {"decided": "decided", "outcome": "outcome", "request_id": "no"}
    said = manifest(requests=[{"file": "r/*.csv", **keys}]) | {"events": [entry(file="e.csv")]}
    first = {"h": "가1", "on": "2024-02-01", "told": "2024-02-01", "no": own_id}
    rows = [
        first | {"decided": None, "outcome": None},
        first | {"decided": "2024-02-09", "outcome": "rejected", "told": "2024-02-10"},
    ]
    for number, row in enumerate(rows):
        pd.DataFrame([row]).to_csv(tmp_path / "r" / f"{number}.csv", index=False)
        records = ingest(said, tmp_path / "store", tmp_path).records
    assert adds_up(records)
    assert len(records.requests) == 2
    for day, outcomes in (("2024-02-10", [None]), ("2024-02-11", ["rejected"])):
        known = service_rows(records, "requests", np.datetime64(day))["outcome"]
        assert [None if pd.isna(word) else word for word in known] == outcomes


def test_a_delivery_that_is_set_aside_takes_its_rows_with_it(tmp_path: Path) -> None:
    FIRE.to_csv(tmp_path / "e.csv", index=False)
    (tmp_path / "s").mkdir()
    keys = {"household_id": "h", "sign": "what", "seen": "on"}
    said = manifest(signs=[{"file": "s/*.csv", **keys}]) | {"events": [entry(file="e.csv")]}
    pd.DataFrame([{"h": "a", "what": "bottles", "on": "2024-02-01"}]).to_csv(
        tmp_path / "s" / "1.csv", index=False
    )
    before = ingest(said, tmp_path / "store", tmp_path).records.digest
    pd.DataFrame([{"h": "b", "what": "fire", "on": "2024-03-01"}]).to_csv(
        tmp_path / "s" / "2.csv", index=False
    )
    assert len(ingest(said, tmp_path / "store", tmp_path).records.signs) == 2
    undo(said, tmp_path / "store", 2, "wrong dong", root=tmp_path)
    now = read_records(tmp_path / "store")
    assert now.signs["household_id"].tolist() == ["a"]
    assert now.digest == before


def test_two_rows_of_one_delivery_that_differ_are_both_bad() -> None:
    events = FIRE.rename(columns={"id": "household_id", "day": "event_date"}).assign(code="fire")
    rows = [request(by="x"), request(by="y")]
    with pytest.raises(RecordsError, match="another value in the same delivery"):
        Records.from_frames(events, today=TODAY, requests=pd.DataFrame(rows))


@pytest.mark.parametrize(("table", "column"), CLOSED)
def test_a_word_that_is_none_is_refused_with_the_words_and_without_itself(
    table: str, column: str
) -> None:
    secret = "할머니가 많이 우심"
    row = {name: "2024-02-01" for name in SCHEMAS[table].names if name in ("received", "seen")}
    row |= {"from_date": "2024-02-01"} if table == "cases" else {}
    for (own, name), words in CLOSED.items():
        row |= {name: words[0]} if own == table else {}
    with pytest.raises(RecordsError) as refusal:
        frames(**{table: [row | {"household_id": "a", column: secret}]})
    assert f"{column} of {table} that no word is mapped to" in str(refusal.value)
    assert ", ".join(CLOSED[table, column]) in str(refusal.value)
    assert secret not in str(refusal.value)
    wrong = {"column": column, "map": {"01": "perhaps"}}
    keys = {name: name for name in row} | {"household_id": "household_id", column: wrong}
    if table == "cases":
        keys["from"] = keys.pop("from_date")
    source = {"frame": pd.DataFrame([row | {"household_id": "a"}]), **keys}
    for name in ("kind", "referred_by", "seen_by"):
        if isinstance(source.get(name), str):
            source[name] = {"column": name}
    with pytest.raises(ConfigError) as unknown:
        read_records(manifest(**{table: [source]}))
    assert unknown.value.code == f"manifest.{column}"


def test_a_column_of_telephone_numbers_is_refused_by_name() -> None:
    rows = [request(household_id=str(n), by=f"010-1234-56{n:02d}") for n in range(20)]
    with pytest.raises(RecordsError, match="by") as refusal:
        frames(requests=rows)
    assert "010-1234" not in str(refusal.value)


def test_who_refers_itself_may_stand_nowhere_else_and_is_counted() -> None:
    rows = [
        {"household_id": f"새{n}", "referred_by": "self", "received": "2024-02-01"}
        for n in range(8)
    ]
    rows.append(rows[0] | {"household_id": "가구-001"})
    records = frames(referrals=rows)
    assert records.quarantine.empty
    assert len(records.referrals) == 9
    (note,) = (note for note in records.summary().notes if note.startswith("referrals"))
    assert note.startswith("referrals: 8 of 9 households (89%) stand in no other table.")
    assert "usual causes" not in note
    signs = [{"household_id": "새0", "sign": "fire", "seen": "2024-02-01"}]
    notes = frames(signs=signs).summary().notes
    assert any(note.startswith("signs: 0 of 1 household") and "causes" in note for note in notes)


def test_rows_known_before_their_day_and_after_today_are_told() -> None:
    rows = [request(known_date="2024-01-20"), request(received="2026-02-01")]
    notes = frames(requests=rows).summary().notes
    assert any("1 of 2 rows have a known_date before the day" in note for note in notes)
    assert any("requests: 1 on or after today" in note for note in notes)
    assert service_rows(frames(requests=rows), "requests", np.datetime64("2024-01-25")).empty


days = st.dates(pd.Timestamp("2024-02-01").date(), pd.Timestamp("2024-03-01").date()).map(str)
requests = st.builds(
    lambda household, kind, received, known, decided, outcome, own_id: request(
        household_id=household,
        kind=kind,
        received=received,
        known_date=max(known, received),
        decided=decided and max(decided, received),
        outcome=outcome,
        request_id=own_id,
    ),
    st.sampled_from(["가", "나"]),
    st.sampled_from(["objection", "refusal"]),
    days,
    days,
    st.none() | days,
    st.sampled_from([None, "upheld", "rejected"]),
    st.sampled_from([None, "r1", "r2"]),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(requests, min_size=1, max_size=6), days, st.randoms())
def test_nothing_known_on_a_day_or_later_is_used_for_it(
    rows: list[dict[str, Any]], day: str, rng: Any
) -> None:
    events = FIRE.rename(columns={"id": "household_id", "day": "event_date"}).assign(code="fire")
    records = Records.from_frames(
        events, today=TODAY, requests=pd.DataFrame(rows), max_quarantined=1
    )
    morning = np.datetime64(day)
    known = service_rows(records, "requests", morning)
    assert (known["known_date"] < day).all()
    assert not (known["decided"] >= day).any()
    ids = known["request_id"].dropna()
    assert ids.is_unique
    then = service_rows(known_on(records, morning), "requests", morning)
    pd.testing.assert_frame_equal(known, then)
    shuffled = rng.sample(rows, len(rows))
    other = Records.from_frames(
        events, today=TODAY, requests=pd.DataFrame(shuffled), max_quarantined=1
    )
    assert other.digest == records.digest


def test_none_in_a_column_of_who_saw_it_is_a_blank_as_in_other_words() -> None:
    rows = pd.DataFrame({"h": ["a", "b", "c"], "by": ["None", "모름", "carrier"]})
    source = {
        "frame": rows.assign(what="fire", on="2024-02-01"),
        "household_id": "h",
        "sign": {"column": "what"},
        "seen": "on",
        "seen_by": {"column": "by", "map": {"모름": "none"}},
    }
    seen_by = read_records(manifest(signs=[source])).signs.set_index("household_id")["seen_by"]
    assert seen_by.isna().to_dict() == {"a": True, "b": True, "c": False}
