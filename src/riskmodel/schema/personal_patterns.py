"""What numbers and addresses of persons look like: one set, for columns of records and for texts.

A pattern is written for DuckDB and for Python alike, so it looks neither ahead nor behind.
"""

from __future__ import annotations

import re
import unicodedata

from riskmodel.texts import plain_text

_DASH = "-‐-―−"
# A date of birth, then a digit for sex and century; since October 2020 the other six are random.
# Numbers with a masked half count.
_BORN = (
    r"\d{2}(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)(?:0[1-9]|[12]\d|30)"
    r"|02(?:0[1-9]|[12]\d))"
)
_MASK = "*xX●○＊"
_TAIL = rf"[1-8](?:[\d{_MASK}]{{6}}|[{_MASK}]{{3,5}})"
# Without separators, running numbers such as 1000000001 and 01000000001 must pass.
_MOBILE = (
    rf"(?:\+?82[{_DASH} ]?\(?0?\)?|0)1[016789]"
    rf"(?:[1-9]\d{{6,7}}|[{_DASH}. ]\d{{3,4}}[{_DASH}. ]\d{{4}})"
    rf"|10(?:[1-9]\d{{7}}|[{_DASH}]\d{{4}}[{_DASH}]\d{{4}})"
)
_LANDLINE = rf"(?:\+82[{_DASH} ]?|\(?0)(?:2|[3-7]\d|50\d)[{_DASH}.) ]+\d{{3,4}}[{_DASH}. ]\d{{4}}"

REGISTRATION = (
    rf"(?:{_BORN}(?:[{_DASH} ]?{_TAIL}|[{_DASH}][{_MASK}]{{7}})"
    rf"|[{_MASK}]{{6}}[{_DASH}]?[1-8]\d{{6}})"
)
PHONE = rf"(?:{_MOBILE}|{_LANDLINE})"
EMAIL = r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"

_KINDS = {
    "a registration number": REGISTRATION,
    "a phone number": PHONE,
    "an e-mail address": EMAIL,
}
_BEFORE, _AFTER = r"(?<![A-Za-z0-9])(?<!\d\.)", r"(?![A-Za-z0-9])(?!\.\d)"
_SEARCHED = {kind: re.compile(_BEFORE + pattern + _AFTER) for kind, pattern in _KINDS.items()}

# The folders of an absolute path may name an account.
_PATH = re.compile(r"(?<![\w:/.<])(?:/(?:[\w.~-]+/)+[\w.-]+|[A-Za-z]:\\(?:[^\\\s]+\\)+[^\\\s]*)")


def personal_kind(text: str) -> str | None:
    """Return what kind of personal number, address or path stands in a text, None if none.

    Examples
    --------
    >>> personal_kind("call 02-555-1234."), personal_kind("rounds 2024-01-01 to 2024-05-01")
    ('a phone number', None)
    >>> personal_kind("see /home/kim/list.csv"), personal_kind("list.csv and/or its copy")
    ('an absolute path', None)
    """
    plain = unicodedata.normalize("NFKC", plain_text(text))
    if _PATH.search(text) or _PATH.search(plain):
        return "an absolute path"
    return next((kind for kind, pattern in _SEARCHED.items() if pattern.search(plain)), None)
