"""Books that are damaged, or hold what nobody chose: refused by place, and the others are read."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import openpyxl
import pytest
from offices import cells, fill, people_of, plan_of, row_of, write

import riskmodel as rm
from riskmodel.errors import RecordsError
from riskmodel.records.contact_words import VERDICTS
from riskmodel.service import Returned
from riskmodel.service.sheets.book_words import choice, title
from riskmodel.serving import LANGUAGES

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


def filled(folder: Path, **answers: object) -> Returned:
    """Fill the rows of one book, and read both."""
    usual = {"결과": "만나지 못함", "접촉일": "2024-11-05"}
    fill(folder / "books" / "강남_visit.xlsx", lambda row: {**usual, **answers})
    return rm.returned(folder, PLAN, today=TODAY)


@pytest.mark.parametrize("column", ["접촉일", "결과", "판정하지 못한 까닭", "지원", "악취", "이름"])
@pytest.mark.parametrize("written", ["#REF!", "#N/A", "#VALUE!"])
def test_an_error_in_the_place_of_a_value_is_refused_by_its_cell(
    folder: Path, column: str, written: str
) -> None:
    back = filled(folder, **{column: written})
    places = [str(error.place) for error in back.refused]
    whole = [f"books/강남_visit.xlsx, row {row}" for row in (2, 3)]
    # another name than the planned one is refused by its row
    assert places == (whole if column == "이름" else [f"{one}, column {column!r}" for one in whole])
    assert back.taken == ("books/서초_visit.xlsx",)


def test_a_number_that_is_no_date_is_refused_by_its_cell(folder: Path) -> None:
    path = folder / "books" / "강남_visit.xlsx"
    book = openpyxl.load_workbook(path)
    (place,) = (cell.column for cell in book.active[1] if cell.value == "접촉일")
    book.active.cell(2, place, 20240910).number_format = "yyyy-mm-dd"
    book.save(path)
    (error,) = rm.returned(folder, PLAN, today=TODAY).refused
    assert str(error).startswith("books/강남_visit.xlsx, row 2, column '접촉일': an error")


def test_an_error_below_an_urgent_sign_is_told(folder: Path) -> None:
    back = filled(folder, **{"자살 언급": "#REF!"})
    assert back.urgent["sign"].tolist() == ["suicide"] * 2 + ["violence"] * 2


def test_an_error_in_a_table_of_people_is_refused_by_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    people_of(PLAN).assign(address="#REF!").to_csv(path, index=False)
    with pytest.raises(RecordsError, match=r"people.csv, row 2, column 'address': an error"):
        rm.hand_out(PLAN, tmp_path / "out", people=path)


@pytest.mark.parametrize("channel", ["mail", "mail_carrier"])
@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize(
    ("column", "word"),
    [("result", word) for word in VERDICTS] + [("support", "emergency_aid")],
)
def test_who_gives_no_verdict_cannot_write_one(
    tmp_path: Path, channel: str, lang: str, column: str, word: str
) -> None:
    plan, language = plan_of([row_of("01", channel)]), LANGUAGES[lang]
    (path,) = rm.hand_out(plan, tmp_path / "out", people=people_of(plan), lang=lang).files
    head, row = cells(path)
    called = title(column, language)
    own = {**dict(zip(head, row, strict=True)), title("contact_date", language): "2024-11-05"}
    own |= {called: choice(word, language)}
    write(path, list(own), [list(own.values())])
    back = rm.returned(tmp_path / "out", plan, today=TODAY)
    (error,) = back.refused
    assert f"row 2, column {called!r}: there is no such answer" in str(error)
    assert (len(back.contacts), back.waiting) == (0, 1)
    shown = [language.contacts[one].replace(",", "") for one in ("refused", "not_reached")]
    allowed = set(str(error.allowed).split(", "))
    assert (set(shown) <= allowed) == (column == "result")
    assert not {language.contacts[one] for one in VERDICTS} & allowed


def test_blank_cells_far_below_and_to_the_right_cost_nothing(folder: Path) -> None:
    path = folder / "books" / "강남_visit.xlsx"
    told = {"결과": "만나지 못함", "접촉일": "2024-11-05"}
    fill(path, lambda row: told)
    book = openpyxl.load_workbook(path)
    for place in ("A1048576", "XFD1", "XFD1048576"):
        book.active[place].number_format = "@"
    book.save(path)
    head, *rows = cells(folder / "books" / "서초_visit.xlsx")
    write(folder / "a.csv", head, [*rows, *[[None] * len(head)] * 200_000])
    (folder / "books" / "서초_visit.xlsx").unlink()
    before = process_time()
    back = rm.returned(folder, PLAN, today=TODAY)
    assert process_time() - before < 20
    assert (back.refused, len(back.taken), len(back.contacts)) == ((), 2, 4)


def test_a_text_far_below_is_still_found(folder: Path) -> None:
    path = folder / "books" / "강남_visit.xlsx"
    book = openpyxl.load_workbook(path)
    book.active["AZ1048576"] = "자살"
    book.save(path)
    back = rm.returned(folder, PLAN, today=TODAY)
    assert str(back.refused[0].place) == "books/강남_visit.xlsx, row 1048576"
    assert "suicide" in set(back.urgent["sign"])


def test_what_unpacks_to_too_much_is_refused_before_it_is_read(folder: Path) -> None:
    path = folder / "books" / "강남_visit.xlsx"
    with_part(path, SHEET, lambda xml: xml + b" " * (65 << 20))
    assert path.stat().st_size < 1 << 20
    (folder / "long.csv").write_bytes(b"a" * (65 << 20))
    back = rm.returned(folder, PLAN, today=TODAY)
    for error, name in zip(back.refused, ["books/강남_visit.xlsx", "long.csv"], strict=True):
        assert str(error).startswith(f"{name}: the file has more than 64 MB")
    assert back.taken == ("books/서초_visit.xlsx",)
