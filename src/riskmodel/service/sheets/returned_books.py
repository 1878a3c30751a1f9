"""The books that came back, each against its plan: taken whole, or refused by place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from riskmodel.errors import RecordsError
from riskmodel.keys import HOUSEHOLD
from riskmodel.records.sources.files import ending
from riskmodel.service.sheets.answers import Answer, answer_of, denied_in, urgent_of
from riskmodel.service.sheets.audiences import AI_CALL, AUDIENCES, DAY, PLAN, RESULT, ROW_ID
from riskmodel.service.sheets.book_words import title
from riskmodel.service.sheets.handed_out import RECEIPT, RECORDS
from riskmodel.service.sheets.loose_tables import LooseTable, read_table
from riskmodel.service.sheets.row_ids import is_named
from riskmodel.service.sheets.taken_before import sign_id
from riskmodel.service.sheets.written_days import Span, day_in
from riskmodel.serving import LANGUAGES
from riskmodel.texts import as_ids

_ENDINGS = (
    *(".xlsx", ".xlsm", ".csv", ".tsv", ".txt"),
    *(".xls", ".xlsb", ".ods", ".hwp", ".docx", ".pdf"),
)
"""How files end that are read, and those that are refused as what they are."""
_OWN = rf"{re.escape(RECEIPT)}|{RECORDS}/(rows_{{plan}}\.json|(lists|contacts|signs)_{{plan}}\.csv)"
"""What a handing out and its readings write into its folder themselves."""
_ASKED = {
    channel: ((DAY, RESULT), ()) if channel == AI_CALL else (audience.choices, audience.signs)
    for channel, audience in AUDIENCES.items()
}
"""By channel: the columns of answers that a book must hold."""
_LOCK = "~$"
"""How the file begins that Excel keeps beside an open workbook."""


class Planned(NamedTuple):
    """Whose a planned row is, and the mark of the name that was handed out with it."""

    household_id: str
    area: str
    channel: str
    mark: str | None


class Told(NamedTuple):
    """An answer and its place."""

    row: int
    answer: Answer


@dataclass
class Book:
    """What a file says of planned rows.

    Attributes
    ----------
    name : str
    answers : dict of str to Told
        By the ids of rows that are filled.
    seen : set of str
        The ids of all its planned rows, filled or blank.
    faults : list of RecordsError
        What is wrong in it; with one fault it is not taken.
    urgent : list of dict
        Urgent signs, whether it is taken or not; ``sign_id`` is missing where the row is of nobody
        who was planned.
    denied : set of str
        The ids of urgent signs of which its rows say that there were none.
    has_other_columns : bool
        Whether something stands in columns that no book has.
    """

    name: str
    answers: dict[str, Told] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    faults: list[RecordsError] = field(default_factory=list)
    urgent: list[dict[str, object]] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    has_other_columns: bool = False


class Found(NamedTuple):
    """The files of a folder.

    Attributes
    ----------
    books : list of Path
        Those that may be books, in the order of their names.
    others : list of Path
        Files of other kinds, and what lies where no book is looked for.
    """

    books: list[Path]
    others: list[Path]


def files_of(folder: Path, plan_id: str) -> Found:
    """Return the files of a folder, but for hidden ones, and what is written there by us."""
    inside = sorted(path for path in folder.rglob("*") if path.is_file())
    own = _OWN.format(plan=plan_id)
    foreign = [
        path
        for path in inside
        if not path.name.startswith((".", _LOCK))
        and not re.fullmatch(own, path.relative_to(folder).as_posix())
    ]
    records = folder / RECORDS
    is_book = [ending(path) in _ENDINGS and not path.is_relative_to(records) for path in foreign]
    books = [path for path, is_one in zip(foreign, is_book, strict=True) if is_one]
    return Found(books, [path for path in foreign if path not in books])


def read_book(
    path: Path,
    name: str,
    planned: Mapping[str, Planned],
    plan_id: str,
    span: Span,
    password: str | None,
) -> Book:
    """Read one file, and check each of its rows.

    Parameters
    ----------
    path : Path
    name : str
        What messages call it.
    planned : mapping of str to Planned
        The planned rows by their ids.
    plan_id : str
    span : Span
    password : str, optional
    """
    book = Book(name)
    try:
        table = read_table(path, name, ROW_ID, "book of a plan", password, keys=planned)
    except RecordsError as error:
        book.faults.append(error)
        return book
    for sheet in table.beside:
        book.urgent += _urgent(sheet, _own_rows(sheet, planned), span)
    own = _own_rows(table, planned)
    book.urgent += _urgent(table, own, span)
    if table.fault is not None:
        book.faults.append(table.fault)
        return book
    book.has_other_columns = any(table.others.values())
    is_other = _of_other_plan(table, plan_id)
    book.faults += is_other + [_other_sheet(sheet) for sheet in table.beside if sheet.rows]
    book.faults += [table.unclear_at(row) for row in table.unclear]
    lacking = [] if is_other else _lacking(table, own)
    book.faults += lacking
    for row, row_id in _ids_in(table, ROW_ID).items():
        key = "" if row_id is None else row_id.upper()
        if is_other:
            continue
        if row not in own:
            book.faults.append(_unplanned(table, row, planned.get(key), key))
        elif key in book.seen:
            book.faults.append(_repeated(table, row))
        else:
            book.seen.add(key)
            if lacking:
                continue
            answer, faults = answer_of(table, row, span, AUDIENCES[own[row].channel])
            book.faults += faults
            if answer is not None:
                book.answers[key] = Told(row, answer)
                book.denied |= {sign_id(key, sign) for sign in denied_in(table, row)}
    return book


def settle(books: Iterable[Book]) -> dict[str, Answer]:
    """Return the answers of the books without a fault; books that contradict another get one."""
    first: dict[str, tuple[Book, Told]] = {}
    for book in books:
        for key, told in book.answers.items():
            other, earlier = first.setdefault(key, (book, told))
            if earlier.answer != told.answer:
                book.faults.append(_contradicts(book.name, told.row, other.name, earlier.row))
                other.faults.append(_contradicts(other.name, earlier.row, book.name, told.row))
    return {
        key: told.answer for book in books if not book.faults for key, told in book.answers.items()
    }


def _ids_in(table: LooseTable, column: str) -> dict[int, str | None]:
    """Return the id in a column of each row, by the rule of ids."""
    written = pd.Series([cells.get(column) for cells in table.rows.values()], dtype=object)
    return dict(zip(table.rows, as_ids(written), strict=True))


def _of_other_plan(table: LooseTable, plan_id: str) -> list[RecordsError]:
    written = _ids_in(table, PLAN).items()
    other = next((row for row, own in written if own not in (None, plan_id)), None)
    if other is None:
        return []
    return [
        RecordsError(
            "the book is of another plan or round",
            place=table.place(other),
            code="outreach.other_plan",
            allowed=f"books of plan {plan_id}",
            next_step="read it with its own plan: Outreach.read(...)",
        )
    ]


def _lacking(table: LooseTable, own: Mapping[int, Planned]) -> list[RecordsError]:
    """Return a refusal of each column of answers that a book was handed out with and has no more.

    A machine may leave out what it does not answer.
    """
    channels = {planned.channel for planned in own.values()}
    asked = {
        column: None
        for channel, (choices, signs) in _ASKED.items()
        if channel in channels
        for column in (*choices, *signs)
    }
    return [
        RecordsError(
            f"no column is called {_titles(column)}",
            place=table.name,
            code="outreach.heading",
            allowed="the headings of the book as they were handed out, in any order",
            next_step="restore the heading above its answers, or add the column blank",
        )
        for column in asked
        if column not in table.titles
    ]


def _titles(column: str) -> str:
    """Return what a column of answers is called in each language."""
    return " or ".join(dict.fromkeys(title(column, LANGUAGES[lang]) for lang in sorted(LANGUAGES)))


def _is_alike(written: str | None, planned: str) -> bool:
    """Tell whether a cell is blank or the planned household's id; zeros in front may be lost."""
    return written is None or written.lstrip("0") == planned.lstrip("0")


