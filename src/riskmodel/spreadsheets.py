"""Texts that a spreadsheet keeps as texts: none begins as a formula does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table for a CSV file: an apostrophe stands before texts that begin as formulas do.

    Such texts begin with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return. A carriage return
    becomes a line feed.

    Examples
    --------
    >>> without_formulas(pd.DataFrame({"id": ["=1+1", "h-1"], "score": [-0.5, 0.5]}))
          id  score
    0  '=1+1   -0.5
    1    h-1    0.5
    """
    texts = table.select_dtypes(exclude=["number", "bool", "datetime"])
    return table.assign(**{str(name): texts[name].map(_as_text) for name in texts})


def begins_as_formula(value: object) -> bool:
    """Tell whether a spreadsheet would run a text."""
    return isinstance(value, str) and value.startswith(_FORMULA)


def keep_texts(sheet: Worksheet) -> None:
    """Keep texts of a workbook's sheet texts below its first row, also after a cell was edited."""
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if begins_as_formula(cell.value):
                cell.data_type = "s"
                cell.quotePrefix = True


def _as_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    # pandas does not quote a carriage return, at which a spreadsheet begins a new row
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if begins_as_formula(value) else text
