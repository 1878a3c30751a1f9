"""One entry's columns as SQL.

Cells become trimmed texts in one layer, and ids, words and numbers in the next; days are read in
`day_columns`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from riskmodel.errors import ConfigError
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources import cell_sql, row_checks
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import COPY, FILE, ROW
from riskmodel.records.sources.row_checks import Check
from riskmodel.records.sources.source import Source
from riskmodel.texts import plain_word

LABELS = ("area", "channel", "stratum", "reader", "band", "rule", "service")
"""The keys whose words describe, where 미상 is a word as any other."""


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
        self.read[key] = read(self.text(key))
        for has_fault, reason in row_checks.FAULTS_OF_IDS:
            self.fail(has_fault(identifier(key)), reason, self.blamed(key))

    def words(self, key: str) -> None:
        """Read a column of texts."""
        self.read[key] = "NULL::VARCHAR" if self.entry[key] is None else self.text(key)

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
            self.texts[alias] = cell_sql.text(*self.column(column))
            texts.append(f"coalesce({identifier(alias)}, '')")
            for has_fault, reason in row_checks.FAULTS_OF_IDS:
                self.read[f"{alias}: {reason}"] = has_fault(identifier(alias))
                self.fail(identifier(f"{alias}: {reason}"), reason, literal(column))
        self.read[name] = f"concat_ws(chr(31), {', '.join(texts)})" if texts else "NULL::VARCHAR"

    def number(self, key: str) -> None:
        """Read a number; text that is none makes the row bad."""
        if self.entry[key] is None:
            self.read[key] = "NULL::DOUBLE"
            return
        _, kind = self.column(self.name(key))
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

    def column(self, name: str) -> tuple[str, str]:
        """Return the SQL of a column of the source, which must be there, and its type."""
        column = self.source.require(name)
        self.used.add(column)
        return identifier(column), self.source.types[column]

    def text(self, key: str) -> str:
        """Return the SQL of the trimmed text of the column behind a key."""
        alias = f"{key} as text"
        self.texts[alias] = cell_sql.text(*self.column(self.name(key)))
        return identifier(alias)


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())
