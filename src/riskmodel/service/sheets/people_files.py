"""Tables of people as offices keep them: frames, CSV, workbooks and Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError
from riskmodel.keys import HOUSEHOLD
from riskmodel.records.sources.file_kinds import PARQUET, refuse_other_kind
from riskmodel.records.sources.files import TRUNCATED, is_parquet, refuse_file
from riskmodel.service.sheets.answers import failed_at
from riskmodel.service.sheets.book_words import COLUMNS_OF_PEOPLE, is_failed
from riskmodel.service.sheets.loose_tables import LooseTable, read_table


class PeopleTable(NamedTuple):
    """A table of people as it was given.

    Attributes
    ----------
    name : str
        What messages call it.
    rows : DataFrame
        On the numbers by which a spreadsheet shows its rows; a frame's are counted from 1.
    """

    name: str
    rows: pd.DataFrame


def read_people(people: pd.DataFrame | str | Path, password: str | None) -> PeopleTable:
    """Return a table of people under the headings that it has.

    Parameters
    ----------
    people : DataFrame or path
    password : str, optional
        Of the books; a workbook of people may have the same.

    Raises
    ------
    ConfigError
        Without such a file, for one with people in several sheets, or with cells that cannot be
        read for certain.
    RecordsError
        For a file that is no table.
    """
    if isinstance(people, pd.DataFrame):
        return PeopleTable("people", people.set_axis(range(1, len(people) + 1)))
    path = Path(people)
    if not path.is_file():
        raise ConfigError(
            f"there is no file {path.name!r}",
            place="people",
            code="outreach.people",
            allowed="a DataFrame, or a file: .xlsx, .csv or .parquet",
            next_step="look at the folder and the name",
        )
    if is_parquet(path):
        whole = _parquet(path)
        return PeopleTable(path.name, whole.set_axis(range(1, len(whole) + 1)))
    table = read_table(
        path, path.name, HOUSEHOLD, "table of people", password, columns=COLUMNS_OF_PEOPLE
    )
    if table.fault is not None:
        raise table.fault
    _check_whole(table)
    others = (dict(cells) for cells in table.others.values())
    rows = [
        {**beside, **{table.titles[name]: text for name, text in own.items()}}
        for own, beside in zip(table.rows.values(), others, strict=True)
    ]
    columns = pd.Index(
        dict.fromkeys([*table.titles.values(), *(name for row in rows for name in row)])
    )
    return PeopleTable(path.name, pd.DataFrame(rows, list(table.rows), columns, dtype=object))


def _parquet(path: Path) -> pd.DataFrame:
    with on_disk(path):
        refuse_other_kind(path, path.name, PARQUET)
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError):
            refuse_file(path.name, "is no whole Parquet file", TRUNCATED)


def _check_whole(table: LooseTable) -> None:
    """Refuse a file of which people would be left out unsaid."""
    if table.unclear:
        row = min(table.unclear)
        raise table.unclear_at(row)
    failed = (
        (row, name)
        for row, cells in table.rows.items()
        for name, text in cells.items()
        if is_failed(text)
    )
    if (cell := next(failed, None)) is not None:
        raise failed_at(table, *cell)
    other = next((sheet for sheet in table.beside if HOUSEHOLD in sheet.titles), None)
    if other is not None:
        raise ConfigError(
            "people stand in several sheets, and one is read",
            place=other.name,
            code="outreach.people",
            allowed="one sheet with a column of ids",
            next_step="bring them all into one sheet, or pass a DataFrame",
        )
