"""A store is what a rebuild gives: files are judged again where what judged them has changed."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from manifests import adds_up, reasons
from test_deliveries import write

import riskmodel as rm
from mended import Note
from riskmodel.errors import RecordsError
from riskmodel.records import Records
from riskmodel.records.ingesting import Ingested
from riskmodel.records.sources.row_checks import NO_ROUND
from riskmodel.records.store_folder import LOG
from riskmodel.records.store_formats import FORMAT
from riskmodel.records.table_schemas import SCHEMAS

FIRE: dict[str, Any] = {"file": "fire*.csv", "household_id": "id", "code": "fire",
                        "event_date": "day", "value": "v", "fact_id": "no"}  # fmt: skip
VISITS: dict[str, Any] = {"file": "visit*.csv", "household_id": "id", "as_of_date": "round",
                          "channel": "visit", "result": "result"}  # fmt: skip
HOMES: dict[str, Any] = {"file": "home*.csv", "household_id": "id", "known_date": "day",
                         "columns": {"area": "area"}}  # fmt: skip
PEOPLE: dict[str, Any] = {"file": "people*.csv", "person_id": "p", "household_id": "id",
                          "from": "day", "to": "to"}  # fmt: skip
CALLS: dict[str, Any] = {"file": "call*.csv", "person_id": "p", "code": "call",
                         "event_date": "day", "value": "v", "redelivered": "replaces"}  # fmt: skip
ENDED: dict[str, Any] = {**FIRE, "file": "ended*.csv", "retracted_date": "gone"}
WIDE: dict[str, Any] = {"file": "wide*.csv", "household_id": "id", "values": ["rent", "gas"],
                        "event_date": "day", "redelivered": "replaces"}  # fmt: skip
ASKED: dict[str, Any] = {"file": "asked*.csv", "household_id": "id", "kind": "objection",
                         "received": "day", "decided": "done", "outcome": "how",
                         "request_id": "no"}  # fmt: skip
CAME: dict[str, Any] = {"file": "came*.csv", "feed": "fire", "event_date": "day",
                        "delivered": {"column": "came"}}  # fmt: skip
COVERED: dict[str, Any] = {"file": "covered*.csv", "feed": "fire", "from": "day",
                           "to": "to"}  # fmt: skip
HEADERS = {"fire": "id,day,v,no", "visit": "id,round,result", "home": "id,day,area",
           "people": "p,id,day,to", "call": "p,day,v", "ended": "id,day,v,no,gone",
           "wide": "id,day,rent,gas", "came": "day,came", "covered": "day,to",
           "asked": "id,day,done,how,no"}  # fmt: skip
FIRST = {"fire": "z,2024-01-05,1,z", "visit": "z,202401,no_need", "home": "z,2024-01-05,west",
         "people": "p,z,2024-01-01,", "call": "p,2024-01-05,1", "ended": "z,2024-01-05,1,y,",
         "wide": "z,2024-01-31,0,0", "came": "2023-12-05,yes",
         "covered": "2023-01-01,2023-06-30", "asked": "z,2024-01-05,,,z"}  # fmt: skip


def same(one: Records, other: Records) -> None:
    """Assert that two records hold the same, bit for bit."""
    for name in SCHEMAS:
        pd.testing.assert_frame_equal(one.frame(name), other.frame(name), check_exact=True)
    for name in ("quarantine", "counts", "links", "look_alikes", "spellings", "bounds"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert one.catalogue == other.catalogue
    assert one.digest == other.digest


def ingested(folder: Path, today: str = "2024-09-01", **manifest: Any) -> Ingested:
    keys = {"name": "r", "today": today, "events": [FIRE], "max_quarantined": 1, **manifest}
    accepted = ["known_date", "unit", "direction"]
    return rm.ingest(keys, folder / "store", root=folder / "in", accept_changes=accepted)


def test_contacts_of_a_round_that_is_stated_later_come_out_of_quarantine(tmp_path: Path) -> None:
    write(tmp_path / "in" / "fire.csv", ["a,2024-01-01,1,k"], HEADERS["fire"])
    write(tmp_path / "in" / "visit.csv", ["a,202401,no_need", "b,202403,refused"], HEADERS["visit"])
    first = ingested(tmp_path, contacts=[VISITS], rounds=["2024-01-15"]).records
    assert reasons(first) == [(2, "round", NO_ROUND)]
    done = ingested(tmp_path, contacts=[VISITS], rounds=["2024-01-15", "2024-03-15"])
    assert not done.frame()["new"].any()
    assert done.records.quarantine.empty
    assert done.records.contacts["household_id"].tolist() == ["a", "b"]
    folders = set((tmp_path / "store").glob("batch-*"))
    later = ["2024-01-15", "2024-03-15", "2024-05-15"]
    ingested(tmp_path, contacts=[VISITS], rounds=later)
    assert set((tmp_path / "store").glob("batch-*")) == folders  # nothing waited for that round


@pytest.mark.parametrize(
    "change",
    [
        {"catalogue": {"fire": {"lag": "9D"}}},
        {"catalogue": {"fire": {"maximum": 1}}},
        {"events": [FIRE | {"where": "v = '1'"}]},
        {"events": [FIRE | {"known_date": {"lag": "3D"}}]},
        {"events": [FIRE | {"code": "flood"}]},
        {"events": [FIRE | {"delivered_on": {"match": r"(\d{4}-\d\d-\d\d)"}}]},
    ],
    ids=["lag", "range", "where", "known_date", "code", "delivered_on"],
)
def test_what_changed_judges_old_files_again(tmp_path: Path, change: dict[str, Any]) -> None:
    rows = [["a,2024-01-01,1,k", "b,2024-01-01,2,m"], ["a,2024-01-01,2,k"]]
    for folder in ("one", "other"):
        for number, own in enumerate(rows):
            name = f"fire-2024-0{number + 3}-01.csv"
            write(tmp_path / folder / "in" / name, own, HEADERS["fire"])
            ingested(
                tmp_path / folder, f"2024-0{number + 5}-01", **change if folder == "other" else {}
            )
    done = ingested(tmp_path / "one", "2024-06-01", **change)
    assert not done.frame()["new"].any()
    same(done.records, rm.read_records(tmp_path / "other" / "store"))
    assert adds_up(done.records)


@pytest.mark.parametrize(
    "values", ["rent", ["rent"], {"due": "rent"}, {"match": "^rent$"}], ids=str
)
def test_a_wide_source_is_judged_again_however_its_codes_are_named(
    tmp_path: Path, values: object
) -> None:
    column = "due" if isinstance(values, dict) and "due" in values else "rent"
    write(tmp_path / "in" / "wide.csv", ["a,2024-01-01,2"], f"id,day,{column}")
    wide = {"file": "wide.csv", "household_id": "id", "event_date": "day", "values": values}
    ingested(tmp_path, events=[wide], catalogue={"rent": {}})
    done = ingested(tmp_path, events=[wide], catalogue={"rent": {"lag": "9D"}}).records
    assert done.events["known_date"].tolist() == [pd.Timestamp("2024-01-10")]


def test_a_fact_of_two_sources_is_the_firsts_though_that_was_judged_again(tmp_path: Path) -> None:
    other = FIRE | {"file": "more*.csv"}
    whole, some = FIRE, FIRE | {"where": "v = '1'"}
    for folder in ("one", "other"):
        for name in ("fire.csv", "more.csv"):
            write(tmp_path / folder / "in" / name, ["a,2024-01-01,1,k"], HEADERS["fire"])
        ingested(tmp_path / folder, events=[some if folder == "other" else whole, other])
    done = ingested(tmp_path / "one", events=[some, other])
    same(done.records, rm.read_records(tmp_path / "other" / "store"))
    assert done.records.counts["used"].tolist() == [1, 0]
    assert done.records.counts["repeated"].tolist() == [0, 1]


def test_only_what_judges_a_source_judges_it_again(tmp_path: Path) -> None:
    write(tmp_path / "in" / "fire.csv", ["a,2024-01-01,1,k"], HEADERS["fire"])
    ingested(tmp_path, catalogue={"fire": {}, "flood": {}})
    (tmp_path / "in" / "fire.csv").unlink()
    said = {"fire": {"unit": "times", "direction": 1}, "flood": {"lag": "3D"}, "storm": {}}
    done = ingested(tmp_path, catalogue=said)
    assert list(done.records.catalogue) == ["fire", "flood", "storm"]


def test_a_file_that_is_gone_is_named_unless_the_store_kept_it(tmp_path: Path) -> None:
    changed = {"catalogue": {"fire": {"lag": "9D"}}}
    for name, keys in {"bare": {}, "kept": {"keep_files": True}}.items():
        path = tmp_path / name / "in" / "fire.csv"
        write(path, ["a,2024-01-01,1,k"], HEADERS["fire"])
        ingested(tmp_path / name, "2024-02-01", **keys)
        write(path, ["a,2024-01-01,2,k"], HEADERS["fire"])
        ingested(tmp_path / name, "2024-03-01", **keys)
    before = (tmp_path / "bare" / "store" / LOG).read_bytes()
    with pytest.raises(RecordsError, match=r"judged otherwise.*'fire\.csv'.*keep_files") as caught:
        ingested(tmp_path / "bare", **changed)
    assert caught.value.code == "records.judged_again"
    assert (tmp_path / "bare" / "store" / LOG).read_bytes() == before

    events = ingested(tmp_path / "kept", keep_files=True, **changed).records.events
    assert events["known_date"].dt.strftime("%m-%d").tolist() == ["01-10", "02-29"]
    copies = list((tmp_path / "kept" / "store" / "files").iterdir())
    assert len(copies) == 2
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in copies} == {0o600}


def test_a_file_renamed_since_is_judged_under_the_name_it_came_by(tmp_path: Path) -> None:
    write(tmp_path / "in" / "fire-1.csv", ["a,2024-01-01,1,k", ",,,"], HEADERS["fire"])
    write(tmp_path / "in" / "fire-2.csv", ["b,2024-01-01,1,k"], HEADERS["fire"])
    ingested(tmp_path)
    (tmp_path / "in" / "fire-1.csv").rename(tmp_path / "in" / "fire-9.csv")
    changed = {"catalogue": {"fire": {"lag": "9D"}}}
    assert ingested(tmp_path, **changed).records.quarantine["source"].tolist() == [
        "events: fire-1.csv"
    ]


def test_a_frame_is_judged_again_if_it_is_still_given(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a"], "day": ["2024-01-01"]})
    entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "day"}
    ingested(tmp_path, events=[entry])
    lag = {"known_date": {"lag": "3D"}}
    events = ingested(tmp_path, events=[entry | lag]).records.events
    assert events["known_date"].dt.day.tolist() == [4]
    other = entry | {"frame": frame.assign(day="2024-02-01"), "known_date": {"lag": "4D"}}
    with pytest.raises(RecordsError, match="'frame'"):
        ingested(tmp_path, events=[other])


def as_format_4(store: Path) -> None:
    """Write a store as the format before wrote it."""
    values = json.loads((store / LOG).read_text(encoding="utf-8"))
    values["format"] = 4
    for batch in values["batches"]:
        for key in ("day", "number", "judged_by", "months", "dropped"):
            del batch[key]
        batch["codes"] = [code for source in batch["sources"] for code in source.pop("codes")]
        for path in (store / batch["folder"]).glob("*.parquet"):
            table = pd.read_parquet(path)
            if "delivered_on" in table:
                table.drop(columns="delivered_on").to_parquet(path)
    (store / LOG).write_text(json.dumps(values), encoding="utf-8")


def test_a_store_of_the_format_before_is_migrated(tmp_path: Path) -> None:
    for number in (1, 2):
        write(
            tmp_path / "in" / f"fire-{number}.csv",
            [f"a,2024-01-01,{number},k{number}"],
            HEADERS["fire"],
        )
        before = ingested(tmp_path).records
    as_format_4(tmp_path / "store")
    same(rm.read_records(tmp_path / "store"), before)
    (tmp_path / "in" / "fire-2.csv").unlink()
    done = ingested(tmp_path)
    assert done.left == ("fire-2.csv",)
    assert "not judged again, since they are gone: fire-2.csv" in repr(done)
    same(done.records, before)
    assert json.loads((tmp_path / "store" / LOG).read_text(encoding="utf-8"))["format"] == FORMAT


class Delivery(NamedTuple):
    """One file that comes: its table, which of its names it has, its rows."""

    table: str
    name: str
    rows: list[str]


DAYS = st.sampled_from(["2024-01-05", "2024-01-20", "2024-02-10"])
HOUSEHOLDS = st.sampled_from(["a", "b"])
PERSONS = st.sampled_from(["p", "q"])
VALUES = st.sampled_from(["1", "2", "22"])
CELLS: dict[str, tuple[st.SearchStrategy[str], ...]] = {
    "fire": (HOUSEHOLDS, DAYS, VALUES, st.sampled_from(["k", "m"])),
    "visit": (
        HOUSEHOLDS,
        st.sampled_from(["202401", "202403"]),
        st.sampled_from(["no_need", "refused"]),
    ),
    "home": (HOUSEHOLDS, DAYS, st.sampled_from(["north", "south"])),
    "people": (
        PERSONS,
        HOUSEHOLDS,
        st.sampled_from(["2024-01-01", "2024-01-15"]),
        st.sampled_from(["", "2024-02-01"]),
    ),
    "call": (PERSONS, DAYS, VALUES),
    "ended": (
        HOUSEHOLDS,
        DAYS,
        VALUES,
        st.sampled_from(["k", "m"]),
        st.sampled_from(["", "2024-02-20"]),
    ),
    "wide": (
        HOUSEHOLDS,
        st.sampled_from(["2024-01-31", "2024-02-29"]),
        st.sampled_from(["", "0", "3"]),
        st.sampled_from(["", "0", "5"]),
    ),
    "asked": (
        HOUSEHOLDS,
        DAYS,
        st.sampled_from(["", "2024-02-20"]),
        st.sampled_from(["", "upheld", "rejected"]),
        st.sampled_from(["", "k", "m"]),
    ),
    "came": (DAYS, st.sampled_from(["yes", "no"])),
    "covered": (DAYS, st.sampled_from(["", "2024-02-20"])),
}
DELIVERIES = st.sampled_from(list(CELLS)).flatmap(
    lambda table: st.builds(
        Delivery,
        st.just(table),
        st.sampled_from(["2024-01-31", "0", "z"]),
        st.lists(st.tuples(*CELLS[table]).map(",".join), min_size=1, max_size=5, unique=True),
    )
)
STATE = {"kind": "state"}
MANIFESTS = st.fixed_dictionaries(
    {
        "catalogue": st.sampled_from(
            [
                {"fire": {}, "call": {}, "rent": {}, "gas": STATE},
                {
                    "fire": {"lag": "9D", "maximum": 9},
                    "call": {},
                    "rent": {"lag": "3D"},
                    "gas": STATE,
                },
            ]
        ),
        "rounds": st.sampled_from([["2024-01-15"], ["2024-01-15", "2024-03-15"]]),
    }
)


def whole(keys: dict[str, Any], today: str, on: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "r", "today": today, "max_quarantined": 1, "keep_files": True, **keys,
        "events": [FIRE | on, CALLS | on, ENDED | on, WIDE | on], "members": [PEOPLE | on],
        "attributes": [HOMES | on], "contacts": [VISITS | on], "requests": [ASKED | on],
        "deliveries": [CAME | on], "coverage": [COVERED | on],
    }  # fmt: skip


def run(
    folder: Path, steps: list[Delivery], manifests: list[dict[str, Any]], *, dated: bool
) -> tuple[Records, dict[str, Any]]:
    """Ingest deliveries one by one, each under its manifest; return the last manifest, too."""
    on = {"delivered_on": {"match": r"(\d{4}-\d\d-\d\d)"}} if dated else {}
    for table, header in HEADERS.items():
        write(folder / "in" / f"{table}-2024-01-31.csv", [FIRST[table]], header)
    rm.ingest(whole(manifests[0], "2024-02-01", on), folder / "store", root=folder / "in")
    for number, (step, keys) in enumerate(zip(steps, manifests, strict=True)):
        day = pd.Timestamp("2024-03-01") + pd.Timedelta(days=number)
        name = f"{step.table}-{day.date()}.csv" if dated else f"{step.table}-{step.name}.csv"
        write(folder / "in" / name, step.rows, HEADERS[step.table])
        manifest = whole(keys, str((day + pd.Timedelta(days=1)).date()), on)
        records = rm.ingest(manifest, folder / "store", root=folder / "in").records
    assert adds_up(records)
    return records, manifest


def holds_for(folder: Path, examples: int, *, dated: bool) -> None:
    """Compare random stores, under changing manifests, with rebuilds under the last of them."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.tuples(DELIVERIES, MANIFESTS), min_size=2, max_size=4))
    def holds(drawn: list[tuple[Delivery, dict[str, Any]]]) -> None:
        own = folder / secrets.token_hex(4)
        steps, manifests = [list(part) for part in zip(*drawn, strict=True)]
        lived, last = run(own / "lived", steps, manifests, dated=dated)
        rebuilt, _ = run(own / "rebuilt", steps, [manifests[-1]] * len(steps), dated=dated)
        same(lived, rebuilt)
        if dated:
            same(lived, rm.read_records(last, root=own / "lived" / "in"))

    holds()


