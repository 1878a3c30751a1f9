"""How a page is written: as Markdown, or as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Protocol

from riskmodel.card.plain_text import as_text, in_one_line

_STRONG = re.compile(r"\*\*(.+?)\*\*")
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:.9rem}"
    "th,td{border:1px solid #ccc;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    "h2{margin-top:2rem}"
)


class Syntax(Protocol):
    """The parts of a page. Texts that they are given were made safe by `text`."""

    def text(self, text: str, longest: int) -> str:
        """Return a text of one line in which nothing is markup."""
        ...

    def template(self, text: str) -> str:
        """Return a text of ours, in which two asterisks begin and end what is strong."""
        ...

    def title(self, text: str) -> Iterator[str]:
        """Yield the page's title."""
        ...

    def heading(self, text: str) -> Iterator[str]:
        """Yield the heading of a section."""
        ...

    def paragraph(self, text: str) -> Iterator[str]:
        """Yield a paragraph."""
        ...

    def items(self, items: Sequence[str]) -> Iterator[str]:
        """Yield a list."""
        ...

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        """Yield a table."""
        ...


class Markdown:
    """A page of Markdown."""

    def text(self, text: str, longest: int) -> str:
        """Return a text in which no renderer finds markup."""
        return as_text(text, longest)

    def template(self, text: str) -> str:
        """Return it as it is."""
        return text

    def title(self, text: str) -> Iterator[str]:
        """Yield the page's title."""
        yield f"# {text}"

    def heading(self, text: str) -> Iterator[str]:
        """Yield the heading of a section."""
        yield from ("", f"## {text}", "")

    def paragraph(self, text: str) -> Iterator[str]:
        """Yield a paragraph."""
        yield text

    def items(self, items: Sequence[str]) -> Iterator[str]:
        """Yield a list."""
        yield from (f"- {item}" for item in items)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        """Yield a table."""
        for cells in (header, ["---"] * len(header), *rows):
            yield f"| {' | '.join(cells)} |"


class Html:
    """The body of a page of HTML, which holds no script and no address."""

    def text(self, text: str, longest: int) -> str:
        """Return a text in which nothing is a tag."""
        return escape(in_one_line(text, longest))

    def template(self, text: str) -> str:
        """Return it with tags for what is strong."""
        return _STRONG.sub(r"<strong>\1</strong>", text)

    def title(self, text: str) -> Iterator[str]:
        """Yield the page's title."""
        yield f"<h1>{text}</h1>"

    def heading(self, text: str) -> Iterator[str]:
        """Yield the heading of a section."""
        yield f"<h2>{text}</h2>"

    def paragraph(self, text: str) -> Iterator[str]:
        """Yield a paragraph; blank lines between paragraphs are none."""
        if text.strip():
            yield f"<p>{text}</p>"

    def items(self, items: Sequence[str]) -> Iterator[str]:
        """Yield a list."""
        yield "<ul>"
        yield from (f"<li>{item}</li>" for item in items)
        yield "</ul>"

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        """Yield a table."""
        yield "<table>"
        yield _row("th", header)
        yield from (_row("td", cells) for cells in rows)
        yield "</table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def whole_page(body: str, title: str, lang: str) -> str:
    """Return a page that stands alone: no script, and nothing that it loads."""
    return (
        f'<!doctype html>\n<html lang="{escape(lang)}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
