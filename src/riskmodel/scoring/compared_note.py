"""The note on what contributions compare with."""

from __future__ import annotations

from riskmodel.explanation import Explanation
from riskmodel.recipes import Note


def compared_note(key: str, explanation: Explanation, lang: str) -> Note:
    """Return a note on what contributions compare with."""
    reference = explanation.reference_in(lang)
    return Note(key, {"method": explanation.method, "reference": reference})
