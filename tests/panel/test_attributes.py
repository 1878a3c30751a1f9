"""The value of an attribute is that of the household itself, known before the date, or blank."""

from __future__ import annotations

import numpy as np
import pandas as pd
from panel_records import records

from riskmodel.panel import Attribute
from riskmodel.panel.filling.attributes import read

FACTS = pd.DataFrame({"household_id": ["a"], "code": ["rent"], "event_date": ["2022-01-01"]})


def values_of(known: dict[str, str | None], asked: list[str], day: str) -> list[object]:
    """Return each household's value on a day, where each one's value is its own id."""
    ids = list(known)
    told = pd.DataFrame(
        {"household_id": ids, "name": "gu", "text": ids, "known_date": [*known.values()]}
    )
    history = read(records(FACTS, attributes=told), Attribute("gu"))
    days = np.full(len(asked), day, "datetime64[D]")
    return list(history.as_of(pd.Index(asked), np.arange(len(asked)), days))


def test_what_is_known_on_the_day_or_later_is_blank_and_never_a_neighbours() -> None:
    known = {"a": "2023-01-01", "b": "2023-02-01", "c": None}
    asked = ["a", "b", "c", "nobody"]
    assert values_of(known, asked, "2023-01-01") == [None, None, "c", None]
    assert values_of(known, asked, "2023-01-02") == ["a", None, "c", None]
    assert values_of(known, asked, "2023-02-02") == ["a", "b", "c", None]


def test_the_only_household_has_no_value_before_its_own_is_known() -> None:
    assert values_of({"a": "2023-01-01"}, ["a", "b"], "2022-12-31") == [None, None]
