"""Books that are damaged: each is refused by its name, and every other file is read."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from offices import fill, people_of, plan_of, row_of

import riskmodel as rm
from riskmodel.errors import RecordsError

TODAY = "2024-11-30"
PLAN = plan_of([row_of(f"{n:02d}", "visit", area="강남" if n < 3 else "서초") for n in range(1, 5)])
Mend = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hand out a plan of two books; the second tells of violence."""
    folder = tmp_path_factory.mktemp("made") / "out"
    rm.hand_out(PLAN, folder, people=people_of(PLAN), lang="ko")
    told = {"결과": "만나지 못함", "접촉일": "2024-11-05", "폭력": "예"}
    fill(folder / "books" / "서초_visit.xlsx", lambda row: told)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def with_part(path: Path, part: str, mend: Mend | None) -> None:
    """Change one part of a workbook, or take it out."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    own = parts.pop(part)
    if mend is not None:
        parts[part] = mend(own)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def with_cell(sheet: bytes, kind: bytes, value: bytes) -> bytes:
    """Add a row of one cell to a sheet."""
    row = b'<row r="9"><c r="A9" %s><v>%s</v></c></row>' % (kind, value)
    return sheet.replace(b"</sheetData>", row + b"</sheetData>")


SHEET = "xl/worksheets/sheet1.xml"
ENTITY = b'<!DOCTYPE a [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
DAMAGES: dict[str, tuple[str, Mend | None]] = {
    "a sheet that breaks off": (SHEET, lambda xml: xml[: len(xml) // 2]),
    "a sheet that is no XML": (SHEET, lambda xml: b"\0" + xml[1:]),
    "a sheet that is gone": (SHEET, None),
    "no styles": ("xl/styles.xml", None),
    "a style that there is not": (SHEET, lambda xml: xml.replace(b's="1"', b's="999"')),
    "a text that there is not": (SHEET, lambda xml: with_cell(xml, b't="s"', b"99999")),
    "a type of document": (SHEET, lambda xml: ENTITY + b"<worksheet>&c;</worksheet>"),
    "a number that is none": (SHEET, lambda xml: with_cell(xml, b"", b"nan")),
    "no workbook inside": ("xl/workbook.xml", lambda xml: b"<a/>"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_workbook_is_refused_by_name_and_the_others_are_read(
    case: str, folder: Path
) -> None:
    with_part(folder / "books" / "강남_visit.xlsx", *DAMAGES[case])
    back = rm.returned(folder, PLAN, today=TODAY)
    (error,) = back.refused
    assert str(error).startswith("books/강남_visit.xlsx: the file is ")
    assert re.search("save it again|restore the heading", error.next_step)
    assert back.taken == ("books/서초_visit.xlsx",)
    assert back.urgent["sign"].tolist() == ["violence"] * 2
    assert repr(back).startswith("urgent, for a human today: violence in books/서초_visit.xlsx")


def test_no_flipped_byte_stops_the_reading_of_the_others(folder: Path) -> None:
    path = folder / "books" / "강남_visit.xlsx"
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        back = rm.returned(folder, PLAN, today=TODAY)
        assert back.urgent["sign"].tolist() == ["violence"] * 2
        assert {str(error.place) for error in back.refused} <= {"books/강남_visit.xlsx"}


def test_a_damaged_workbook_of_people_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    people_of(PLAN).to_excel(path, index=False)
    with_part(path, *DAMAGES["a sheet that breaks off"])
    with pytest.raises(RecordsError, match=r"people.xlsx: the file is .* save it again"):
        rm.hand_out(PLAN, tmp_path / "out", people=path)
