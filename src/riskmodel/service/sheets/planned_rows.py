"""The rows that a plan hands out, and until when their contacts count."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.keys import HOUSEHOLD
from riskmodel.service.outreach_plan import PLANNED, Outreach
from riskmodel.texts import as_ids, as_words

GRACE = np.timedelta64(30, "D")
"""How long after the last day due a contact still counts, and books are kept."""
_OF_HOUSEHOLD = ("stratum", "probability")
"""How a household came onto the plan: its first step says so, and a later one is of the same."""


def planned_rows(plan: Outreach) -> pd.DataFrame:
    """Return the planned steps of a plan.

    Reserved steps are left out: they are made only if the steps before them reach nobody, and a
    household that stands in several books at once would be told from the others.

    Parameters
    ----------
    plan : Outreach

    Returns
    -------
    DataFrame
        The columns of `Outreach.table`; households as `as_ids` reads them, areas as `as_words`, and
        an empty text where there is none.
    """
    rows = plan.table[plan.table["state"] == PLANNED]
    onto = plan.households().set_index(HOUSEHOLD)[list(_OF_HOUSEHOLD)]
    own = onto.loc[rows[HOUSEHOLD]].set_axis(rows.index)
    return rows.assign(
        **{name: own[name] for name in _OF_HOUSEHOLD},
        household_id=as_ids(rows[HOUSEHOLD]),
        area=pd.Series(as_words(rows["area"]), index=rows.index).fillna(""),
    )


def last_day(plan: Outreach) -> np.datetime64:
    """Return the last day of a plan's contacts: some time after the last day due."""
    return plan.deadline + GRACE
