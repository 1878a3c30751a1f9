"""Notes: what a reader of a result must know, written in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

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


def named(key: str, names: Iterable[str], **values: object) -> list[Note]:
    """Return a note that lists names, or no note where there are none."""
    listed = list(names)
    return [Note(key, {"names": listed, **values})] if listed else []


def written(notes: Iterable[Note], lang: str = "en") -> tuple[str, ...]:
    """Return notes as texts.

    Examples
    --------
    >>> written(named("partly_covered", ["rent__count__6M"]))
    ('windows only partly covered by deliveries: rent__count__6M',)
    """
    return tuple(_text(note, lang) for note in notes)


def _text(note: Note, lang: str) -> str:
    values = {name: _value(value, lang) for name, value in note.values.items()}
    return LANGUAGES[lang].note(note.key, **values)


def _value(value: object, lang: str) -> object:
    return _text(value, lang) if isinstance(value, Note) else value
