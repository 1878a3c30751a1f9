"""A source of the manifest, open in the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from riskmodel.errors import RecordsError, did_you_mean
from riskmodel.records.engine import identifier
from riskmodel.records.sources.cell_sql import with_point
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.files import shown
from riskmodel.texts import counted


class RaggedRow(NamedTuple):
    """A row with another number of cells than the header: its file, and its number."""

    file: str
    row: int


@dataclass(frozen=True)
class Source:
    """One entry's rows, open in the engine.

    Attributes
    ----------
    entry : Entry
    title : str
        What counts call it.
    relation : str
        Its quoted name in the engine, with the columns of `types`, `ROW` and `FILE`.
    types : mapping of str to str
        The engine's type of each column of the file or query.
    files : tuple of str
        Files, relative to the folder.
    ragged : tuple of RaggedRow
        Rows with another number of cells than the header.
    patchy : mapping of str to str
        Columns that some file of a glob lacks, and the first such file.
    open_ends : tuple of str
        Its CSV files without a line break at their end.
    separators : set of str
        What separates the cells of its CSV files; empty for other sources.
    comma_columns : set of str
        The columns whose texts write numbers with a decimal comma.
    look_alikes : mapping of str to int
        By column, how many cells are read in another form than they are written in.
    spellings : str, optional
        The quoted name of the table of ids that a file first writes in another form: `file`, `id`,
        `written`.
    """

    entry: Entry
    title: str
    relation: str
    types: Mapping[str, str]
    files: tuple[str, ...]
    ragged: tuple[RaggedRow, ...] = ()
    patchy: Mapping[str, str] = field(default_factory=dict)
    open_ends: tuple[str, ...] = ()
    separators: frozenset[str] = frozenset()
    comma_columns: frozenset[str] = frozenset()
    look_alikes: Mapping[str, int] = field(default_factory=dict)
    spellings: str | None = None

    def cell(self, column: str) -> str:
        """Return the SQL of a column's cells; numbers in texts have a decimal point."""
        name = identifier(column)
        return with_point(name) if column in self.comma_columns else name

    def require(self, column: object, *, patchy: bool = False) -> str:
        """Return a column's name, or refuse one that is not there."""
        name = str(column)
        if name in self.types and (patchy or name not in self.patchy):
            return name
        if name in self.types:
            raise self._absent_here(name)
        raise self._absent(name)

    def _absent_here(self, name: str) -> RecordsError:
        return RecordsError(
            f"there is no column {name!r} in this file, though there is in others of the source",
            place=f"{self.entry.place}, {self.patchy[name]}",
            code="records.missing_column",
            allowed="the same columns in all files of a source, but for the cells of a wide table",
            next_step="rename the column in this file, or give the file an entry of its own",
        )

    def _absent(self, name: str) -> RecordsError:
        place = f"{self.entry.place}, {self.title}"
        if not self.has_header:
            return RecordsError(
                f"there is no column {name!r}, nor any other of the entry's, among the "
                f"{len(self.types)} columns",
                place=place,
                code="records.missing_column",
                next_step="add a header line to the file, or write the names of its header in the "
                "entry",
            )
        return RecordsError(
            f"there is no column {name!r}",
            place=place,
            code="records.missing_column",
            allowed=[*self.shown_columns, *self._counted_columns],
            next_step=did_you_mean(name, self.shown_columns),
        )

    @property
    def has_header(self) -> bool:
        """Whether the names of columns are names: without a header, they are a row's cells."""
        return not self.entry.columns.isdisjoint(self.types)

    @property
    def shown_columns(self) -> list[str]:
        """The names of columns that a message may show: none that a pattern makes a code."""
        if not self.has_header:
            return []
        return [name for name in shown(self.types) if not self.entry.makes_code(name)]

    @property
    def _counted_columns(self) -> list[str]:
        number = sum(map(self.entry.makes_code, self.types))
        return [f"and {counted(number, 'column')} of the pattern under values"] if number else []
