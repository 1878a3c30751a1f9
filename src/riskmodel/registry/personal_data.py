"""Refuses personal data in an artefact: household ids, people's numbers, paths, account names."""

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

# Accounts that are not a person's name. Nor are the words that our own sources write into
# artefacts.
ORDINARY = frozenset(
    {"root", "user", "admin", "administrator", "ubuntu", "runner", "jovyan", "python", "conda"}
)
WRITTEN_BY = (
    "serving/**/*.py",
    "serving/**/*.toml",
    "versions.py",
    "indicators.py",
    "card/*.py",
    "panel/**/*.py",
    "models/**/*.py",
)
MIN_ID = 5

_WORD = re.compile(r"[\w-]+")
_PATH = re.compile(r"(?<![\w:/.<])(?:/(?:[\w.~-]+/)+[\w.-]+|[A-Za-z]:\\(?:[^\\\s]+\\)+[^\\\s]*)")
_REGISTRATION = re.compile(r"(?<![\w.])(\d{6})[-\s]?([0-9])\d{6}(?![\w.])")
_PHONE = re.compile(r"(?<![\w.])01[016789]-\d{3,4}-\d{4}(?![\w.])")


def refuse_personal_data(folder: Path, households: Iterable[object] = ()) -> None:
    """Refuse a folder that holds personal data; the message names the file, never the data.

    Parameters
    ----------
    folder : Path
    households : iterable
        Ids that must not occur. Ids of less than 5 characters, and ids of digits outside of JSON
        texts, are not searched for: they cannot be distinguished from other numbers.

    Raises
    ------
    RegistryError
    """
    ids = {text for text in map(str, households) if len(text) >= MIN_ID}
    account = _account()
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        searched = ids if path.suffix == ".json" else {text for text in ids if not text.isdigit()}
        for text in _texts(path):
            kind = _personal(text, searched, account)
            if kind is not None:
                raise _refusal(path.relative_to(folder).as_posix(), kind)


def _personal(text: str, ids: set[str], account: str | None) -> str | None:
    """Return what kind of personal data a text holds, None if none."""
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
    """Yield the texts of a file: strings of JSON, names and texts of arrays, else lines."""
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


def _refusal(place: str, kind: str) -> RegistryError:
    return RegistryError(
        f"holds {kind}, and nothing personal may be published",
        code="registry.personal",
        place=place,
        allowed="names of indicators and categories, figures, dates of rounds",
        next_step="take it out of the catalogue, the categories or the texts of the card, and "
        "publish again",
    )
