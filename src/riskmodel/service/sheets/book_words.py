"""The titles and words of books in each language, and what a word that comes back means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from riskmodel.keys import HOUSEHOLD
from riskmodel.no_ids import FAILED, NO_IDS
from riskmodel.records.contact_words import NOT_TOLD, REASONS, RESULTS, SUPPORTS, VERDICTS
from riskmodel.records.service_words import SIGNS, URGENT
from riskmodel.service.sheets.audiences import (
    ANSWERS,
    GIVEN,
    MACHINE,
    REASON,
    RESULT,
    SUPPORT,
    Audience,
)
from riskmodel.serving import LANGUAGES, Language
from riskmodel.texts import heading, plain_word

WORDS = {RESULT: RESULTS, REASON: tuple(REASONS), SUPPORT: SUPPORTS}
"""The words of each column that is answered by one of some."""
_CIRCLES = ("o", "\u25cb", "\u25ef", "\u3007", "\u25ce", "\u25cf", "\u2b55")
_CHECKS = ("v", "\u2713", "\u2714", "\u221a", "\u2611", "\u2705")
_YES, _NO = (*_CIRCLES, *_CHECKS, "y", "1", "true"), ("n", "0", "false", "-")
_REASONS = tuple(f"reason_{number}" for number in range(1, 21))
"""The columns of a book that are not read when it comes back."""
_BETWEEN_WORDS = re.compile(r"[;/|+&\n\u00b7\u3001]|,")


def title(column: str, language: Language) -> str:
    """Return what a column of a book is called."""
    if column in language.signs:
        return language.signs[column]
    return language.sheets.get(column, language.title(column))


def choice(word: str, language: Language, *, is_verdict: bool = True) -> str:
    """Return how a drop-down writes a word; a comma would be the end of it.

    Parameters
    ----------
    word : str
        Of results, reasons or supports.
    language : Language
    is_verdict : bool, default True
        Whether the reader gives verdicts; for others, a contact whose verdict is not told is one in
        which they met somebody.
    """
    if word == NOT_TOLD and not is_verdict:
        return language.sheets["met"]
    return language.contacts[word].replace(",", "")


def told(text: str) -> str:
    """Return a text as words are compared: plain, in small letters, without blanks and commas.

    Examples
    --------
    >>> told(" Met,  verdict not TOLD")
    'metverdictnottold'
    """
    return re.sub(r"[\s,]", "", plain_word(text)).lower()


def is_blank(text: str) -> bool:
    """Tell whether a text says that there is nothing, such as a dash or the word for none.

    Examples
    --------
    >>> is_blank(" - "), is_blank("None"), is_blank("no need")
    (True, True, False)
    """
    return plain_word(text).lower() in NO_IDS


def is_failed(text: str) -> bool:
    """Tell whether a spreadsheet shows an error in the place of a value, which is lost.

    Examples
    --------
    >>> is_failed("#REF!"), is_failed("#3")
    (True, False)
    """
    return plain_word(text).lower() in FAILED


def parts_of(text: str) -> list[str]:
    """Return the parts of a cell that holds several words."""
    return [part for part in _BETWEEN_WORDS.split(text) if part.strip()]


def _also(word: str, language: Language) -> list[str]:
    """Return what offices write for a title or an answer beside the language's own word."""
    return language.also[word].split(";") if word in language.also else []


def _spellings(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        yield told(word), word
        for language in LANGUAGES.values():
            for text in (language.contacts[word], *_also(word, language)):
                yield told(text), word
            if word == NOT_TOLD:
                yield told(language.sheets["met"]), word


MEANINGS: Mapping[str, Mapping[str, str]] = {
    column: dict(_spellings(words)) for column, words in WORDS.items()
}
"""For each column of words, the word that a text means, by its `told` form."""


def _columns() -> Iterator[tuple[str, str]]:
    for column in (*GIVEN, *ANSWERS, *_REASONS):
        yield heading(column).lower(), column
        for language in LANGUAGES.values():
            yield heading(title(column, language)).lower(), column
    for names in MACHINE.values():
        for column, name in names.items():
            yield heading(name).lower(), column


COLUMNS: Mapping[str, str] = dict(_columns())
"""The column of a book that a heading means, in any language."""
OF_PEOPLE = ("name", "address", "phone", "topics", "call_back")
"""What may be given of a household at the handing out."""


def _columns_of_people() -> Iterator[tuple[str, str]]:
    for column in (HOUSEHOLD, *OF_PEOPLE):
        yield from ((name, own) for name, own in COLUMNS.items() if own == column)
        for language in LANGUAGES.values():
            yield from ((heading(text).lower(), column) for text in _also(column, language))


COLUMNS_OF_PEOPLE: Mapping[str, str] = dict(_columns_of_people())
"""The column of a table of people that a heading means: offices have more names for these."""
_TICKS = {
    **dict.fromkeys((*_YES, *(told(one.review["yes"]) for one in LANGUAGES.values())), True),
    **dict.fromkeys((*_NO, *(told(one.review["no"]) for one in LANGUAGES.values())), False),
}
TICKS: Mapping[str, Mapping[str, bool]] = {
    lang: {
        **_TICKS,
        **{told(text): True for text in _also("yes", one)},
        **{told(text): False for text in _also("no", one)},
    }
    for lang, one in LANGUAGES.items()
}
"""Whether a text ticks a sign, by the language of the book: a cross is a no in some alone."""


def _phrases(key: str) -> re.Pattern[str]:
    """Return what finds the words of every language that stand under a key, at any letter."""
    texts = {
        one.strip() for lang in LANGUAGES.values() for one in lang.urgent_words[key].split(";")
    }
    spaced = (r"[\s,]*".join(map(re.escape, text.split())) for text in texts)
    return re.compile(f"(?=({'|'.join(sorted(spaced, key=len, reverse=True))}))")


_URGENT_WORDS = {sign: _phrases(sign) for sign in URGENT}
_EVERYDAY = _phrases("everyday")


def urgent_in(text: str) -> list[str]:
    """Return the urgent signs of which a text holds a word, wherever it stands.

    Words are searched, and no sentence is understood: a sign that is denied is found, and one told
    in other words is not. A word within an everyday one, such as fire in fired, is none.

    Examples
    --------
    >>> urgent_in("there was violence"), urgent_in("wants  to die"), urgent_in("was fired")
    (['violence'], ['suicide'], [])
    """
    own = plain_word(text).lower()
    everyday = [found.span(1) for found in _EVERYDAY.finditer(own)]

    def is_meant(found: re.Match[str]) -> bool:
        start, end = found.span(1)
        return not any(first <= start and end <= last for first, last in everyday)

    return [s for s, words in _URGENT_WORDS.items() if any(map(is_meant, words.finditer(own)))]


def allowed_answers(column: str, language: Language, audience: Audience) -> tuple[str, ...]:
    """Return what an audience may write into a column of answers, in one language."""
    if column in SIGNS:
        return (language.review["yes"], language.review["no"])
    is_verdict = set(VERDICTS) <= set(audience.results)
    words = words_of(column, audience)
    return tuple(choice(word, language, is_verdict=is_verdict) for word in words)


def words_of(column: str, audience: Audience) -> tuple[str, ...]:
    """Return the words by which an audience answers in a column, none where it is not asked."""
    if column == RESULT:
        return audience.results
    return WORDS[column] if column in audience.choices else ()
