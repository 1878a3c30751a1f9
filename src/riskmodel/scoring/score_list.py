"""One round's list table: it prints itself, and is written in one step."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import indent
from typing import Any

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF
from riskmodel.metrics import Capacity
from riskmodel.models import check_language
from riskmodel.scoring.list_columns import columns_in, columns_section, printed_names
from riskmodel.serving import LANGUAGES

SHEET_ROWS = 2**20 - 1
PRINTED_ROWS = 10


@dataclass(frozen=True, eq=False, repr=False)
class ScoreList:
    """One round's list table, by rank; prints itself.

    Attributes
    ----------
    table : DataFrame
        One row per household, by rank; its columns are listed below. A column that is not declared
        is refused.
    model : str
        The model's title.
    as_of : str
    capacity : Capacity
    notes : tuple of str
        What a reader of the list must know.
    """

    table: pd.DataFrame
    model: str
    as_of: str
    capacity: Capacity
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        columns_in(self.table)

    @property
    def listed(self) -> pd.DataFrame:
        """The rows on the list, in the order of rank."""
        return self.table[self.table["listed"]]

    def __len__(self) -> int:
        return len(self.table)

    def frame(self) -> pd.DataFrame:
        """Return one row per household."""
        return self.table.copy()

    def titled(self, lang: str | None = None) -> pd.DataFrame:
        """Return the table as a caseworker reads it: titles and bands in a language.

        Parameters
        ----------
        lang : str, optional
            Default: the language of the list's reasons.

        Returns
        -------
        DataFrame
            One row per household, by rank.
        """
        if lang is None:
            lang = self.table["lang"].iloc[0] if len(self) else "en"
        check_language(lang)
        language = LANGUAGES[lang]
        table = self.table.assign(band=self.table["band"].map(language.band, na_action="ignore"))
        return table.rename(columns=language.title)

    def to_parquet(self, path: str | Path) -> Path:
        """Write the table as Parquet in one step: a killed run leaves no half-written file."""
        return _written(Path(path), lambda part: self.table.to_parquet(part, index=False))

    def to_csv(self, path: str | Path, encoding: str = "utf-8") -> Path:
        """Write the table as CSV; Korean spreadsheets need ``encoding="utf-8-sig"``."""
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
        dated = self.table.assign(**{AS_OF: self.as_of})
        try:
            with pd.ExcelWriter(part, engine="openpyxl") as writer:
                dated.to_excel(writer, sheet_name=self.as_of, index=False)
                _formulas_as_texts(writer.sheets[self.as_of])
        except ImportError:
            raise ConfigError(
                "workbooks need openpyxl",
                code="scoring.excel",
                allowed=[".csv", ".parquet"],
                next_step="pip install 'riskmodel[excel]', or write CSV",
            ) from None

    def __repr__(self) -> str:
        return "\n".join([*self._title(), "", self._first().to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        head = "<br>".join(map(escape, (*self._title(), *self.notes)))
        return f"<p>{head}</p>{self._first().to_html(index=False)}"

    def _first(self) -> pd.DataFrame:
        """Return the first of the listed, in the columns that are printed."""
        first = self.listed.head(PRINTED_ROWS)[printed_names(columns_in(self.table))]
        texts = first.filter(like="reason").columns
        return first.astype(dict.fromkeys(texts, object)).fillna("")

    def _title(self) -> list[str]:
        counts = f"{len(self.listed):,} listed of {len(self):,} scored"
        return [f"{self.model}, round {self.as_of}: {counts}"]


ScoreList.__doc__ = f"{ScoreList.__doc__}{indent(columns_section(), ' ' * 4)}"


def _formulas_as_texts(sheet: Any) -> None:
    """Keep a text that begins with an equals sign a text."""
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if cell.data_type == "f":
                cell.data_type = "s"


def _written(path: Path, write: Callable[[Path], object]) -> Path:
    """Write a part file and rename it, so that no half-written file has the final name."""
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    write(part)
    os.replace(part, path)
    return path
