"""What was known of a household as of a date: the latest value whose known_date lies before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import PanelError, did_you_mean
from riskmodel.keys import Days
from riskmodel.panel.specs.columns import Attribute
from riskmodel.records import Records
from riskmodel.records.engine import query

_ALWAYS = -(2**23)
_DAYS = 2**24


@dataclass(frozen=True, eq=False)
class History:
    """The values of one attribute, by household and by the day on which each became known.

    Attributes
    ----------
    name : str
    households : Index
    key : ndarray of int64
        Household's place and day in one sorted number.
    values : ndarray
        Texts (None where blank), or float64.
    """

    name: str
    households: pd.Index
    key: NDArray[np.int64]
    values: NDArray[np.generic]

    def as_of(self, ids: pd.Index, household: NDArray[np.int64], days: Days) -> NDArray[np.generic]:
        """Return the value of each row, whose household is ``ids[household]``; blank where none is known."""
        place = self.households.get_indexer(ids)[household].astype(np.int64)
        slot = np.searchsorted(self.key, _key(place, days.astype(np.int64)), side="left") - 1
        found = (place >= 0) & (slot >= 0)
        found[found] = self.key[slot[found]] // _DAYS == place[found]
        out = np.full(
            len(place), np.nan if self.values.dtype.kind == "f" else None, dtype=self.values.dtype
        )
        out[found] = self.values[slot[found]]
        return out

    def column(
        self, ids: pd.Index, household: NDArray[np.int64], days: Days
    ) -> NDArray[np.float32] | pd.Categorical:
        """Return the rows' values as float32, or as categories in the order of their names."""
        values = self.as_of(ids, household, days)
        if values.dtype.kind == "f":
            return values.astype(np.float32)
        return pd.Categorical(values, categories=sorted({v for v in values if v is not None}))


def read(records: Records, attribute: Attribute) -> History:
    """Read one attribute's history.

    Raises
    ------
    PanelError
        If the records have no attribute of that name, or hold numbers where texts were asked for, or the reverse.
    """
    asked, other = ("number", "text") if attribute.number else ("text", "number")
    facts = _facts(records, attribute.name)
    if facts[asked].isna().all() and facts[other].notna().any():
        name = attribute.name
        raise PanelError(
            f"attribute {name!r} holds {other}s, not {asked}s",
            code="panel.attribute_kind",
            next_step=f"name it Attribute({name!r}, number={not attribute.number})",
        )
    households = pd.Index(facts["household_id"].unique())
    days = facts["day"].to_numpy(dtype=np.int64)
    key = _key(households.get_indexer(facts["household_id"]).astype(np.int64), days)
    # Of two values known on one day the last stands, in an order that does not depend on the input's.
    order = np.lexsort((facts.index.to_numpy(), key))
    values = facts[asked].to_numpy(dtype=float) if attribute.number else _texts(facts["text"])
    return History(attribute.name, households, key[order], values[order])


def first_listed(records: Records) -> pd.Series:
    """Return the first day on which each household's attributes became known, without `always` ones."""
    found = query(
        records.relation("attributes"),
        """
        SELECT household_id::VARCHAR AS household_id, min(known_date) AS day
        FROM source
        WHERE known_date IS NOT NULL
        GROUP BY 1
        ORDER BY 1
        """,
    )
    return pd.Series(
        found["day"].to_numpy().astype("datetime64[D]"), index=found["household_id"].astype(object)
    )


def as_attributes(records: Records, named: Iterable[str | Attribute]) -> list[Attribute]:
    """Return attributes for names, as a number where the records hold nothing but numbers."""
    return [
        a if isinstance(a, Attribute) else Attribute(a, number=_is_number(records, a))
        for a in named
    ]


def _is_number(records: Records, name: str) -> bool:
    facts = _facts(records, name)
    return bool(facts["text"].isna().all() and facts["number"].notna().any())


def _facts(records: Records, name: str) -> pd.DataFrame:
    facts = query(
        records.relation("attributes"),
        """
        SELECT
            household_id::VARCHAR AS household_id,
            text,
            number,
            coalesce(known_date - DATE '1970-01-01', $always)::BIGINT AS day
        FROM source
        WHERE name = $name
        ORDER BY household_id, day, text, number
        """,
        name=name,
        always=_ALWAYS,
    )
    if facts.empty:
        named = sorted(
            query(records.relation("attributes"), "SELECT DISTINCT name FROM source")["name"]
        )
        raise PanelError(
            f"the records have no attribute {name!r}",
            code="panel.attribute",
            allowed=named,
            next_step=did_you_mean(name, named),
        )
    return facts


def _key(place: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    return place * _DAYS + (day - _ALWAYS)


def _texts(column: pd.Series) -> NDArray[np.object_]:
    values = column.astype(object)
    return values.where(values.notna(), None).to_numpy(dtype=object)
