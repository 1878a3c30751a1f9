"""Books that come back: whole, as the office filled them in, or refused by file, row and column."""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
import subprocess
import unicodedata
import zipfile
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offices import (
    ROUND,
    a_plan,
    cells,
    fill,
    manifest_of,
    people_of,
    plan_of,
    row_of,
    write,
)

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.records import contact_words
from riskmodel.records.engine import query
from riskmodel.service import Outreach, Returned
from riskmodel.service.sheets import audiences
from riskmodel.service.sheets.answers import answer_of, urgent_of
from riskmodel.service.sheets.loose_tables import LooseTable
from riskmodel.service.sheets.row_ids import is_named
from riskmodel.service.sheets.written_days import Span, day_in
from riskmodel.serving import LANGUAGES

SECRET = "비밀-7731"
USUAL = a_plan()
TODAY = "2024-11-30"
ANSWERS: dict[str, dict[str, Any]] = {
    "00001": {"결과": "위기가구로 판정", "지원": "긴급복지"},
    "00005": {"결과": "만나지 못함", "판정하지 못한 까닭": "빈집"},
    "00009": {"판정하지 못한 까닭": "거부"},
    "00013": {"결과": "위기 아님으로 판정", "폭력": "예"},
    "00017": {"결과": "실시하지 않음", "접촉일": None},
}


def answered(row: dict[str, Any]) -> dict[str, Any]:
    answer = ANSWERS.get(str(row.get("가구")))
    return {} if answer is None else {"접촉일": datetime(2024, 11, 5), **answer}


