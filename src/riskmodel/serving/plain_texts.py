"""The rule of text of `riskmodel.texts`, which the reader goes without; a test compares the two."""

from __future__ import annotations

import re
import unicodedata

SPACES = " \t\r\n"
"""What is no part of a word at its edges."""

_INVISIBLE = re.compile(
    "["
    "\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def plain_text(text: str) -> str:
    """Return a text composed, without characters that are not seen, its blanks plain spaces."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", _INVISIBLE.sub("", text)))
