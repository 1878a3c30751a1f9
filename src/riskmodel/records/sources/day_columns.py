"""The days of one entry as SQL: when a fact happened, became known and was delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.keys import Span
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources import cell_sql, dates, row_checks
from riskmodel.records.sources.delivery_rules import check_names, day_texts, pattern_in
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import FILE
from riskmodel.records.sources.source_columns import Columns

NO_LAG = "NULL::INTERVAL"


class DaySql(NamedTuple):
    """The SQL of a day, of whether a cell says "no date", and of whether it names a month."""

    sql: str
    says_none: str
    is_month: str


def read_day(columns: Columns, key: str, *, needed: bool = True, first: bool = False) -> str:
    """Read a day; a row without a usable one is bad.

    Parameters
    ----------
    columns : Columns
    key : str
    needed : bool
        Whether a blank cell is bad too.
    first : bool
        Whether months and years are dated on their first day; else on their last.

    Returns
    -------
    str
        The SQL of whether the cell names a month.
    """
    written = columns.entry[key]
    if written is None:
        columns.read[key] = "NULL::DATE"
        return "FALSE"
    day = _day(columns, key, first=first)
    columns.read[key] = day.sql
    columns.read[f"none in {key}"] = "FALSE" if needed else day.says_none
    is_bad = f"{identifier(key)} IS NULL AND NOT {identifier(f'none in {key}')}"
    columns.fail(is_bad, row_checks.NO_DATE, columns.blamed(key))
    return day.is_month


def read_known_day(columns: Columns, *, needed: bool = True) -> None:
    """Read the day on which a fact became known; NULL where it follows from a lag.

    A blank cell is bad where it is `needed` and the entry names no other column for it.
    """
    written = columns.entry["known_date"]
    if written is None or has_lag(columns.entry):
        columns.read["known_date"] = "NULL::DATE"
        return
    other = written.get("blank") if isinstance(written, Mapping) else None
    read_day(columns, "known_date", needed=needed and other is None)
    if other is not None:
        is_blank, known = columns.read["none in known_date"], columns.read["known_date"]
        columns.read["known_date"] = (
            f"CASE WHEN {is_blank} THEN {columns.read[other]} ELSE {known} END"
        )


def read_delivery_day(columns: Columns) -> None:
    """Read the day of each row's delivery; NULL where the entry does not state it."""
    pattern = pattern_in(columns.entry.keys)
    if pattern is None:
        read_day(columns, "delivered_on")
        return
    files = columns.source.files
    check_names(pattern, files, f"{columns.entry.place}.delivered_on")
    days = day_texts(pattern, files)
    pairs = ", ".join(f"{literal(file)}: {literal(day)}" for file, day in days.items())
    columns.texts["delivered_on as text"] = f"MAP {{{pairs}}}[{identifier(FILE)}]"
    day = _format(columns.entry, "delivered_on").day(identifier("delivered_on as text"))
    columns.read["delivered_on"] = day
    columns.fail("delivered_on IS NULL", row_checks.NO_DATE, "'delivered_on'")


def check_date_format(columns: Columns) -> None:
    """Refuse a `date_format` where no day that was read is a text or a number."""
    if columns.entry["date_format"] is not None and not columns.written_days:
        _refuse_date_format(columns, "date_format", "every column of days")


def has_lag(entry: Entry) -> bool:
    """Tell whether an entry states its known dates as a lag."""
    written = entry["known_date"]
    return isinstance(written, Mapping) and "lag" in written


def lag_of(entry: Entry) -> str:
    """Return the lag until a fact is known, as an interval; NULL where none is written."""
    return interval(entry["known_date"]["lag"]) if has_lag(entry) else NO_LAG


def interval(span: str | Span) -> str:
    """Return a span as an interval of the engine, which clamps months at month ends as `keys` does.

    Examples
    --------
    >>> interval("2M")
    "INTERVAL '2 months'"
    """
    parsed = Span.parse(span)
    unit = "days" if parsed.unit == "D" else "months"
    return f"INTERVAL '{parsed.count} {unit}'"


def _day(columns: Columns, key: str, *, first: bool) -> DaySql:
    column, kind = columns.column(columns.name(key))
    if cell_sql.is_moment(kind):
        _refuse_moments(columns, key)
    if kind.startswith(("DATE", "TIMESTAMP")):
        day = dates.within_years(cell_sql.day(column, kind))
        # the first and the last year are how systems write that there is none
        is_none = f"coalesce(year({column}) NOT BETWEEN 2 AND 9998, TRUE)"
        written = columns.entry[key]
        if isinstance(written, Mapping) and "date_format" in written:
            _refuse_date_format(columns, f"{key}.date_format", f"column {columns.name(key)!r}")
        return DaySql(day, says_none=is_none, is_month="FALSE")

    text = columns.written_days[key] = columns.text(key)
    date_format = _format(columns.entry, key)
    return DaySql(
        date_format.day(text, first=first),
        says_none=dates.says_none(text),
        is_month=date_format.is_month(text),
    )


def _format(entry: Entry, key: str) -> dates.Format:
    """Return how a column writes dates: by its own date_format, else the entry's."""
    written = entry[key]
    own = written.get("date_format") if isinstance(written, Mapping) else None
    return dates.Format.read(own or entry["date_format"], entry.place)


def _refuse_date_format(columns: Columns, key: str, what: str) -> NoReturn:
    raise ConfigError(
        f"{key} says how texts write days, and {what} holds days already",
        place=f"{columns.entry.place}, {columns.source.title}",
        code="manifest.no_meaning",
        next_step=f"leave {key} out",
    )


def _refuse_moments(columns: Columns, key: str) -> NoReturn:
    name = columns.name(key)
    day = f"timezone('Asia/Seoul', {identifier(name)})::DATE AS {identifier(name)}"
    raise RecordsError(
        f"column {name!r} holds moments without a time zone, and a moment's day depends on it",
        place=f"{columns.entry.place}, {columns.source.title}",
        code="records.time_zone",
        allowed="days, or moments whose zone the file names, as files of pandas and Arrow do",
        next_step=f"name the zone in the entry: query: SELECT * REPLACE ({day}) FROM source",
    )
