"""Looks through an artefact for what must never leave: household ids, people's numbers, paths, the account's name."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from riskmodel.errors import RegistryError

# Accounts that are nobody's name; neither are the words that our own sources write into an artefact.
ORDINARY = frozenset(
    {"root", "user", "admin", "administrator", "ubuntu", "runner", "jovyan", "python", "conda"}
)
WRITTEN_BY = (
    "serving/*.py",
    "versions.py",
    "indicators.py",
    "card/*.py",
    "panel/*.py",
    "models/*.py",
)
MIN_ID = 5

_WORD = re.compile(r"[\w-]+")
_PATH = re.compile(r"(?<![\w:/.<])(?:/(?:[\w.~-]+/)+[\w.-]+|[A-Za-z]:\\(?:[^\\\s]+\\)+[^\\\s]*)")
_REGISTRATION = re.compile(r"(?<![\w.])(\d{6})[-\s]?([0-9])\d{6}(?![\w.])")
_PHONE = re.compile(r"(?<![\w.])01[016789]-\d{3,4}-\d{4}(?![\w.])")


def scan(folder: Path, households: Iterable[object] = ()) -> None:
    """Refuse a folder in which anything personal stands; the message names the file, never the finding.

    Parameters
    ----------
    folder : Path
    households : iterable
        Ids that must not occur; those shorter than 5 signs, or of digits alone outside of JSON texts, can't be told
        from other numbers.

    Raises
    ------
    RegistryError
    """
    ids = {text for text in map(str, households) if len(text) >= MIN_ID}
    account = _account()
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        told = ids if path.suffix == ".json" else {text for text in ids if not text.isdigit()}
        for text in _texts(path):
            found = _finding(text, told, account)
            if found:
                _refuse(path.relative_to(folder).as_posix(), found)


def _finding(text: str, ids: set[str], account: str | None) -> str | None:
    words = set(_WORD.findall(text))
    if text in ids or not ids.isdisjoint(words):
        return "a household_id"
    if account is not None and account in words:
        return "the name of the account that publishes"
    if _PATH.search(text):
        return "an absolute path"
    if any(_is_birth(match) for match in _REGISTRATION.finditer(text)):
        return "a registration number"
    if _PHONE.search(text):
        return "a phone number"
    return None


def _texts(path: Path) -> Iterator[str]:
    """Yield the texts of a file: of JSON each key and string, of arrays their names and texts, else its lines."""
    if path.suffix == ".npz":
        yield from _array_texts(path)
    elif path.suffix == ".json":
        yield from _strings(json.loads(path.read_text(encoding="utf-8")))
    else:
        yield from path.read_text(encoding="utf-8").splitlines()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield str(key)
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, str):
        yield value


def _array_texts(path: Path) -> Iterator[str]:
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            yield name
            values = arrays[name]
            if values.dtype.kind in "US":
                yield from values.ravel().astype(str).tolist()


def _account() -> str | None:
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None
    return None if len(name) < 3 or name.lower() in ORDINARY or name in _own_words() else name


@cache
def _own_words() -> frozenset[str]:
    package = Path(__file__).parents[1]
    sources = [path for pattern in WRITTEN_BY for path in package.glob(pattern)]
    return frozenset(
        word for path in sources for word in _WORD.findall(path.read_text(encoding="utf-8"))
    )


def _is_birth(match: re.Match[str]) -> bool:
    day, sex = match[1], match[2]
    century = {"9": 18, "0": 18, "1": 19, "2": 19, "5": 19, "6": 19}.get(sex, 20)
    try:
        date(century * 100 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        return False
    return True


def _refuse(place: str, found: str) -> None:
    raise RegistryError(
        f"holds {found}, and nothing personal may be published",
        code="registry.personal",
        place=place,
        allowed="names of indicators and categories, figures, dates of rounds",
        next_step="take it out of the catalogue, the categories or the texts of the card, and publish again",
    )
