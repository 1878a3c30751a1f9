"""The card as a page: one heading per section, facts as a list, tables as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from riskmodel.card.page_syntax import Html, Markdown, Syntax
from riskmodel.card.plain_text import LONGEST_NAME, LONGEST_TEXT
from riskmodel.serving import LANGUAGES, Language

MOST_ROWS = 60
SENTENCES = ("note", "labels", "estimand", "why", "asks")
SECTIONS = "stands_in"
# what stands in the description of a model that has several versions
OF_ANY_VERSION = ("population", "label", "oversight")
# in which order sections stand where not all of them fit
FIRST = (
    "glance",
    "metrics",
    "evaluated",
    "population",
    "label",
    "training",
    "limits",
    "oversight",
    "leaks",
    "calibration",
    "baselines",
    "external",
    "groups_as_features",
    "explanation",
    "data",
    "model",
)


def markdown(card: Mapping[str, object], language: Language) -> str:
    """Return a card's plain data as Markdown."""
    page = _Page(language, Markdown())
    return "\n".join([*page.head(card), *page.body(card), ""])


def html(card: Mapping[str, object], language: Language) -> str:
    """Return a card's plain data as the body of a page of HTML."""
    page = _Page(language, Html())
    return "\n".join([*page.head(card), *page.body(card)])


def summary(card: Mapping[str, object], language: Language, longest: int) -> str:
    """Return as many of a card's sections as fit into so many characters, without its title."""
    page = _Page(language, Markdown())
    shown = list(page.opening(card))
    left_out = sorted(language.headings, key=lambda one: (*FIRST, one).index(one))
    for section in tuple(left_out):
        lines = [*page.syntax.heading(language.headings[section]), *page.section(card[section])]
        rest = [one for one in left_out if one != section]
        if _size([*shown, *lines, *page.tail(rest)]) <= longest:
            shown, left_out = [*shown, *lines], rest
    return "\n".join([*shown, *page.tail(left_out)])[:longest]


def purpose_of(card: Mapping[str, object], language: Language) -> str:
    """Return what a card says of any version: what it is for, for whom, and who decides."""
    page = _Page(language, Markdown())
    lines = list(page.opening(card))[:-2]
    for section in OF_ANY_VERSION:
        lines += [*page.syntax.heading(language.headings[section]), *page.section(card[section])]
    return "\n".join(lines)


def _size(lines: Sequence[str]) -> int:
    return len("\n".join(lines))


