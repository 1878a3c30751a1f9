"""The final rows of the table `lists`: every household of a plan's list, drawn or not."""

from __future__ import annotations

import pandas as pd

from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.records.table_schemas import SCHEMAS
from riskmodel.service.outreach_plan import PLANNED, RANDOM, RESERVED, Outreach

LIST = "outreach"
"""What the list of a plan is called."""


def is_rest(plan: Outreach) -> bool:
    """Tell whether a plan is of the rest of a round; its list was written before, and holds."""
    return not plan.table["state"].isin([PLANNED, RESERVED]).all()


def listed_rows(plan: Outreach) -> pd.DataFrame:
    """Return who could be planned, by what chance, and who was, as the table `lists` of records.

    A household that was not drawn stands in the stratum from which it could have been; one that
    could not be stands in none. Ranks are places by score.

    Parameters
    ----------
    plan : Outreach

    Returns
    -------
    DataFrame
        One row per household, by household.
    """
    drawn = plan.households().assign(drawn=True)
    left = plan.left_out.assign(drawn=False, channel=None)
    left["stratum"] = pd.Series(RANDOM, index=left.index, dtype=object).where(
        left["probability"] > 0, None
    )
    columns = [HOUSEHOLD, "area", "stratum", "probability", "drawn", "score", "rule", "channel"]
    parts = [part[columns].astype(object) for part in (drawn, left) if len(part)]
    rows = pd.concat(parts) if parts else drawn[columns]
    rows = rows.sort_values(HOUSEHOLD, ignore_index=True)
    by_score = rows.sort_values(["score", HOUSEHOLD], ascending=[False, True]).index
    day = str(as_days(plan.as_of))
    rows = rows.assign(
        **{AS_OF: day, "known_date": day, "list": LIST, "plan_id": plan.plan_id, "seed": plan.seed},
        rank=pd.Series(range(1, len(rows) + 1), index=by_score),
    )
    return rows[[name for name in SCHEMAS["lists"].names if name in rows]]
