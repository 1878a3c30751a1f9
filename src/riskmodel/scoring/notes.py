"""Notes: what a reader of a list or a trace must know, written in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from riskmodel.explanation import Explanation
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


def named(key: str, names: Iterable[str]) -> list[Note]:
    """Return a note that lists names, or no note where there are none."""
    listed = list(names)
    return [Note(key, {"names": listed})] if listed else []


def compared_note(key: str, explanation: Explanation, lang: str) -> Note:
    """Return a note on what contributions compare with."""
    reference = explanation.reference_in(lang)
    return Note(key, {"method": explanation.method, "reference": reference})


def written(notes: Iterable[Note], lang: str) -> tuple[str, ...]:
    """Return notes as texts.

    Examples
    --------
    >>> written(named("partly_covered", ["rent__count__6M"]), "en")
    ('windows only partly covered by deliveries: rent__count__6M',)
    """
    return tuple(_text(note, lang) for note in notes)


def _text(note: Note, lang: str) -> str:
    values = {name: _value(value, lang) for name, value in note.values.items()}
    return LANGUAGES[lang].note(note.key, **values)


def _value(value: object, lang: str) -> object:
    return _text(value, lang) if isinstance(value, Note) else value