def handed_out(folder: Path, plan: Outreach | None = None, **rest: Any) -> tuple[Outreach, Path]:
    """Hand out a plan in Korean, and return it with the folder into which its books came back."""
    plan = USUAL if plan is None else plan
    made = _made(plan, **rest)
    for name, content in made.items():
        path = folder / "out" / name.removeprefix("books/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return plan, folder / "out"


@cache
def _made(plan: Outreach, **rest: Any) -> dict[str, bytes]:
    """Hand a plan out once; each test gets copies of its files."""
    with TemporaryDirectory() as folder:
        handed = rm.hand_out(plan, Path(folder) / "out", people=people_of(plan), lang="ko", **rest)
        files = [path for path in handed.folder.rglob("*") if path.is_file()]
        return {path.relative_to(handed.folder).as_posix(): path.read_bytes() for path in files}


@cache
def _plan_of_one_book(channel: str, households: int) -> Outreach:
    return plan_of([row_of(f"0{n}", channel) for n in range(1, households + 1)])


def by_household(back: Returned) -> pd.DataFrame:
    return back.contacts.set_index("household_id")


def one_book(folder: Path, channel: str = "visit", households: int = 3) -> tuple[Outreach, Path]:
    plan, books = handed_out(folder, _plan_of_one_book(channel, households))
    (path,) = books.glob("*_*.*")
    return plan, path


def filled_as(path: Path, **answers: Any) -> None:
    """Fill in the first row of a book, and nothing else."""
    titles = {"day": "접촉일", "result": "결과", "reason": "판정하지 못한 까닭", "support": "지원"}
    own = {titles.get(name, name): value for name, value in answers.items()}
    head, first, *rest = cells(path)
    write(
        path, head, [[own.get(name, cell) for name, cell in zip(head, first, strict=True)], *rest]
    )


def refusal_of(plan: Outreach, folder: Path, today: str = TODAY) -> str:
    """Return the one refusal of a folder of which nothing is taken."""
    back = rm.returned(folder, plan, today=today)
    assert (len(back.refused), back.taken) == (1, ())
    assert SECRET not in repr(back)
    return str(back.refused[0])


@pytest.mark.parametrize("channel", ["visit", "mail_carrier"])
def test_names_that_were_sorted_apart_from_their_rows_are_refused(
    tmp_path: Path, channel: str
) -> None:
    """A carrier's book has no household id: a partial sort would answer for somebody else."""
    plan, path = one_book(tmp_path, channel)
    filled_as(path, day="2024-11-05", result="만나지 못함")
    head, *rows = cells(path)
    names = [row[head.index("이름")] for row in rows]
    for row, name in zip(rows, [names[1], names[0], names[2]], strict=True):
        row[head.index("이름")] = name
    write(path, head, rows)
    back = rm.returned(path.parent, plan, today=TODAY)
    assert [error.code for error in back.refused] == ["outreach.unplanned"] * 2
    assert "row 2: another name stands here than the one" in str(back.refused[0])
    assert not any(name in repr(back) for name in names)
    assert back.not_executed == 0


@pytest.mark.parametrize("instead", ["", "기타", None])
@pytest.mark.parametrize("column", ["자살 언급", "지원", "결과", "접촉일"])
def test_a_book_whose_own_column_lost_its_heading_is_refused_by_that_column(
    tmp_path: Path, column: str, instead: str | None
) -> None:
    plan, path = one_book(tmp_path)
    filled_as(path, day="2024-11-05", result="위기 아님으로 판정")
    head, *rows = cells(path)
    place = head.index(column)
    if instead is None:
        head, *rows = ([*row[:place], *row[place + 1 :]] for row in (head, *rows))
    else:
        head[place] = instead
    write(path, head, rows)
    refusal = refusal_of(plan, path.parent)
    assert "no column is called" in refusal
    assert f" or {column}. Allowed" in refusal


def test_a_mark_of_a_name_is_of_many_names_and_of_no_other_of_its_book(tmp_path: Path) -> None:
    plan, books = handed_out(tmp_path)
    people = people_of(plan).set_index("household_id")["name"]
    kept = json.loads((books / "records" / f"rows_{plan.plan_id}.json").read_text())
    rows = plan.table.set_index(["household_id", "channel"])["area"]
    for household, channel, _, mark in kept.values():
        area = rows[household, channel]
        same = rows[(rows == area) & (rows.index.get_level_values("channel") == channel)]
        named = [people[other] for other in same.index.get_level_values("household_id")]
        assert [name for name in named if is_named(mark, name)] == [people[household]]
    strangers = [f"홍길동{number}" for number in range(20_000)]
    hits = sum(is_named(mark, name) for name in strangers)
    assert 40 < hits < 120, "about every 256th"


def test_a_mended_address_and_a_name_in_other_blanks_are_taken(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path, "mail_carrier")
    filled_as(path, day="2024-11-05", result="만나지 못함", 주소="세종로 2", 이름=" 김 철수0")
    head, first, *rest = cells(path)
    place = head.index("이름")
    own = people_of(plan).set_index("household_id")["name"]
    kept = json.loads(next((path.parent / "records").glob("rows_*.json")).read_text())
    household = kept[first[0]][0]
    first[place] = " ".join(own[household])
    write(path, head, [first, *rest])
    back = rm.returned(path.parent, plan, today=TODAY)
    assert (back.refused, len(back.taken)) == ((), 1)
    text = (path.parent / "records").joinpath(f"rows_{plan.plan_id}.json").read_text()
    assert "철수" not in text


def test_what_an_office_filled_in_comes_back_in_the_words_of_contacts(tmp_path: Path) -> None:
    plan, books = handed_out(tmp_path)
    for path in books.glob("*_visit.xlsx"):
        fill(path, answered)
    back = rm.returned(books, plan, today="2024-11-06")
    assert (back.refused, back.not_executed, len(back.taken)) == ((), 0, 8)
    assert back.open == len(plan.table) - 5 == 43
    rows = by_household(back)
    assert (
        rows[["result", "reason", "support"]].T.to_dict("list")
        == {
            "00001": ["need_confirmed", None, "emergency_aid"],
            "00005": ["not_reached", "empty", None],
            "00009": ["refused", "refused", None],
            "00013": ["no_need", None, None],
            "00017": ["not_executed", None, None],
        }
        or dict(sorted(rows["result"].items())) == {}
    )
    assert set(rows["contact_date"].dropna()) == {"2024-11-05"}
    assert set(rows["known_date"]) == {"2024-11-06"}
    wanted = plan.table.set_index("household_id")
    for name in ("stratum", "probability", "channel"):
        assert rows[name].to_dict() == wanted.loc[rows.index, name].to_dict()


def test_an_urgent_sign_comes_out_first_also_of_a_file_that_is_refused(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    filled_as(path, day=datetime(2024, 11, 5), result=SECRET, 폭력="V")
    back = rm.returned(path.parent, plan, today=TODAY)
    assert back.taken == ()
    assert back.urgent[["sign", "file", "row"]].to_numpy().tolist() == [["violence", path.name, 2]]
    assert set(back.urgent["household_id"]) <= {"01", "02", "03"}
    assert repr(back).splitlines()[0] == (
        f"urgent, for a human today: violence in {path.name}, row 2"
    )
    assert not re.search("0[123]\\b(?!_)", repr(back).replace(path.name, "").replace("2024", ""))


@pytest.mark.parametrize(
    ("column", "written", "sign"),
    [
        ("자살 언급", "예", "suicide"),
        ("자살 언급", "?", "suicide"),
        ("자살 언급", "없음", None),
        ("결과", "집에 화재 남", "fire"),
        ("비고", "자살 시도가 있었다고 함", "suicide"),
        ("폭력", "아니오", None),
        ("건강 나빠 보임", "예, 죽고싶다고 함", "suicide"),
    ],
)
def test_urgent_signs_are_found_wherever_they_are_written(
    tmp_path: Path, column: str, written: str, sign: str | None
) -> None:
    plan, path = one_book(tmp_path, households=1)
    head, row = cells(path)
    if column not in head:
        head, row = [*head, column], [*row, None]
    row[head.index(column)] = written
    write(path, head, [row])
    back = rm.returned(path.parent, plan)
    assert back.urgent["sign"].tolist() == ([] if sign is None else [sign])


def test_signs_become_rows_of_their_own_without_a_verdict(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path, "mail_carrier", households=1)
    filled_as(path, day="2024-11-07", **{"악취": "예", "쌓인 우편물": "○", "빈 술병": "아니오"})
    back = rm.returned(path.parent, plan, today=TODAY)
    assert back.refused == ()
    assert back.contacts["result"].tolist() == ["not_reached"]
    assert back.signs[["household_id", "sign", "seen", "seen_by"]].to_numpy().tolist() == [
        ["01", "piled_up_mail", "2024-11-07", "carrier"],
        ["01", "smell", "2024-11-07", "carrier"],
    ]
    assert back.signs["sign_id"].is_unique


@pytest.mark.parametrize(
    ("separator", "encoding"),
    [(",", "utf-8"), (",", "cp949"), (";", "utf-8-sig"), ("\t", "utf-16")],
)
def test_a_book_saved_anew_as_csv_is_read_with_its_rows_in_any_order(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    plan, books = handed_out(tmp_path)
    path = next(books.glob("강남_visit.xlsx"))
    fill(path, answered)
    before = rm.returned(path.parent, plan, today=TODAY)
    assert len(before.contacts["contact_date"].dropna()) == 2
    head, *rows = cells(path)
    order = [*range(len(head))]
    random.Random(3).shuffle(order)
    random.Random(4).shuffle(rows)
    texts = [[fullwidth(cell) for cell in row] for row in rows]
    lines = [["", "명단"], [], [head[k] for k in order]]
    lines += [line for row in texts for line in ([row[k] for k in order], [""] * len(head))]
    path.unlink()
    with (books / "강남 (1).csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(lines)
    after = rm.returned(books, plan, today=TODAY)
    assert after.refused == ()
    pd.testing.assert_frame_equal(before.contacts, after.contacts)


def fullwidth(cell: object) -> str:
    """Return a cell as an office may type it: decomposed Hangul, digits of full width in dates."""
    text = "" if cell is None else str(cell)
    if re.fullmatch(r"2024-11-\d\d 00:00:00", text):
        return text[:10].translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    return text


def test_decomposed_hangul_blanks_and_other_languages_are_the_same_words(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path, households=4)
    head, *rows = cells(path)
    head = [decomposed(name) for name in head]
    place = {unicodedata.normalize("NFC", name): k for k, name in enumerate(head)}
    written = [
        " 위기가구로  판정 ",
        unicodedata.normalize("NFD", "거부"),
        "Need_Confirmed",
        "no need",
    ]
    for row, word in zip(rows, written, strict=True):
        row[place["결과"]], row[place["접촉일"]] = word, "2024. 11. 5."
    write(path, head, rows)
    back = rm.returned(path.parent, plan, today=TODAY)
    assert sorted(back.contacts["result"]) == [
        "need_confirmed",
        "need_confirmed",
        "no_need",
        "refused",
    ]


def test_rows_of_a_book_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    head, *rows = cells(path)
    rows[2][head.index("결과")] = SECRET
    write(path, ["", *head], [[], *([None, *row] for row in rows[:2]), [], ["", *rows[2]]])
    assert f"{path.name}, row 6, column '결과': there is no such answer" in refusal_of(
        plan, path.parent
    )


WRITTEN = {
    "결과": {
        "need_confirmed": ["위기가구로 판정", "need confirmed", "need_confirmed", "위기가구로판정"],
        "no_need": ["위기 아님으로 판정", "No  Need", "no_need"],
        "refused": ["거부", "refused", "거부/거부"],
        "not_reached": ["만나지 못함", "NOT REACHED"],
        "not_told": ["만남", "met", "만났으나 판정이 적히지 않음", "met, verdict not told"],
    },
    "판정하지 못한 까닭": {None: ["", "없음", "-"], "moved": ["이사", "moved"], "empty": ["빈집"]},
    "지원": {None: ["", "해당없음"], "emergency_aid": ["긴급복지", "emergency aid"]},
    "악취": {False: ["", "아니오", "no", "무"], True: ["예", "O", "V", "yes", "○", "1"]},
}
DAYS = ["2024-11-05", "2024.11.05", "2024. 11. 5.", "20241105", "２０２４-１１-０５"]


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_offices_write_is_what_they_mean(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plan, folder = handed_out(tmp_path_factory.mktemp("back"), _plan_of_one_book("visit", 7))
    (records,) = (folder / "records").glob("rows_*.json")
    ids = [(key, of[0]) for key, of in json.loads(records.read_text(encoding="utf-8")).items()]
    for path in folder.glob("*.xlsx"):
        path.unlink()
    rest = [word for sign, word in LANGUAGES["ko"].signs.items() if sign != "smell"]
    head = ["행 번호", "가구", "접촉일", *WRITTEN, *rest]
    rows, meant = [], {}
    for row_id, household in data.draw(st.permutations(ids)):
        truth = {name: data.draw(st.sampled_from([*words])) for name, words in WRITTEN.items()}
        if truth["결과"] in contact_words.VERDICTS:
            truth["판정하지 못한 까닭"] = None
        if truth["결과"] == "no_need":
            truth["지원"] = None
        texts = [data.draw(st.sampled_from(WRITTEN[name][word])) for name, word in truth.items()]
        texts = [
            data.draw(st.sampled_from([text, f" {text} ", decomposed(text)])) for text in texts
        ]
        day = data.draw(st.sampled_from(DAYS))
        rows += [[row_id, household, day, *texts, *[""] * len(rest)]]
        rows += data.draw(st.lists(st.just([""] * len(head)), max_size=2))
        meant[row_id] = [*truth.values()]
    order = data.draw(st.permutations(range(len(head))))
    write(folder / "a.csv", [head[k] for k in order], [[row[k] for k in order] for row in rows])
    back = rm.returned(folder, plan, today=TODAY)
    assert back.refused == ()
    assert set(back.contacts["contact_date"]) == {"2024-11-05"}
    smells = set(back.signs["sign_id"].str.removesuffix("-smell"))
    told = back.contacts.set_index("contact_id")[["result", "reason", "support"]]
    found = told.astype(object).where(told.notna(), None).T.to_dict("list")
    assert {key: [*row, key in smells] for key, row in found.items()} == meant


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a word that there is not": (
        {"result": "위기가구로 판전"},
        r"row 2, column '결과': there is no such answer. Allowed: 위기 아님으로 판정, 위기가구로 "
        r"판정.*Next: did you mean '위기가구로 판정' or .*\? \[outreach.answer\]",
    ),
    "two verdicts": (
        {"result": "위기가구로 판정, 위기 아님으로 판정"},
        r"row 2, column '결과': two answers stand in one cell.*\[outreach.two_answers\]",
    ),
    "a verdict and why there is none": (
        {"result": "위기가구로 판정", "reason": "이사"},
        r"row 2, column '판정하지 못한 까닭': the row says two things.*\[outreach.contradiction\]",
    ),
    "no need and a support": (
        {"result": "위기 아님으로 판정", "support": "긴급복지"},
        r"row 2, column '지원': the row says two things.*\[outreach.contradiction\]",
    ),
    "nothing done on a day": (
        {"result": "실시하지 않음"},
        r"row 2, column '접촉일': the row says two things.*\[outreach.contradiction\]",
    ),
    "two supports": ({"support": "긴급복지/민간 지원"}, r"column '지원': two answers"),
    "free text": (
        {"reason": f"{SECRET}님이 안 계셔서 다시 가기로 함"},
        r"column '판정하지 못한 까닭': there is no such answer.*use one of the allowed names",
    ),
    "a phone number": (
        {"reason": "010-2345-6789로 다시"},
        r"a phone number stands where an answer does.*\[outreach.personal\]",
    ),
    "a phone number for a date": (
        {"day": "010-2345-6789"},
        r"column '접촉일': a phone number stands where a date does.*\[outreach.personal\]",
    ),
    "a tick that is none": ({"화재 위험": "글쎄"}, r"column '화재 위험': .*Allowed: 예, 아니오"),
    "a date before the round": (
        {"day": "2024-10-31"},
        r"column '접촉일': the date lies outside of the round. Allowed: 2024-11-01 to 2024-11-30",
    ),
    "a date behind today": ({"day": "2024-12-01"}, r"outside of the round"),
    "a date without its year": (
        {"day": "10/5"},
        r"no date. Allowed: a day with its year first.*shorter one where the round has one such",
    ),
    "a day that there is not": ({"day": "2024-11-31"}, r"what stands there is no date"),
    "no date": ({"day": None}, r"row 2: the row has an answer and no date.*fill '접촉일'"),
    "no answer": ({"result": None}, r"row 2: the row has a date and no answer.*fill '결과'"),
    "a substitute": (
        {"가구": SECRET},
        r"row 2: the household is not on the plan here.*unplanned\]",
    ),
    "an id of nobody": ({"행 번호": "BBBBBBBBBBBBBB"}, r"row 2: the household is not on the plan"),
    "no id": ({"행 번호": None}, r"row 2: no id of a row stands here.*\[outreach.unplanned\]"),
    "another plan": ({"계획 번호": "0123456789ab"}, r"row 2: the book is of another plan or round"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_told_by_its_place_and_none_of_the_file_is_taken(
    case: str, tmp_path: Path
) -> None:
    plan, path = one_book(tmp_path)
    answers, words = FAULTS[case]
    usual = {"day": datetime(2024, 11, 5), "result": "거부"}
    filled_as(path, **{**usual, **answers})
    told = refusal_of(plan, path.parent)
    assert re.search(words, told), told
    assert told.startswith(f"{path.name}, row 2")
    for cell in answers.values():
        assert cell is None or str(cell) not in told


@given(column=st.sampled_from(audiences.ANSWERS), text=st.text(min_size=4, max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_refusal_shows_what_stands_in_a_cell(column: str, text: str) -> None:
    table = LooseTable("a.csv", {column: column}, {2: {column: text}}, {2: []})
    span = Span(np.datetime64("2024-11-01"), np.datetime64("2024-11-30"))
    answer, faults = answer_of(table, 2, span, audiences.AUDIENCES["visit"])
    assert answer is None or not faults
    for error in faults:
        assert error.next_step
        assert text.strip() not in str(error) or len(text.strip()) < 4
    told = LooseTable("a.csv", {}, {2: {}}, {2: [("", f"{text} 자살 {text}")]})
    assert "suicide" in urgent_of(told, 2)


def test_a_file_is_taken_whole_or_not_at_all_and_the_others_are(tmp_path: Path) -> None:
    plan, books = handed_out(tmp_path)
    for path in books.glob("*_visit.xlsx"):
        fill(path, answered)
    bad = next(books.glob("강남_visit.xlsx"))
    fill(bad, lambda row: {"결과": SECRET} if row["가구"] == "00009" else {})
    back = rm.returned(books, plan, today=TODAY)
    assert {error.code for error in back.refused} == {"outreach.answer"}
    assert bad.name not in back.taken
    assert len(back.taken) == 7
    of_bad = plan.table[(plan.table["area"] == "강남") & (plan.table["channel"] == "visit")]
    assert back.waiting == len(of_bad) == 6
    # nothing is said of its rows, neither that they were answered nor that they were not
    assert not set(of_bad["household_id"]) & set(back.contacts["household_id"])
    assert len(back.contacts) + back.waiting + back.open == len(plan.table)


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    head, *rows = cells(path)
    for row in rows:
        row[head.index("결과")] = SECRET
    write(path, head, [*rows, rows[0]])
    back = rm.returned(path.parent, plan, today=TODAY)
    codes = [error.code for error in back.refused]
    assert codes == ["outreach.answer"] * 3 + ["outreach.repeated"]
    assert [error.place for error in back.refused][-1] == f"{path.name}, row 5"


def test_of_many_faults_the_first_are_printed_and_the_others_counted(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path, households=30)
    fill(path, lambda row: {"결과": SECRET})
    back = rm.returned(path.parent, plan, today=TODAY)
    assert len(back.refused) == 30
    assert repr(back).splitlines()[-1] == "and 10 more faults: .refused"


def test_blank_rows_are_open_until_they_are_due_and_not_executed_after(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "visit", due_by="2024-11-10"), row_of("2", "visit")])
    _, books = handed_out(tmp_path, plan)
    counts = {}
    for day in (None, "2024-11-10", "2024-11-11", "2024-11-30"):
        back = rm.returned(books, plan, today=day)
        counts[day] = (back.open, back.not_executed)
    assert counts == {None: (2, 0), "2024-11-10": (2, 0), "2024-11-11": (1, 1),
                      "2024-11-30": (0, 2)}  # fmt: skip
    rows = by_household(back)
    assert set(rows["result"]) == {"not_executed"}
    assert rows["known_date"].to_dict() == {"1": "2024-11-11", "2": "2024-11-30"}
    assert rows["contact_date"].isna().all()


def test_rows_that_did_not_come_back_are_counted_by_their_book(tmp_path: Path) -> None:
    plan, books = handed_out(tmp_path)
    (books / "강남_visit.xlsx").unlink()
    path = books / "서초_visit.xlsx"
    head, *rows = cells(path)
    write(path, head, rows[1:])
    back = rm.returned(books, plan, today=TODAY)
    assert back.absent.to_numpy().tolist() == [["강남", "visit", 6, 6], ["서초", "visit", 1, 6]]
    assert "did not come back: 강남, visit, 6 of 6 rows" in repr(back)
    # who did not come back may have been turned to
    assert (back.open, back.not_executed) == (7, len(plan.table) - 7)


def test_of_a_file_that_cannot_be_read_no_row_is_said_to_be_undone(tmp_path: Path) -> None:
    plan, books = handed_out(tmp_path)
    path = books / "강남_visit.xlsx"
    path.write_bytes(path.read_bytes()[:2000])
    back = rm.returned(books, plan, today=TODAY)
    assert [error.code for error in back.refused] == ["records.truncated"]
    assert (back.open, back.not_executed) == (6, 42)


def test_the_same_books_give_the_same_bytes_and_a_later_one_replaces_rows(tmp_path: Path) -> None:
    plan, books = handed_out(tmp_path)
    path = books / "강남_visit.xlsx"
    first = rm.returned(books, plan, today=TODAY)
    content = [file.read_bytes() for file in first.files]
    again = rm.returned(books, plan, today=TODAY)
    assert [file.read_bytes() for file in again.files] == content
    fill(path, answered)
    later = rm.returned(books, plan, today="2024-12-05")
    assert set(later.contacts["contact_id"]) == set(first.contacts["contact_id"])
    merged = first.contacts.merge(later.contacts, on="contact_id", suffixes=("", "_later"))
    changed = merged[merged["result"] != merged["result_later"]]
    assert set(changed["result"]) == {"not_executed"}
    assert (changed["known_date_later"] > changed["known_date"]).all()


def test_one_row_in_two_files_counts_once_and_two_answers_refuse_both(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    blank = path.read_bytes()
    filled_as(path, day=datetime(2024, 11, 5), result="거부")
    (path.parent / "copy.xlsx").write_bytes(path.read_bytes())
    (path.parent / "blank.xlsx").write_bytes(blank)
    back = rm.returned(path.parent, plan, today="2024-11-10")
    assert (back.refused, len(back.contacts), back.open) == ((), 1, 2)
    filled_as(path.parent / "copy.xlsx", day=datetime(2024, 11, 6), result="거부")
    back = rm.returned(path.parent, plan, today="2024-11-10")
    assert {error.code for error in back.refused} == {"outreach.two_answers"}
    assert back.taken == ("blank.xlsx",)
    assert (back.kept, len(back.contacts)) == (1, 1)


def test_what_was_taken_stays_when_the_books_are_gone_or_cleared(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path, "mail_carrier")
    blank = path.read_bytes()
    filled_as(path, day="2024-11-05", result="만남", 악취="예")
    first = rm.returned(path.parent, plan, today="2024-11-06")
    for content in (path.read_bytes(), blank, None):
        path.unlink() if content is None else path.write_bytes(content)
        later = rm.returned(path.parent, plan, today="2024-11-20")
        pd.testing.assert_frame_equal(later.contacts, first.contacts)
        pd.testing.assert_frame_equal(later.signs, first.signs)
    assert (later.kept, later.open, later.not_executed) == (1, 2, 0)
    assert "1 contact taken before is not in the books any more; kept" in repr(later)


def test_an_answer_that_changed_is_known_from_the_reading_that_found_it(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    known = []
    for result, today in (("거부", "2024-11-06"), ("거부", "2024-11-07"), ("만남", "2024-11-08")):
        filled_as(path, day="2024-11-05", result=result)
        back = rm.returned(path.parent, plan, today=today)
        known += back.contacts["known_date"].tolist()
    assert known == ["2024-11-06", "2024-11-06", "2024-11-08"]
    assert back.kept == 0


@pytest.mark.parametrize("content", ["", "contact_id\nB\n", "x,y\n1,2\n"])
def test_a_table_that_is_not_as_it_was_written_is_not_written_over(
    tmp_path: Path, content: str
) -> None:
    plan, path = one_book(tmp_path)
    (contacts, _) = rm.returned(path.parent, plan, today=TODAY).files
    contacts.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"records/{contacts.name} .*\[outreach.before\]"):
        rm.returned(path.parent, plan, today=TODAY)
    assert contacts.read_text(encoding="utf-8") == content


def test_what_came_back_goes_through_ingest_and_history_tells_it(tmp_path: Path) -> None:
    plan, books = handed_out(tmp_path)
    out = books
    rm.returned(out, plan, today=TODAY)
    store = tmp_path / "store"
    rm.ingest(manifest_of(out / "records", "lists", "contacts"), store)
    history = rm.contact_history(rm.read_records(store), "2024-12-01").set_index("household_id")
    assert set(history["state"]) == {"open"}
    for path in books.glob("*_visit.xlsx"):
        fill(path, answered)
    rm.returned(out, plan, today="2024-12-05")
    rm.ingest(manifest_of(out / "records", "lists", "contacts"), store)
    records = rm.read_records(store)
    assert len(records.quarantine) == 0
    history = rm.contact_history(records, "2025-01-01").set_index("household_id")
    assert history.loc[list(ANSWERS), "last_result"].dropna().to_dict() == {
        "00001": "need_confirmed",
        "00005": "not_reached",
        "00009": "refused",
        "00013": "no_need",
    }
    closed = {"00001", "00009", "00013"}
    assert set(history.index[history["state"] == "closed"]) == closed
    contacts = query(records.relation("contacts"), "SELECT household_id, probability FROM source")
    chances = contacts.set_index("household_id")["probability"]
    wanted = plan.table.set_index("household_id")["probability"]
    assert chances.to_dict() == wanted.loc[chances.index].to_dict()


def test_signs_go_through_ingest_and_the_urgent_ones_stand_in_the_history(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path, "mail_carrier", households=1)
    filled_as(path, day="2024-11-07", result="만남", 폭력="예", 악취="예")
    back = rm.returned(path.parent, plan, today="2024-11-08")
    assert back.contacts["result"].tolist() == ["not_told"]
    store = tmp_path / "store"
    told = manifest_of(path.parent / "records", "contacts", "signs")
    rm.ingest(told, store)
    records = rm.read_records(store)
    assert len(records.quarantine) == 0
    history = rm.contact_history(records, "2024-11-09").set_index("household_id")
    assert set(history.loc["01", "signs"]) == {"violence", "smell"}
    assert history.loc["01", "urgent"] == ("violence",)


def test_books_with_a_password_come_back_by_it_alone(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "visit")])
    _, books = handed_out(tmp_path, plan, password="열쇠는 따로 2024")
    for password, words in ((None, "a workbook with a password"), ("x" * 8, "does not open")):
        back = rm.returned(books, plan, today=TODAY, password=password)
        assert words in str(back.refused[0])
        assert (back.open, back.not_executed) == (1, 0)
    back = rm.returned(books, plan, today=TODAY, password="열쇠는 따로 2024")
    assert (back.refused, back.not_executed) == ((), 1)


UNDATED: dict[str, dict[str, Any]] = {
    "a tick without a date": {"자살 언급": "예"},
    "a date of another round": {"자살 언급": "예", "day": "2024-10-01", "result": "거부"},
    "a word in the wrong cell": {"result": "자살을 말함"},
    "what was not carried out": {"result": "실시하지 않음", "자살 언급": "V"},
}


@pytest.mark.parametrize("case", UNDATED)
def test_an_urgent_sign_of_a_row_that_waits_is_known_the_next_morning(
    tmp_path: Path, case: str
) -> None:
    plan, path = one_book(tmp_path, "mail_carrier", households=1)
    filled_as(path, **UNDATED[case])
    for today in ("2024-11-08", "2024-11-09"):
        back = rm.returned(path.parent, plan, today=today)
        assert (back.taken, back.unwritten) == ((), 0)
        assert back.signs.drop(columns="sign_id").to_numpy().tolist() == [
            ["01", "suicide", "2024-11-08", "carrier", "2024-11-08"]
        ]
    assert len(back.contacts) == 0


def test_records_take_an_urgent_sign_without_a_contact(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path, "mail_carrier", households=1)
    filled_as(path, 폭력="예")
    rm.returned(path.parent, plan, today="2024-11-08")
    records = rm.read_records(manifest_of(path.parent / "records", "signs"))
    assert len(records.quarantine) == 0
    for morning, urgent in (("2024-11-08", []), ("2024-11-09", ["violence"])):
        history = rm.contact_history(records, morning)
        assert [sign for signs in history["urgent"] for sign in signs] == urgent


def test_an_urgent_sign_stays_when_its_file_is_mended_until_its_cell_says_no(
    tmp_path: Path,
) -> None:
    plan, path = one_book(tmp_path, households=1)
    written = [
        ("2024-11-08", {"day": "2024-11-05", "result": "집에 화재 위험이 있음"}),
        ("2024-11-09", {"day": "2024-11-06", "result": "만나지 못함"}),
        ("2024-11-10", {"day": "2024-11-04", "result": "만나지 못함", "화재 위험": "예"}),
        ("2024-11-12", {"day": "2024-11-11", "result": "만나지 못함", "화재 위험": "예"}),
        ("2024-11-13", {"day": "2024-11-11", "result": "만나지 못함", "화재 위험": "아니오"}),
    ]
    found = []
    for today, answers in written:
        filled_as(path, **{"화재 위험": None, **answers})
        back = rm.returned(path.parent, plan, today=today)
        found.append(back.signs[["seen", "known_date"]].to_numpy().tolist())
    assert found == [
        [["2024-11-05", "2024-11-08"]],
        [["2024-11-05", "2024-11-08"]],
        # seen on another day, and known since it was first told
        [["2024-11-04", "2024-11-08"]],
        [["2024-11-11", "2024-11-12"]],
        [],
    ]


def test_an_urgent_sign_that_has_no_day_is_said_to_stand_nowhere(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path, households=1)
    filled_as(path, 폭력="예")
    back = rm.returned(path.parent, plan)
    assert (len(back.urgent), len(back.signs), back.unwritten) == (1, 0, 1)
    told = "1 urgent sign without a day, written nowhere: name the day of reading, today="
    assert repr(back).splitlines()[1] == told
    filled_as(path, 폭력="예", day="2024-11-05", result="틀림")
    back = rm.returned(path.parent, plan)
    assert (back.signs["known_date"].tolist(), back.unwritten) == (["2024-11-05"], 0)


OTHERS = {
    "text.csv": b"a,b\n1,2\n",
    "empty.csv": b"",
    "cut.csv": '행 번호,결과\n"BCD'.encode(),
    "old.xls": b"\xd0\xcf\x11\xe0" + b"\0" * 600,
    "page.csv": b"<html><table></table></html>",
    "bytes.csv": b"\xff\x00\x81\xff\xff,\x80",
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_that_is_no_book_is_refused_as_what_it_is(tmp_path: Path, name: str) -> None:
    plan, path = one_book(tmp_path)
    path.unlink()
    (path.parent / name).write_bytes(OTHERS[name])
    back = rm.returned(path.parent, plan, today=TODAY)
    assert [error.place for error in back.refused] == [name]
    assert back.refused[0].next_step


def test_what_lies_beside_books_is_left_alone(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    path.rename(path.parent / "records" / "강남.xlsx")
    for name in ("~$강남_visit.xlsx", ".hidden.csv", "강남.jpg", "강남.xlsx.bak"):
        (path.parent / name).write_bytes(b"x")
    back = rm.returned(path.parent, plan, today=TODAY)
    others = ("records/강남.xlsx", "강남.jpg", "강남.xlsx.bak")
    assert (back.refused, back.other_files) == ((), others)
    *told, advice = repr(back).splitlines()[-4:]
    assert told == [f"not read: {name}" for name in others]
    assert advice == "answers in these: save them as .xlsx or CSV, outside of records/"
    # any of them may hold the answers
    assert (back.open, back.not_executed) == (3, 0)


def test_a_book_of_an_earlier_plan_is_refused_and_holds_none_of_the_open_rows(
    tmp_path: Path,
) -> None:
    _, earlier = handed_out(tmp_path / "earlier")
    plan = plan_of([row_of("1", "visit", due_by="2024-11-10")])
    _, books = handed_out(tmp_path, plan)
    for path in earlier.glob("*_*.*"):
        path.rename(books / f"old_{path.name}")
    back = rm.returned(books, plan, today=TODAY)
    assert {error.code for error in back.refused} == {"outreach.other_plan"}
    assert (len(back.refused), back.open, back.not_executed) == (8, 0, 1)


def test_a_plan_of_which_nothing_is_planned_gives_no_book(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "visit", state="reserved")])
    handed = rm.hand_out(plan, tmp_path / "out", people=people_of(plan))
    assert len(handed.table) == 0
    assert "0 rows in 0 books" in repr(handed)
    back = rm.returned(tmp_path / "out", plan, today=TODAY)
    assert (len(back.contacts), back.open) == (0, 0)


def test_columns_of_an_office_are_told_and_not_read(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    sheet.cell(1, sheet.max_column + 1, "비고")
    sheet.cell(2, sheet.max_column, SECRET)
    book.create_sheet("빈 시트")
    book.save(path)
    back = rm.returned(path.parent, plan, today="2024-11-02")
    assert (back.refused, back.has_other_columns) == ((), (path.name,))
    assert SECRET not in repr(back)
    assert f"columns of no book are read for urgent signs alone: {path.name}" in repr(back)


@pytest.mark.parametrize("place", [0, 1])
def test_a_book_with_something_in_another_sheet_is_refused_by_its_name(
    tmp_path: Path, place: int
) -> None:
    plan, path = one_book(tmp_path)
    book = openpyxl.load_workbook(path)
    book.create_sheet("메모", place).append(["010-1234-5678", f"{SECRET}: 자살 시도"])
    book.save(path)
    told = f"{path.name}, sheet '메모'"
    assert refusal_of(plan, path.parent).startswith(f"{told}: something stands in a sheet beside")
    back = rm.returned(path.parent, plan, today=TODAY)
    assert back.urgent[["sign", "file", "row"]].to_numpy().tolist() == [["suicide", told, 1]]


def test_merged_cells_and_formulas_without_a_value_are_refused_by_place(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    whole = path.read_bytes()
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("H2:H4")
    book.save(path)
    words = f"{path.name}, row 2: the cells H2:H4 are merged over several rows"
    assert refusal_of(plan, path.parent).startswith(words)
    path.write_bytes(whole)
    book = openpyxl.load_workbook(path)
    book.active["H3"] = "=H2"
    book.save(path)
    words = f"{path.name}, row 3: the formula in H3 has no value"
    assert refusal_of(plan, path.parent).startswith(words)


def test_a_copied_sheet_is_refused_and_its_ticks_alone_are_urgent(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    book = openpyxl.load_workbook(path)
    copied = book.copy_worksheet(book.active)
    head = [cell.value for cell in copied[1]]
    copied.cell(3, head.index("폭력") + 1, "예")
    book.save(path)
    back = rm.returned(path.parent, plan, today=TODAY)
    assert [error.code for error in back.refused] == ["outreach.sheet"]
    assert back.urgent[["sign", "row"]].to_numpy().tolist() == [["violence", 3]]
    assert back.urgent["household_id"].notna().all()


@pytest.mark.parametrize("row", [1, 2, 9])
def test_comments_on_cells_are_read_for_urgent_words(tmp_path: Path, row: int) -> None:
    plan, path = one_book(tmp_path)
    book = openpyxl.load_workbook(path)
    book.active.cell(row, 3).comment = openpyxl.comments.Comment("자살 이야기를 함", SECRET)
    book.save(path)
    back = rm.returned(path.parent, plan, today="2024-11-02")
    assert back.urgent[["sign", "row"]].to_numpy().tolist() == [["suicide", row]]
    assert (back.refused, back.open) == ((), 3)


@pytest.mark.parametrize(
    ("column", "written", "sign"),
    [
        ("자살 언급 여부", "예", "suicide"),
        ("가정폭력", "O", "violence"),
        ("화재 위험(상담)", "어제 들음", "fire"),
        ("가정폭력", "아니오", None),
        ("비고", "화재가 났음", "fire"),
        ("비고", "죽고 싶다고 말함", "suicide"),
        ("비고", "아들한테 맞았다고 함", "violence"),
        ("비고", "부엌에서 가스 냄새", "fire"),
        ("비고", "혼자 살고 있음", None),
    ],
)
def test_an_urgent_sign_in_a_column_of_an_office_is_urgent_and_a_sign(
    tmp_path: Path, column: str, written: str, sign: str | None
) -> None:
    plan, path = one_book(tmp_path, households=1)
    filled_as(path, day="2024-11-05", result="거부")
    head, row = cells(path)
    write(path, [*head, column], [[*row, written]])
    back = rm.returned(path.parent, plan, today=TODAY)
    wanted = [] if sign is None else [sign]
    assert (back.urgent["sign"].tolist(), back.signs["sign"].tolist()) == (wanted, wanted)
    assert (back.refused, len(back.contacts)) == ((), 1)


@pytest.mark.parametrize(
    "text",
    ["2024-11-05", "2024.11.05", "2024. 11. 5.", "2024/11/5", "20241105", "2024년 11월 5일",
     "２０２４-１１-０５", "2024-11-05 00:00:00"],
)  # fmt: skip
def test_days_are_read_as_offices_write_them(text: str) -> None:
    assert str(day_in(text)) == "2024-11-05"


@pytest.mark.parametrize("text", ["11/5/2024", "5.11.2024", "45601", "2024-13-05", "0024-11-05"])
def test_days_that_could_be_others_are_none(text: str) -> None:
    assert day_in(text) is None


def test_a_folder_or_a_day_that_cannot_be_is_refused(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "visit")])
    with pytest.raises(ConfigError, match=r"the folder 'none' does not exist.*\[outreach.folder\]"):
        rm.returned(tmp_path / "none", plan)
    with pytest.raises(ConfigError, match=rf"today lies before the round, {ROUND}"):
        rm.returned(tmp_path, plan, today="2024-10-01")
    words = rf"records/rows_{plan.plan_id}.json is not there.*\[outreach.rows\]"
    with pytest.raises(ConfigError, match=words):
        rm.returned(tmp_path, plan)


@pytest.mark.parametrize("content", ["{}", "[1]", '{"BCD": ["1"]}', '{"B', "more"])
def test_ids_that_are_not_those_of_the_plan_are_refused(tmp_path: Path, content: str) -> None:
    plan, path = one_book(tmp_path)
    (ids,) = (path.parent / "records").glob("rows_*.json")
    whole = ids.read_text(encoding="utf-8")
    more = whole.replace("{", '{"BCD": ["9", "visit", 1],', 1)
    ids.write_text(more if content == "more" else content, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"records/{ids.name} .*\[outreach.rows\]"):
        rm.returned(path.parent, plan)


def test_drop_downs_that_excel_keeps_in_its_own_way_are_no_fault(tmp_path: Path) -> None:
    plan, path = one_book(tmp_path)
    filled_as(path, day=datetime(2024, 11, 5), result="거부")
    content = path.read_bytes()
    own = b"""<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>"""
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            is_sheet = name.startswith("xl/worksheets/")
            new.writestr(name, part.replace(b"</worksheet>", own) if is_sheet else part)
    with pytest.warns(UserWarning, match="Data Validation extension"):
        openpyxl.load_workbook(path)
    assert len(rm.returned(path.parent, plan, today=TODAY).contacts) == 3


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.parametrize("kind", ["xlsx", "csv:Text - txt - csv (StarCalc):44,34,76"])
def test_a_book_that_libreoffice_saves_anew_comes_back(tmp_path: Path, kind: str) -> None:
    plan, path = one_book(tmp_path, households=20)
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        cells_of_row = dict(zip([cell.value for cell in book.active[1]], row, strict=True))
        cells_of_row["접촉일"].value = datetime(2024, 11, 5)
        cells_of_row["결과"].value = "위기 아님으로 판정"
    book.save(path)
    saved = tmp_path / "saved"
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/office"]
    subprocess.run(
        [*command, "--convert-to", kind, "--outdir", str(saved), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    shutil.copytree(path.parent / "records", saved / "records")
    back = rm.returned(saved, plan, today=TODAY)
    assert back.refused == ()
    assert back.contacts["result"].tolist() == ["no_need"] * 20
    assert set(back.contacts["contact_date"]) == {"2024-11-05"}
