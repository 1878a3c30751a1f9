"""The SQL that brings characters of other widths and scripts into their usual form."""

from __future__ import annotations

from riskmodel.characters import FOLDED, any_of, ranges_of

BY_CODE = r"\x{{{:X}}}"
_FIRST_WIDE, _LAST_WIDE = 0xFF01, 0xFF5E
_SHIFT = _FIRST_WIDE - ord("!")
_WIDE = any_of(((_FIRST_WIDE, _LAST_WIDE),), BY_CODE)
# Many characters become one of these, so that one expression reads them.
_MANY = "0123456789-"
_REST = {
    code: usual
    for code, usual in FOLDED.items()
    if not _FIRST_WIDE <= code <= _LAST_WIDE and chr(usual) not in _MANY
}
_RESTING, _ALL = (any_of(ranges_of(codes), BY_CODE) for codes in (_REST, FOLDED))


def folded(column: str) -> str:
    """Return the SQL of a text whose characters are those that `characters.FOLDED` names."""
    text = _where(column, _WIDE, _narrowed(column), column)
    for usual in _MANY:
        others = ranges_of(code for code, one in FOLDED.items() if chr(one) == usual)
        text = f"regexp_replace({text}, '{any_of(others, BY_CODE)}', '{usual}', 'g')"
    # `translate` makes its table anew for each text, which takes long
    text = _where(column, _RESTING, _translated(text), text)
    return _where(column, _ALL, text, column)


def _where(column: str, characters: str, then: str, other: str) -> str:
    return f"CASE WHEN regexp_matches({column}, '{characters}') THEN {then} ELSE {other} END"


def _narrowed(column: str) -> str:
    is_wide = f"unicode(x) BETWEEN {_FIRST_WIDE} AND {_LAST_WIDE}"
    narrow = f"lambda x: CASE WHEN {is_wide} THEN chr(unicode(x) - {_SHIFT}) ELSE x END"
    characters = f"regexp_extract_all({column}, '(?s).')"
    return f"array_to_string(list_transform({characters}, {narrow}), '')"


def _translated(text: str) -> str:
    forms, usual = "".join(map(chr, _REST)), "".join(map(chr, _REST.values()))
    return f"translate({text}, '{forms}', '{usual}')"
