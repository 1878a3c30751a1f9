"""The one rule by which ids and rare names are found in texts that are published or kept.

Ids that look the same are the same, so that texts and ids are compared in their plain form, with
single blanks and without case. No letter or digit of ASCII stands beside an id in a text; letters
of other scripts do, such as a Korean particle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from riskmodel.texts import plain_text

MIN_ID = 5
"""Ids of fewer characters cannot be told from other words and numbers, and are not searched for."""
MIN_NAME = 3
"""The same of names that no letter of ASCII stands in: 김철수 is the name of a person."""

_BLANKS = re.compile(r"\s+")
# Neither side of a decimal point is an id, as in 0.12345, .12345 and 12345.6.
_START = re.compile(r"(?<![a-z0-9])(?<!\d\.)(?!(?<=[\s(=]\.)\d)\S")
_GOES_ON = re.compile(r"[a-z0-9]|\.\d")


class Ids(NamedTuple):
    """Ids that must not stand in a text, and how long they are."""

    texts: frozenset[str]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, households: Iterable[object]) -> Ids:
        """Return the ids of households that are long enough to be searched for."""
        alike = map(without_case, map(str, households))
        found = frozenset(text for text in alike if len(text) >= MIN_ID)
        return cls(found, tuple(sorted(set(map(len, found)))))

    @classmethod
    def of_names(cls, names: Iterable[str]) -> Ids:
        """Return names of few households, such as areas, that are long enough to be searched for.

        Figures are not, and names that ASCII can write are as short as ids may be.

        Examples
        --------
        >>> sorted(Ids.of_names(["김철수", "kim", "1990", "Vanterpool"]).texts)
        ['vanterpool', '김철수']
        """
        alike = map(without_case, names)
        found = frozenset(text for text in alike if is_searched(text))
        return cls(found, tuple(sorted(set(map(len, found)))))

    def stand_in(self, text: str) -> bool:
        """Tell whether an id stands in a text.

        Examples
        --------
        >>> ids = Ids.of(["HH100140", "A town 7"])
        >>> [ids.stand_in(text) for text in ("hh100140은 이사", "a  town 7?", "HH1001401")]
        [True, True, False]
        """
        return not self.texts.isdisjoint(parts_of(text, self.lengths))


def is_searched(name: str) -> bool:
    """Tell whether a name, as `without_case` writes it, is told from other words and figures."""
    if not any(map(str.isalpha, name)):
        return False
    return len(name) >= (MIN_ID if name.isascii() else MIN_NAME)


def parts_of(text: str, lengths: Iterable[int]) -> set[str]:
    """Return the parts of a text that may be ids of these lengths, as `without_case` writes them.

    Examples
    --------
    >>> sorted(parts_of("see A-417은.", [5, 6]))
    ['417은.', 'a-417', 'a-417은', 'see a']
    """
    alike, sizes = without_case(text), tuple(lengths)
    starts = [match.start() for match in _START.finditer(alike)] if sizes else []
    return {
        alike[start : start + size]
        for start in starts
        for size in sizes
        if start + size <= len(alike) and not _GOES_ON.match(alike, start + size)
    }


def without_case(text: str) -> str:
    """Return a text in its plain form, with single blanks, in small letters.

    `records.kept_texts` says the same of the letters in SQL; a test holds the two together.

    Examples
    --------
    >>> without_case("ＨＨ１００\u200b１４０"), without_case("Straße  7"), without_case("ΝΊΚΟΣ")
    ('hh100140', 'strasse 7', 'νίκοσ')
    """
    plain = _BLANKS.sub(" ", plain_text(text))
    if plain.isascii():
        return plain.lower()
    return "".join(map(_small, plain)).replace("ß", "ss")


@cache
def _small(character: str) -> str:
    """Return one letter as a small one; letters with two small forms, such as σ and ς, get one."""
    large = character.upper()
    return (large if len(large) == 1 else character).lower()[0]
