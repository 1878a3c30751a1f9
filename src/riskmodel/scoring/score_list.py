"""One round's list table: it prints itself, and is written in one step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.metrics import Capacity

SHEET_ROWS = 2**20 - 1
SHOWN = ("rank", HOUSEHOLD, "area", "score", "band", "reason_1", "reason_2", "reason_3")


@dataclass(frozen=True, eq=False, repr=False)
class ScoreList:
    """One round's list table, the listed first; prints itself.

    Attributes
    ----------
    table : DataFrame
        household_id, as_of_date, area (where the records name one), rank (1 is the highest margin), tied (how many
        share the margin), margin, score, percentile (against the publishing rounds), percentile_in_round, band, listed,
        stratum (``"certain"``: by rank alone), inclusion_probability, seed (of a random draw; none here), reason_1..,
        contribution_1.. for the listed, lang.
    model : str
        What scored.
    as_of : str
    capacity : float, int or mapping
    notes : tuple of str
        What must be said beside the list.
    """

    table: pd.DataFrame
    model: str
    as_of: str
    capacity: Capacity
    notes: tuple[str, ...] = ()

    @property
    def listed(self) -> pd.DataFrame:
        """The rows on the list, in the order of rank."""
        return self.table[self.table["listed"]]

    def __len__(self) -> int:
        return len(self.table)

    def frame(self) -> pd.DataFrame:
        """Return one row a household."""
        return self.table.copy()

    def to_parquet(self, path: str | Path) -> Path:
        """Write the table in one step; a killed run leaves no half-written file under that name."""
        return _written(Path(path), lambda part: self.table.to_parquet(part, index=False))

    def to_csv(self, path: str | Path, encoding: str = "utf-8") -> Path:
        """Write the table as CSV; ``encoding="utf-8-sig"`` is what Korean spreadsheets open correctly."""
        return _written(
            Path(path), lambda part: self.table.to_csv(part, index=False, encoding=encoding)
        )

    def to_excel(self, path: str | Path) -> Path:
        """Write the table as a workbook, ids as texts; needs the extra ``riskmodel[excel]``."""
        return _written(Path(path), self._write_sheet)

    def _write_sheet(self, part: Path) -> None:
        if len(self) > SHEET_ROWS:
            raise ConfigError(
                f"a sheet holds {SHEET_ROWS:,} rows, and the round has {len(self):,}",
                code="scoring.excel",
                allowed=[".csv", ".parquet"],
                next_step="write CSV or Parquet",
            )
        try:
            with pd.ExcelWriter(part, engine="openpyxl") as writer:
                self.table.assign(**{AS_OF: self.as_of}).to_excel(
                    writer, sheet_name=self.as_of, index=False
                )
                for row in writer.sheets[self.as_of].iter_rows(min_row=2):
                    for cell in row:
                        # What begins with an equals sign is a text all the same.
                        cell.data_type = "s" if cell.data_type == "f" else cell.data_type
        except ImportError:
            raise ConfigError(
                "workbooks need openpyxl",
                code="scoring.excel",
                allowed=[".csv", ".parquet"],
                next_step="pip install 'riskmodel[excel]', or write CSV, which spreadsheets open too",
            ) from None

    def __repr__(self) -> str:
        return "\n".join([*self._title(), "", self._first().to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        head = "<br>".join(map(escape, (*self._title(), *self.notes)))
        return f"<p>{head}</p>{self._first().to_html(index=False)}"

    def _first(self) -> pd.DataFrame:
        shown = self.listed.head(10)[[c for c in SHOWN if c in self.table]]
        return shown.astype(dict.fromkeys(shown.filter(like="reason").columns, object)).fillna("")

    def _title(self) -> list[str]:
        return [
            f"{self.model}, round {self.as_of}: {len(self.listed):,} listed of {len(self):,} scored"
        ]


def _written(path: Path, write: Any) -> Path:
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    write(part)
    os.replace(part, path)
    return path
