"""What of requests, referrals, other services' cases and signs holds of each household on a day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskmodel.keys import HOUSEHOLD, as_days
from riskmodel.records import Records
from riskmodel.records.earlier_rounds import spoken_on
from riskmodel.records.service_rows import is_unanswered, is_undecided, service_rows
from riskmodel.records.service_words import (
    CASES,
    EFFECTS,
    NOT_LISTED,
    OBJECTION,
    REFUSAL,
    REJECTED,
    SIGNS,
    UPHELD,
    URGENT,
    WITHDRAWN,
)
from riskmodel.records.table_schemas import SERVICE_TABLES


class WhatHolds:
    """The four tables as they were known on a day, and what of them holds.

    Parameters
    ----------
    records : Records
    day : datetime64[D]
    rounds : DataFrame
        Of `earlier_rounds` on that day; a sign or a referral is answered once somebody of the
        service spoke with the household.
    """

    def __init__(self, records: Records, day: np.datetime64, rounds: pd.DataFrame) -> None:
        self.day = day
        self.requests, self.referrals, self.cases, self.signs = (
            service_rows(records, table, day) for table in SERVICE_TABLES
        )
        self._spoken = spoken_on(rounds)

    @property
    def households(self) -> pd.Index:
        """The households that stand in any of the four tables, each once."""
        tables = (self.requests, self.referrals, self.cases, self.signs)
        return pd.Index(pd.concat([table[HOUSEHOLD] for table in tables]).unique(), dtype=object)

    def columns(self, ids: pd.Index) -> pd.DataFrame:
        """Return what holds of households, one row each in their order; see `contact_history`."""
        parts = (self._of_cases(), self._of_requests(), self._of_referrals(), self._of_signs())
        found = pd.concat([part.reindex(ids) for part in parts], axis=1).reset_index(drop=True)
        for name in ("requests_open", "referrals"):
            found[name] = found[name].fillna(0).astype("int64")
        for name in ("effects", "signs", "urgent"):
            found[name] = _as_tuples(found[name])
        return found.assign(referral_open=found["referral_open"].eq(True))  # noqa: FBT003

    def areas(self, ids: pd.Index) -> pd.Series:
        """Return the area that the last referral of each household names."""
        told = self.referrals.dropna(subset="area").sort_values("received", kind="stable")
        return told.groupby(HOUSEHOLD)["area"].last().reindex(ids).reset_index(drop=True)

    def _of_cases(self) -> pd.DataFrame:
        begun = as_days(self.cases["from_date"]) <= self.day
        is_over = as_days(self.cases["to_date"]) < self.day
        rows = self.cases[begun & ~is_over]
        order = pd.DataFrame({"kind": rows["kind"].map(CASES.index), "day": rows["from_date"]})
        first = rows.loc[order.sort_values(["kind", "day"], kind="stable").index]
        own = first.drop_duplicates(HOUSEHOLD).set_index(HOUSEHOLD)
        named = {"kind": "other_case", "service": "case_service"}
        return own[[*named]].rename(columns=named).astype(object)

    def _of_requests(self) -> pd.DataFrame:
        rows = self.requests
        is_upheld = (rows["outcome"] == UPHELD) & (rows["kind"] != REFUSAL)
        is_objection = is_upheld & (rows["kind"] == OBJECTION)
        is_refused = (rows["kind"] == REFUSAL) & ~rows["outcome"].isin([REJECTED, WITHDRAWN])
        is_open = is_undecided(rows)
        effect = rows["effect"].where(rows["effect"].notna() | ~is_objection, NOT_LISTED)
        decided = rows["decided"].fillna(rows["known_date"])
        by = rows[HOUSEHOLD]
        return pd.DataFrame(
            {
                "upheld": decided[is_objection].groupby(by).max(),
                "refusal": rows["received"][is_refused].groupby(by).max(),
                "effects": _words(by, effect.where(is_upheld | is_refused), EFFECTS),
                "requests_open": is_open.groupby(by).sum(),
                "request_due": rows["due"][is_open].groupby(by).min(),
            }
        )

    def _of_referrals(self) -> pd.DataFrame:
        rows = self.referrals.sort_values(["received", "referred_by"], kind="stable")
        by = rows.groupby(HOUSEHOLD)
        is_open = is_unanswered(rows, "received", self._spoken)
        return pd.DataFrame(
            {
                "referrals": by.size(),
                "last_referral": by["received"].max(),
                "referred_by": by["referred_by"].last(),
                "referral_open": is_open.groupby(rows[HOUSEHOLD]).any(),
            }
        )

    def _of_signs(self) -> pd.DataFrame:
        rows = self.signs[is_unanswered(self.signs, "seen", self._spoken)]
        is_urgent = rows["sign"].isin(URGENT)
        by = rows[HOUSEHOLD]
        return pd.DataFrame(
            {
                "signs": _words(by, rows["sign"], SIGNS),
                "urgent": _words(by, rows["sign"].where(is_urgent), URGENT),
                "urgent_since": rows["seen"][is_urgent].groupby(by).min(),
            }
        )


def _words(household: pd.Series, words: pd.Series, order: Sequence[str]) -> pd.Series:
    """Return the different words of each household, in a fixed order; blanks are none."""
    told = words.groupby(household).agg(set)
    return told.map(lambda own: tuple(word for word in order if word in own)).astype(object)


def _as_tuples(column: pd.Series) -> pd.Series:
    """Return a column of tuples, empty where there is none."""
    tuples = [own if isinstance(own, tuple) else () for own in column]
    return pd.Series(tuples, index=column.index, dtype=object)
