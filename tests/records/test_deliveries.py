"""A delivery has a number and a day: what is delivered again counts from its delivery's day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import adds_up, read, reasons
from tests.mended import Note

import riskmodel as rm
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records
from riskmodel.records.sources.row_checks import CONTRADICTED, NO_DATE

FACT = {"household_id": "id", "code": "rent", "event_date": "day", "value": "v"}


def write(path: Path, rows: list[str], header: str = "id,day,v,no") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def delivered(tmp_path: Path, steps: list[tuple[str, str, list[str]]], **keys: Any) -> Records:
    """Ingest files one after the other: (today, name, rows); None for a key takes it away."""
    entry = {"file": "*.csv", **FACT, "fact_id": "no", "known_date": {"lag": "5D"}, **keys}
    entry = {key: value for key, value in entry.items() if value is not None}
    for today, name, rows in steps:
        write(tmp_path / "in" / name, rows)
        manifest = {"today": today, "events": [entry], "max_quarantined": 1}
        records = rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in").records
    assert adds_up(records)
    return records


def versions(records: Records) -> list[tuple[float, str, str | None]]:
    return versions_in(records.events)


OLD, NEW = ["a,2024-01-01,1,k"], ["a,2024-01-01,22,k"]


@pytest.mark.parametrize("name", ["rent.csv", "a.csv", "z.csv"])
def test_a_later_delivery_corrects_from_its_day_whatever_the_file_is_called(
    tmp_path: Path, name: str
) -> None:
    records = delivered(tmp_path, [("2024-03-01", "rent.csv", OLD), ("2024-05-01", name, NEW)])
    assert versions(records) == [(1.0, "01-06", "04-30"), (22.0, "04-30", None)]


def test_two_hundred_facts_are_corrected_all(tmp_path: Path) -> None:
    old = [f"h{k},2024-01-01,1,{k}" for k in range(200)]
    new = [f"h{k},2024-01-01,22,{k}" for k in range(200)]
    steps = [("2024-03-01", "rent.csv", old), ("2024-05-01", "rent.csv", new)]
    records = delivered(tmp_path, steps)
    assert records.events.groupby("value")["retracted_date"].count().to_dict() == {1: 200, 22: 0}


def test_a_late_backfill_of_an_older_day_does_not_win(tmp_path: Path) -> None:
    old = ["a,2024-01-01,1,k,2024-03-01"]
    late = ["a,2024-01-01,5,k,2024-02-01"]
    write(tmp_path / "a" / "1.csv", old, "id,day,v,no,known")
    write(tmp_path / "b" / "2.csv", late, "id,day,v,no,known")
    entry = {"file": "*.csv", **FACT, "fact_id": "no", "known_date": "known"}
    for folder, today in (("a", "2024-04-01"), ("b", "2024-06-01")):
        manifest = {"today": today, "events": [entry]}
        records = rm.ingest(manifest, tmp_path / "s", root=tmp_path / folder).records
    assert versions(records) == [(5.0, "02-01", "03-01"), (1.0, "03-01", None)]


def test_a_correction_that_a_newer_row_overtook_never_stands() -> None:
    rows = [("01-10", 1, "02-01"), ("01-10", 2, "06-01"), ("03-01", 3, "02-01")]
    told = [("a", "k", "2024-01-01", v, f"2024-{k}", f"2024-{d}") for k, v, d in rows]
    frame = pd.DataFrame(told, columns=["id", "no", "day", "v", "known", "on"])
    entry = {"frame": frame, **FACT, "fact_id": "no", "known_date": "known", "delivered_on": "on"}
    records = read([entry])
    assert versions(records) == [(1.0, "01-10", "03-01"), (3.0, "03-01", None)]
    assert records.counts["repeated"].tolist() == [1]


def test_two_values_in_one_delivery_on_one_day_are_bad_rows(tmp_path: Path) -> None:
    both = ["a,2024-01-01,1,k", "a,2024-01-01,2,k", "b,2024-01-01,1,m"]
    records = delivered(tmp_path, [("2024-03-01", "rent.csv", both)])
    assert reasons(records) == [(1, None, CONTRADICTED), (2, None, CONTRADICTED)]
    assert records.events["household_id"].tolist() == ["b"]
    with pytest.raises(RecordsError, match="ask the agency which of the values stands"):
        read(
            [{"file": "rent.csv", **FACT, "fact_id": "no"}],
            root=str(tmp_path / "in"),
            max_quarantined=0.1,
        )


def test_a_fact_retracted_and_delivered_again_is_a_fact_again() -> None:
    rows = [("", "02-01"), ("2024-03-10", "04-01"), ("", "06-01")]
    frame = pd.DataFrame([("a", "k", "2024-01-01", 1, gone, f"2024-{on}") for gone, on in rows],
                         columns=["id", "no", "day", "v", "gone", "on"])  # fmt: skip
    entry = {"frame": frame, **FACT, "fact_id": "no", "retracted_date": "gone"}
    records = read([entry | {"delivered_on": "on"}])
    # the retraction of 10 March came on 1 April: no round before that knew of it
    assert versions(records) == [(1.0, "01-01", "04-01"), (1.0, "06-01", None)]


def test_the_same_bytes_as_once_before_are_a_delivery_of_their_own(tmp_path: Path) -> None:
    steps = [
        ("2024-03-01", "r.csv", OLD),
        ("2024-05-01", "r.csv", NEW),
        ("2024-07-01", "r.csv", OLD),
    ]
    assert versions(delivered(tmp_path, steps)) == [
        (1.0, "01-06", "04-30"), (22.0, "04-30", "06-30"), (1.0, "06-30", None)
    ]  # fmt: skip


def test_other_content_under_a_known_name_is_not_guessed(tmp_path: Path) -> None:
    steps = [("2024-03-01", "rent.csv", OLD), ("2024-05-01", "rent.csv", NEW)]
    with pytest.raises(RecordsError, match=r"rent\.csv.*replaces.*adds") as caught:
        delivered(tmp_path, steps, fact_id=None)
    assert caught.value.code == "records.redelivered"
    assert rm.read_records(tmp_path / "store").events["value"].tolist() == [1]


def test_a_redelivered_file_replaces_what_it_held_or_adds_to_it(tmp_path: Path) -> None:
    first = ["a,2024-01-01,1,", "b,2024-01-01,1,", "c,2024-01-01,1,"]
    steps = [
        ("2024-03-01", "rent.csv", first),
        ("2024-05-01", "rent.csv", ["a,2024-01-01,22,", "b,2024-01-01,1,"]),
        ("2024-07-01", "rent.csv", first),
    ]
    keys: dict[str, Any] = {"fact_id": None, "redelivered": "replaces"}
    records = delivered(tmp_path / "replaces", steps, **keys)
    by_household = {
        household: [(*version[1:], version[0]) for version in versions_of(records, household)]
        for household in "abc"
    }
    assert by_household == {
        "a": [("01-06", "04-30", 1.0), ("04-30", "06-30", 22.0), ("06-30", None, 1.0)],
        "b": [("01-06", None, 1.0)],
        "c": [("01-06", "04-30", 1.0), ("06-30", None, 1.0)],
    }
    added = delivered(tmp_path / "adds", steps, **keys | {"redelivered": "adds"})
    assert added.events["retracted_date"].isna().all()
    assert added.events["value"].tolist() == [1, 22, 1, 1]


def versions_of(records: Records, household: str) -> list[tuple[float, str, str | None]]:
    events = records.events
    return versions_in(events[events["household_id"] == household])


def versions_in(events: pd.DataFrame) -> list[tuple[float, str, str | None]]:
    ordered = events.sort_values(["known_date", "value"])
    known = ordered["known_date"].dt.strftime("%m-%d")
    ended = ordered["retracted_date"].dt.strftime("%m-%d").astype(object)
    return list(zip(ordered["value"], known, ended.where(ended.notna(), None), strict=True))


def test_what_another_file_still_holds_is_not_retracted(tmp_path: Path) -> None:
    row = "a,2024-01-01,1,"
    steps = [
        ("2024-03-01", "one.csv", [row, "b,2024-01-01,1,"]),
        ("2024-03-02", "two.csv", [row, "c,2024-01-01,1,"]),
        ("2024-05-01", "one.csv", ["b,2024-01-01,1,"]),
    ]
    keys: dict[str, Any] = {"fact_id": None, "redelivered": "replaces"}
    assert delivered(tmp_path, steps, **keys).events["retracted_date"].isna().all()
    steps += [("2024-07-01", "two.csv", ["c,2024-01-01,1,"])]
    ended = delivered(tmp_path / "again", steps, **keys).events.set_index("household_id")
    assert ended["retracted_date"].dropna().dt.strftime("%m-%d").to_dict() == {"a": "06-30"}


def test_a_file_that_comes_again_without_rows_retracts_them(tmp_path: Path) -> None:
    steps = [("2024-03-01", "rent.csv", OLD), ("2024-05-01", "rent.csv", [])]
    keys: dict[str, Any] = {"fact_id": None, "redelivered": "replaces"}
    assert versions(delivered(tmp_path, steps, **keys)) == [(1.0, "01-06", "04-30")]


def test_attributes_follow_the_delivery_and_not_the_alphabet() -> None:
    rows = [
        ("b", "2024-02-01", "04-01"),
        ("a", "2024-02-01", "06-01"),
        ("c", "2024-03-01", "04-01"),
    ]
    frame = pd.DataFrame([("h", area, known, f"2024-{on}") for area, known, on in rows],
                         columns=["id", "area", "known", "on"])  # fmt: skip
    entry = {"frame": frame, "household_id": "id", "known_date": "known", "delivered_on": "on"}
    fire = [{"frame": pd.DataFrame({"id": ["h"], "day": ["2024-01-05"]}), "household_id": "id",
             "code": "fire", "event_date": "day"}]  # fmt: skip
    columns = {"columns": {"area": "area"}}
    # "a" came in June for a day of February, of which a row of March is news already
    assert read(fire, attributes=[entry | columns]).attributes["text"].tolist() == ["b", "c"]
    always = read(fire, attributes=[entry | columns | {"known_date": "always"}])
    assert always.attributes["text"].tolist() == ["a"]
    assert set(reasons(always)) == {(1, None, CONTRADICTED), (3, None, CONTRADICTED)}


def test_members_follow_the_delivery() -> None:
    homes = pd.DataFrame({"p": "p", "h": "h", "from": "2024-01-01", "to": ["", "2024-02-28"],
                          "on": ["2024-02-01", "2024-05-01"]})  # fmt: skip
    keys = {"person_id": "p", "household_id": "h", "from": "from", "to": "to", "delivered_on": "on"}
    facts = pd.DataFrame({"p": ["p"] * 2, "day": ["2024-03-10", "2024-06-01"]})
    entry = {"frame": facts, "person_id": "p", "code": "fire", "event_date": "day"}
    for order in ([0, 1], [1, 0]):
        members = [{"frame": homes.iloc[order], **keys}]
        records = read([entry], members=members)
        known = records.members["known_date"].dt.strftime("%m-%d").tolist()
        assert sorted(known) == ["01-01", "05-01"]
        # in March the stay was open, as was known then; in June it had ended
        assert records.events["event_date"].dt.month.tolist() == [3]


def test_contacts_follow_the_delivery() -> None:
    days = ["2024-04-01", "2024-05-01", "2024-04-01", "2024-04-01"]
    results = ["need_confirmed", "no_need", "no_need", "refused"]
    frame = pd.DataFrame(
        {"id": ["a", "a", "b", "b"], "round": "2024-03-01", "result": results, "on": days}
    )
    keys = {"household_id": "id", "as_of_date": "round", "result": "result", "channel": "visit"}
    fire = [{"frame": pd.DataFrame({"id": ["a"], "day": ["2024-01-05"]}), "household_id": "id",
             "code": "fire", "event_date": "day"}]  # fmt: skip
    records = read(fire, contacts=[{"frame": frame, **keys, "delivered_on": "on"}])
    table = records.contacts.assign(known=lambda t: t["known_date"].dt.strftime("%m-%d"))
    assert table[["result", "known"]].to_numpy().tolist() == [
        ["need_confirmed", "03-01"],
        ["no_need", "05-01"],
    ]
    assert reasons(records) == [(3, None, CONTRADICTED), (4, None, CONTRADICTED)]


@pytest.mark.parametrize("keys", [{}, {"fact_id": None, "redelivered": "replaces"}])
def test_a_file_that_comes_again_by_a_name_with_its_day_counts_from_its_second_delivery(
    tmp_path: Path, keys: dict[str, Any], mended: Note
) -> None:
    steps = [
        ("2024-03-01", "rent-20240229.csv", OLD),
        ("2024-05-01", "rent-20240229.csv", NEW),
        ("2024-05-01", "rent-20240501.csv", ["b,2024-04-01,1,m"]),
    ]
    told = delivered(tmp_path, steps, delivered_on={"match": r"(\d{8})"}, **keys)
    now = versions_of(told, "a")
    assert now == [(1.0, "01-06", "04-30"), (22.0, "04-30", None)]
    assert versions_of(told, "b") == [(1.0, "04-06", None)]
    mended(
        "redelivered",
        tried=f"a name that states the day of its first delivery, {keys or 'with a fact_id'}",
        before="22 stood from 29 February on, in rounds before its delivery",
        now=now,
    )


def test_the_day_of_a_delivery_stands_in_the_name_of_its_file(tmp_path: Path) -> None:
    write(tmp_path / "rent-20240301.csv", OLD)
    write(tmp_path / "rent-20240501.csv", NEW)
    entry = {"file": "*.csv", **FACT, "fact_id": "no"}
    match = {"delivered_on": {"match": r"(\d{8})\.csv"}}
    records = read([entry | match], root=str(tmp_path))
    assert versions(records) == [(1.0, "01-01", "05-01"), (22.0, "05-01", None)]
    with pytest.raises(RecordsError, match=r"rent-20240301\.csv.*holds no day of delivery"):
        read([entry | {"delivered_on": {"match": r"x(\d{8})"}}], root=str(tmp_path))
    odd = read([entry | {"delivered_on": {"match": r"rent-(\d{5})"}}], root=str(tmp_path))
    assert {reason for *_, reason in reasons(odd)} == {NO_DATE}


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"delivered_on": {"match": "("}}, "no regular expression"),
        ({"delivered_on": {"match": "(a)(b)"}}, "at most one group"),
        (
            {"delivered_on": {"match": "a", "column": "b"}},
            "neither a column nor a pattern, or both",
        ),
        ({"delivered_on": {"date_format": "YYYY"}}, "neither a column nor a pattern"),
        ({"delivered_on": {"match": "a"}, "query": "FROM source"}, "has no meaning"),
        ({"redelivered": "replace"}, "redelivered: replaces"),
        ({"redelivered": "replaces", "query": "FROM source"}, "has no meaning"),
    ],
)
def test_what_is_said_wrongly_of_deliveries_is_refused(keys: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        read([{"file": "*.csv", **FACT, **keys}])