@pytest.mark.parametrize("dated", [True, False], ids=["days stated", "days not stated"])
def test_a_store_is_what_a_rebuild_gives(tmp_path: Path, dated: bool) -> None:
    holds_for(tmp_path, 2, dated=dated)


@pytest.mark.slow
@pytest.mark.parametrize("dated", [True, False], ids=["days stated", "days not stated"])
def test_many_stores_are_what_a_rebuild_gives(tmp_path: Path, dated: bool) -> None:
    holds_for(tmp_path, 40, dated=dated)


def test_rows_of_a_source_that_is_taken_out_leave_where_that_is_meant(
    tmp_path: Path, mended: Note
) -> None:
    write(tmp_path / "in" / "fire.csv", ["a,2024-01-01,1,k"], HEADERS["fire"])
    write(tmp_path / "in" / "home.csv", ["a,2024-01-01,north"], HEADERS["home"])
    before = ingested(tmp_path, attributes=[HOMES]).records
    assert len(before.attributes) == 1
    with pytest.raises(RecordsError, match=r"attributes: home\*\.csv is named no more") as caught:
        ingested(tmp_path)
    assert "accept_changes=['sources']" in str(caught.value)
    same(rm.read_records(tmp_path / "store"), before)

    manifest = {"name": "r", "today": "2024-09-01", "events": [FIRE], "max_quarantined": 1}
    accepted = {"accept_changes": ["sources"], "root": tmp_path / "in"}
    after = rm.ingest(manifest, tmp_path / "store", **accepted).records
    same(after, rm.ingest(manifest, tmp_path / "rebuilt", root=tmp_path / "in").records)
    again = ingested(tmp_path, attributes=[HOMES])
    assert again.frame()["new"].tolist() == [False, True]
    same(again.records, before)
    mended(
        "rebuild",
        tried="an entry taken out of the manifest",
        before="its rows stayed, without a word",
        now=f"{caught.value.code}; accepted, {len(after.attributes)} of its rows stay",
    )


