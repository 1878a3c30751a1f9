"""What is known of households beside events: attributes and members."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.records.engine import literals
from riskmodel.records.sources import cell_sql, row_checks
from riskmodel.records.sources.day_columns import read_day
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.sources.wide_cells import CELL, COLUMN_OF, NAME_OF, NamedColumn
from riskmodel.records.staging.stager import Stager

ALWAYS = "always"

_ATTRIBUTES = "household_id, name, known_date, text, number"
_MEMBERS = """
    person_id,
    household_id,
    dwelling_id,
    "from" AS from_date,
    "to" AS to_date,
    coalesce(known_date, "from") AS known_date
"""


def stage_attributes(stager: Stager) -> None:
    """Read all sources of attributes, one row per filled cell, or per fact of a long table."""
    for columns in stager.open("attributes", marks_copies=False):
        is_long = columns.entry["name"] is not None
        blamed = _read_facts(columns) if is_long else _read_cells(stager, columns)
        columns.identity("household_id")
        if columns.entry["known_date"] == ALWAYS:
            columns.read["known_date"] = "NULL::DATE"
        else:
            read_day(columns, "known_date", needed=not is_long)
        columns.fail(cell_sql.is_rounded("text"), row_checks.ROUNDED_ID, blamed)
        is_blank = "text IS NULL AND number IS NULL"
        stager.stage("attributes", columns, _ATTRIBUTES, drop=is_blank)


def _read_facts(columns: Columns) -> str:
    """Read name and value of each row, and return the SQL of the column of its text."""
    columns.constant("name")
    columns.fail("name IS NULL", row_checks.NO_NAME, columns.blamed("name"))
    columns.words("text")
    columns.number("number")
    return "'text'"


def _read_cells(stager: Stager, columns: Columns) -> str:
    """Read name and value of each cell, and return the SQL of its column."""
    texts, numbers = (_named(columns, key) for key in ("columns", "numbers"))
    stager.read_cells(columns, [*texts, *numbers])
    is_number = f"list_contains({literals([name for _, name in numbers])}, {NAME_OF})"
    columns.read |= {
        "name": NAME_OF,
        "text": f"CASE WHEN NOT {is_number} THEN {CELL} END",
        "blamed value": COLUMN_OF,
    }
    number = f"CASE WHEN {is_number} THEN {CELL} END"
    columns.number_in("number", number, "VARCHAR", '"blamed value"')
    return '"blamed value"'


def _named(columns: Columns, key: str) -> list[NamedColumn]:
    written = columns.entry[key] or {}
    pairs = written.items() if isinstance(written, Mapping) else [(name, name) for name in written]
    return [NamedColumn(columns.source.require(column), str(name)) for name, column in pairs]


def stage_members(stager: Stager) -> None:
    """Read who belongs to which household, and when."""
    for columns in stager.open("members"):
        columns.identity("person_id")
        columns.identity("household_id")
        columns.identity("dwelling_id", needed=False)
        read_day(columns, "from", needed=False, first=True)
        read_day(columns, "to", needed=False)
        read_day(columns, "known_date", needed=False)
        columns.fail_copies()
        stager.stage("members", columns, _MEMBERS)