@dataclass(frozen=True)
class _Page:
    """Writes the lines of the page in one language."""

    language: Language
    syntax: Syntax = field(default_factory=Markdown)

    def head(self, card: Mapping[str, Any]) -> Iterator[str]:
        """Yield the title and the opening."""
        yield from self.syntax.title(self.plain(card["name"], LONGEST_NAME))
        yield from self.syntax.paragraph("")
        yield from self.opening(card)

    def opening(self, card: Mapping[str, Any]) -> Iterator[str]:
        """Yield purpose, what it is never for, and the capacity."""
        templates = {key: self.syntax.template(text) for key, text in self.language.card.items()}
        items = "; ".join(map(self.text, card["not_for"]))
        capacity = self.text(card["capacity"])
        yield from self.syntax.paragraph(self.text(card["purpose"]))
        for text in (
            templates["never_for"].format(items=items),
            templates["capacity"].format(capacity=capacity),
        ):
            yield from self.syntax.paragraph("")
            yield from self.syntax.paragraph(text)

    def tail(self, left_out: Sequence[str]) -> Iterator[str]:
        """Yield which sections of the whole card are not here."""
        if left_out:
            named = ", ".join(self.plain(self.language.headings[one]) for one in left_out)
            told = self.language.card["more_sections"].format(sections=named)
            yield from ("", *self.syntax.paragraph(told))

    def body(self, card: Mapping[str, Any]) -> Iterator[str]:
        """Yield the sections, in the language's order."""
        for section, heading in self.language.headings.items():
            yield from self.syntax.heading(heading)
            yield from self.section(card[section])

    def section(self, part: Any) -> Iterator[str]:
        """Yield one section by what it holds."""
        if isinstance(part, Mapping):
            items = [f"{self.fact(key)}: {self.value(value)}" for key, value in part.items()]
            yield from self.syntax.items(items)
        elif isinstance(part, str):
            yield from self.syntax.paragraph(self.text(part))
        elif isinstance(part[0], Mapping):
            yield from self.table(part)
        else:
            yield from self.syntax.items([self.text(line) for line in part])

    def table(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Yield rows of facts as a table."""
        rows = [self.with_brackets(row) for row in rows]
        columns = [key for key in rows[0] if _is_filled(key, rows)]
        header = [self.fact(key) for key in columns]
        cells = [[self.cell(key, row.get(key)) for key in columns] for row in rows[:MOST_ROWS]]
        yield from self.syntax.table(header, cells)

        more = len(rows) - MOST_ROWS
        if more > 0:
            yield from self.syntax.paragraph("")
            told = self.language.card["more_rows"].format(number=more)
            yield from self.syntax.paragraph(told)

    def cell(self, key: str, value: Any) -> str:
        """Write the cell of a table: sections of the card by their headings."""
        if key == SECTIONS and isinstance(value, list):
            return "; ".join(self.plain(self.language.headings.get(one, one)) for one in value)
        return self.value(value, _longest(key))

    def with_brackets(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Write a figure and its interval into one cell.

        Examples
        --------
        >>> from riskmodel.serving import ENGLISH
        >>> row = {"auc": 0.7, "auc_low": 0.65, "auc_high": 0.75, "rows": 9}
        >>> _Page(ENGLISH).with_brackets(row)
        {'auc': '0.7 [0.65, 0.75]', 'rows': 9}
        """
        possible = [_Interval.of(key) for key in row]
        intervals = [one for one in possible if one.low in row and one.high in row]
        lows = {one.low for one in intervals}
        highs = {one.high for one in intervals}
        cells = {key: value for key, value in row.items() if key not in lows | highs}
        for key, low, high in intervals:
            if row[low] is not None and row[key] is not None:
                ends = f"[{self.value(row[low])}, {self.value(row[high])}]"
                cells[key] = f"{self.value(row[key])} {ends}"
        return cells

    def fact(self, key: str) -> str:
        """Return what a fact is called."""
        return self.plain(self.language.fact(key), LONGEST_NAME)

    def text(self, text: str, longest: int = LONGEST_TEXT) -> str:
        """Return a sentence or a name, in this language where it is one of the card's own."""
        return self.plain(self.language.phrase(str(text)), longest)

    def plain(self, text: str, longest: int = LONGEST_TEXT) -> str:
        """Return a text in which nothing is markup."""
        return self.syntax.text(text, longest)

    def value(self, value: Any, longest: int = LONGEST_TEXT) -> str:
        """Write a value with four significant digits, and a list in one line.

        Examples
        --------
        >>> from riskmodel.serving import ENGLISH
        >>> page = _Page(ENGLISH)
        >>> page.value(0.74651), page.value(82241), page.value(["a", "b"]), page.value(None)
        ('0.7465', '82,241', 'a, b', '')
        """
        if value is None:
            return ""
        if isinstance(value, float):
            return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}"
        if isinstance(value, Mapping):
            names = [self.fact(key) for key in value]
            parts = [self.value(part) for part in value.values()]
            return ", ".join(f"{name} {part}" for name, part in zip(names, parts, strict=True))
        if isinstance(value, list):
            return ", ".join(self.value(item, LONGEST_NAME) for item in value)
        return self.text(value, longest)


def _longest(key: str) -> int:
    """Return how long the text of a cell may be: what is said of a row is not cut as a name is."""
    return LONGEST_TEXT if key in SENTENCES or key in LANGUAGES else LONGEST_NAME


def _is_filled(key: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(row.get(key) not in (None, "") for row in rows)


class _Interval(NamedTuple):
    """The keys of a figure and of the ends of its interval."""

    key: str
    low: str
    high: str

    @classmethod
    def of(cls, key: str) -> _Interval:
        if key in ("value", "observed"):
            return cls(key, "low", "high")
        return cls(key, f"{key}_low", f"{key}_high")
