"""What is known of one source beside its staged rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Account:
    """What is known of one source beside its staged rows.

    Attributes
    ----------
    table, source, place : str
        Its table, its name in the manifest, and where it stands there.
    files : tuple of str
    read : int
        Rows read; of a wide table, filled cells.
    limit : float
        Share of bad rows above which reading stops.
    cells : bool
        Whether cells are counted instead of rows.
    ragged : tuple of (file, row)
        Rows with another number of cells than the header, which are not staged.
    linked_by : str, optional
        Name of the column of people or dwellings, where facts are theirs.
    wide : mapping of str to str
        The events and states of a wide source, and the lag of each until it is known.
    none : mapping of str to int
        By event date, how many of its cells only say that an event or state is not there: these are not staged.
    tells : str
        What it was read for, which tells sources of the same files apart.
    corrects : bool
        Whether a `fact_id` makes what is told later a correction.
    """

    table: str
    source: str
    place: str
    files: tuple[str, ...]
    read: int
    limit: float
    cells: bool = False
    ragged: tuple[tuple[str, int], ...] = ()
    linked_by: str | None = None
    wide: Mapping[str, str] = field(default_factory=dict)
    none: Mapping[str, int] = field(default_factory=dict)
    tells: str = ""
    corrects: bool = False

    @property
    def title(self) -> str:
        """What counts and the quarantine call it."""
        return f"{self.source} (cells)" if self.cells else self.source

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, from which `of` makes it again."""
        return asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Account:
        """Return the account whose plain values these are."""
        ragged = tuple((str(file), int(row)) for file, row in values["ragged"])
        return cls(**{**values, "files": tuple(values["files"]), "ragged": ragged})


def wide_table(source: int) -> str:
    """Return the engine's name of the rows of a wide source."""
    return f"wide {source}"
