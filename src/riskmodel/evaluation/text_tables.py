"""Figures as people read them: three significant digits, brackets, columns that line up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np


class TableCells(NamedTuple):
    """A table as texts.

    Attributes
    ----------
    header : sequence of str
    rows : sequence of sequence of str
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


NOT_IDENTIFIED = "not identified"


def short_note(note: str) -> str:
    """Return a note as a cell says it: the reasons of what is not identified stand below.

    Examples
    --------
    >>> short_note("not identified: nobody is on the list"), short_note("undefined")
    ('not identified', 'undefined')
    """
    return NOT_IDENTIFIED if note.startswith(NOT_IDENTIFIED) else note


def why_not_identified(metrics: Iterable[str], notes: Iterable[str]) -> list[str]:
    """Return why metrics are not identified, those of one reason together.

    Parameters
    ----------
    metrics : iterable of str
        What each is called.
    notes : iterable of str
        The note of each.

    Examples
    --------
    >>> notes = ["", "not identified: none listed", "not identified: none listed"]
    >>> why_not_identified(["AUC", "recall", "lift"], notes)
    ['recall, lift: not identified: none listed']
    """
    of_reason: dict[str, list[str]] = {}
    for metric, note in zip(metrics, notes, strict=True):
        if note.startswith(NOT_IDENTIFIED):
            of_reason.setdefault(note, []).append(metric)
    return [f"{', '.join(names)}: {note}" for note, names in of_reason.items()]


def number(value: float) -> str:
    """Write a figure with three significant digits, at most six decimals; nothing for NaN.

    Examples
    --------
    >>> [number(v) for v in (0.7465, 12.0, 1234.5, -0.00012, 0.0, float("nan"))]
    ['0.747', '12.0', '1,234', '-0.000120', '0', '']
    """
    if np.isnan(value):
        return ""
    if value == 0 or abs(value) < 5e-7:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{min(2 - int(np.floor(np.log10(abs(value)))), 6)}f}"


def bracket(low: float, high: float) -> str:
    """Write an interval; nothing where there is none.

    Examples
    --------
    >>> bracket(0.741, 0.7533)
    '[0.741, 0.753]'
    """
    return "" if np.isnan(low) or np.isnan(high) else f"[{number(low)}, {number(high)}]"


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Line up cells in columns, two blanks between them."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = (
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    )
    return "\n".join(lines)


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the same as an HTML table."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def html_lines(lines: Sequence[str]) -> str:
    """Return lines as an HTML paragraph."""
    return f"<p>{'<br>'.join(map(escape, lines))}</p>"


def text_page(title: str, tables: Sequence[TableCells], closing: Sequence[str]) -> str:
    """Return a title, the tables that have rows, and closing lines.

    Examples
    --------
    >>> print(text_page("a list", [TableCells(["places"], [["40"]])], ["drawn among ties"]))
    a list
    <BLANKLINE>
    places
    40
    <BLANKLINE>
    drawn among ties
    """
    shown = [text_table(*table) for table in tables if table.rows]
    if not shown:
        return "\n".join([title, *closing])
    end = ["", *closing] if closing else []
    return "\n".join([title, "", "\n\n".join(shown), *end])


def html_page(title: str, tables: Sequence[TableCells], closing: Sequence[str]) -> str:
    """Return the same as HTML."""
    shown = "".join(html_table(*table) for table in tables if table.rows)
    return html_lines([title]) + shown + html_lines(closing)
