"""What was handed out: which books, to whom, until when; it prints itself and names nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError
from riskmodel.keys import as_days
from riskmodel.texts import counted

BOOKS, RECORDS, RECEIPT = "books", "records", "receipt.json"
"""What lies in the folder of a handing out: the books, what `ingest` takes, and the receipt."""


def delete_day(folder: Path) -> np.datetime64 | None:
    """Return the day by which copies of a folder's books must be gone, None without a receipt."""
    path = folder / RECEIPT
    if not path.is_file():
        return None
    with on_disk(path):
        content = path.read_bytes()
    try:
        return as_days(json.loads(content)["delete_by"], "delete_by")
    except (ValueError, KeyError, TypeError, ConfigError):
        return None


@dataclass(frozen=True, eq=False, repr=False)
class HandOut:
    """The books of a plan, and where they lie.

    Attributes
    ----------
    plan_id, as_of : str
    folder : Path
        ``books`` is to be given away; ``records`` is not: it holds whose each row id is, and the
        rows of `lists` for `ingest`, which tell who was drawn.
    table : DataFrame
        One row per book: ``file``, ``area``, ``channel``, ``rows``, how many are ``without_name``,
        ``without_address`` and ``without_number``, ``sha256``.
    deadline, delete_by : str
        The last day on which a row is due, and the day by which every copy must be gone.
    is_encrypted : bool
    lists : Path, optional
        The final rows of the table `lists`, for `ingest`. None for the rest of a round: its lists
        were written with its first books.
    drawn_alone : int
        How many books hold none but households that were drawn, which a reader who knows the ladder
        may guess. The receipt does not tell it.
    urgent : int
        How many households of ``plan.urgent`` stand in no book.
    unread : tuple of str
        The columns of the table of people that no book has.
    without_zero : int
        How many telephone numbers look as if a spreadsheet had taken the zero off their front.
    """

    plan_id: str
    as_of: str
    folder: Path
    table: pd.DataFrame
    deadline: str
    delete_by: str
    is_encrypted: bool
    lists: Path | None
    drawn_alone: int
    urgent: int = 0
    unread: tuple[str, ...] = ()
    without_zero: int = 0

    @property
    def files(self) -> list[Path]:
        """The books."""
        return [self.folder / BOOKS / name for name in self.table["file"]]

    def receipt(self) -> dict[str, object]:
        """Return what was handed to whom, without a name or an id of a household."""
        return {
            "plan_id": self.plan_id,
            "as_of": self.as_of,
            "deadline": self.deadline,
            "delete_by": self.delete_by,
            "encrypted": self.is_encrypted,
            "urgent_in_no_book": self.urgent,
            "books": json.loads(self.table.to_json(orient="records")),
        }

    def __repr__(self) -> str:
        table = self._printed().to_string(index=False)
        return "\n".join([*self._first(), self._head(), "", table, *self._foot()])

    def _repr_html_(self) -> str:
        table = self._printed().to_html(index=False)
        head = "<br>".join(map(escape, [*self._first(), self._head()]))
        return f"<p>{head}</p>{table}<p>{'<br>'.join(map(escape, self._foot()))}</p>"

    def _first(self) -> list[str]:
        """Tell of those who wait for no round, and whom nobody finds in a book."""
        if not self.urgent:
            return []
        households = counted(self.urgent, "household")
        where = "plan.urgent, or urgent.csv of the saved plan"
        return [f"urgent, for a human today, in no book: {households} ({where})"]

    def _head(self) -> str:
        rows = counted(int(self.table["rows"].sum()), "row")
        books = counted(len(self.table), "book")
        return f"plan {self.plan_id}, round {self.as_of}: {rows} in {books}"

    def _printed(self) -> pd.DataFrame:
        """Return how many books and rows each channel has, and what its rows lack."""
        counts = self.table.drop(columns=["area", "sha256"]).groupby("channel")
        books = counts["file"].size().rename("books")
        numbers = counts.sum(numeric_only=True)
        numbers.insert(0, "books", books)
        return numbers.reset_index()

    def _foot(self) -> list[str]:
        locked = "with a password" if self.is_encrypted else "without a password"
        lines = [f"last day due {self.deadline}; {locked}; to be deleted by {self.delete_by}"]
        if self.drawn_alone:
            books = counted(self.drawn_alone, "book")
            lines.append(f"{books} of drawn households alone, which their readers may guess")
        if self.unread:
            names = ", ".join(map(repr, self.unread))
            lines.append(f"columns of people that stand in no book: {names}")
        if self.without_zero:
            numbers = counted(self.without_zero, "telephone number")
            lines.append(f"{numbers} of 9 or 10 figures without a zero in front: look whether so")
        return lines
