"""Refuses personal data in an artefact: ids, people's numbers, rare categories, paths, accounts."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from riskmodel.errors import RegistryError
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS
from riskmodel.records.kept_texts import A_RARE_NAME
from riskmodel.schema.ids_in_texts import Ids
from riskmodel.schema.personal_patterns import personal_kind
from riskmodel.versions import PACKAGE

if TYPE_CHECKING:
    from riskmodel.panel import Column

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

_WORD = re.compile(r"[\w-]+")
# a line of a booster's text, whose figures are no one's numbers
_FIGURES = re.compile(r"\w+=[-+.\deE ]*")


def refuse_personal_data(folder: Path, households: Iterable[object] = ()) -> None:
    """Refuse a folder that holds personal data; the message names file and field.

    Parameters
    ----------
    folder : Path
    households : iterable
        Ids that must not occur, however they are written, and also inside of a longer text. Ids of
        fewer than 5 characters, and ids of digits alone outside of JSON files, are not searched
        for: they cannot be told from other words and numbers.

    Raises
    ------
    RegistryError
    """
    ids = Ids.of(households)
    words = Ids.of(text for text in ids.texts if not text.isdigit())
    # many texts stand in a folder again and again, such as the names of columns
    personal = cache(partial(_personal, account=_account()))
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        searched = ids if path.suffix == ".json" else words
        for field, text in _texts(path):
            kind = personal(text, searched)
            if kind is not None:
                raise _refusal(f"{path.relative_to(folder).as_posix()}, {field}", kind)


def refuse_rare_categories(columns: Iterable[Column], rare_groups: Mapping[str, int]) -> None:
    """Refuse columns and groups with categories of few households; the message names none of them.

    Parameters
    ----------
    columns : iterable of Column
        Of the model.
    rare_groups : mapping of str to int
        By group, how many of its names fewer than 10 households have.

    Raises
    ------
    RegistryError
    """
    rare = {column.name: column.rare for column in columns if column.rare} | dict(rare_groups)
    if rare:
        counts = ", ".join(f"{count:,} of {name!r}" for name, count in rare.items())
        raise RegistryError(
            f"categories that fewer than {MIN_HOUSEHOLDS} households have may name a person: "
            f"{counts}",
            code="registry.rare_categories",
            allowed=f"categories of at least {MIN_HOUSEHOLDS} households each",
            next_step=f"make the panel with min_households={MIN_HOUSEHOLDS}, its default, which "
            'counts them as "other", or leave the columns out',
        )


def refuse_rare_names(written: Mapping[str, object], names: Iterable[str]) -> None:
    """Refuse texts of a publisher that name what few households have; the place is told alone.

    Parameters
    ----------
    written : mapping of str to object
        Texts, lists and mappings of texts, by argument.
    names : iterable of str
        Areas, groups and categories of fewer than 10 households.

    Raises
    ------
    RegistryError

    Examples
    --------
    >>> refuse_rare_names({"limits": ["few households of the north"]}, ["Vanterpool"])
    """
    searched = Ids.of_names(names)
    for place, text in _strings(dict(written), ""):
        if searched.stand_in(text):
            raise _refusal(place, A_RARE_NAME)


def _personal(text: str, ids: Ids, account: str | None) -> str | None:
    """Return what kind of personal data a text holds, None if none."""
    if ids.stand_in(text):
        return "a household_id"
    if account is not None and account in _WORD.findall(text):
        return "the name of the account that publishes"
    return personal_kind(text)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield fields and texts of a file: strings of JSON, names and texts of arrays, else lines."""
    if path.suffix == ".npz":
        yield from _array_texts(path)
    elif path.suffix == ".json":
        yield from _strings(json.loads(path.read_text(encoding="utf-8")), "")
    else:
        lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        yield from ((f"line {n}", line) for n, line in lines if not _FIGURES.fullmatch(line))


def _strings(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """Yield each string with its field; a key comes before what its name is a field of."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield f"a key of {field or 'the file'}", str(key)
            yield from _strings(part, f"{field}.{key}" if field else str(key))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _strings(part, f"{field}[{number}]")
    elif isinstance(value, str):
        yield field or "the file", value


def _array_texts(path: Path) -> Iterator[tuple[str, str]]:
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            yield "a name of an array", name
            values = arrays[name]
            if values.dtype.kind in "US":
                yield from ((name, text) for text in values.ravel().astype(str).tolist())


def _account() -> str | None:
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None
    return None if len(name) < 3 or name.lower() in ORDINARY or name in _own_words() else name


@cache
def _own_words() -> frozenset[str]:
    sources = [path for pattern in WRITTEN_BY for path in PACKAGE.glob(pattern)]
    return frozenset(
        word for path in sources for word in _WORD.findall(path.read_text(encoding="utf-8"))
    )


def _refusal(place: str, kind: str) -> RegistryError:
    return RegistryError(
        f"holds {kind}, and nothing personal may be published",
        code="registry.personal",
        place=place,
        allowed="names of indicators and categories, figures, dates of rounds",
        next_step="take it out of the catalogue, the categories or the texts of the card, and "
        "publish again",
    )
