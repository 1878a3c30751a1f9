"""One entry's columns as SQL.

Cells become trimmed texts in one layer, and ids, days and numbers in the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, NoReturn

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.keys import Span
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources import cell_sql, dates, row_checks
from riskmodel.records.sources.delivery_rules import check_names, day_texts, pattern_in
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import COPY, FILE, ROW
from riskmodel.records.sources.row_checks import Check
from riskmodel.records.sources.source import Source
from riskmodel.texts import plain_word

NO_LAG = "NULL::INTERVAL"
LABELS = ("area", "channel", "stratum", "reader")
"""The keys whose words describe, where 미상 is a word as any other."""


class DaySql(NamedTuple):
    """The SQL of a day, of whether a cell says "no date", and of whether it names a month."""

    sql: str
    says_none: str
    is_month: str


class Columns:
    """Collects the columns that a table needs of one source, and the checks that go with them.

    Parameters
    ----------
    source : Source
    relation : str
        Its rows kept by `where`, with the column `COPY`.

    Attributes
    ----------
    texts, read : dict of str to str
        The SQL of each column: trimmed texts, and what is read out of these.
    checks : list of Check
    used : set of str
        The names of the columns that are read.
    written_days : dict of str to str
        By key, the column of texts out of which a day is read.
    """

    def __init__(self, source: Source, relation: str) -> None:
        self.source, self.relation = source, relation
        self.used: set[str] = set()
        self.written_days: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.read: dict[str, str] = {
            "row": identifier(ROW),
            "file": identifier(FILE),
            "is_copy": identifier(COPY),
        }
        self.checks: list[Check] = []

    @property
    def entry(self) -> Entry:
        """The entry of the manifest behind the source."""
        return self.source.entry

    def fail(self, condition: str, reason: str, blamed: str) -> None:
        """Add a check: a row for which `condition` holds is bad, because of the column `blamed`."""
        self.checks.append(Check(condition, reason, blamed))

    def fail_copies(self) -> None:
        """Add the check that no row equals an earlier one in all columns."""
        self.fail("is_copy", row_checks.DUPLICATE, "NULL")

    def name(self, key: str) -> str:
        """Return the name of the column behind a key."""
        written = self.entry[key]
        return str(written["column"] if isinstance(written, Mapping) else written)

    def blamed(self, key: str) -> str:
        """Return the SQL of the name of the column behind a key."""
        return literal(self.name(key))

    def identity(self, key: str, *, needed: bool = True) -> None:
        """Read a column of ids; a row without one is bad."""
        if self.entry[key] is None:
            self.read[key] = "NULL::VARCHAR"
            return
        self._identity(key)
        if needed:
            self.fail(f"{key} IS NULL", row_checks.NO_ID, self.blamed(key))

    def _identity(self, key: str) -> None:
        read = cell_sql.label if key in LABELS else cell_sql.identity
        self.read[key] = read(self._text(key))
        for has_fault, reason in row_checks.FAULTS_OF_IDS:
            self.fail(has_fault(identifier(key)), reason, self.blamed(key))

    def words(self, key: str) -> None:
        """Read a column of texts."""
        self.read[key] = "NULL::VARCHAR" if self.entry[key] is None else self._text(key)

    def constant(self, key: str, *, known: Iterable[str] = ()) -> None:
        """Read a constant, or a column written ``{column: NAME}``.

        A constant that is also a column's name is refused, unless it is one of the `known` words.
        """
        written = self.entry[key]
        if isinstance(written, Mapping):
            self._identity(key)
            return
        if written in self.source.types and written not in known:
            raise ConfigError(
                f"{key} is one word for all rows, and {written!r} is a column",
                place=self.entry.place,
                code="manifest.constant",
                allowed=f"a word, or {{column: {written}}}",
                next_step=f"write {key}: {{column: {written}}} for the column",
            )
        self.read[key] = "NULL::VARCHAR" if written is None else literal(plain_word(str(written)))

    def joined(self, key: str, name: str) -> None:
        """Read one column or several as one text."""
        written = self.entry[key]
        names = [written] if isinstance(written, str) else list(written or ())

        texts = []
        for number, column in enumerate(names):
            alias = f"{key} {number}"
            self.texts[alias] = cell_sql.text(*self._column(column))
            texts.append(f"coalesce({identifier(alias)}, '')")
            for has_fault, reason in row_checks.FAULTS_OF_IDS:
                self.read[f"{alias}: {reason}"] = has_fault(identifier(alias))
                self.fail(identifier(f"{alias}: {reason}"), reason, literal(column))
        self.read[name] = f"concat_ws(chr(31), {', '.join(texts)})" if texts else "NULL::VARCHAR"

    def day(self, key: str, *, needed: bool = True, first: bool = False) -> str:
        """Read a day; a row without a usable one is bad.

        Parameters
        ----------
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
        written = self.entry[key]
        if written is None:
            self.read[key] = "NULL::DATE"
            return "FALSE"
        day = self._day(key, first=first)
        self.read[key] = day.sql
        self.read[f"none in {key}"] = "FALSE" if needed else day.says_none
        is_bad = f"{identifier(key)} IS NULL AND NOT {identifier(f'none in {key}')}"
        self.fail(is_bad, row_checks.NO_DATE, self.blamed(key))
        return day.is_month

    def _day(self, key: str, *, first: bool) -> DaySql:
        column, kind = self._column(self.name(key))
        if cell_sql.is_moment(kind):
            self._refuse_moments(key)
        if kind.startswith(("DATE", "TIMESTAMP")):
            day = dates.within_years(cell_sql.day(column, kind))
            # the first and the last year are how systems write that there is none
            is_none = f"coalesce(year({column}) NOT BETWEEN 2 AND 9998, TRUE)"
            if isinstance(self.entry[key], Mapping) and "date_format" in self.entry[key]:
                self._refuse_date_format(f"{key}.date_format", f"column {self.name(key)!r}")
            return DaySql(day, says_none=is_none, is_month="FALSE")

        text = self.written_days[key] = self._text(key)
        date_format = self._format(key)
        return DaySql(
            date_format.day(text, first=first),
            says_none=dates.says_none(text),
            is_month=date_format.is_month(text),
        )

    def check_date_format(self) -> None:
        """Refuse a `date_format` where no day that was read is a text or a number."""
        if self.entry["date_format"] is not None and not self.written_days:
            self._refuse_date_format("date_format", "every column of days")

    def _refuse_date_format(self, key: str, what: str) -> NoReturn:
        raise ConfigError(
            f"{key} says how texts write days, and {what} holds days already",
            place=f"{self.entry.place}, {self.source.title}",
            code="manifest.no_meaning",
            next_step=f"leave {key} out",
        )

    def _format(self, key: str) -> dates.Format:
        """Return how a column writes dates: by its own date_format, else the entry's."""
        written = self.entry[key]
        own = written.get("date_format") if isinstance(written, Mapping) else None
        return dates.Format.read(own or self.entry["date_format"], self.entry.place)

    def _refuse_moments(self, key: str) -> NoReturn:
        name = self.name(key)
        day = f"timezone('Asia/Seoul', {identifier(name)})::DATE AS {identifier(name)}"
        raise RecordsError(
            f"column {name!r} holds moments without a time zone, and a moment's day depends on it",
            place=f"{self.entry.place}, {self.source.title}",
            code="records.time_zone",
            allowed="days, or moments whose zone the file names, as files of pandas and Arrow do",
            next_step=f"name the zone in the entry: query: SELECT * REPLACE ({day}) FROM source",
        )

    def known_day(self, *, needed: bool = True) -> None:
        """Read the day on which a fact became known; NULL where it follows from a lag.

        A blank cell is bad where it is `needed` and the entry names no other column for it.
        """
        written = self.entry["known_date"]
        if written is None or self.has_lag:
            self.read["known_date"] = "NULL::DATE"
            return
        other = written.get("blank") if isinstance(written, Mapping) else None
        self.day("known_date", needed=needed and other is None)
        if other is not None:
            is_blank, known = self.read["none in known_date"], self.read["known_date"]
            self.read["known_date"] = (
                f"CASE WHEN {is_blank} THEN {self.read[other]} ELSE {known} END"
            )

    def delivery_day(self) -> None:
        """Read the day of each row's delivery; NULL where the entry does not state it."""
        pattern = pattern_in(self.entry.keys)
        if pattern is None:
            self.day("delivered_on")
            return
        check_names(pattern, self.source.files, f"{self.entry.place}.delivered_on")
        days = day_texts(pattern, self.source.files)
        pairs = ", ".join(f"{literal(file)}: {literal(day)}" for file, day in days.items())
        self.texts["delivered_on as text"] = f"MAP {{{pairs}}}[{identifier(FILE)}]"
        day = self._format("delivered_on").day(identifier("delivered_on as text"))
        self.read["delivered_on"] = day
        self.fail("delivered_on IS NULL", row_checks.NO_DATE, "'delivered_on'")

    @property
    def has_lag(self) -> bool:
        """Whether the entry states its known dates as a lag."""
        written = self.entry["known_date"]
        return isinstance(written, Mapping) and "lag" in written

    @property
    def lag(self) -> str:
        """The lag until a fact is known, as an interval; NULL where none is written."""
        return interval(self.entry["known_date"]["lag"]) if self.has_lag else NO_LAG

    def number(self, key: str) -> None:
        """Read a number; text that is none makes the row bad."""
        if self.entry[key] is None:
            self.read[key] = "NULL::DOUBLE"
            return
        _, kind = self._column(self.name(key))
        self.number_in(key, self.source.cell(self.name(key)), kind, self.blamed(key))

    def number_in(self, name: str, column: str, kind: str, blamed: str) -> None:
        """Read a number out of an expression of the engine's type `kind`."""
        is_text = not cell_sql.is_number(kind)
        if is_text:
            self.texts[f"{name} as text"] = cell_sql.text(column, kind)
            column = identifier(f"{name} as text")
        self.read[name] = cell_sql.number(column, kind)
        is_filled = f"{column} IS NOT NULL"
        self.read[f"no {name}"] = is_filled if is_text else cell_sql.is_infinite(column, kind)
        is_bad = f"{identifier(name)} IS NULL AND {identifier(f'no {name}')}"
        self.fail(is_bad, row_checks.NO_NUMBER, blamed)

    def look_alikes(self) -> dict[str, int]:
        """Return for each column read how many cells are written in another form than read."""
        is_queried = self.entry["query"] is not None
        return {
            column: cells
            for column, cells in self.source.look_alikes.items()
            if is_queried or column in self.used
        }

    def sql(self) -> str:
        """Return the SELECT of all that was read."""
        read = _listed(self.read)
        return f"SELECT {read} FROM ({self.with_texts()})"

    def marked(self, condition: str, name: str) -> str:
        """Return the SQL of the rows, with a condition on what was read of them as a column."""
        texts = ", ".join(map(identifier, self.texts))
        columns = f"* EXCLUDE ({texts})" if texts else "*"
        return f"SELECT {columns}, {condition} AS {identifier(name)} FROM ({self.with_texts()})"

    def with_texts(self) -> str:
        """Return the SQL of the source's rows with the trimmed texts out of which it is read."""
        texts = f", {_listed(self.texts)}" if self.texts else ""
        return f"SELECT *{texts} FROM {self.relation}"

    def _column(self, name: str) -> tuple[str, str]:
        column = self.source.require(name)
        self.used.add(column)
        return identifier(column), self.source.types[column]

    def _text(self, key: str) -> str:
        alias = f"{key} as text"
        self.texts[alias] = cell_sql.text(*self._column(self.name(key)))
        return identifier(alias)


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())


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
