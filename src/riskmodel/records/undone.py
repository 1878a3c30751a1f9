"""What became of a delivery that was set aside, and of the files of others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskmodel.records.contract import Records
from riskmodel.records.log_entries import SetAside
from riskmodel.records.opening import open_store
from riskmodel.records.store_log import StoreLog
from riskmodel.texts import counted

GONE, STEPS_IN, REPEATED = "set aside", "steps in", "repeats what came before"


@dataclass(frozen=True, repr=False)
class Undone:
    """What became of a delivery; prints itself.

    Attributes
    ----------
    number : int
    day : str
    is_erased : bool
    files : DataFrame
        ``delivery, source, file, now``: its files, which are set aside, and files of later
        deliveries that step in, as they are copies, or that only repeat what came before.
    digests : tuple of str
        Of the records that the store held with the delivery. What was made of records with one of
        them rests on it.
    records : Records
        All that the store holds now.
    left : tuple of str
        As of `Ingested`.
    knows_all : bool
        Whether `digests` are all: a store that an older format began kept none of its first states.
    """

    number: int
    day: str
    is_erased: bool
    files: pd.DataFrame
    digests: tuple[str, ...]
    records: Records
    left: tuple[str, ...] = ()
    knows_all: bool = True

    def frame(self) -> pd.DataFrame:
        """Return one row per file."""
        return self.files

    def __repr__(self) -> str:
        what = "set aside, and its rows are erased" if self.is_erased else "set aside"
        files = counted(int((self.files["now"] == GONE).sum()), "file")
        lines = [f"delivery {self.number} of {self.day} is {what}: {files}; now {self.records!r}"]
        lines += [
            f"{row.now}: {row.file} (delivery {row.delivery}, {row.source})"
            for row in self.files.itertuples()
        ]
        lines.append("ingest leaves its files out; again=true takes them in again")
        if not self.knows_all:
            lines.append(
                "an older format began this store and kept no digests: what was made before may "
                "rest on the delivery, too, and is not named"
            )
        if self.left:
            lines.append(f"not judged again, since they are gone: {', '.join(self.left)}")
        return "\n".join(lines)


def moved_files(before: StoreLog, now: StoreLog) -> list[tuple[int, str, str, str]]:
    """Return the files of other deliveries that step in, or only repeat what came before."""
    old, new = (
        {arrival for batch in log.batches for arrival in batch.arrivals()} for log in (before, now)
    )
    moved = [(arrival, STEPS_IN) for arrival in new - old]
    moved += [(arrival, REPEATED) for arrival in old - new]
    return sorted((own.number, own.source, own.name, what) for own, what in moved)


def result_of(
    folder: Path,
    gone: SetAside,
    log: StoreLog,
    moved: list[tuple[int, str, str, str]],
    left: tuple[str, ...] = (),
) -> Undone:
    """Return what became of a delivery, by the log of the store as it is now."""
    own = [
        (gone.number, source, name, GONE)
        for source, files in gone.files.items()
        for name in files.values()
    ]
    return Undone(
        number=gone.number,
        day=gone.day,
        is_erased=gone.is_erased,
        files=pd.DataFrame([*own, *moved], columns=["delivery", "source", "file", "now"]),
        digests=tuple(state.digest for state in log.states if state.rests_on(gone.number)),
        records=open_store(folder),
        left=left,
        knows_all=log.knows_all_states,
    )
