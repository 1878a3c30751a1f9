"""Workbooks, packed files, and files that are something else than their names say."""

from __future__ import annotations

import gzip
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from manifests import entry, read, reasons

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records, ingest
from riskmodel.records.sources import row_checks

TEXT = "id,day\n007,2024-01-05\nb,2024-02-05\n"
DAYS = [pd.Timestamp("2024-01-05"), pd.Timestamp("2024-02-05")]


def book(path: Path, rows: list[list[Any]], merged: tuple[str, ...] = (), **more: Any) -> Path:
    """Write a workbook of one sheet, and of others by name."""
    written = openpyxl.Workbook()
    sheets = {"first": rows, **more}
    written.remove(written.active)
    for title, own in sheets.items():
        sheet = written.create_sheet(title)
        for row in own:
            sheet.append(row)
    for cells in merged:
        written["first"].merge_cells(cells)
    written.save(path)
    return path


def read_file(path: Path, **keys: Any) -> Records:
    return read(entry(file=path.name, **keys), root=path.parent)


def test_a_workbook_is_read_as_its_cells_are_meant(tmp_path: Path) -> None:
    rows = [
        ["id", "day", "v", "detail"],
        [7, datetime(2024, 1, 5), 2.5, "x"],
        ["007", "2024-02-05", 3, 12],
        [None, None, None, None],
        [123456789012, datetime(2024, 2, 5, 23, 59), None, None],
    ]
    records = read_file(book(tmp_path / "b.XLSX", rows), value="v", detail="detail")
    events = records.events.set_index("household_id")
    assert events.loc["7", ["event_date", "value", "detail"]].tolist() == [DAYS[0], 2.5, "x"]
    assert events.loc["007", ["event_date", "value", "detail"]].tolist() == [DAYS[1], 3.0, "12"]
    assert events.loc["123456789012", "event_date"] == DAYS[1]


def test_numbers_of_a_workbook_stay_numbers_beside_texts_with_a_comma(tmp_path: Path) -> None:
    rows = [["id", "day", "v"], ["a", "2024-01-05", 1.5], ["b", "2024-01-05", "2,25"]]
    records = read_file(book(tmp_path / "b.xlsx", rows), value="v", decimal=",")
    assert records.events["value"].tolist() == [1.5, 2.25]


def test_an_id_that_lost_digits_is_a_bad_row(tmp_path: Path) -> None:
    rows = [
        ["id", "day"],
        [1234567890123456, "2024-01-05"],
        ["1.23457E+11", "2024-01-05"],
        [123456789012345, "2024-01-05"],
    ]
    records = read_file(book(tmp_path / "b.xlsx", rows))
    assert records.events["household_id"].tolist() == ["123456789012345"]
    assert reasons(records) == [(k, "id", row_checks.ROUNDED_ID) for k in (1, 2)]


def test_merged_headings_are_filled_and_titles_left_out(tmp_path: Path) -> None:
    rows = [
        ["Arrears of 2024", None, None, None],
        ["id", "day", "arrears", None],
        [None, None, "rent", "power"],
        ["a", "2024-01-05", 1, 2],
    ]
    path = book(tmp_path / "b.xlsx", rows, ("A1:D1", "A2:A3", "B2:B3", "C2:D2"))
    records = read_file(path, values=["arrears rent", "arrears power"])
    assert records.events.set_index("code")["value"].to_dict() == {
        "arrears rent": 1.0,
        "arrears power": 2.0,
    }


def test_a_heading_may_begin_with_one_cell_that_is_merged_downwards(tmp_path: Path) -> None:
    rows = [["id", None, None], [None, "day", "rent"], ["a", "2024-01-05", 1]]
    records = read_file(book(tmp_path / "b.xlsx", rows, ("A1:A2",)), values=["rent"])
    assert records.events["household_id"].tolist() == ["a"]


