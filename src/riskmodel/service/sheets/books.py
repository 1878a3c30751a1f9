"""The book of one area and channel, as a workbook: titles, rows, and answers to choose from."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError
from riskmodel.keys import HOUSEHOLD
from riskmodel.records.service_words import SIGNS
from riskmodel.service.sheets.audiences import (
    ANSWERS,
    AUDIENCES,
    DAY,
    MACHINE,
    PLAN,
    ROW_ID,
    Audience,
)
from riskmodel.service.sheets.book_layout import lay_out
from riskmodel.service.sheets.book_words import allowed_answers, title
from riskmodel.service.sheets.private_files import as_table
from riskmodel.service.sheets.written_days import serial_of
from riskmodel.serving import Language
from riskmodel.spreadsheets import keep_texts

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

ATTEMPTS = 3
"""How often a machine tries: three calls without an answer lead to a human."""
_KEPT = (ROW_ID, HOUSEHOLD, "name", PLAN)
"""By what a row is known again when it comes back; an address or a number may be mended."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
_AT_EPOCH = rb"\g<1>1980-01-01T00:00:00Z"
# what XML cannot hold
_UNWRITABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])


class Round(NamedTuple):
    """What every book of a handing out says.

    Attributes
    ----------
    plan_id : str
    first, last : datetime64[D]
        The days between which contacts are made.
    delete_by : datetime64[D]
    language : Language
    """

    plan_id: str
    first: np.datetime64
    last: np.datetime64
    delete_by: np.datetime64
    language: Language


def book_rows(
    rows: pd.DataFrame, people: pd.DataFrame, reasons: pd.DataFrame, one: Round, *, is_named: bool
) -> pd.DataFrame:
    """Return the rows of one channel as its reader gets them, under the names of the columns.

    Parameters
    ----------
    rows, people, reasons : DataFrame
        Of the planned rows of one area and channel, on one index.
    one : Round
    is_named : bool
        Whether people were given. Without them a book holds the household's id, by which the office
        finds it.
    """
    (channel,) = rows["channel"].unique()
    audience = AUDIENCES[channel]
    due = pd.to_datetime(rows["due_by"])
    monday = due - pd.to_timedelta(due.dt.day_of_week, unit="D")
    week = _days(monday) + " ~ " + _days(monday + pd.Timedelta(days=6))
    filled = rows.join(people).assign(
        topics=people["topics"].fillna(one.language.sheets["usual_topics"]),
        attempts=str(ATTEMPTS),
        due_by=_days(due),
        due_week=week.where(due.notna(), ""),
    )
    is_unnamed = not is_named and HOUSEHOLD not in audience.given
    given = [ROW_ID, *[HOUSEHOLD] * is_unnamed, *audience.given[1:]]
    table = filled[given]
    table = table.join(reasons) if audience.sees_reasons else table
    answers = [name for name in ANSWERS if name in (*audience.choices, *audience.signs)]
    return table.assign(**dict.fromkeys(answers), **{PLAN: one.plan_id})


def _days(values: pd.Series) -> pd.Series:
    return values.dt.strftime("%Y-%m-%d").fillna("")


def as_csv(table: pd.DataFrame, channel: str) -> bytes:
    """Return a book that a machine reads: CSV in UTF-8, its columns by the names of the code."""
    return as_table(table.rename(columns=MACHINE[channel]))


def foot_of(rows: pd.DataFrame, one: Round) -> str:
    """Return what stands at the foot of a printed book: area, channel, plan, and when it is due."""
    due = sorted({*_days(pd.to_datetime(rows["due_by"]))} - {""})
    days = " ~ ".join(dict.fromkeys([*due[:1], *due[-1:]]))
    channel = one.language.contacts[rows["channel"].iloc[0]]
    return ", ".join(filter(None, [rows["area"].iloc[0], channel, days, one.plan_id]))


def as_workbook(table: pd.DataFrame, channel: str, one: Round, foot: str) -> bytes:
    """Return a book as a workbook of one sheet, with nothing hidden in it.

    The same rows give the same bytes: neither sheet nor archive holds a time.

    Parameters
    ----------
    table : DataFrame
        Of `book_rows`.
    channel : str
    one : Round
    foot : str
        Of `foot_of`.

    Raises
    ------
    ConfigError
        Without openpyxl.
    DiskError
        If the disk of temporary files refuses to write.
    """
    try:
        from openpyxl import Workbook  # an extra
    except ImportError:
        raise ConfigError(
            "workbooks need openpyxl",
            code="outreach.excel",
            next_step="pip install 'riskmodel[excel]'",
        ) from None
    book = Workbook()
    book.properties.creator = "riskmodel"
    sheet = book.active
    sheet.title = one.language.contacts[channel]
    sheet.append([_head(name, channel, one.language) for name in map(str, table)])
    for row in table.itertuples(index=False):
        sheet.append([None if pd.isna(cell) else _writable(str(cell)) for cell in row])
    columns, delete_by = list(map(str, table)), one.language.sheets["delete_by"]
    lay_out(sheet, columns, foot=foot, delete_by=delete_by.format(day=one.delete_by))
    keep_texts(sheet)
    _guard(sheet, table, AUDIENCES[channel], one)
    content = BytesIO()
    with on_disk(Path(gettempdir())):  # where openpyxl writes each sheet first
        book.save(content)
    return _without_times(content.getvalue())


def _head(column: str, channel: str, language: Language) -> str:
    """Return what a column is called, for who reads the channel's book."""
    return MACHINE[channel].get(column, column) if channel in MACHINE else title(column, language)


def _writable(text: str) -> str:
    return text.translate(_UNWRITABLE)


def _guard(sheet: Worksheet, table: pd.DataFrame, audience: Audience, one: Round) -> None:
    """Say of each column what may be written into it: an answer, or nothing by accident.

    Locked cells would do less: a sheet that has some cannot be sorted.
    """
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    texts = one.language.sheets
    for number, name in enumerate(map(str, table), start=1):
        if name not in ANSWERS:
            asked = DataValidation("custom", formula1="FALSE", allow_blank=False)
            asked.errorStyle = "stop" if name in _KEPT else "warning"
            asked.error = texts["kept" if name in _KEPT else "given"]
        elif name == DAY:
            asked = DataValidation("date", operator="between", allow_blank=True)
            asked.formula1, asked.formula2 = str(serial_of(one.first)), str(serial_of(one.last))
            asked.prompt = asked.error = texts["day"].format(first=one.first, last=one.last)
        else:
            words = _offered(name, audience, one.language)
            asked = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True)
            asked.prompt = texts["tick" if name in SIGNS else "choose"].format(yes=words[0])
            asked.error = texts["choose"]
        asked.showErrorMessage = asked.showInputMessage = True
        letter = get_column_letter(number)
        asked.add(f"{letter}2:{letter}{len(table) + 1}")
        sheet.add_data_validation(asked)


def _offered(column: str, audience: Audience, language: Language) -> list[str]:
    """Return the words that a drop-down of a column offers."""
    if column in SIGNS:
        return [language.review["yes"]]
    return list(allowed_answers(column, language, audience))


def _without_times(workbook: bytes) -> bytes:
    """Return a workbook's archive without the time at which it was made."""
    content = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook)) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(_AT_EPOCH, part)
            new.writestr(zipfile.ZipInfo(name, _EPOCH), part, zipfile.ZIP_DEFLATED)
    return content.getvalue()
