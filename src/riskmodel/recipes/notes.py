"""Notes: what a reader of a result must know, written in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.serving import LANGUAGES


@dataclass(frozen=True)
class Note:
    """One note.

    Attributes
    ----------
    key : str
        Its text in the section ``[notes]`` of a language's file.
    values : dict
        What the text is filled with; a note among them is written first.
    """

    key: str
    values: dict[str, object] = field(default_factory=dict)


def named(key: str, names: Iterable[str | Note], **values: object) -> list[Note]:
    """Return a note that lists names, or no note where there are none."""
    listed = list(names)
    return [Note(key, {"names": listed, **values})] if listed else []


def without_rare(names: Iterable[str], rare: Collection[str]) -> list[str | Note]:
    """Return names of indicators or features, those of fewer than 10 households as their number.

    Examples
    --------
    >>> written(named("partly_covered", without_rare(["rent", "visit to Kim"], {"visit to Kim"})))
    ('windows only partly covered by deliveries: rent, 1 of fewer than 10 households',)
    """
    every = list(names)
    shown: list[str | Note] = [name for name in every if name not in rare]
    number = len(every) - len(shown)
    few = [Note("of_few", {"number": number, "least": MIN_HOUSEHOLDS})] if number else []
    return [*shown, *few]


def written(
    notes: Iterable[Note], lang: str = "en", hidden: Collection[str] = ()
) -> tuple[str, ...]:
    """Return notes as texts.

    Parameters
    ----------
    notes : iterable of Note
    lang : str, default "en"
    hidden : collection of str
        Codes of indicators that are named as "sensitive information" only, with their features.

    Examples
    --------
    >>> written(named("partly_covered", ["rent__count__6M"]))
    ('windows only partly covered by deliveries: rent__count__6M',)
    >>> written(named("partly_covered", ["rent__count__6M"]), hidden=["rent"])
    ('windows only partly covered by deliveries: sensitive information',)
    """
    return tuple(_text(note, lang, hidden) for note in notes)


def _text(note: Note, lang: str, hidden: Collection[str]) -> str:
    if note.values.get("feed") in hidden:
        # a reason in free words may tell what the code hides
        return LANGUAGES[lang].words["sensitive"]
    values = {name: _value(value, lang, hidden) for name, value in note.values.items()}
    return LANGUAGES[lang].note(note.key, **values)


def _value(value: object, lang: str, hidden: Collection[str]) -> object:
    if isinstance(value, Note):
        return _text(value, lang, hidden)
    if isinstance(value, list):
        return list(dict.fromkeys(_value(one, lang, hidden) for one in value))
    return _masked(value, lang, hidden) if isinstance(value, str) else value


def _masked(text: str, lang: str, hidden: Collection[str]) -> str:
    """Return a text in which no hidden code stands, and no feature that is named after one."""
    if not hidden:
        return text
    codes = "|".join(re.escape(code) for code in sorted(hidden, key=len, reverse=True))
    # a feature is named after its indicator: rent__count__6M
    named_after = rf"(?<!\w)(?:{codes})(?:__\w+)*(?!\w)"
    return re.sub(named_after, LANGUAGES[lang].words["sensitive"], text)
