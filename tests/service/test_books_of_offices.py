"""What offices do to a book: it comes back whole, or is refused by its place with a next step."""

from __future__ import annotations

import json
import random
import re
import shutil
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from offices import cells, fill, people_of, plan_of, row_of, write

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.service import Outreach, Returned
from riskmodel.service.sheets.written_days import Span, day_in

TODAY = "2024-11-30"
ROUND = Span(np.datetime64("2024-11-01"), np.datetime64("2024-12-29"))
IDS = [f"{number:02d}" for number in range(1, 13)]
PLAN = plan_of([row_of(one, "visit", area="강남" if one < "07" else "서초") for one in IDS])
WORDS = ["위기가구로 판정", "위기 아님으로 판정", "거부", "만나지 못함", "만남", None]
Rows = list[list[Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hand out a plan of two books, and fill them in: each row but one in six."""
    folder = tmp_path_factory.mktemp("made") / "out"
    handed = rm.hand_out(PLAN, folder, people=people_of(PLAN), lang="ko")
    for path in handed.files:
        fill(path, lambda row: answer_of(row["가구"]))
    return folder


def answer_of(household: str) -> dict[str, Any]:
    word = WORDS[int(household) % len(WORDS)]
    return {} if word is None else {"결과": word, "접촉일": "2024-11-05"}


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def book(folder: Path, area: str = "강남") -> Path:
    return folder / "books" / f"{area}_visit.xlsx"


def results_of(back: Returned) -> dict[str, str]:
    rows = back.contacts[back.contacts["result"] != "not_executed"]
    return dict(zip(rows["household_id"], rows["result"], strict=True))


@pytest.fixture(scope="module")
def wanted(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what the books say as they were filled in."""
    own = Path(shutil.copytree(made, tmp_path_factory.mktemp("wanted") / "out"))
    back = rm.returned(own, PLAN, today=TODAY)
    assert (back.refused, len(results_of(back)), back.not_executed) == ((), 10, 2)
    return results_of(back)


def in_another_book(folder: Path) -> None:
    """Bring the rows of one book into the other, its heading with them."""
    one, two = book(folder), book(folder, "서초")
    write(one, *as_table(cells(one) + cells(two)))
    two.unlink()


def half_and_half(folder: Path) -> None:
    """Send two copies, of which each has the answers of some rows."""
    head, *rows = cells(book(folder))
    start = head.index("접촉일")
    for name, is_kept in (("a.xlsx", lambda n: n % 2), ("b.xlsx", lambda n: n % 2 == 0)):
        own = [row if is_kept(n) else [*row[:start], *[None] * (len(row) - start - 1), row[-1]]
               for n, row in enumerate(rows)]  # fmt: skip
        write(folder / name, head, own)
    book(folder).unlink()


def sorted_with_heading(folder: Path) -> None:
    """Sort the whole sheet, its heading among the rows."""
    head, *rows = cells(book(folder))
    mixed = [*rows[:2], head, *rows[2:]]
    write(book(folder), *as_table(mixed))


def with_columns_hidden(folder: Path) -> None:
    own = openpyxl.load_workbook(book(folder))
    for letter in "ABHIJ":
        own.active.column_dimensions[letter].hidden = True
    own.active.row_dimensions[3].hidden = True
    own.active.auto_filter.add_filter_column(2, ["김철수1"])
    own.save(book(folder))


def with_a_column_at_the_left(folder: Path) -> None:
    own = openpyxl.load_workbook(book(folder))
    own.active.insert_cols(1)
    own.active["A1"] = "연번"
    for number in range(2, own.active.max_row + 1):
        own.active.cell(number, 1, number - 1)
    own.save(book(folder))


def renamed_and_shuffled(folder: Path) -> None:
    head, *rows = cells(book(folder))
    random.Random(2).shuffle(rows)
    (folder / "받은 것").mkdir()
    write(folder / "받은 것" / "최종(진짜) 2.xlsx", head, rows)
    book(folder).unlink()


def as_text_of_tabs(folder: Path) -> None:
    head, *rows = cells(book(folder))
    lines = ["\t".join("" if cell is None else str(cell) for cell in row) for row in [head, *rows]]
    (folder / "강남.tsv").write_text("\r\n".join(lines), encoding="cp949")
    book(folder).unlink()


def as_table(rows: Rows) -> tuple[list[Any], Rows]:
    return rows[0], rows[1:]


DONE: list[Callable[[Path], None]] = [
    *(in_another_book, half_and_half, sorted_with_heading, with_columns_hidden),
    *(with_a_column_at_the_left, renamed_and_shuffled, as_text_of_tabs),
]


@pytest.mark.parametrize("what", DONE, ids=lambda what: what.__name__)
def test_a_book_comes_back_whole_whatever_an_office_did_to_it(
    folder: Path, wanted: dict[str, str], what: Callable[[Path], None]
) -> None:
    what(folder)
    back = rm.returned(folder, PLAN, today=TODAY)
    assert (back.refused, len(back.absent)) == ((), 0)
    assert results_of(back) == wanted


def test_a_book_without_its_heading_is_refused_with_what_to_do(folder: Path) -> None:
    own = openpyxl.load_workbook(book(folder))
    own.active.delete_rows(1)
    own.save(book(folder))
    (error,) = rm.returned(folder, PLAN, today=TODAY).refused
    assert error.code == "outreach.heading"
    assert error.place == "books/강남_visit.xlsx"
    assert "행 번호" in str(error)
    assert "restore the heading" in error.next_step
    assert "김철수" not in str(error)


def test_urgent_words_come_out_of_a_book_whose_heading_cannot_be_used(folder: Path) -> None:
    head, *rows = cells(book(folder))
    tick, result = head.index("폭력"), head.index("결과")
    rows[1][tick] = "예"
    write(book(folder), [*head, "result"], [[*row, None] for row in rows])
    back = rm.returned(folder, PLAN, today=TODAY)
    (error,) = back.refused
    told = "books/강남_visit.xlsx: two columns mean the same: '결과' and 'result'. Allowed: one"
    assert str(error).startswith(told)
    assert error.code == "outreach.heading"
    assert back.urgent[["sign", "row"]].to_numpy().tolist() == [["violence", 3]]
    assert back.signs["sign"].tolist() == ["violence"]
    rows[0][result] = "자살을 말함"
    write(book(folder), rows[0], rows[1:])
    back = rm.returned(folder, PLAN, today=TODAY)
    assert back.urgent[["sign", "row"]].to_numpy().tolist() == [["suicide", 1]]
    assert back.urgent["household_id"].isna().all()


OTHERS: dict[str, tuple[str | bytes, str]] = {
    "강남.ods": ("content.xml", r"OpenDocument.*save it as .xlsx or as CSV"),
    "강남.docx": ("word/document.xml", r"document \(.docx\).*ask for the table itself"),
    "강남.xlsb": ("xl/workbook.bin", r"another kind \(.xlsb\).*save it as .xlsx or as CSV"),
    "강남.pdf": (b"%PDF-1.7", r"is a PDF.*ask for the table itself"),
    "강남.hwp": (b"\xd0\xcf\x11\xe0", r"old kind \(.xls, .doc, .hwp\).*save it as .xlsx or as CSV"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_other_programs_are_refused_and_not_passed_over(folder: Path, name: str) -> None:
    inside, words = OTHERS[name]
    if isinstance(inside, bytes):
        (folder / name).write_bytes(inside)
    else:
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr(inside, "x")
    (error,) = rm.returned(folder, PLAN, today=TODAY).refused
    assert (error.place, error.code) == (name, "records.kind")
    assert re.search(words, str(error))


def test_lines_of_an_office_above_the_heading_are_no_rows(
    folder: Path, wanted: dict[str, str]
) -> None:
    table = cells(book(folder))
    above = [["2024년 11월", "작성", "홍길동", "확인", "남궁민"], [], ["담당", "02-555-0100"]]
    write(book(folder), *as_table(above + table))
    back = rm.returned(folder, PLAN, today=TODAY)
    assert (back.refused, results_of(back)) == ((), wanted)


def written(folder: Path, column: str, texts: list[str], **rest: Any) -> Returned:
    """Write a text of its own into a column of each row of both books, and read them."""
    own = dict(zip(IDS, texts, strict=False))
    clear = {"결과": None, "접촉일": None}
    for area in ("강남", "서초"):
        fill(
            book(folder, area),
            lambda row: (
                {**clear, **rest, column: own[row["가구"]]} if row["가구"] in own else clear
            ),
        )
    return rm.returned(folder, PLAN, today="2024-11-06")


def test_a_tick_is_written_in_many_ways(folder: Path) -> None:
    ways = ["예", "네", "O", "o", "○", "◯", "ㅇ", "V", "✓", "있음", "1", "해당"]
    back = written(folder, "악취", ways, 접촉일="2024-11-05")
    assert (back.refused, back.signs["sign"].tolist()) == ((), ["smell"] * len(ways))


@pytest.mark.parametrize("column", ["자살 언급", "악취"])
def test_a_cross_in_a_korean_book_says_no_and_is_no_urgent_sign(folder: Path, column: str) -> None:
    ways = ["아니오", "아니요", "X", "x", "×", "없음", "-", "아님", "0", "N"]
    back = written(folder, column, ways, 접촉일="2024-11-05", 결과="거부")
    assert (back.refused, len(back.signs), len(back.urgent)) == ((), 0, 0)
    assert len(back.contacts) == len(ways)


def test_a_cross_in_an_english_book_may_be_a_tick_and_goes_to_a_human(tmp_path: Path) -> None:
    handed = rm.hand_out(PLAN, tmp_path / "out")
    fill(handed.files[0], lambda row: {"violence": "x"} if row["household"] == "01" else {})
    back = rm.returned(tmp_path / "out", PLAN, today=TODAY)
    assert back.urgent["sign"].tolist() == back.signs["sign"].tolist() == ["violence"]
    (error,) = back.refused
    assert "column 'violence': there is no such answer. Allowed: yes, no" in str(error)


SAID = {
    "결과": {
        "not_reached": ["부재", "부재중", "연락두절"],
        "need_confirmed": ["위기", "위기가구", "위기 확인"],
        "no_need": ["위기 아님", "비위기"],
        "refused": ["거절", "거부함"],
        "not_told": ["만났음"],
    },
    "판정하지 못한 까닭": {
        "no_answer": ["부재", "무응답", "미응답", "연락두절", "수취인 부재"],
        "wrong_number": ["결번"],
        "moved": ["전출"],
        "died": ["사망함"],
    },
}


@pytest.mark.parametrize("column", SAID)
def test_offices_answer_in_words_of_their_own(folder: Path, column: str) -> None:
    meant = {text: word for word, texts in SAID[column].items() for text in texts}
    answer = {"결과": "만나지 못함", "접촉일": "2024.11.5"}
    back = written(folder, column, list(meant), **answer)
    assert (back.refused, set(back.contacts["contact_date"])) == ((), {"2024-11-05"})
    found = back.contacts.set_index("household_id")["result" if column == "결과" else "reason"]
    assert found.loc[IDS[: len(meant)]].tolist() == list(meant.values())


@pytest.mark.parametrize(
    "text",
    ["2024.11.5", "2024. 11. 5.", "11/5", "11-5", "11월 5일", "24-11-05", "24.11.5.", "24/11/5",
     "45601", "11/5/2024", "5/11", "2024년 11월 5일"],
)  # fmt: skip
def test_a_short_day_is_read_where_the_round_has_one_such_day_alone(text: str) -> None:
    assert str(day_in(text, ROUND)) == "2024-11-05"


@pytest.mark.parametrize(
    "text",
    ["12/11", "11/12", "5/5", "11.5", "11.10", "11:30", "11~12", "45200", "24-13-05", "2024-11-31",
     "02-555-1234", "010-5555-0001", "11", "", "241105", "1/2/3/4"],
)  # fmt: skip
def test_a_text_that_can_be_two_days_of_the_round_or_none_is_no_day(text: str) -> None:
    assert day_in(text, ROUND) is None


def test_a_day_of_the_turn_of_a_year_is_of_the_year_that_the_round_has() -> None:
    span = Span(np.datetime64("2024-12-01"), np.datetime64("2025-01-31"))
    assert [str(day_in(text, span)) for text in ("12/20", "1/20")] == ["2024-12-20", "2025-01-20"]


def test_a_day_that_came_back_as_the_number_of_a_spreadsheet_is_the_day(folder: Path) -> None:
    fill(book(folder), lambda row: {"접촉일": 45601} if row["결과"] else {})
    back = rm.returned(folder, PLAN, today=TODAY)
    assert back.refused == ()
    assert set(back.contacts["contact_date"].dropna()) == {"2024-11-05"}


def test_after_the_day_of_deletion_the_books_that_still_lie_here_are_counted(folder: Path) -> None:
    for day in (None, "2024-12-29"):
        back = rm.returned(folder, PLAN, today=day)
        assert (back.delete_by, back.left_over) == ("2024-12-29", 0)
        assert "copies of the books must be gone by 2024-12-29" in repr(back).splitlines()
    back = rm.returned(folder, PLAN, today="2024-12-30")
    told = (
        "copies of the books had to be gone by 2024-12-29: delete 2 files here, and ask whoever "
        "got books for theirs"
    )
    assert told in repr(back).splitlines()
    for area in ("강남", "서초"):
        book(folder, area).unlink()
    gone = rm.returned(folder, PLAN, today="2024-12-30")
    assert (gone.left_over, len(gone.contacts), gone.kept) == (0, len(back.contacts), 10)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"delete_by": "soon"}'])
def test_a_receipt_that_is_not_as_it_was_written_is_told(folder: Path, content: str | None) -> None:
    receipt = folder / "receipt.json"
    receipt.unlink()
    if content is not None:
        receipt.write_text(content, encoding="utf-8")
    back = rm.returned(folder, PLAN, today="2024-12-30")
    assert (back.delete_by, back.left_over) == (None, 0)
    assert "receipt.json is not there as it was written: it says when" in repr(back)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outreach, Path]:
    plan = plan_of([row_of("1", "visit")])
    folder = tmp_path_factory.mktemp("locked") / "out"
    written = unicodedata.normalize("NFD", "열쇠는 따로 2024")
    rm.hand_out(plan, folder, people=people_of(plan), password=written)
    return plan, folder


@pytest.mark.parametrize("password", ["", "열쇠는  따로 2024", "x" * 8, "열쇠는 따로 2024 "])
def test_another_password_opens_nothing(locked: tuple[Outreach, Path], password: str) -> None:
    plan, folder = locked
    (error,) = rm.returned(folder, plan, today=TODAY, password=password).refused
    assert error.code == "outreach.password"
    assert "does not open with this password" in str(error)
    assert str(password or "열쇠") not in str(error)


def test_a_password_opens_a_book_however_its_letters_are_composed(
    locked: tuple[Outreach, Path],
) -> None:
    plan, folder = locked
    for form in ("NFC", "NFD"):
        word = unicodedata.normalize(form, "열쇠는 따로 2024")
        assert rm.returned(folder, plan, password=word).refused == ()


@pytest.mark.parametrize(
    ("password", "words"),
    [("", "fewer than 8"), (" 1234567 ", "fewer than 8"), ("열쇠" * 128, "more than 255"),
     ("12345678\n", "blanks around it"), ("1234\t5678", "blanks around it"),
     (" 12345678", "blanks around it")],
)  # fmt: skip
def test_a_password_that_nobody_can_type_is_refused(
    tmp_path: Path, password: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=rf"{words}.*Allowed: 8 to 255 characters") as caught:
        rm.hand_out(PLAN, tmp_path / "out", password=password)
    assert caught.value.code == "outreach.password"
    assert not (tmp_path / "out").exists()


def test_without_its_library_a_password_is_refused_by_what_to_install(
    locked: tuple[Outreach, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "msoffcrypto", None)
    plan, folder = locked
    words = r"need msoffcrypto-tool. Next: pip install 'riskmodel\[excel,encrypt\]'"
    with pytest.raises(ConfigError, match=words):
        rm.hand_out(plan, tmp_path / "out", password="12345678")
    with pytest.raises(ConfigError, match=words):
        rm.returned(folder, plan, password="12345678")


@pytest.mark.parametrize("password", [12345678, b"12345678"])
def test_a_password_that_is_no_text_is_refused_by_name(
    tmp_path: Path, made: Path, password: Any
) -> None:
    told = "password: the password is no text. Allowed: a text, or None. Next: put it in quotes"
    with pytest.raises(ConfigError, match=told):
        rm.hand_out(PLAN, tmp_path / "out", password=password)
    with pytest.raises(ConfigError, match=told):
        rm.returned(made, PLAN, password=password)


def test_short_words_of_hangul_are_never_taken_for_another_answer(folder: Path) -> None:
    back = written(folder, "결과", ["미거주", "위기 아닌으로 판정"], 접촉일="2024-11-05")
    by_chance, misspelt = sorted((error.next_step for error in back.refused), reverse=True)
    assert by_chance == "use one of the allowed names"
    assert misspelt.startswith("did you mean '위기 아님으로 판정'")


def test_a_support_is_known_by_what_offices_call_it(folder: Path) -> None:
    rest = {"결과": "위기가구로 판정", "접촉일": "2024-11-05"}
    back = written(folder, "지원", ["긴급복지지원", "기초생활수급"], **rest)
    found = back.contacts.set_index("household_id")["support"]
    assert found.loc[IDS[:2]].tolist() == ["emergency_aid", "basic_livelihood"]


def test_the_receipt_tells_of_books_and_of_nobody(made: Path) -> None:
    receipt = json.loads((made / "receipt.json").read_text(encoding="utf-8"))
    assert receipt["delete_by"] == "2024-12-29"
    assert [one["file"] for one in receipt["books"]] == ["강남_visit.xlsx", "서초_visit.xlsx"]
