"""Text from data as text of a Markdown page, whichever renderer reads it."""

from __future__ import annotations

import re
from html import escape

LONGEST_NAME, LONGEST_TEXT = 120, 1_000

# What makes code, emphasis, tables and links, the last also of a bare address.
_MARKS = re.compile(r"[\\`*|~]|(?<=\])[(\[:]|(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)
# What makes a heading, an item of a list or a line when a text begins with it.
_BEGINS = re.compile(r"^(?=#|[+-](?:\s|$)|--|__|=)|^(\d+)(?=[.)](?:\s|$))")


def as_text(text: str, longest: int = LONGEST_TEXT) -> str:
    r"""Return a text of one line in which no renderer finds HTML, a link, a cell or a heading.

    Examples
    --------
    >>> as_text("<b>north</b>|[a](http://b)")
    '&lt;b&gt;north&lt;/b&gt;\\|[a]\\(http:\\//b)'
    >>> as_text("a" * 200, longest=5)
    'aaaa…'
    """
    marked = _MARKS.sub(r"\\\g<0>", in_one_line(text, longest))
    return escape(_BEGINS.sub(_escaped_beginning, marked), quote=False)


def in_one_line(text: str, longest: int) -> str:
    """Return a text in one line, cut where it is longer.

    Examples
    --------
    >>> in_one_line("one  two three", longest=8)
    'one two…'
    """
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _escaped_beginning(found: re.Match[str]) -> str:
    return "\\" if found[1] is None else f"{found[1]}\\"
