"""The deliveries of a store, and what became of the rows of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from deliveries import MANIFEST, write_delivery
from test_deliveries import write
from test_rebuilt import FIRE, HEADERS, HOMES
from test_undo import ONE, TWO, delivered, manifest_on, undone
from tests.mended import Note

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.records.store_deliveries import ROWS
from riskmodel.versions import own_version


def test_each_delivery_says_what_became_of_its_rows(tmp_path: Path, mended: Note) -> None:
    bad = ["z,?,1,z", "z,2031-01-01,1,y", *TWO, "a,2024-01-01,1,k9"]
    manifest = delivered(tmp_path, [("1", ONE), ("2", bad), ("3", TWO), ("4", TWO)])
    table = rm.deliveries(tmp_path / "store").frame().set_index("number")
    assert table["day"].tolist() == ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]
    assert table["files"].tolist() == [(f"fire-{number}.csv",) for number in (1, 2, 3, 4)]
    assert table["known"].tolist() == [0, 0, 0, 1]
    assert table["kept"].tolist() == [0, 0, 0, 0]
    assert table["by"].tolist() == [own_version()] * 3 + [""]
    assert table[list(ROWS)].astype(int).to_numpy().tolist() == [
        [1, 1, 0, 0, 0, 0, 0],
        [5, 2, 1, 0, 1, 1, 0],
        [2, 0, 0, 2, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ]
    mended(
        "undo",
        tried="what each delivery brought",
        before="nothing told",
        now=table.loc[2, list(ROWS)].to_dict(),
    )
    undone(tmp_path, manifest, 2)
    table = rm.deliveries(tmp_path / "store").frame().set_index("number")
    assert table["state"].tolist() == ["", "set aside: a wrong file", "", ""]
    assert table.loc[2, list(ROWS)].tolist() == [5, 2, 1, 0, 1, 1, 0]
    assert table.loc[3, ["new", "corrected", "repeated"]].tolist() == [1, 1, 0]
    undone(tmp_path, manifest, 2, erase=True)
    told = repr(rm.deliveries(tmp_path / "store"))
    assert "erased: a wrong file" in told
    assert "fire-2.csv" in told


def test_a_row_that_repeats_what_becomes_known_later_corrects_nothing(
    tmp_path: Path, mended: Note
) -> None:
    facts = {**FIRE, "known_date": "seen"}
    manifest, told = manifest_on("2024-06-01", events=[facts], attributes=[HOMES]), []
    for number, value in enumerate([1, 1, 22, 22, 1], start=1):  # known after all deliveries
        rows = [f"a,2024-01-01,{value},k,2024-07-01", f"z{number},2024-01-01,1,,2024-01-01"]
        write(tmp_path / "in" / f"fire-{number}.csv", rows, f"{HEADERS['fire']},seen")
        rows = [f"a,2024-07-01,{value}", f"z{number},2024-01-01,1"]
        write(tmp_path / "in" / f"home-{number}.csv", rows, HEADERS["home"])
        today = {"today": f"2024-{number + 1:02d}-01"}
        records = rm.ingest(manifest | today, tmp_path / "store", root=tmp_path / "in").records
        table = rm.deliveries(tmp_path / "store").frame().set_index("number")
        told.append(table[["new", "corrected", "repeated"]].astype(int).to_numpy().tolist())
    new, corrects, repeats = [4, 0, 0], [2, 2, 0], [2, 0, 2]
    assert told == [
        [new],
        [new, repeats],
        [repeats, repeats, corrects],
        [repeats, repeats, corrects, repeats],
        [new, repeats, repeats, repeats, repeats],
    ]
    (fact,) = records.events[records.events["household_id"] == "a"].itertuples()
    assert (fact.value, str(fact.known_date.date())) == (1, "2024-07-01")
    mended("undo", tried="deliveries: a row again that becomes known after its delivery",
           before=[repeats, corrects], now=told[1])  # fmt: skip


def test_rows_of_all_deliveries_add_up_to_those_of_the_sources(tmp_path: Path) -> None:
    for number in range(2):
        write_delivery(tmp_path / "in", number)
        records = rm.ingest(MANIFEST, tmp_path / "store", root=tmp_path / "in").records
    rows = rm.deliveries(tmp_path / "store").frame()[list(ROWS)].sum()
    counts = records.counts.sum()
    assert rows["read"] == counts["read"]
    assert rows["new"] + rows["corrected"] == counts["used"]
    assert rows["refused"] == counts["quarantined"]
    for name, own in {"repeated": "repeated", "outside": "out_of_bounds"}.items():
        assert rows[name] == counts[own]
    assert rows["excluded"] == counts["excluded"]
    assert "and 5 more" in repr(rm.deliveries(tmp_path / "store"))


def test_the_day_is_the_stated_one_and_copies_that_are_kept_are_counted(
    tmp_path: Path, mended: Note
) -> None:
    stated = {**FIRE, "delivered_on": {"match": r"fire-(\d{8})"}}
    steps = [("20240110", ONE), ("20240212", TWO)]
    manifest = delivered(tmp_path, steps, events=[stated], keep_files=True)
    table = rm.deliveries(tmp_path / "store").frame()
    assert table["day"].tolist() == ["2024-01-10", "2024-02-12"]
    assert table["kept"].tolist() == [1, 1]
    assert table["known"].tolist() == [0, 0]
    done = undone(tmp_path, manifest, 2, erase=True)
    assert repr(done).startswith("delivery 2 of 2024-02-12 is set aside")
    table = rm.deliveries(tmp_path / "store").frame()
    assert table[["day", "kept"]].to_numpy().tolist() == [["2024-01-10", 1], ["2024-02-12", 0]]
    before = "2024-02-29 and 2024-03-31, the days before today; copies 0"
    mended("operating", tried="delivered_on and keep_files in deliveries", before=before,
           now=f"{table['day'].tolist()}, kept 1")  # fmt: skip


def test_a_file_that_comes_again_by_its_name_shows_the_day_that_counts(
    tmp_path: Path, mended: Note
) -> None:
    stated = {**FIRE, "delivered_on": {"match": r"fire-(\d{8})"}}
    steps = [("20240110", ONE), ("20240110", TWO)]
    manifest = delivered(tmp_path, steps, events=[stated], keep_files=True)
    day = rm.deliveries(tmp_path / "store").frame()["day"].tolist()
    assert day == ["2024-01-10", "2024-03-31"]
    known = rm.read_records(tmp_path / "store").events.set_index("value")["known_date"]
    assert str(known[22].date()) == day[1]  # the correction counts from that day
    mended("operating", tried="deliveries, a file again under the name that states its day",
           before="2024-01-10, the day of the first", now=day[1])  # fmt: skip
    done = undone(tmp_path, manifest, 2)
    assert repr(done).startswith("delivery 2 of 2024-03-31 is set aside")


def test_a_delivery_of_several_days_tells_the_first_and_the_last(tmp_path: Path) -> None:
    write(tmp_path / "in" / "fire-1.csv", ["a,2024-01-01,1,k,2024-01-09",
          "b,2024-01-01,1,m,2024-02-10"], "id,day,v,no,came")  # fmt: skip
    manifest = manifest_on("2024-03-01", events=[{**FIRE, "delivered_on": "came"}])
    rm.ingest(manifest, tmp_path / "store", root=tmp_path / "in")
    assert rm.deliveries(tmp_path / "store").frame()["day"].tolist() == ["2024-01-09 to 2024-02-10"]


def test_a_folder_without_deliveries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no records"):
        rm.deliveries(tmp_path)
