"""Characters that are not seen, blanks, and those that are another way to write a character."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

CodePoints = tuple[tuple[int, int], ...]

INVISIBLE: CodePoints = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
"""What Unicode calls default ignorable, and the marks of annotations: first and last of each."""

BLANKS: CodePoints = (
    (0x00A0, 0x00A0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
"""The spaces of other widths, and those at which no line breaks."""

STYLED: CodePoints = (
    (0x00AA, 0x00AA),
    (0x00B2, 0x00B3),
    (0x00B9, 0x00BA),
    (0x00BC, 0x00BE),
    (0x2070, 0x209C),
    (0x2100, 0x218B),
    (0x2460, 0x24FF),
    (0x2776, 0x2793),
    (0x3200, 0x33FF),
    (0xFB00, 0xFB06),
    (0x1D400, 0x1D7CB),
    (0x1F100, 0x1F1FF),
)
"""Raised, circled, squared and mathematical letters and digits, Roman numerals and ligatures."""

# Characters of another width or height, and the radicals that look like ideographs.
_OTHER_FORMS: CodePoints = ((0x2F00, 0x2FD5), (0xFE50, 0xFE6B), (0xFF01, 0xFFEE))
_HYPHENS = (0x2010, 0x2011, 0x2012, 0x2013, 0x2212)
# The zeros of the scripts that have digits; nine further digits follow each.
_ZEROS = (
    *(0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6),
    *(0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50),
    *(0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0),
    *(0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0),
    *(0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE),
    *(0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0),
)


def _folded() -> dict[int, int]:
    forms = [code for first, last in _OTHER_FORMS for code in range(first, last + 1)]
    decomposed = ((code, unicodedata.decomposition(chr(code)).split()) for code in forms)
    table = {code: int(parts[1], 16) for code, parts in decomposed if len(parts) == 2}
    table |= {zero + digit: ord("0") + digit for zero in _ZEROS for digit in range(10)}
    return table | dict.fromkeys(_HYPHENS, ord("-"))


FOLDED = _folded()
"""What a character is another form of: １ and ١ are 1, Ａ is A, ｶ is カ, an en dash is a hyphen."""


def any_of(ranges: CodePoints, style: str = "{:c}") -> str:
    r"""Return the class of a regular expression that holds the characters of some ranges.

    Parameters
    ----------
    ranges : tuple of (first, last)
    style : str
        How a character is written; ``\x{{{:X}}}`` by its code.

    Examples
    --------
    >>> any_of(((0x61, 0x63), (0x78, 0x78)))
    '[a-cx-x]'
    """
    return "[" + "".join(f"{style.format(a)}-{style.format(z)}" for a, z in ranges) + "]"


def ranges_of(codes: Iterable[int]) -> CodePoints:
    """Return the ranges in which some characters lie.

    Examples
    --------
    >>> ranges_of([99, 97, 98, 120])
    ((97, 99), (120, 120))
    """
    found: list[tuple[int, int]] = []
    for code in sorted(codes):
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return tuple(found)
