"""How a book looks: widths, lines and heights on the screen, and the pages that it prints on A4."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

from riskmodel.records.service_words import SIGNS
from riskmodel.service.sheets.audiences import ANSWERS, DAY, PLAN, RESULT, ROW_ID

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_A4 = "9"
_MARGIN = 0.3
_LINE = 14.0
# room for two lines by hand
_LOWEST = 2 * _LINE
_NARROWEST, _WIDEST, _WIDEST_ADDRESS = 5.0, 24.0, 30.0
_USUAL, _SMALL = 10, 8
_WIDTHS = {ROW_ID: 15.0, "due_week": 11.5, DAY: 11.0, RESULT: 12.0}
_LONGEST_FOOT = 120


def lay_out(sheet: Worksheet, columns: Sequence[str], *, foot: str, delete_by: str) -> None:
    """Lay out a sheet that holds a heading and the rows of a book.

    A page is A4 on its side and as wide as the sheet. It has the heading and lines around every
    cell, as a box to tick or to write into. The number of the plan is not printed in each row.

    Parameters
    ----------
    sheet : Worksheet
    columns : sequence of str
        Of `book_rows`.
    foot, delete_by : str
        What stands at the foot of each page, beside its number.
    """
    from openpyxl.utils import get_column_letter

    letters = [get_column_letter(number) for number in range(1, len(columns) + 1)]
    rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    widths = [
        _width(name, texts) for name, texts in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    for letter, width in zip(letters, widths, strict=True):
        sheet.column_dimensions[letter].width = width
    for number, texts in enumerate(rows, start=1):
        sheet.row_dimensions[number].height = _height(texts, widths)
    for name, letter in zip(columns, letters, strict=True):
        _style(sheet[letter], name)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    printed = [letter for name, letter in zip(columns, letters, strict=True) if name != PLAN]
    sheet.print_area = f"{printed[0]}1:{printed[-1]}{len(rows)}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = sheet.page_margins.top = _MARGIN
    # an ampersand begins a code
    sheet.oddFooter.left.text = foot[:_LONGEST_FOOT].replace("&", "&&")
    sheet.oddFooter.center.text = delete_by
    sheet.oddFooter.right.text = "&P / &N"


def text_width(text: str) -> int:
    r"""Return how many figures a text is as wide as; a letter of Hangul is as wide as two.

    Examples
    --------
    >>> text_width("abc 1"), text_width("\uac15\ub0a8 1")
    (5, 6)
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _width(name: str, texts: Sequence[str]) -> float:
    """Return how wide a column is: as its longest text, within bounds; its heading may wrap."""
    head, *below = texts
    # bold letters are wider
    words = (
        max(map(text_width, head.split()), default=0) * 1.15 * _size(name, is_head=True) / _USUAL
    )
    longest = max(map(text_width, below), default=0)
    widest = _WIDEST_ADDRESS if name == "address" else _WIDEST
    return _WIDTHS.get(name, min(max(longest, words, _NARROWEST) + 1.5, widest))


def _height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Return how high a row is of which every text wraps; words end some lines early."""
    lines = [
        sum(max(1, math.ceil(text_width(line) * 1.15 / width)) for line in text.split("\n"))
        for text, width in zip(texts, widths, strict=True)
    ]
    return max(_LOWEST, _LINE * max(lines) + 2)


def _size(name: str, *, is_head: bool) -> int:
    """Return how many points high the letters of a column are."""
    return _SMALL if name in (ROW_ID, PLAN) or (is_head and name in SIGNS) else _USUAL


def _style(cells: Sequence[Cell], name: str) -> None:
    """Give the cells of a column their lines and letters."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    side = Side(style="thin", color="999999")
    head, *below = cells
    for cell in (head, *below[:1]):
        is_middle = cell is head or name in SIGNS
        cell.border = Border(left=side, right=side, top=side, bottom=side)
        size = _size(name, is_head=cell is head)
        cell.font = Font(name="Calibri", family=2, bold=cell is head, size=size)
        cell.alignment = Alignment(
            horizontal="center" if is_middle else "general", vertical="center", wrap_text=True
        )
    head.fill = PatternFill("solid", fgColor="DDEBF7" if name in ANSWERS else "EEEEEE")
    for cell in below[:1]:
        # digits stay as they are written, also where a number is typed over them
        cell.number_format = "yyyy-mm-dd" if name == DAY else "@"
    for cell in below[1:]:
        cell._style = copy(below[0]._style)
