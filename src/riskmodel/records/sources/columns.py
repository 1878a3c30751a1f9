"""One entry's columns as SQL: cells are trimmed to texts in one layer, read as ids, days and numbers in the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.keys import Span
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources import checks, dates
from riskmodel.records.sources.checks import Check
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import COPY, FILE, ROW
from riskmodel.records.sources.readers import Source


class Columns:
    """Collects what a table asks of one source, and the checks that go with it.

    Parameters
    ----------
    source : Source
    relation : str
        Its rows kept by `where`, with the column `COPY`.
    """

    def __init__(self, source: Source, relation: str) -> None:
        self.source, self.relation = source, relation
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
        """Add a check: rows for which `condition` holds are bad, and the column (SQL) is to blame."""
        self.checks.append(Check(condition, reason, blamed))

    def name(self, key: str) -> str:
        """Return the name of the column behind a key."""
        return _name(self.entry, key)

    def blamed(self, key: str) -> str:
        """Return the SQL of the name of the column behind a key."""
        return literal(self.name(key))

    def identity(self, key: str, *, needed: bool = True) -> None:
        """Read a column of ids; a row without one is bad."""
        if self.entry[key] is None:
            self.read[key] = "NULL::VARCHAR"
            return
        self.read[key] = checks.identity(self._text(key))
        if needed:
            self.fail(f"{key} IS NULL", checks.NO_ID, self.blamed(key))

    def words(self, key: str) -> None:
        """Read a column of texts."""
        self.read[key] = "NULL::VARCHAR" if self.entry[key] is None else self._text(key)

    def constant(self, key: str, *, known: Iterable[str] = ()) -> None:
        """Read a constant, or a column written ``{column: NAME}``; a constant that is a column's name is doubtful."""
        written = self.entry[key]
        if isinstance(written, Mapping):
            self.read[key] = checks.identity(self._text(key))
            return
        if written in self.source.types and written not in known:
            raise ConfigError(
                f"{key} is one word for all rows, and {written!r} is a column",
                place=self.entry.place,
                code="manifest.constant",
                allowed=f"a word, or {{column: {written}}}",
                next_step=f"write {key}: {{column: {written}}} for the column",
            )
        self.read[key] = "NULL::VARCHAR" if written is None else literal(written)

    def joined(self, key: str, name: str) -> None:
        """Read one column or several as one text."""
        written = self.entry[key]
        names = [written] if isinstance(written, str) else list(written or ())
        texts = []
        for place, column in enumerate(names):
            alias = f"{key} {place}"
            self.texts[alias] = checks.text(*self._column(column))
            texts.append(f"coalesce({identifier(alias)}, '')")
        self.read[name] = f"concat_ws(chr(31), {', '.join(texts)})" if texts else "NULL::VARCHAR"

    def day(self, key: str, *, needed: bool = True, first: bool = False) -> str:
        """Read a day; a row without a usable one is bad, a blank where none is needed is none.

        Returns the SQL that tells whether a month was written; `first` dates months and years on their first day.
        """
        written = self.entry[key]
        if written is None:
            self.read[key] = "NULL::DATE"
            return "FALSE"
        column, kind = self._column(_name(self.entry, key))
        if kind == "TIMESTAMP WITH TIME ZONE":
            raise RecordsError(
                f"column {_name(self.entry, key)!r} holds moments, and a moment's day depends on the time zone",
                place=self.entry.place,
                code="records.time_zone",
                allowed="days",
                next_step="write days of your own time zone, with a query: or before",
            )
        if kind.startswith(("DATE", "TIMESTAMP")):
            self.read[key] = f"CASE WHEN year({column}) BETWEEN 1 AND 9998 THEN {column}::DATE END"
            says_none, month = "TRUE", "FALSE"
        else:
            text = self._text(key)
            pattern = written.get("date_format") if isinstance(written, Mapping) else None
            format_ = dates.Format.read(pattern or self.entry["date_format"], self.entry.place)
            self.read[key] = format_.day(text, first=first)
            says_none, month = dates.says_none(text), format_.is_month(text)
        self.read[f"none in {key}"] = "FALSE" if needed else says_none
        self.fail(
            f"{identifier(key)} IS NULL AND NOT {identifier(f'none in {key}')}",
            checks.NO_DATE,
            self.blamed(key),
        )
        return month

    def number(self, key: str) -> None:
        """Read a number; text that is none makes the row bad."""
        if self.entry[key] is None:
            self.read[key] = "NULL::DOUBLE"
            return
        column, kind = self._column(_name(self.entry, key))
        self.number_in(key, column, kind, self.blamed(key))

    def number_in(self, name: str, column: str, kind: str, blamed: str) -> None:
        """Read a number out of an expression of the engine's type `kind`."""
        text = not checks.is_number(kind)
        if text:
            self.texts[f"{name} as text"] = checks.text(column, kind)
            column = identifier(f"{name} as text")
        self.read[name] = checks.number(column, kind)
        self.read[f"no {name}"] = f"{column} IS NOT NULL" if text else "FALSE"
        self.fail(
            f"{identifier(name)} IS NULL AND {identifier(f'no {name}')}", checks.NO_NUMBER, blamed
        )

    def lag(self, key: str = "known_date") -> str | None:
        """Return the interval written as ``{lag: SPAN}`` under a key, if one is."""
        written = self.entry[key]
        return (
            interval(written["lag"]) if isinstance(written, Mapping) and "lag" in written else None
        )

    def sql(self) -> str:
        """Return the SELECT of all that was read."""
        texts = "".join(
            f", {expression} AS {identifier(name)}" for name, expression in self.texts.items()
        )
        read = ", ".join(
            f"{expression} AS {identifier(name)}" for name, expression in self.read.items()
        )
        return f"SELECT {read} FROM (SELECT *{texts} FROM {self.relation})"

    def marked(self, condition: str, name: str) -> str:
        """Return the SQL of the rows themselves, with a condition on what was read of them as one more column."""
        texts = "".join(
            f", {expression} AS {identifier(alias)}" for alias, expression in self.texts.items()
        )
        listed = ", ".join(map(identifier, self.texts))
        rows = f"SELECT *{texts} FROM {self.relation}"
        return f"SELECT *{f' EXCLUDE ({listed})' if listed else ''}, {condition} AS {identifier(name)} FROM ({rows})"

    def _column(self, name: Any) -> tuple[str, str]:
        found = self.source.require(name)
        return identifier(found), self.source.types[found]

    def _text(self, key: str) -> str:
        alias = f"{key} as text"
        self.texts[alias] = checks.text(*self._column(_name(self.entry, key)))
        return identifier(alias)


def _name(entry: Entry, key: str) -> str:
    written = entry[key]
    if not isinstance(written, Mapping):
        return str(written)
    if "column" not in written:
        raise ConfigError(
            f"{key} names no column",
            place=entry.place,
            code="manifest.column",
            allowed=f"{key}: {{column: NAME}}",
            next_step="add column:",
        )
    return str(written["column"])


def interval(span: Any) -> str:
    """Return a span as an interval of the engine, which clamps months at month ends as `keys` does.

    Examples
    --------
    >>> interval("2M")
    "INTERVAL '2 months'"
    """
    parsed = Span.parse(span)
    return f"INTERVAL '{parsed.count} {'days' if parsed.unit == 'D' else 'months'}'"
