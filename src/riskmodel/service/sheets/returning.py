"""Coming back: what the books say, checked against the plan, as tables that `ingest` takes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodel.disks import on_disk
from riskmodel.doors import door
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.keys import HOUSEHOLD, DateLike, as_days
from riskmodel.service.outreach_plan import Outreach
from riskmodel.service.sheets.audiences import ROW_ID
from riskmodel.service.sheets.handed_out import RECEIPT, RECORDS, delete_day
from riskmodel.service.sheets.passwords import check_is_text
from riskmodel.service.sheets.planned_rows import last_day, planned_rows
from riskmodel.service.sheets.private_files import as_table, replace
from riskmodel.service.sheets.returned_books import Planned, files_of, read_book, settle
from riskmodel.service.sheets.returned_tables import contacts_of, signs_of
from riskmodel.service.sheets.row_ids import with_kept_ids
from riskmodel.service.sheets.taken_before import table_file, taken_before
from riskmodel.service.sheets.written_days import Span
from riskmodel.texts import counted

URGENT = (HOUSEHOLD, "area", "channel", "sign", "seen", "file", "row")
"""What is told of an urgent sign."""
_SEARCHED = "urgent signs are found by ticks and by words: what is told in others, read yourself"
_PRINTED = 20


@dataclass(frozen=True, eq=False, repr=False)
class Returned:
    """What came back of a plan; it prints itself, the urgent first, and names nobody.

    Attributes
    ----------
    urgent : DataFrame
        Signs of suicide, violence or fire in any row that came back, also of a file that was
        refused, for a human the same day: ``household_id``, ``area``, ``channel``, ``sign``,
        ``seen``, ``file`` and ``row``. The household is missing where the row is of none that was
        planned.
    contacts : DataFrame
        One row per planned row that is settled, in the columns of the table `contacts`.
    signs : DataFrame
        One row per sign, in the columns of the table `signs`: the urgent ones also of rows that
        wait for a date, and of files that were refused.
    unwritten : int
        Urgent signs that have no day, and stand in no table for want of `today`.
    refused : tuple of RecordsError
        Everything that is wrong in files that were not taken, each by file, row and column.
    taken : tuple of str
        The files that were.
    open : int
        Planned rows that are blank and not yet due, or did not come back.
    not_executed : int
        Rows that came back blank when they were due.
    kept : int
        Contacts that an earlier reading took, and that are in no book that was taken now.
    waiting : int
        Planned rows of files that were refused.
    absent : DataFrame
        Of which books rows did not come back: ``area``, ``channel``, ``rows`` and ``of``.
    has_other_columns : tuple of str
        Files with columns that no book has; these are read for urgent signs alone.
    other_files : tuple of str
        Files of the folder that are no table, or lie in ``records``; they were not read.
    delete_by : str, optional
        The day by which every copy of the books must be gone, as the receipt says.
    left_over : int
        Files of the folder that may be books, where that day is past.
    files : tuple of Path
        What was written: the tables of contacts and signs.
    """

    urgent: pd.DataFrame
    contacts: pd.DataFrame
    signs: pd.DataFrame
    unwritten: int
    refused: tuple[RecordsError, ...]
    taken: tuple[str, ...]
    open: int
    not_executed: int
    kept: int
    waiting: int
    absent: pd.DataFrame
    has_other_columns: tuple[str, ...]
    other_files: tuple[str, ...]
    delete_by: str | None
    left_over: int
    files: tuple[Path, ...]

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        return f"<p>{'<br>'.join(map(escape, self._lines()))}</p>"

    def _lines(self) -> list[str]:
        lines = [
            f"urgent, for a human today: {row.sign} in {row.file}, row {row.row}"
            for row in self.urgent.itertuples()
        ]
        if self.unwritten:
            signs = counted(self.unwritten, "urgent sign")
            lines.append(f"{signs} without a day, written nowhere: name the day of reading, today=")
        filled = len(self.contacts) - self.not_executed - self.kept
        lines.append(
            f"{counted(filled, 'contact')} in {counted(len(self.taken), 'book')}; "
            f"{self.not_executed:,} not carried out, {self.open:,} open, {self.waiting:,} in books "
            "that were refused"
        )
        if self.kept:
            are = "is" if self.kept == 1 else "are"
            contacts = counted(self.kept, "contact")
            lines.append(f"{contacts} taken before {are} not in the books any more; kept")
        lines.append(_SEARCHED)
        lines.append(self._until())
        lines += _first([f"refused: {error}" for error in self.refused], "faults: .refused")
        books = self.absent.to_dict("records")
        lines += _first([f"did not come back: {_book(book)}" for book in books], "books: .absent")
        if self.has_other_columns:
            names = ", ".join(self.has_other_columns)
            lines.append(f"columns of no book are read for urgent signs alone: {names}")
        others = [f"not read: {name}" for name in self.other_files]
        lines += _first(others, "files: .other_files")
        if others:
            lines.append("answers in these: save them as .xlsx or CSV, outside of records/")
        return lines

    def _until(self) -> str:
        """Tell by when copies must be gone, or which still lie here."""
        if self.delete_by is None:
            return f"{RECEIPT} is not there as it was written: it says when copies must be gone"
        if not self.left_over:
            return f"copies of the books must be gone by {self.delete_by}"
        files = counted(self.left_over, "file")
        return (
            f"copies of the books had to be gone by {self.delete_by}: delete {files} here, and ask "
            "whoever got books for theirs"
        )


def _book(absent: Mapping[Hashable, object]) -> str:
    """Return which book did not come back whole, and how many of its rows."""
    place = [str(absent["area"])] if absent["area"] else []
    rows = f"{absent['rows']:,} of {absent['of']:,} rows"
    return ", ".join([*place, str(absent["channel"]), rows])


def _first(lines: list[str], rest: str) -> list[str]:
    """Return the first of some lines, and how many more there are."""
    more = len(lines) - _PRINTED
    return [*lines[:_PRINTED], *[f"and {more:,} more {rest}"] * (more > 0)]


@door
def returned(
    folder: str | Path,
    plan: Outreach,
    *,
    today: DateLike | None = None,
    password: str | None = None,
) -> Returned:
    """Read the books of a plan that came back, and write contacts and signs for `ingest`.

    Workbooks and CSV (UTF-8, cp949, UTF-16) are read, wherever in the folder they lie, with their
    rows and columns in any order, and with blank rows between. A file is taken whole or not at all:
    with one fault in it none of its rows is, and each fault is told by file, row and column. The
    same books give the same files. An answer that comes back later replaces what was taken of its
    row before; a blank row, or a book that is gone, does not. An answer that is still the same is
    known since the first reading that took it.

    Parameters
    ----------
    folder : path-like
        Into which the plan was handed out, with the books that came back anywhere in it. Its
        subfolder ``records`` says which row id is whose, and gets ``contacts_PLAN.csv`` and
        ``signs_PLAN.csv``.
    plan : Outreach
        The plan by which they were handed out.
    today : date-like, optional
        The day on which they are read: answers are known from it on, a contact cannot lie behind
        it, and a row that came back blank and was due before it becomes ``not_executed``. An urgent
        sign in a row without a date was seen on it. Without it no row becomes so, an answer is
        known on the day of its contact, and a sign without a day is written nowhere.
    password : str, optional
        With which they were handed out.

    Returns
    -------
    Returned

    Raises
    ------
    ConfigError
        For a folder that is none or into which the plan was not handed out, for tables there that
        are not as an earlier reading wrote them, and a day before the round.
    DiskError
        If the disk refuses to read or write.

    Notes
    -----
    A row counts by the id that it was handed out with. One with another household in it, or with an
    id that is not of this plan, is a substitute: it makes its file refused, and is named by its
    place alone. A row with a reason and no result is read as `ingest` reads it: ``refused``, or
    ``not_reached``; so is one with signs alone.
    """
    check_is_text(password)
    folder = Path(folder)
    day = _checked(folder, plan, today)
    plan_id = plan.plan_id
    rows = with_kept_ids(planned_rows(plan), folder / RECORDS, plan_id).set_index(ROW_ID)
    before = taken_before(folder / RECORDS, plan_id, set(rows.index))
    whose = rows[list(Planned._fields)].itertuples(index=False, name=None)
    planned = dict(zip(rows.index, map(Planned._make, whose), strict=True))
    last = last_day(plan)
    span = Span(as_days(plan.as_of), last if day is None else min(day, last))
    with on_disk(folder):
        found = files_of(folder, plan_id)
        named = {path.relative_to(folder).as_posix(): path for path in found.books}
        books = [
            read_book(path, name, planned, plan_id, span, password) for name, path in named.items()
        ]
    answers = settle(books)
    seen = [book.seen for book in books]
    waiting = set[str]().union(*(book.seen for book in books if book.faults)) - answers.keys()
    left = rows[~rows.index.isin([*answers, *waiting, *before.contacts])]
    # a row that did not come back may be answered in a file that was not read, or not sent yet
    is_known = left.index.isin(set[str]().union(*seen))
    is_due = np.zeros(len(left), bool) if day is None else as_days(left["due_by"]) < day
    blank = left[is_known & is_due]
    kept = before.answered() - answers.keys()
    contacts = contacts_of(rows, answers, blank, before, day)
    signs = signs_of(rows, answers, books, before, day)
    until = delete_day(folder)
    is_past = until is not None and day is not None and day > until
    urgent = [one for book in books for one in book.urgent]
    own_ids = {one["sign_id"] for one in urgent if one["sign_id"] is not None}
    return Returned(
        urgent=pd.DataFrame(urgent, columns=list(URGENT)),
        contacts=contacts,
        signs=signs,
        unwritten=len(own_ids - set(signs["sign_id"])),
        refused=tuple(error for book in books for error in book.faults),
        taken=tuple(book.name for book in books if not book.faults),
        open=len(left) - len(blank),
        not_executed=len(contacts) - len(answers) - len(kept),
        kept=len(kept),
        waiting=len(waiting),
        absent=_absent(rows, set[str]().union(*seen)),
        has_other_columns=tuple(book.name for book in books if book.has_other_columns),
        other_files=tuple(path.relative_to(folder).as_posix() for path in found.others),
        delete_by=None if until is None else str(until),
        left_over=len(found.books) if is_past else 0,
        files=_written(folder / RECORDS, plan_id, contacts=contacts, signs=signs),
    )


def _checked(folder: Path, plan: Outreach, today: DateLike | None) -> np.datetime64 | None:
    """Return the day on which books are read; a folder or a day that cannot be is refused."""
    if not folder.is_dir():
        raise ConfigError(
            f"the folder {folder.name!r} does not exist",
            code="outreach.folder",
            next_step="name the folder in which the books lie that came back",
        )
    day = None if today is None else as_days(today, "today")
    if day is not None and day < as_days(plan.as_of):
        raise ConfigError(
            f"today lies before the round, {plan.as_of}",
            place="today",
            code="outreach.today",
            allowed=f"{plan.as_of} or later",
            next_step="name the day on which the books are read",
        )
    return day


def _absent(rows: pd.DataFrame, came: set[str]) -> pd.DataFrame:
    """Return how many planned rows of each book did not come back, of how many."""
    is_absent = pd.Series(~rows.index.isin(came), index=rows.index)
    books = is_absent.groupby([rows["area"], rows["channel"]])
    counts = books.agg(["sum", "size"]).set_axis(["rows", "of"], axis=1).reset_index()
    return counts[counts["rows"] > 0].reset_index(drop=True)


def _written(folder: Path, plan_id: str, **tables: pd.DataFrame) -> tuple[Path, ...]:
    """Write the tables of a plan, in the place of what an earlier reading wrote."""
    with on_disk(folder):
        files = {folder / table_file(name, plan_id): table for name, table in tables.items()}
        for path, table in files.items():
            replace(path, as_table(table))
    return tuple(files)
