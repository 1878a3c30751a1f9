"""Households of thin records are a group of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.evaluation import group_gaps
from riskmodel.evaluation.group_columns import ON_RECORD


@pytest.fixture(scope="module")
def panel() -> rm.Panel:
    """400 households with 0, 1, 2, 3 or 5 kinds of facts before the round, by their number."""
    kinds = ["rent", "power", "water", "loan", "phone"]
    facts, n = [], 400
    for who in range(n):
        count = (0, 1, 2, 3, 5)[who % 5]
        facts += [(f"h{who}", kind, "2023-11-05") for kind in kinds[:count]]
        if count == 0:
            facts.append((f"h{who}", "crisis", "2022-01-10"))  # which makes it known, long ago
        if who % 4 == 0:
            facts.append((f"h{who}", "crisis", "2024-02-10"))
    events = pd.DataFrame(facts, columns=["household_id", "code", "event_date"])
    events["known_date"] = events["event_date"]
    people = pd.DataFrame({"household_id": [f"h{who}" for who in range(n)]}).assign(
        name="district", text="north", known_date="2023-01-01"
    )
    records = rm.Records.from_frames(
        events,
        today="2024-09-01",
        catalogue={kind: {"en": kind, "kind": "event"} for kind in [*kinds, "crisis"]},
        attributes=people,
    )
    return rm.build_panel(
        records,
        rounds=["2024-01-01"],
        label=rm.Label("crisis", window="3M"),
        features=rm.Features([rm.Agg.count(kinds, "6M"), rm.Agg.recency(kinds)]),
    )


def test_rows_are_grouped_by_how_many_indicators_they_show(panel: rm.Panel) -> None:
    score = pd.Series(np.arange(len(panel)) % 7.0, index=panel.X.index)
    evaluation = rm.evaluate(score, panel, capacity=100, groups=[ON_RECORD])
    table = evaluation.by_group
    assert table is not None
    rows = dict(zip(table["value"], table["rows"], strict=True))
    assert rows == {"none": 80, "1 or 2": 160, "3 or more": 160}
    who = evaluation.groups.index.get_level_values(0).str[1:].astype(int)
    expected = np.select([who % 5 == 0, who % 5 <= 2], ["none", "1 or 2"], "3 or more")
    assert evaluation.groups[ON_RECORD].tolist() == expected.tolist()
    gaps = group_gaps(evaluation)
    assert set(gaps.table["group"]) == {"none", "1 or 2", "3 or more"}


def test_a_frame_has_no_such_group() -> None:
    frame = pd.DataFrame({"id": range(40), "arrears": range(40), "y": [0, 1] * 20})
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    with pytest.raises(ConfigError, match="unknown group"):
        rm.evaluate(panel.X["arrears"].astype(float), panel, 5, groups=[ON_RECORD])