def test_another_pattern_of_the_same_files_brings_no_fact_twice(tmp_path: Path) -> None:
    write(tmp_path / "in" / "fire.csv", ["a,2024-01-01,1,k"], HEADERS["fire"])
    ingested(tmp_path)
    manifest = {"name": "r", "today": "2024-09-01", "events": [FIRE | {"file": "fir*.csv"}]}
    with pytest.raises(RecordsError, match="rows would leave"):
        rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in")
    accepted = {"accept_changes": ["sources"], "root": tmp_path / "in"}
    after = rm.ingest(manifest, tmp_path / "store", **accepted).records
    assert after.counts["read"].tolist() == [1]


def test_a_pattern_of_delivery_days_is_read_as_it_is_checked(tmp_path: Path, mended: Note) -> None:
    write(tmp_path / "in" / "fire-20240302.csv", ["a,2024-01-01,1,k"], HEADERS["fire"])
    on = {"delivered_on": {"match": r"fire-(?=2024)(\d{8})"}}
    records = ingested(tmp_path, events=[FIRE | on]).records
    assert (records.quarantine.empty, len(records.events)) == (True, 1)
    mended(
        "rebuild",
        tried="delivered_on: {match:} with a lookahead, which one engine knows and another not",
        before="records.engine: reading stopped",
        now=f"{len(records.events)} fact, {len(records.quarantine)} bad rows",
    )
