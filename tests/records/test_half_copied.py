"""A file that is still being copied is left out and named; the others go in."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_deliveries import write

import riskmodel as rm
from mended import Note
from riskmodel.cli import main
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records.found_files import content_digest, known_files
from riskmodel.records.ingesting import Ingested
from riskmodel.records.sources.csv_files import read_csv
from riskmodel.records.sources.manifest import read_manifest
from riskmodel.records.store_folder import LOG, keep_file
from riskmodel.records.store_log import StoreLog
from riskmodel.records.taking_in import take_in

ENTRY: dict[str, Any] = {"file": "rent*", "household_id": "id", "code": "rent",
                         "event_date": "day", "value": "v", "fact_id": "no"}  # fmt: skip
ROWS = ["a,2024-01-05,17,k", "b,2024-01-05,18,m"]


def manifest(**keys: Any) -> dict[str, Any]:
    return {"name": "r", "today": "2024-09-01", "events": [ENTRY | keys]}


def ingested(folder: Path, **keys: Any) -> Ingested:
    return rm.ingest(manifest(**keys), folder / "store", root=folder / "in")


def values(done: Ingested) -> list[float]:
    return sorted(done.records.events["value"])


def fate(path: Path, encoding: str | None) -> str:
    try:
        return "whole" if read_csv(path, path.name, encoding).is_ended else "told in a note"
    except RecordsError as error:
        return error.code


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_cut_but_at_a_line_break_is_seen(tmp_path: Path, encoding: str, mended: Note) -> None:
    lines = ["id,day,v,no\n", "가나,2024-01-05,17,다\n", "나,2024-01-05,18,라상\n"]
    whole = "".join(lines).encode(encoding)
    ends = {len("".join(lines[:n]).encode(encoding)) for n in range(1, len(lines) + 1)}
    told: dict[str, int] = {}
    for cut in set(range(3, len(whole) + 1)) - ends:
        (tmp_path / "rent.csv").write_bytes(whole[:cut])
        how = fate(tmp_path / "rent.csv", None if encoding == "utf-16" else encoding)
        told[how] = told.get(how, 0) + 1
    assert set(told) == {"told in a note", "records.truncated"}
    mended(
        "half copied",
        tried=f"every cut within a line, {encoding}",
        before="a cut within the last cell was whole, one within a letter 'another encoding'",
        now=told,
    )


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def parquet(path: Path) -> None:
    pd.read_csv(path).to_parquet(path.with_suffix(".parquet"))
    path.unlink()


def packed(path: Path) -> None:
    path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


@pytest.mark.parametrize(
    ("name", "change"),
    {
        "rent-2.csv": lambda path: None,
        "rent-2.csv.gz": packed,
        "rent-2.parquet": parquet,
    }.items(),
    ids=["csv", "gz", "parquet"],
)
@pytest.mark.parametrize("cut", [half, lambda content: b""], ids=["half of it", "nothing of it"])
def test_what_is_not_whole_waits_and_the_rest_goes_in(
    tmp_path: Path,
    name: str,
    change: Callable[[Path], None],
    cut: Callable[[bytes], bytes],
    mended: Note,
) -> None:
    write(tmp_path / "in" / "rent-1.csv", ROWS[:1])
    write(tmp_path / "in" / "rent-2.csv", ROWS[1:])
    change(tmp_path / "in" / "rent-2.csv")
    path = tmp_path / "in" / name
    whole = path.read_bytes()
    path.write_bytes(cut(whole))
    keys = {"file": "rent-[12].*"} if name.endswith("csv") else {"file": "rent-1.csv"}
    both = [ENTRY | keys] if name.endswith("csv") else [ENTRY | keys, ENTRY | {"file": name}]
    said = manifest() | {"events": both}
    done = rm.ingest(said, tmp_path / "store", root=tmp_path / "in")
    assert values(done) == [17]
    assert done.left_out["file"].tolist() == [name]
    assert "1 new and 0 known files; now r: 1 event in" in repr(done)
    assert f"left out, until it is whole: {name}: the file" in repr(done)

    path.write_bytes(whole)
    again = rm.ingest(said, tmp_path / "store", root=tmp_path / "in")
    assert (values(again), len(again.left_out)) == ([17, 18], 0)
    mended(
        "half copied",
        tried=f"{name}, {'half' if cut is half else 'nothing'} of it there",
        before="no file went in until it was whole",
        now=f"{values(done)}, {done.left_out['file'].tolist()} left out; then {values(again)}",
    )


def test_a_cell_that_is_cut_is_told_or_left_out(tmp_path: Path, mended: Note) -> None:
    write(tmp_path / "in" / "rent-1.csv", ROWS[:1])
    header = "id,day,no,v"
    (tmp_path / "in" / "rent-2.csv").write_text(f"{header}\nb,2024-01-05,m,1", encoding="utf-8")
    done = ingested(tmp_path)
    assert values(done) == [1, 17]
    (note,) = done.records.open_ends["file"]
    assert note == "rent-2.csv"
    told = repr(done.records.summary())
    assert "1 CSV file ends without a line break and may have broken off" in told
    assert "rent-2.csv. Compare their sizes" in told
    alone = rm.read_records(manifest(), root=tmp_path / "in")
    pd.testing.assert_frame_equal(alone.open_ends, done.records.open_ends)

    strict = rm.ingest(manifest(line_break_at_end=True), tmp_path / "other", root=tmp_path / "in")
    assert (values(strict), strict.left_out["file"].tolist()) == ([17], ["rent-2.csv"])
    with pytest.raises(RecordsError, match=r"rent-2\.csv: the file has no line break at its end"):
        rm.read_records(manifest(line_break_at_end=True), root=tmp_path / "in")
    mended(
        "half copied",
        tried="cut within the number 17",
        before="1, without a word",
        now=f"{values(done)} with a note; with line_break_at_end {values(strict)}",
    )


def test_a_line_break_at_the_end_is_of_csv_files_alone() -> None:
    frame = pd.DataFrame({"id": ["a"], "day": ["2024-01-05"]})
    entry = {"frame": frame, "household_id": "id", "code": "rent", "event_date": "day"}
    said = {"today": "2024-09-01", "events": [entry | {"line_break_at_end": True}]}
    with pytest.raises(ConfigError, match="line_break_at_end says how a CSV file ends"):
        rm.read_records(said)


def totals(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("ending", "right", "wrong"),
    [
        ("sha256", lambda path: f"{totals(path)}  {path.name}\n", "0" * 64 + "  rent-2.csv\n"),
        ("sha256", lambda path: totals(path).upper(), "a" * 64),
        (
            "sha256",
            lambda path: f"{'0' * 64} *my-{path.name}\n{totals(path)} *./{path.name}",
            f"{'0' * 64}  rent-1.csv\n{'1' * 64}  my-rent-2.csv\n",
        ),
        ("sha256", lambda path: totals(path), "half of the sum: 0123456789abcdef"),
        ("rows", lambda path: "1\n", "2"),
        ("rows", lambda path: "rows 1", "1 of 2"),
    ],
)
def test_control_totals_are_checked(
    tmp_path: Path,
    ending: str,
    right: Callable[[Path], str],
    wrong: str,
    mended: Note,
) -> None:
    write(tmp_path / "in" / "rent-1.csv", ROWS[:1])
    write(tmp_path / "in" / "rent-2.csv", ROWS[1:])
    path = tmp_path / "in" / "rent-2.csv"
    beside = tmp_path / "in" / f"rent-2.csv.{ending}"
    beside.write_text(wrong, encoding="utf-8")
    done = ingested(tmp_path)
    assert (values(done), done.left_out["file"].tolist()) == ([17], ["rent-2.csv"])
    with pytest.raises(RecordsError, match=rf"rent-2\.csv\.{ending}") as caught:
        rm.read_records(manifest(), root=tmp_path / "in")
    assert caught.value.code == "records.control_total"

    beside.write_bytes(right(path).encode("utf-16"))
    again = ingested(tmp_path)
    assert values(again) == [17, 18]
    mended(
        "half copied",
        tried=f"rent-2.csv.{ending} that does not fit",
        before="read as a file of records, or not at all",
        now=f"{values(done)}; once it fits {values(again)}",
    )


@pytest.mark.parametrize("kind", ["parquet", "xlsx"])
def test_rows_of_other_files_are_counted_too(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"rent.{kind}"
    frame = pd.DataFrame({"id": ["a"], "day": ["2024-01-05"], "v": [1], "no": ["k"]})
    frame.to_parquet(path) if kind == "parquet" else frame.to_excel(path, index=False)
    beside = tmp_path / f"rent.{kind}.rows"
    beside.write_text("2", encoding="utf-8")
    with pytest.raises(RecordsError, match=r"has 1 rows, and rent\.\w+\.rows says 2"):
        rm.read_records(manifest(file=path.name), root=tmp_path)
    beside.write_text("1", encoding="utf-8")
    assert len(rm.read_records(manifest(file=path.name), root=tmp_path).events) == 1


def test_of_two_files_of_one_content_the_whole_one_goes_in(tmp_path: Path) -> None:
    for name in ("rent-1.csv", "rent-2.csv"):
        write(tmp_path / "in" / name, ROWS)
    (tmp_path / "in" / "rent-1.csv.rows").write_text("3", encoding="utf-8")
    done = ingested(tmp_path)
    assert done.frame()["new"].tolist() == [False, True]
    assert values(done) == [17, 18]


def test_where_no_fact_is_whole_nothing_goes_in(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rent.csv").write_text("id,day,v,no\na,2024", encoding="utf-8")
    with pytest.raises(RecordsError, match=r"rent\.csv: the file breaks off in its last line"):
        ingested(tmp_path)
    assert not (tmp_path / "store" / LOG).exists()


def test_the_shell_takes_in_the_others_and_ends_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    write(tmp_path / "in" / "rent-1.csv", ROWS)
    (tmp_path / "in" / "rent-2.csv").write_text("id,day,v,no\nc,2024", encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.yaml").write_text(
        f"today: 2024-09-01\nroot: {tmp_path / 'in'}\nevents:\n- {{file: 'rent*.csv', "
        "household_id: id, code: rent, event_date: day, value: v, fact_id: no}\n",
        encoding="utf-8",
    )
    words = ["ingest", "-cd", str(tmp_path), "data=mine", f"store={tmp_path / 'records'}"]
    codes = [main(words)]
    said = capsys.readouterr()
    assert "rent-2.csv: left out, since it is not whole; all else is in" in said.err
    assert "1 new and 0 known files" in said.out
    assert len(rm.read_records(tmp_path / "records").events) == 2
    write(tmp_path / "in" / "rent-2.csv", ["c,2024-01-05,3,n"])
    codes.append(main(words))
    assert codes == [3, 0]
    mended(
        "half copied",
        tried="riskmodel ingest, half of one file of two",
        before="exit code 3, and nothing went in",
        now=f"exit codes {codes}, the other file goes in at once",
    )


@pytest.mark.parametrize("is_gone", [False, True], ids=["replaced", "taken away"])
def test_a_file_replaced_between_digest_and_reading_waits(
    tmp_path: Path, is_gone: bool, mended: Note
) -> None:
    for number, row in enumerate(ROWS, start=1):
        write(tmp_path / "in" / f"rent-{number}.csv", [row])
    said = read_manifest(manifest(), tmp_path / "in")
    files = known_files(said, StoreLog())
    write(tmp_path / "in" / "rent-2.csv", ["b,2024-01-05,99,m"])
    if is_gone:
        (tmp_path / "in" / "rent-2.csv").unlink()
    (tmp_path / "store").mkdir()
    taken = take_in(tmp_path / "store", 1, said, files)
    assert taken.batch is not None
    in_batch = list(taken.batch.files["events: rent*"].values())
    left_out = [file.name for own in taken.files.values() for file in own if file.fault]
    assert (in_batch, left_out) == (["rent-1.csv"], ["rent-2.csv"])
    if not is_gone:
        assert [path.name for path in (tmp_path / "store").iterdir()] == [taken.batch.folder]
    mended(
        "half copied",
        tried=f"a file {'taken away' if is_gone else 'replaced'} between its digest and its rows",
        before="stored under the digest of the bytes before",
        now=f"{in_batch} in, {left_out} left out",
    )


def test_a_copy_is_kept_of_what_has_the_digest(tmp_path: Path) -> None:
    write(tmp_path / "rent.csv", ROWS)
    (tmp_path / "store").mkdir()
    with pytest.raises(RecordsError, match=r"rent\.csv: the file was changed") as caught:
        keep_file(tmp_path / "store", tmp_path / "rent.csv", "0" * 64, content_digest)
    assert caught.value.code == "records.changed_file"
    assert not list((tmp_path / "store" / "files").iterdir())


def test_a_damaged_copy_is_named(tmp_path: Path, mended: Note) -> None:
    write(tmp_path / "in" / "rent.csv", ROWS)
    said = {"keep_files": True, "catalogue": {"rent": {}}}
    rm.ingest(manifest() | said, tmp_path / "store", root=tmp_path / "in")
    (copy,) = (tmp_path / "store" / "files").iterdir()
    whole = copy.read_bytes()
    copy.write_bytes(whole.replace(b"17", b"71"))
    (tmp_path / "in" / "rent.csv").rename(tmp_path / "rent.csv")
    changed = manifest() | {"keep_files": True, "catalogue": {"rent": {"lag": "9D"}}}
    with pytest.raises(RecordsError, match=r"rent\.csv: the store's copy of the file") as caught:
        rm.ingest(changed, tmp_path / "store", root=tmp_path / "in")
    assert caught.value.code == "records.kept_copy"
    assert sorted(rm.read_records(tmp_path / "store").events["value"]) == [17, 18]
    copy.write_bytes(whole)
    again = rm.ingest(changed, tmp_path / "store", root=tmp_path / "in")
    assert again.records.events["known_date"].dt.day.tolist() == [14, 14]
    mended(
        "rebuild",
        tried="a kept copy with two digits exchanged",
        before="71 for 17, without a word",
        now=caught.value.code,
    )
