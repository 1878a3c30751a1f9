"""The rows that a plan hands out: each with an id of its own, in an order that tells nothing."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import pandas as pd

from riskmodel.keys import HOUSEHOLD
from riskmodel.service.outreach_plan import PLANNED, Outreach
from riskmodel.service.sheets.audiences import ROW_ID
from riskmodel.texts import as_ids

# No vowel, so that no word arises, and no digit, so that no spreadsheet takes an id for a number.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 14
GRACE = np.timedelta64(30, "D")
"""How long after the last day due a contact still counts, and books are kept."""
_OF_HOUSEHOLD = ("stratum", "probability")
"""How a household came onto the plan: its first step says so, and a later one is of the same."""


def planned_rows(plan: Outreach) -> pd.DataFrame:
    """Return the planned steps of a plan, each with its ``contact_id``, in the order of these.

    Reserved steps are left out: they are made only if the steps before them reach nobody, and a
    household that stands in several books at once would be told from the others.

    Parameters
    ----------
    plan : Outreach

    Returns
    -------
    DataFrame
        The columns of `Outreach.table` and ``contact_id``; households as `as_ids` reads them, and
        an empty text where there is no area.
    """
    rows = plan.table[plan.table["state"] == PLANNED]
    onto = plan.households().set_index(HOUSEHOLD)[list(_OF_HOUSEHOLD)]
    own = onto.loc[rows[HOUSEHOLD]].set_axis(rows.index)
    rows = rows.assign(
        **{name: own[name] for name in _OF_HOUSEHOLD},
        household_id=as_ids(rows[HOUSEHOLD]),
        area=rows["area"].fillna(""),
    )
    key = f"{plan.plan_id} {plan.seed}".encode()
    parts = zip(rows[HOUSEHOLD], rows["channel"], rows["step"], strict=True)
    ids = [_row_id(key, part) for part in parts]
    return rows.assign(**{ROW_ID: ids}).sort_values(ROW_ID, ignore_index=True)


def _row_id(key: bytes, parts: Iterable[object]) -> str:
    """Return the id of a row: without the plan and its seed, nothing can be read from it."""
    digest = blake2b("\n".join(map(str, parts)).encode(), key=key, digest_size=16).digest()
    number, letters = int.from_bytes(digest, "big"), []
    for _ in range(_LENGTH):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)


def last_day(plan: Outreach) -> np.datetime64:
    """Return the last day of a plan's contacts: some time after the last day due."""
    return plan.deadline + GRACE
