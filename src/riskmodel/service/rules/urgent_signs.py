"""Who told of suicide, violence or fire in any channel: they go to a human the same day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.keys import HOUSEHOLD, DateLike, as_days
from riskmodel.service.outreach_plan import URGENT, typed
from riskmodel.service.rules.outreach_rules import OutreachRules


@door
def urgent_frame(history: pd.DataFrame, rules: OutreachRules, as_of: DateLike) -> pd.DataFrame:
    """Return the signs of suicide, violence or fire that no human has answered, outside any round.

    They wait for no round and take no place of it; make the frame every day.

    Parameters
    ----------
    history : DataFrame
        ``rm.contact_history(records, as_of)``; also households that no list holds.
    rules : OutreachRules
    as_of : date-like
        The morning on which it is asked.

    Returns
    -------
    DataFrame
        One row per household and sign, what waits longest first: ``household_id``, ``area``,
        ``sign``, ``told`` (the day), the ``channel`` in which a human turns to it, ``due_by``,
        which is the day on which it was told, and whether it is ``overdue`` on the date.

    Examples
    --------
    >>> told = {"household_id": ["a"], "area": ["Jung"], "urgent": [("fire",)]}
    >>> history = pd.DataFrame({**told, "urgent_since": pd.to_datetime(["2024-05-02"])})
    >>> urgent_frame(history, OutreachRules(), "2024-05-03").loc[0, ["sign", "channel"]].tolist()
    ['fire', 'call']
    """
    day = as_days(as_of, "as_of")
    is_told = [isinstance(cell, tuple) and bool(cell) for cell in history["urgent"]]
    # a list without a cell would choose columns, not rows
    waits = history[np.array(is_told, dtype=bool)]
    rows = waits[[HOUSEHOLD, "area", "urgent", "urgent_since"]].explode("urgent")
    rows = rows.rename(columns={"urgent": "sign", "urgent_since": "told"})
    rows = rows.assign(channel=rules.urgent.channel, due_by=rows["told"])
    rows["overdue"] = as_days(rows["told"]) < day
    return typed(rows.sort_values(["told", HOUSEHOLD, "sign"], kind="stable"), URGENT)
