"""Which planned row an id of a book is of: drawn at random, and kept beside the books alone."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pandas as pd

from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError
from riskmodel.keys import HOUSEHOLD
from riskmodel.service.sheets.audiences import ROW_ID
from riskmodel.texts import plain_text

# No vowel, so that no word arises, and no digit, so that no spreadsheet takes an id for a number.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 14
_SALT = 8
_STEP = (HOUSEHOLD, "channel", "step")
_BOOK = ["area", "channel"]
_FEW, _DRAWS = 250, 50


def ids_file(plan_id: str) -> str:
    """Return what the file of ids of a plan is called."""
    return f"rows_{plan_id}.json"


def with_new_ids(rows: pd.DataFrame) -> pd.DataFrame:
    """Return planned rows with a new ``contact_id`` each, in the order of these.

    Ids are drawn, not computed: nothing that a plan holds leads from an id to its household.
    """
    ids = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(len(rows))]
    return rows.assign(**{ROW_ID: ids}).sort_values(ROW_ID, ignore_index=True)


def as_ids_file(rows: pd.DataFrame, names: pd.Series) -> bytes:
    """Return what is kept of rows with ids: household, channel, step and the mark of the name."""
    book = list(zip(*(rows[column].map(str) for column in _BOOK), strict=True))
    plain = [None if pd.isna(name) else _plain(name) for name in names]
    others: dict[tuple[str, ...], list[str]] = {}
    for own, name in dict.fromkeys(zip(book, plain, strict=True)):
        others.setdefault(own, []).extend([] if name is None else [name])
    marks = [_mark_of(name, others[own]) for own, name in zip(book, plain, strict=True)]
    steps = zip(*(rows[name].tolist() for name in _STEP), marks, strict=True)
    kept = dict(zip(rows[ROW_ID], map(list, steps), strict=True))
    return f"{json.dumps(kept, ensure_ascii=False, indent=0)}\n".encode()


def is_named(mark: str | None, written: str | None) -> bool:
    """Tell whether a name may be the one of a mark; a blank one is nobody else's.

    Examples
    --------
    >>> mark = _mark_of("KimMinJi", ["LeeHaNa", "KimMinJi"])
    >>> [is_named(mark, name) for name in ("Kim Min Ji", "Lee Ha Na", None)]
    [True, False, True]
    >>> is_named(None, "Lee Ha Na")
    True
    """
    return mark is None or written is None or mark == _marked(_plain(written), mark[:_SALT])


def _mark_of(name: str | None, names: Sequence[str]) -> str | None:
    """Return by what a name is known again: one byte of a salted digest.

    So one name in 256 has it, and nobody is found by it who has a list of names. The salt is drawn
    until the mark is of no other name of the book, as long as books are short enough for that.
    """
    if name is None:
        return None
    others = [other for other in names if other != name]
    for _ in range(_DRAWS if len(others) <= _FEW else 1):
        mark = _marked(name, secrets.token_hex(_SALT // 2))
        if all(mark != _marked(other, mark[:_SALT]) for other in others):
            break
    return mark


def _plain(name: str) -> str:
    return "".join(plain_text(name).lstrip("'").split())


def _marked(plain: str, salt: str) -> str:
    return salt + hashlib.blake2b(plain.encode(), key=salt.encode(), digest_size=1).hexdigest()


def with_kept_ids(rows: pd.DataFrame, records: Path, plan_id: str) -> pd.DataFrame:
    """Return planned rows with the ids by which they were handed out, in the order of these.

    Column ``mark`` is the mark of the name that was handed out with a row, None without one.

    Parameters
    ----------
    rows : DataFrame
        Of `planned_rows`.
    records : Path
        The folder of the handing out that was not given away.
    plan_id : str

    Raises
    ------
    ConfigError
        If the file of ids is not there, or is of other rows.
    """
    path = records / ids_file(plan_id)
    if not path.is_file():
        _refuse(path, "is not there: nothing else says which row of a book is whose")
    with on_disk(path):
        content = path.read_bytes()
    try:
        kept = {
            tuple(step): (row_id, mark) for row_id, (*step, mark) in json.loads(content).items()
        }
        ids = [
            kept.pop(step) for step in zip(*(rows[name].tolist() for name in _STEP), strict=True)
        ]
    except (ValueError, TypeError, AttributeError, KeyError):
        _refuse(path, "is not as it was written")
    if kept:
        _refuse(path, "holds rows that are not of this plan")
    found = pd.DataFrame(ids, columns=[ROW_ID, "mark"], index=rows.index, dtype=object)
    return rows.join(found).sort_values(ROW_ID, ignore_index=True)


def _refuse(path: Path, what: str) -> NoReturn:
    raise ConfigError(
        f"{path.parent.name}/{path.name} {what}",
        place="folder",
        code="outreach.rows",
        allowed="the folder into which this plan was handed out, with the books that came back",
        next_step="name that folder, or put its records/ beside the books",
    ) from None
