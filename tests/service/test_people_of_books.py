"""Who the households are: tables of people as offices keep them, whole or refused by place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from offices import cells, plan_of, row_of

import riskmodel as rm
from riskmodel.errors import ConfigError, RiskmodelError
from riskmodel.service import HandOut
from riskmodel.service.sheets.passwords import encrypted

PLAN = plan_of([row_of("00012", "visit"), row_of("A-7", "visit")])
PEOPLE = pd.DataFrame(
    {
        "가구번호": ["00012", "A-7", "00099"],
        "성명": ["홍길동", "김하나", "남궁민"],
        "도로명주소": ["세종로 1, 302호", "종로 2", "을지로 3"],
        "휴대전화": ["010-5555-0001", "02)555-0002", None],
    }
)
SECRETS = ("홍길동", "김하나", "남궁민", "세종로", "5555", "00012", "00099", "A-7")


def handed(tmp_path: Path, people: Any, **rest: Any) -> HandOut:
    return rm.hand_out(PLAN, tmp_path / "out", people=people, lang="ko", **rest)


def by_household(handed: HandOut) -> dict[str, list[Any]]:
    head, *rows = cells(handed.files[0])
    own = [dict(zip(head, row, strict=True)) for row in rows]
    return {row["가구"]: [row["이름"], row["주소"], row["전화번호"]] for row in own}


WHOLE = {
    "00012": ["홍길동", "세종로 1, 302호", "010-5555-0001"],
    "A-7": ["김하나", "종로 2", "02)555-0002"],
}
WRITERS: dict[str, Callable[[Path], object]] = {
    "utf-8.csv": lambda path: PEOPLE.to_csv(path, index=False),
    "mark.csv": lambda path: PEOPLE.to_csv(path, index=False, encoding="utf-8-sig"),
    "cp949.csv": lambda path: PEOPLE.to_csv(path, index=False, encoding="cp949"),
    "utf-16.csv": lambda path: PEOPLE.to_csv(path, index=False, encoding="utf-16", sep="\t"),
    "semicolons.CSV": lambda path: PEOPLE.to_csv(path, index=False, sep=";"),
    "book.xlsx": lambda path: PEOPLE.to_excel(path, index=False, startrow=2),
    "table.parquet": lambda path: PEOPLE.to_parquet(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_people_are_read_from_every_file_that_offices_keep(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    one = handed(tmp_path, tmp_path / name)
    assert by_household(one) == WHOLE
    assert (one.unread, one.table.loc[0, "without_name"]) == ((), 0)


def test_a_workbook_of_people_may_have_the_password_of_the_books(tmp_path: Path) -> None:
    PEOPLE.to_excel(tmp_path / "a.xlsx", index=False)
    file = tmp_path / "주민.xlsx"
    file.write_bytes(encrypted((tmp_path / "a.xlsx").read_bytes(), "열쇠는 따로 2024"))
    one = handed(tmp_path, file, password="열쇠는 따로 2024")
    assert one.table.loc[0, ["without_name", "without_address"]].tolist() == [0, 0]
    with pytest.raises(RiskmodelError, match=r"주민.xlsx: .*with a password.*outreach.password"):
        rm.hand_out(PLAN, tmp_path / "other", people=file)


def test_columns_that_no_book_has_are_named(tmp_path: Path) -> None:
    people = PEOPLE.assign(비고="매우 위험", nmae="", 생년월일="1950")
    one = handed(tmp_path, people)
    assert one.unread == ("비고", "nmae", "생년월일")
    told = "columns of people that stand in no book: '비고', 'nmae', '생년월일'"
    assert repr(one).splitlines()[-1] == told
    assert told.replace("'", "&#x27;") in one._repr_html_()
    assert by_household(one) == WHOLE


def test_a_household_that_stands_twice_in_the_same_words_stands_once(tmp_path: Path) -> None:
    twice = pd.concat([PEOPLE, PEOPLE.assign(가구번호=["00012 ", "A-7", None])])
    assert by_household(handed(tmp_path, twice)) == WHOLE


def test_ids_may_be_numbers_where_the_records_have_no_zeros_in_front(tmp_path: Path) -> None:
    plan = plan_of([row_of("12", "visit"), row_of("7", "visit")])
    for number, ids in enumerate(([12, 7], [12.0, 7.0], ["12", " 7"])):
        people = pd.DataFrame({"household_id": ids, "name": ["a", "b"]})
        one = rm.hand_out(plan, tmp_path / str(number), people=people)
        head, *rows = cells(one.files[0])
        found = {row[head.index("household")]: row[head.index("name")] for row in rows}
        assert found == {"12": "a", "7": "b"}


def test_numbers_that_lost_the_zero_in_front_are_counted(tmp_path: Path) -> None:
    PEOPLE.assign(휴대전화=[1055550001, 25550002, None]).to_excel(tmp_path / "a.xlsx", index=False)
    one = handed(tmp_path, tmp_path / "a.xlsx")
    assert one.without_zero == 1
    told = "1 telephone number of 9 or 10 figures without a zero in front: look whether so"
    assert repr(one).splitlines()[-1] == told
    whole = ["010-5555-0001", "02)555-0002", "+82 10 5555 0003"]
    other = rm.hand_out(PLAN, tmp_path / "other", people=PEOPLE.assign(휴대전화=whole))
    assert other.without_zero == 0


REFUSED: dict[str, tuple[pd.DataFrame, str]] = {
    "zeros that were lost": (
        PEOPLE.assign(가구번호=["12", "A-7", "99"]),
        r"of 2 planned rows, 1 stand here with other zeros in front of the id. Allowed: ids as the "
        r"records write them.*Next: write ids as texts",
    ),
    "ids as numbers": (PEOPLE[:1].assign(가구번호=12), r"1 stand here with other zeros in front"),
    "two people of one household": (
        pd.concat([PEOPLE, PEOPLE[:1].assign(성명="김하나")]),
        r"1 row of a household of which another row says something else: row \d and row \d are "
        r"the first. Allowed: one row of each household",
    ),
    "no ids": (PEOPLE.drop(columns="가구번호"), r"no column says whose each row is|no table of p"),
    "nothing of people": (
        PEOPLE[["가구번호"]].assign(nmae="x"),
        r"no column says anything that a book has. Allowed: household_id, name, address, phone, "
        r"topics, call_back. Next: did you mean 'name'\?",
    ),
    "two columns of names": (PEOPLE.assign(이름="김하나"), r"two columns (mean the same|are name)"),
    "people of other households": (PEOPLE[2:], r"of 2 planned rows, none is of a household"),
}


@pytest.mark.parametrize("kind", ["frame", "people.csv", "people.xlsx"])
@pytest.mark.parametrize("case", REFUSED)
def test_people_that_do_not_fit_are_refused_by_name_and_shown_in_no_message(
    tmp_path: Path, case: str, kind: str
) -> None:
    people, words = REFUSED[case]
    given: Any = people
    if kind != "frame":
        given = tmp_path / kind
        people.to_csv(given, index=False) if kind == "people.csv" else people.to_excel(
            given, index=False
        )
    with pytest.raises(RiskmodelError, match=words) as caught:
        handed(tmp_path, given)
    assert caught.value.place in ("people", kind)
    assert caught.value.next_step
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert not (tmp_path / "out").exists()


def test_two_rows_of_a_household_are_named_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("\n제목,\n가구,이름\n00012,홍길동\n\nA-7,김하나\n00012,남궁민\n")
    with pytest.raises(ConfigError, match="row 7 and row 4 are the first"):
        handed(tmp_path, file)


def test_people_in_two_sheets_and_cells_that_are_not_clear_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    PEOPLE.to_excel(file, index=False)
    book = openpyxl.load_workbook(file)
    sheet = book.create_sheet("둘째 동")
    sheet.append(["가구", "이름"])
    sheet.append(["A-7", "김하나"])
    book.save(file)
    with pytest.raises(ConfigError, match=r"sheet '둘째 동': people stand in several sheets"):
        handed(tmp_path, file)
    del book["둘째 동"]
    book.active.merge_cells("A2:A3")
    book.save(file)
    with pytest.raises(RiskmodelError, match=r"people.xlsx, row 2: the cells A2:A3 are merged"):
        handed(tmp_path, file)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, r"people: there is no file 'none.csv'.*outreach.people"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, r"old.xls: .*\(.xls"),
        ("cut.parquet", b"PAR1more", r"cut.parquet: .*no whole Parquet"),
        ("text.parquet", "가구,이름\n1,2\n".encode(), r"text.parquet: .*plain text"),
        ("empty.csv", b"", r"empty.csv: .*no table of people"),
    ],
)
def test_a_file_that_is_no_table_of_people_is_refused_as_what_it_is(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RiskmodelError, match=words):
        handed(tmp_path, tmp_path / name)
