"""Whether those who were drawn were tried, and who was picked in the place of one who was not."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, as_days
from riskmodel.metrics import UNKNOWN, group_names
from riskmodel.panel.filling import attributes as known
from riskmodel.records import Records
from riskmodel.records.contact_words import NOT_EXECUTED
from riskmodel.records.earlier_rounds import earlier_rounds
from riskmodel.service.outreach_plan import DRAWN, Outreach
from riskmodel.texts import as_ids

NEEDED = (HOUSEHOLD, AS_OF, "area", "stratum", "channel")


@door
def audit_draw(
    plan: Outreach | pd.DataFrame, records: Records, as_of: DateLike | None = None
) -> pd.DataFrame:
    """Tell of each drawn household whether it was tried, and by whom its place was taken.

    Figures for everybody rest on the chances of the draw. They are wrong where an office does not
    turn to who was drawn and picks somebody else.

    Parameters
    ----------
    plan : Outreach or DataFrame
        A plan, or a table as its own: ``household_id``, ``as_of_date``, ``area``, ``stratum`` and
        ``channel``.
    records : Records
        With the contacts of the round.
    as_of : date-like, optional
        What became known on this day or later is left out; default: the records' last day.

    Returns
    -------
    DataFrame
        One row per drawn household, in the order of areas and ids: ``household_id``, ``area``,
        ``stratum``, its planned ``channel`` (the first), whether it was ``tried`` in the round,
        and ``substitutes``: where it was not, those who were tried in the same round, area and
        channel and whom nobody planned. They live in the area on the round's day.

    Raises
    ------
    ConfigError
        For a table without a needed column.

    Examples
    --------
    >>> day, facts = "2024-07-01", {"code": "rent", "event_date": "2024-01-05"}
    >>> home = {"name": "gu", "text": "Jung", "known_date": "2024-01-01"}
    >>> visit = {"as_of_date": day, "channel": "visit", "result": "no_need"}
    >>> records = Records.from_frames(
    ...     pd.DataFrame([{"household_id": h, **facts} for h in "ab"]), today="2024-09-01",
    ...     attributes=pd.DataFrame([{"household_id": h, **home} for h in "ab"]), area="gu",
    ...     contacts=pd.DataFrame([{"household_id": "b", "contact_date": "2024-07-09", **visit}]))
    >>> plan = pd.DataFrame({"household_id": ["a"], "as_of_date": day, "area": "Jung",
    ...                      "stratum": "random", "channel": "visit"})
    >>> audit_draw(plan, records)[["tried", "substitutes"]].values.tolist()
    [[False, ('b',)]]
    """
    table = plan.table if isinstance(plan, Outreach) else plan
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise ConfigError(
            f"the plan has no column {missing[0]!r}",
            place="plan",
            code="draw.column",
            allowed=NEEDED,
            next_step="pass what riskmodel.outreach returns, or its table",
        )
    day = as_days(records.today if as_of is None else as_of, "as_of")
    planned = table.assign(id=as_ids(table[HOUSEHOLD]))
    rounds = np.unique(as_days(planned[AS_OF]))
    contacts = earlier_rounds(records, day)
    own = contacts[np.isin(as_days(contacts["as_of_date"]), rounds)]
    tried = own[own["result"].notna() & (own["result"] != NOT_EXECUTED)]
    first = planned.drop_duplicates(["id", AS_OF])
    drawn = first[first["stratum"].isin(DRAWN)].sort_values(["area", "id"], kind="stable")
    is_tried = _keys(drawn["id"], drawn[AS_OF]).isin(_keys(tried[HOUSEHOLD], tried["as_of_date"]))
    picked = _picked(tried, planned, records)
    places = zip(as_days(drawn[AS_OF]), drawn["area"], drawn["channel"], strict=True)
    substitutes = [
        () if done else picked.get(place, ()) for done, place in zip(is_tried, places, strict=True)
    ]
    found = drawn[[HOUSEHOLD, "area", "stratum", "channel"]].reset_index(drop=True)
    return found.assign(tried=is_tried, substitutes=pd.Series(substitutes, dtype=object))


def _keys(household: pd.Series, rounds: pd.Series) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([household, as_days(rounds)])


def _picked(
    tried: pd.DataFrame, planned: pd.DataFrame, records: Records
) -> dict[tuple[np.datetime64, str, str], tuple[str, ...]]:
    """Return by round, area and channel who was tried there although nobody planned it."""
    keys = _keys(tried[HOUSEHOLD], tried["as_of_date"])
    others = tried[~keys.isin(_keys(planned["id"], planned[AS_OF]))]
    others = others.drop_duplicates([HOUSEHOLD, "as_of_date", "channel"]).sort_values(HOUSEHOLD)
    picked: dict[tuple[np.datetime64, str, str], tuple[str, ...]] = {}
    areas = _areas(others, records)
    written = records.as_written(others[HOUSEHOLD])
    days = as_days(others["as_of_date"])
    for day, area, channel, household in zip(days, areas, others["channel"], written, strict=True):
        place = (day, area, channel)
        picked[place] = (*picked.get(place, ()), household)
    return picked


def _areas(rows: pd.DataFrame, records: Records) -> NDArray[np.str_]:
    """Return where households live on the days of their rounds."""
    if records.area is None or rows.empty:
        return np.full(len(rows), UNKNOWN)
    history = known.read(records, known.as_attributes(records, [records.area])[0])
    ids = pd.Index(rows[HOUSEHOLD], dtype=object)
    return group_names(history.as_of(ids, np.arange(len(ids)), as_days(rows["as_of_date"])))
