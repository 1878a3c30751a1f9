"""What earlier readings of a plan's books took: it stays, also when the books are deleted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError
from riskmodel.records.contact_words import NOT_EXECUTED
from riskmodel.service.sheets.audiences import DAY, REASON, RESULT, ROW_ID, SUPPORT

OF_CONTACT = (DAY, RESULT, REASON, SUPPORT)
"""What a row of contacts says."""
Texts = dict[str, str | None]


class Before(NamedTuple):
    """What was written by earlier readings.

    Attributes
    ----------
    contacts : dict of str to dict
        By row id: the columns of `OF_CONTACT` and ``known_date``.
    signs : dict of str to dict
        By ``sign_id``: ``sign``, ``seen`` and ``known_date``.
    """

    contacts: dict[str, Texts]
    signs: dict[str, Texts]

    def answered(self) -> set[str]:
        """Return the rows of which somebody told something."""
        return {
            key
            for key, one in self.contacts.items()
            if one[RESULT] != NOT_EXECUTED or one[DAY] is not None
        }


def table_file(name: str, plan_id: str) -> str:
    """Return what the file of a table of a plan is called."""
    return f"{name}_{plan_id}.csv"


def taken_before(records: Path, plan_id: str, ids: Collection[str]) -> Before:
    """Return what earlier readings wrote; nothing where there was none.

    Parameters
    ----------
    records : Path
    plan_id : str
    ids : collection of str
        The row ids of the plan.

    Raises
    ------
    ConfigError
        If a table cannot be read, or holds rows of another plan.
    """
    contacts = records / table_file("contacts", plan_id)
    signs = records / table_file("signs", plan_id)
    return Before(
        _read(contacts, ROW_ID, (*OF_CONTACT, "known_date"), ids),
        _read(signs, "sign_id", ("sign", "seen", "known_date"), ids),
    )


def sign_id(row_id: str, sign: str) -> str:
    """Return the id of a sign of a row."""
    return f"{row_id}-{sign}"


def row_of_sign(own: str) -> str:
    """Return the row id of the id of a sign."""
    return own.split("-")[0]


def _read(path: Path, key: str, columns: Sequence[str], ids: Collection[str]) -> dict[str, Texts]:
    if not path.is_file():
        return {}
    try:
        with on_disk(path):
            table = pd.read_csv(path, dtype=str, keep_default_na=False).set_index(key)
        rows = table[list(columns)].to_dict("index")
    except (ValueError, KeyError):
        rows = {"": {}}
    if not all(row_of_sign(str(own)) in ids for own in rows):
        raise ConfigError(
            f"{path.parent.name}/{path.name} is not as an earlier reading wrote it",
            place="folder",
            code="outreach.before",
            allowed="the table as it was written, or none",
            next_step="restore it from a copy: it holds contacts that books may not hold any more",
        )
    return {
        str(own): {str(name): text or None for name, text in cells.items()}
        for own, cells in rows.items()
    }
