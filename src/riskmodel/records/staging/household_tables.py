"""What is known of households beside events: attributes, members, contacts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.records.engine import literal, literals, number_of
from riskmodel.records.sources import cell_sql, row_checks
from riskmodel.records.sources.day_columns import lag_of, read_day, read_known_day
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.sources.wide_cells import CELL, COLUMN_OF, NAME_OF, NamedColumn
from riskmodel.records.staging.round_days import round_sql
from riskmodel.records.staging.stager import Stager
from riskmodel.records.table_schemas import RESULTS
from riskmodel.texts import plain_word

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
_CONTACTS = """
    household_id,
    {round} AS as_of_date,
    channel,
    try_cast(attempt AS BIGINT) AS attempt,
    contact_date,
    probability,
    stratum,
    reader,
    {result} AS result,
    coalesce(
        known_date,
        (coalesce(contact_date, as_of_date) + {lag})::DATE,
        contact_date,
        as_of_date
    ) AS known_date
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


def stage_contacts(stager: Stager, rounds: pd.DatetimeIndex | None) -> None:
    """Read who was contacted in which round, how, and with what result.

    Parameters
    ----------
    stager : Stager
    rounds : DatetimeIndex, optional
        The manifest's rounds; without them a round written as a month is refused.
    """
    for columns in stager.open("contacts"):
        columns.identity("household_id")
        columns.read["is_month"] = read_day(columns, "as_of_date")
        for key in ("channel", "stratum", "reader"):
            columns.constant(key)
        for key in ("attempt", "probability"):
            columns.number(key)
        read_day(columns, "contact_date", needed=False)
        read_known_day(columns, needed=False)
        columns.words("result")
        result = _result_sql(columns)
        is_unknown = f"result IS NOT NULL AND {result} IS NULL"
        columns.fail(is_unknown, row_checks.UNKNOWN_RESULT, columns.blamed("result"))
        round_of_row = round_sql(stager.con, columns, rounds)
        columns.fail_copies()
        names = _CONTACTS.format(round=round_of_row, result=result, lag=lag_of(columns.entry))
        stager.stage("contacts", columns, names, drop="result IS NULL")
        stager.amend(blank_results=_count_blank(stager, columns))


def _result_sql(columns: Columns) -> str:
    """Return the SQL of a contact's result in the package's words, NULL if it is not mapped."""
    written = columns.entry["result"]
    mapped = written.get("map") or {} if isinstance(written, Mapping) else {}
    own: dict[str, str] = {}
    for code, word in mapped.items():
        result = _folded(word)
        if result not in RESULTS:
            raise ConfigError(
                f"unknown result {word!r}",
                place=f"{columns.entry.place}.result.map",
                code="manifest.result",
                allowed=RESULTS,
                next_step=did_you_mean(result, RESULTS),
            )
        if own.setdefault(_folded(code), result) != result:
            raise ConfigError(
                f"two words that differ only in case or blanks mean two results: {code!r}",
                place=f"{columns.entry.place}.result.map",
                code="manifest.repeated",
                allowed="each word once",
                next_step="keep one of the two",
            )
    words = dict(zip(RESULTS, RESULTS, strict=True)) | own
    meanings = ", ".join(f"{literal(code)}: {literal(word)}" for code, word in words.items())
    return f"MAP {{{meanings}}}[lower(result)]"


def _folded(word: object) -> str:
    """Return a word as the words of a column are compared: plain, in small letters."""
    return plain_word(str(word)).lower()


def _count_blank(stager: Stager, columns: Columns) -> int:
    """Return how many good rows have no result."""
    judged = f"SELECT *, {row_checks.verdict(columns.checks)} FROM ({columns.sql()})"
    blank = "reason IS NULL AND result IS NULL"
    return number_of(stager.con, f"SELECT count(*) FROM ({judged}) WHERE {blank}")