def _own_rows(table: LooseTable, planned: Mapping[str, Planned]) -> dict[int, Planned]:
    """Return whose the rows of a table are, without those of nobody who was planned."""
    households = _ids_in(table, HOUSEHOLD)
    known = {row: planned.get((key or "").upper()) for row, key in _ids_in(table, ROW_ID).items()}
    return {
        row: one
        for row, one in known.items()
        if one is not None
        and _is_alike(households[row], one.household_id)
        and is_named(one.mark, table.rows[row].get("name"))
    }


def _urgent(
    table: LooseTable, own: Mapping[int, Planned], span: Span
) -> Iterator[dict[str, object]]:
    ids = _ids_in(table, ROW_ID)
    for row in sorted({*table.rows, *table.remarks}):
        signs = urgent_of(table, row)
        day = day_in(table.rows.get(row, {}).get(DAY, ""), span) if signs else None
        seen = day if day is not None and span.has(day) else None
        whose = own[row]._asdict() if row in own else dict.fromkeys(Planned._fields)
        for sign in signs:
            own_id = sign_id(str(ids[row]).upper(), sign) if row in own else None
            place = {"file": table.name, "row": row}
            yield {**whose, "sign_id": own_id, "sign": sign, "seen": seen, **place}


def _other_sheet(sheet: LooseTable) -> RecordsError:
    return RecordsError(
        "something stands in a sheet beside the one of the book, and would not be read",
        place=sheet.name,
        code="outreach.sheet",
        allowed="one sheet with rows",
        next_step="bring its answers into the sheet of the book, then delete it",
    )


def _unplanned(table: LooseTable, row: int, planned: Planned | None, key: str) -> RecordsError:
    what = "the household is not on the plan here" if key else "no id of a row stands here"
    if planned is not None and not is_named(planned.mark, table.rows[row].get("name")):
        what = "another name stands here than the one that was handed out with this row's id"
    return RecordsError(
        what,
        place=table.place(row),
        code="outreach.unplanned",
        allowed="the rows as they were handed out",
        next_step="restore the row as it was handed out, all of its cells sorted together, or take "
        "it out; who was turned to without a plan belongs into a table of contacts of its own",
    )


def _repeated(table: LooseTable, row: int) -> RecordsError:
    return RecordsError(
        "a row above has the same id",
        place=table.place(row),
        code="outreach.repeated",
        allowed="each row once",
        next_step="leave the one that holds",
    )


def _contradicts(name: str, row: int, other: str, other_row: int) -> RecordsError:
    return RecordsError(
        f"row {other_row} of {other} says something else of the same planned row",
        place=f"{name}, row {row}",
        code="outreach.two_answers",
        allowed="one answer of each planned row",
        next_step="leave the file that holds, and take the other away",
    )
