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
_QUOTED = (
    re.compile("^['\u2018\u2019]([^'\u2018\u2019]*)['\u2018\u2019]$"),
    re.compile('^["\u201c\u201d]([^"\u201c\u201d]*)["\u201c\u201d]$'),
)
_FORMS = (*range(0x2F00, 0x2FD6), *range(0xFE50, 0xFE6C), *range(0xFF01, 0xFFEF))
_ZEROS = (
    *(0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6),
    *(0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50),
    *(0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0),
    *(0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0),
    *(0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE),
    *(0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0),
)


def _folded() -> dict[int, int]:
    parts = ((form, unicodedata.decomposition(chr(form)).split()) for form in _FORMS)
    table = {form: int(part[1], 16) for form, part in parts if len(part) == 2}
    table.update({zero + digit: 48 + digit for zero in _ZEROS for digit in range(10)})
    return {**table, **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), 45)}


_FOLDED = _folded()


def plain_text(text: str) -> str:
    """Return a text composed, of seen characters and plain spaces, each in its usual form."""
    if text.isascii():
        return text
    seen = _INVISIBLE.sub("", text.translate(_FOLDED))
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", seen))


def plain_word(text: str) -> str:
    """Return a plain text without quotes and blanks around it, and with single blanks inside."""
    word = plain_text(text).strip(SPACES)
    for quoted in _QUOTED:
        word = quoted.sub(r"\1", word)
    return re.sub(" {2,}", " ", word).strip(SPACES)
