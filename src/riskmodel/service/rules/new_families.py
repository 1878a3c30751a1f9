"""Whose trouble is of a kind of life that it was not of before the last verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import HOUSEHOLD, Days, as_days
from riskmodel.records import Records
from riskmodel.records.earlier_rounds import LOOK_BACK
from riskmodel.records.engine import name_relation, scan_engine
from riskmodel.service.rules.seen_codes import worsening_codes

_NEW = """
    SELECT DISTINCT household_id
    FROM (
        SELECT told.household_id, family
        FROM events
        JOIN told ON events.household_id::VARCHAR = told.household_id
        JOIN families USING (code)
        WHERE event_date < $day AND known_date < $day AND coalesce(retracted_date >= $day, TRUE)
        GROUP BY ALL
        HAVING bool_or(known_date >= day)
            AND NOT bool_or(known_date < day AND event_date >= since)
    )
"""


def are_of_new_family(
    records: Records, ids: pd.Series, verdict: Days, day: np.datetime64
) -> NDArray[np.bool_]:
    """Tell of which households a family of trouble became known since their verdict.

    A family is new if something of it became known on the day of the verdict or later, and nothing
    in the 12 months before. Only indicators whose news says that things got worse count; one of
    which the catalogue says nothing is a family of its own.

    Parameters
    ----------
    records : Records
    ids : Series of str
        Households.
    verdict : ndarray of datetime64[D], shape (n_households,)
        The day of the last verdict; NaT for a household without any, of which nothing is new.
    day : datetime64[D]
        The morning of the round.
    """
    told = pd.DataFrame({HOUSEHOLD: ids, "day": verdict.astype("datetime64[s]")})
    told = told[~np.isnat(verdict)]
    told = told.assign(since=LOOK_BACK.before(as_days(told["day"])).astype("datetime64[s]"))
    with scan_engine() as con:
        name_relation(con, "events", records.relation("events"))
        con.register("told", told)
        con.register("families", _families(records.catalogue))
        found = con.execute(_NEW, {"day": str(day)}).df()
    return ids.isin(found[HOUSEHOLD]).to_numpy()


def _families(catalogue: Catalogue) -> pd.DataFrame:
    """Return the family of each code whose news says that things got worse."""
    own = set(catalogue.undeclared)
    named = [
        (code, f"code {code}" if code in own else catalogue[code].family)
        for code in sorted(worsening_codes(catalogue))
    ]
    return pd.DataFrame(named, columns=["code", "family"], dtype=str)
