"""What was known of a household as of a date: the latest value whose known_date lies before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import refused
from riskmodel.errors import PanelError, did_you_mean
from riskmodel.few import MIN_HOUSEHOLDS, named
from riskmodel.keys import Days
from riskmodel.metrics import group_names
from riskmodel.panel.filling.household_days import (
    BEFORE_EVERY_DAY,
    household_days,
    household_of,
)
from riskmodel.panel.specs.feature_columns import Attribute
from riskmodel.records import Records
from riskmodel.records.engine import query
from riskmodel.records.matches import CAUSES, holds_any
from riskmodel.texts import counted, plain_text

_NAMES = """
    SELECT name, count(DISTINCT household_id) < $least AS is_rare
    FROM source
    GROUP BY name
    ORDER BY name
"""


@dataclass(frozen=True, eq=False)
class History:
    """The values of one attribute, by household and by the day on which each became known.

    Attributes
    ----------
    name : str
    households : Index
    key : ndarray of int64
        The household's position and the day of each value, sorted; see `household_days`. Of two
        values known on one day the last counts.
    values : ndarray
        Texts (None where blank), or float64, in the order of `key`.
    """

    name: str
    households: pd.Index
    key: NDArray[np.int64]
    values: NDArray[np.generic]

    def as_of(self, ids: pd.Index, household: NDArray[np.int64], days: Days) -> NDArray[np.generic]:
        """Return the value of each row, whose household is ``ids[household]``; blank for none."""
        position = self.households.get_indexer(ids)[household]
        latest = np.searchsorted(self.key, household_days(position, days)) - 1
        is_known = (latest >= 0) & (household_of(self.key[latest]) == position)

        blank = np.nan if self.values.dtype.kind == "f" else None
        values = np.full(len(position), blank, dtype=self.values.dtype)
        values[is_known] = self.values[latest[is_known]]
        return values

    def column(
        self, ids: pd.Index, household: NDArray[np.int64], days: Days
    ) -> NDArray[np.float32] | pd.Categorical:
        """Return the rows' values as float32, or as categories in the order of their names."""
        values = self.as_of(ids, household, days)
        if values.dtype.kind == "f":
            return values.astype(np.float32)
        categories = {value for value in values if value is not None}
        return pd.Categorical(values, categories=sorted(categories))


def read(records: Records, attribute: Attribute) -> History:
    """Read one attribute's history.

    Raises
    ------
    PanelError
        If the records have no attribute of that name, or hold numbers where texts are requested, or
        the reverse.
    """
    content, other = ("number", "text") if attribute.number else ("text", "number")
    table = _facts(records, attribute.name)
    if table[content].isna().all() and table[other].notna().any():
        name = attribute.name
        raise PanelError(
            f"attribute {name!r} holds {other}s, not {content}s",
            code="panel.attribute_kind",
            next_step=f"name it Attribute({name!r}, number={not attribute.number})",
        )
    households = pd.Index(table["household_id"].unique())
    key = household_days(households.get_indexer(table["household_id"]), table["day"].to_numpy())
    values = table["number"].to_numpy(dtype=float) if attribute.number else _texts(table["text"])
    return History(attribute.name, households, key, values)


def first_listed(records: Records) -> pd.Series:
    """Return the first day on which an attribute of each household became known.

    An `always` attribute has no such day.

    Raises
    ------
    PanelError
        If none of these households has a fact, while others have.
    """
    days = query(
        records.relation("attributes"),
        """
        SELECT household_id::VARCHAR AS household_id, min(known_date) AS day
        FROM source
        WHERE known_date IS NOT NULL
        GROUP BY 1
        ORDER BY 1
        """,
    )
    first = days["day"].to_numpy().astype("datetime64[D]")
    _refuse_strangers(records, days["household_id"])
    return pd.Series(first, index=days["household_id"].astype(object))


def _refuse_strangers(records: Records, listed: pd.Series) -> None:
    if len(listed) and not holds_any(records.relation("events"), listed):
        raise PanelError(
            f"none of the {counted(len(listed), records.household)} of attributes has a fact. "
            f"{CAUSES}",
            place="cohort: listed",
            code="panel.no_match",
            allowed="attributes and events whose household ids meet",
            next_step="compare the ids of both tables, and mend those that differ in their source",
        )


def named_values(records: Records, name: str, least: int = 1) -> list[str]:
    """Return the values of an attribute as tables name them, those of `least` households or more.

    Values of all days count. None are returned for an attribute that the records do not have.
    """
    facts = query(
        records.relation("attributes"),
        """
        SELECT text, number
        FROM source
        WHERE name = $name
        GROUP BY text, number
        HAVING count(DISTINCT household_id) >= $least
        """,
        name=name,
        least=least,
    )
    numbers = facts["number"].dropna().astype(np.float32)
    return [*facts["text"].dropna(), *group_names(numbers)]


def as_attributes(records: Records, named: Iterable[str | Attribute]) -> list[Attribute]:
    """Return attributes for names, as a number where the records hold nothing but numbers."""
    return [_as_attribute(records, attribute) for attribute in named]


def _as_attribute(records: Records, named: str | Attribute) -> Attribute:
    if isinstance(named, Attribute):
        return named
    if not isinstance(named, str):
        raise refused("attributes", named, "a name or an Attribute")
    name = plain_text(named)
    return Attribute(name, number=_is_number(records, name))


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
        always=BEFORE_EVERY_DAY,
    )
    if facts.empty:
        known = query(records.relation("attributes"), _NAMES, least=MIN_HOUSEHOLDS)
        rare = known["name"][known["is_rare"]].tolist()
        raise PanelError(
            f"the records have no attribute {name!r}",
            code="panel.attribute",
            allowed=named(known["name"], rare, "attribute"),
            next_step=did_you_mean(name, known["name"][~known["is_rare"]]),
        )
    return facts


def _texts(column: pd.Series) -> NDArray[np.object_]:
    values = column.astype(object)
    return values.where(values.notna(), None).to_numpy(dtype=object)