def test_a_formula_counts_by_the_figure_that_was_saved_with_it(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", [["id", "day", "v"], ["a", "2024-01-05", "=1+1"]])
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    # openpyxl computes nothing; a spreadsheet saves the figure beside the formula
    saved = re.sub(rb"<f>1\+1</f><v ?/?>(</v>)?", b"<f>1+1</f><v>2</v>", parts[sheet])
    assert saved != parts[sheet]
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in {**parts, sheet: saved}.items():
            packed.writestr(name, content)
    assert read_file(path, value="v").events["value"].tolist() == [2.0]


def test_a_sheet_is_chosen_by_name_and_never_guessed(tmp_path: Path) -> None:
    rows = [["id", "day"], ["a", "2024-01-05"]]
    path = book(tmp_path / "b.xlsx", rows, other=[["id", "day"], ["b", "2024-01-05"]])
    for sheet, household in (("first", "a"), ("other", "b")):
        assert read_file(path, sheet=sheet).events["household_id"].tolist() == [household]


@pytest.mark.parametrize("keys", [{}, {"sheet": "김철"}], ids=["no sheet", "another sheet"])
def test_names_of_sheets_are_not_told_and_it_is_said_how_they_are_listed(
    tmp_path: Path, keys: dict[str, str]
) -> None:
    rows = [["id", "day"], ["a", "2024-01-05"]]
    path = book(tmp_path / "b.xlsx", rows, 김철수=rows)
    with pytest.raises(ConfigError, match=r"b.xlsx: the workbook has 2 sheets") as caught:
        read_file(path, **keys)
    assert caught.value.code == "records.sheet"
    assert "openpyxl.load_workbook(FILE).sheetnames" in str(caught.value)
    assert [name for name in ("김철수", "first") if name in str(caught.value)] == []


def test_keys_of_files_are_refused_where_they_have_no_meaning(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", [["id", "day"], ["a", "2024-01-05"]])
    (tmp_path / "a.csv").write_text(TEXT)
    frame = pd.DataFrame({"id": ["a"], "day": ["2024-01-05"]})
    for keys in (
        {"file": "a.csv", "sheet": "x"},
        {"file": path.name, "encoding": "cp949"},
        {"frame": frame, "sheet": "x"},
    ):
        with pytest.raises(ConfigError) as caught:
            read(entry(**keys), root=tmp_path)
        assert caught.value.code == "manifest.no_meaning"


def packed(kind: str) -> bytes:
    if kind == "gz":
        return gzip.compress(TEXT.encode())
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(TEXT.encode())
    return bytes(sink.getvalue())


@pytest.mark.parametrize("ending", ["gz", "GZ", "zst", "Zst"])
def test_packed_files_are_read_in_any_letter_case(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"e.csv.{ending}"
    path.write_bytes(packed(ending.lower()))
    assert read_file(path).events["household_id"].tolist() == ["007", "b"]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordsError, match="breaks off"):
        read_file(path)
    path.write_text(TEXT)
    with pytest.raises(RecordsError, match="is not packed"):
        read_file(path)


@pytest.mark.parametrize("ending", ["zip", "ZIP"])
def test_an_archive_of_one_file_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"e.{ending}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside/e.csv", TEXT)
    assert read_file(path).events["household_id"].tolist() == ["007", "b"]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv", TEXT)
    with pytest.raises(RecordsError, match=r"is an archive of 2 files.*unpack it") as caught:
        read_file(path)
    assert caught.value.code == "records.archive"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(RecordsError, match="breaks off"):
        read_file(path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("e.xls", b"<html><table><tr><td>id</td></tr></table></html>", "HTML or XML.*save it as"),
        ("e.xls", b'\xef\xbb\xbf\n<?xml version="1.0"?><Workbook/>', "HTML or XML.*save it as"),
        ("e.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"\(\.xls, .*save it as"),
        ("e.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "with a password.*save it as"),
        ("e.xlsx", b"<html><table><tr><td>id</td></tr></table></html>", r"HTML.*no workbook"),
        ("e.xls", b"MIME-Version: 1.0\r\nContent-Type: text/html", "is a web page.*save it as"),
        ("e.csv", b"PK\x03\x04" + bytes(50), r"workbook or an archive.*\.xlsx or \.zip"),
        ("e.csv", b"%PDF-1.7 \xff", "is a PDF"),
        ("e.parquet", b"%PDF-1.7 \xff", "is a PDF, and no Parquet"),
        ("e.csv", b"Rar!\x1a\x07\x01\x00" + bytes(50), r"\(\.rar\).*unpack it"),
        ("e.json", b'[{"id": "a", "day": "2024-01-05"}]', "is JSON, and no CSV.*CSV or Parquet"),
        ("e.csv", b'\xef\xbb\xbf\n{\n "rows": []}', "is JSON"),
        ("e.json", b'[["a", "2024-01-05"]]\n', "is JSON"),
        ("e.xlsx", TEXT.encode(), r"is plain text, and no workbook.*\.csv"),
        ("e.parquet", "번호,일자\n".encode("cp949"), r"is plain text, and no Parquet.*\.csv"),
        ("e.csv", b"PAR1" + bytes(50), r"is Parquet.*\.parquet"),
        ("e.csv", b"\x1f\x8b\x08" + bytes(50), r"is packed.*\.gz"),
        ("e.csv", b"\x28\xb5\x2f\xfd" + bytes(50), r"is packed.*\.zst"),
    ],
)
def test_what_cannot_be_read_gets_the_advice_that_fits(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordsError, match=told) as caught:
        read_file(tmp_path / name)
    assert caught.value.code == "records.kind"
    assert "encoding" not in str(caught.value)


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ("xl/workbook.xml", r"is a workbook, .*let its name end in \.xlsx"),
        ("xl/workbook.bin", r"\(\.xlsb\).*save it as"),
        ("content.xml", r"OpenDocument.*save it as"),
        ("word/document.xml", r"\(\.docx\).*ask for the table"),
        ("e.csv", r"is an archive, .*let its name end in \.zip"),
    ],
)
@pytest.mark.parametrize("name", ["e.csv", "e.xlsx"])
def test_what_an_archive_holds_tells_what_it_is(
    tmp_path: Path, name: str, inside: str, told: str
) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr(inside, "x")
    with pytest.raises(RecordsError) as caught:
        read_file(tmp_path / name)
    if (name, inside) == ("e.xlsx", "xl/workbook.xml"):
        assert caught.value.code == "records.truncated"
    else:
        assert re.search(told, str(caught.value))
        assert caught.value.code == "records.kind"


def test_headings_in_brackets_are_no_json(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("[id],[day]\n007,2024-01-05\n", encoding="utf-8")
    keys = {"household_id": "[id]", "event_date": "[day]"}
    assert read_file(tmp_path / "e.csv", **keys).events["household_id"].tolist() == ["007"]


def test_a_file_of_another_kind_is_refused_by_a_store_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text('[{"id": "a"}]', encoding="utf-8")
    (tmp_path / "e.csv").write_text(TEXT, encoding="utf-8")
    manifest = {"today": "2024-06-01", "events": entry(file="e.*")}
    with pytest.raises(RecordsError, match=r"e\.json: the file is JSON") as caught:
        ingest(manifest, tmp_path / "store", root=tmp_path)
    assert caught.value.code == "records.kind"


def test_a_broken_workbook_is_told(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", [["id", "day"], ["a", "2024-01-05"]])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RecordsError, match="is no whole workbook"):
        read_file(path)
    book(path, [])
    with pytest.raises(RecordsError, match="is empty"):
        read_file(path)


@pytest.mark.parametrize(
    "encoding", [None, "utf-8", "UTF8", "utf_8", "U8", "utf-8-sig", "UTF_8_SIG"]
)
def test_a_byte_order_mark_is_no_part_of_a_heading(tmp_path: Path, encoding: str | None) -> None:
    for mark in ("", "\ufeff"):
        (tmp_path / "e.csv").write_text(mark + TEXT, encoding="utf-8")
        records = read_file(tmp_path / "e.csv", encoding=encoding)
        assert records.events["household_id"].tolist() == ["007", "b"]
