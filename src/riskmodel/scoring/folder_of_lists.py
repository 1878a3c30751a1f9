"""The lists of a folder, read from their sidecars: whence each is, and whether it is unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from riskmodel.errors import ConfigError, nearest
from riskmodel.keys import Span
from riskmodel.metrics import Capacity
from riskmodel.records.pruning import remove_older
from riskmodel.scoring.list_files import stands_as_written
from riskmodel.scoring.round_record import RoundRecord, read_record
from riskmodel.texts import counted

AS_WRITTEN, CHANGED, MISSING = "as written", "changed", "missing"
LIST, PROPOSAL = "list", "proposal"
UNREADABLE = "cannot be read"
COLUMNS = [
    "file",
    "name",
    "version",
    "as_of",
    "rows",
    "whole",
    "holds",
    "scored",
    "listed",
    "capacity",
    "rules",
    "accepted_feeds",
    "state",
    "digest",
    "records",
    "as_of_digest",
    "site",
    "today",
    "riskmodel",
]
PRINTED = ["file", "holds", "name", "version", "as_of", "rows", "capacity", "rules", "state"]


class WrittenList(NamedTuple):
    """One file of a list.

    Attributes
    ----------
    file : str
        Its name.
    record : RoundRecord
        What it was made of.
    state : str
        ``"as written"``, ``"changed"``, ``"missing"`` or ``"cannot be read"``, such as a file that
        another account keeps to itself.
    """

    file: str
    record: RoundRecord
    state: str

    def row(self) -> dict[str, object]:
        """Return what is told of it."""
        record, facts = self.record, self.record.files[self.file]
        return {
            "file": self.file,
            "name": record.model.name,
            "version": record.model.version,
            "as_of": record.as_of,
            "rows": facts.rows,
            "whole": facts.whole,
            "holds": PROPOSAL if facts.proposal else LIST,
            "scored": record.scored,
            "listed": record.listed,
            "capacity": str(Capacity(record.capacity)),
            "rules": "; ".join(record.rules),
            "accepted_feeds": ", ".join(record.accepted_feeds),
            "state": self.state,
            "digest": record.model.digest,
            "records": record.records.digest,
            "as_of_digest": record.as_of_digest,
            "site": record.records.site,
            "today": record.records.today,
            "riskmodel": record.programs.libraries["riskmodel"],
        }


@dataclass(frozen=True, repr=False)
class Lists:
    """The lists of a folder; prints itself.

    Attributes
    ----------
    folder : str
        Its name.
    lists : tuple of WrittenList
        By date, then by file name.
    unreadable : tuple of str
        Names of the sidecars that cannot be read.
    """

    folder: str
    lists: tuple[WrittenList, ...]
    unreadable: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row per file: ``holds`` a list or a proposal, ``records`` is their digest."""
        return pd.DataFrame([one.row() for one in self.lists], columns=COLUMNS)

    def __repr__(self) -> str:
        proposals = sum(one.record.files[one.file].proposal for one in self.lists)
        lists = len(self.lists) - proposals
        head = f"{self.folder}: {counted(lists, 'list')}"
        head += f", {counted(proposals, 'proposal')}" if proposals else ""
        table = [self.frame()[PRINTED].to_string(index=False)] if self.lists else []
        notes = [f"the sidecar {name} cannot be read" for name in self.unreadable]
        return "\n".join([head, *table, *notes])

    def _repr_html_(self) -> str:
        return str(self.frame()[PRINTED].to_html(index=False))


def lists_in(folder: str | Path) -> Lists:
    """Read the sidecars of a folder's lists.

    Parameters
    ----------
    folder : path-like
        Folders inside it are not read, nor is a list without a sidecar.

    Returns
    -------
    Lists

    Raises
    ------
    ConfigError
        For a folder that does not exist.
    """
    path = _existing(folder)
    found: list[WrittenList] = []
    unreadable = []
    for sidecar in sorted(path.glob("*.json")):
        try:
            record = read_record(sidecar)
        except ConfigError:
            unreadable.append(sidecar.name)
        else:
            found += [] if record is None else _files_of(path, record)
    found.sort(key=lambda one: (one.record.as_of, one.file))
    return Lists(path.resolve().name, tuple(found), tuple(unreadable))


def prune_parts(folder: str | Path, age: str, *, dry: bool = False) -> list[str]:
    """Remove the part files that runs which broke off left in a folder of lists.

    Parameters
    ----------
    folder : path-like
    age : str
        Such as ``"7D"``: what changed since is left.
    dry : bool, default False
        Whether it is only told.

    Returns
    -------
    list of str
        Their names.

    Raises
    ------
    ConfigError
        For a folder that does not exist.
    """
    span = Span.parse(age)
    parts = [path for path in _existing(folder).glob(".*.part.*") if path.is_file()]
    return sorted(path.name for path in remove_older(parts, span, dry=dry))


def is_unmade_folder(folder: str | Path) -> bool:
    """Tell whether a folder of lists is not made yet, and is no misspelled name of another.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    bool
        True where nothing is there, nor a folder of nearly that name beside it.
    """
    path = Path(folder)
    return not path.exists() and not _nearest_folders(path)


def _existing(folder: str | Path) -> Path:
    path = Path(folder)
    if not path.is_dir():
        near = " or ".join(map(repr, _nearest_folders(path)))
        raise ConfigError(
            f"the folder {path.name!r} does not exist",
            code="scoring.folder",
            next_step=f"did you mean {near}?"
            if near
            else "name the folder into which lists were written",
        )
    return path


def _nearest_folders(path: Path) -> list[str]:
    own = path.resolve()
    others = [other.name for other in own.parent.glob("*") if other.is_dir()]
    return nearest(own.name, others, share=0.8)


def _files_of(folder: Path, record: RoundRecord) -> list[WrittenList]:
    return [WrittenList(name, record, _state(folder / name, record)) for name in record.files]


def _state(path: Path, record: RoundRecord) -> str:
    if not path.is_file():
        return MISSING
    try:
        return AS_WRITTEN if stands_as_written(path, record) else CHANGED
    except OSError:
        return UNREADABLE
