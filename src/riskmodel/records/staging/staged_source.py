"""One source as it was staged: its files, its counts, and the share of bad rows it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import duckdb

from riskmodel.records.engine import identifier
from riskmodel.records.staging.unread_days import DaysUnread

SPELLED = '"spelled ids"'
_STAGED_EVENTS = """
    source SMALLINT, file VARCHAR, row BIGINT, delivered_on DATE, household_id VARCHAR,
    person_id VARCHAR, dwelling_id VARCHAR, code VARCHAR, event_date DATE, known_date DATE,
    value DOUBLE, detail VARCHAR, retracted_date DATE, fact VARCHAR, is_none BOOLEAN,
    reason VARCHAR, blamed VARCHAR, delivery INTEGER, batch INTEGER
"""


@dataclass(frozen=True)
class StagedSource:
    """What is known of one source beside its staged rows.

    Attributes
    ----------
    table, name, place : str
        Its table, its name in the manifest, and where it stands there.
    files : tuple of str
    read : int
        Rows read; of a wide table, filled cells.
    limit : float
        Share of bad rows above which reading stops.
    counts_cells : bool
        Whether cells are counted instead of rows.
    ragged : tuple of (file, row)
        Rows with another number of cells than the header, which are not staged.
    owner_column : str, optional
        The column of people or dwellings, where the facts are theirs.
    wide_lags : mapping of str to str
        The events and states of a wide source, and the lag after which each is known.
    zeros : mapping of str to int
        By event date, how many of its cells are zeros that are counted and not staged.
    identity : str
        What it is read for, which distinguishes sources of the same files.
    corrects : bool
        Whether a `fact_id` makes a later row of a fact a correction.
    look_alikes : mapping of str to int
        By column, how many cells are read in another form than they are written in.
    codes : tuple of str
        Codes that it names, with or without rows.
    open_ends : tuple of str
        Its CSV files without a line break at their end.
    blank_results : int
        Contacts without a result, which are left out.
    unread_days : mapping of str to DaysUnread
        By column, how days are written that could not be read; a store does not keep it.
    """

    table: str
    name: str
    place: str
    files: tuple[str, ...]
    read: int
    limit: float
    counts_cells: bool = False
    ragged: tuple[tuple[str, int], ...] = ()
    owner_column: str | None = None
    wide_lags: Mapping[str, str] = field(default_factory=dict)
    zeros: Mapping[str, int] = field(default_factory=dict)
    identity: str = ""
    corrects: bool = False
    look_alikes: Mapping[str, int] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    open_ends: tuple[str, ...] = ()
    blank_results: int = 0
    unread_days: Mapping[str, DaysUnread] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What counts and the quarantine call it."""
        return f"{self.name} (cells)" if self.counts_cells else self.name

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, from which `from_dict` makes it again."""
        values = asdict(self)
        del values["unread_days"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StagedSource:
        """Return the source that `to_dict` described."""
        ragged = tuple((str(file), int(row)) for file, row in values["ragged"])
        names = {key: tuple(values.get(key, ())) for key in ("files", "codes", "open_ends")}
        return cls(**{**values, **names, "ragged": ragged})


def create_spelled(con: duckdb.DuckDBPyConnection) -> None:
    """Create the table of the ids that a file first writes in another form than they are read."""
    con.execute(
        f"CREATE TABLE {SPELLED} (source SMALLINT, file VARCHAR, id VARCHAR, written VARCHAR)"
    )


def create_empty_events(con: duckdb.DuckDBPyConnection) -> None:
    """Create the table of staged events where no delivery brought any."""
    con.execute(f"CREATE TABLE {identifier(staged_table('events'))} ({_STAGED_EVENTS})")


def staged_table(table: str) -> str:
    """Return the engine's name of the staged rows of a table."""
    return f"staged {table}"


def wide_table(number: int) -> str:
    """Return the engine's name of the rows of a wide source, numbered as the sources are."""
    return f"wide {number}"
