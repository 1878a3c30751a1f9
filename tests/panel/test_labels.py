"""Labels by the timing rule: 1, 0 and each kind of missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from panel_records import ROUNDS, records

from riskmodel.errors import ConfigError, PanelError
from riskmodel.panel import Label, build_panel

DAY = pd.Timedelta(days=1)
AS_OF = pd.Timestamp("2024-01-31")
WINDOW_END, CLOSES = pd.Timestamp("2024-02-29"), pd.Timestamp("2024-03-29")
LABEL = Label("crisis", "1M", "1M")


def panel_of(facts: list[tuple[object, ...]], label: Label = LABEL, **changes: object) -> object:
    columns = ["household_id", "code", "event_date", "known_date", "retracted_date"]
    seen = [("a", "rent", "2022-01-01", "2022-01-01", None), ("b", "rent", "2022-01-01", "2022-01-01", None)]
    frame = pd.DataFrame([*seen, *facts], columns=columns)
    for name in columns[2:]:
        frame[name] = pd.to_datetime(frame[name])
    return build_panel(records(frame, **changes), [AS_OF], label)


@pytest.mark.parametrize(
    ("event", "known", "retracted", "y"),
    [
        (AS_OF, AS_OF, None, 1),
        (AS_OF - DAY, AS_OF, None, 0),
        (WINDOW_END - DAY, WINDOW_END - DAY, None, 1),
        (WINDOW_END, WINDOW_END, None, 0),
        (AS_OF, CLOSES - DAY, None, 1),
        (AS_OF, CLOSES, None, 0),
        (AS_OF, AS_OF, CLOSES - DAY, 0),
        (AS_OF, AS_OF, CLOSES, 1),
        (AS_OF, AS_OF - 9 * DAY, None, 1),
    ],
)
def test_edge_days(event: object, known: object, retracted: object, y: int) -> None:
    assert panel_of([("a", "crisis", event, known, retracted)]).y.to_list() == [y, 0]


def test_what_is_known_too_late_is_counted() -> None:
    panel = panel_of([("a", "crisis", AS_OF, CLOSES, None), ("a", "crisis", AS_OF, AS_OF, None)])
    assert panel.late_outcomes == 1
    assert "1 outcomes known too late" in repr(panel)


def test_min_count_and_several_outcomes() -> None:
    facts = [(who, code, AS_OF, AS_OF, None) for who, code in (("a", "crisis"), ("a", "visit"), ("b", "visit"))]
    assert panel_of(facts, Label(["crisis", "visit"], "1M", "1M", min_count=2)).y.to_list() == [1, 0]
    assert panel_of(facts, Label(["crisis", "visit"], "1M", "1M")).y.to_list() == [1, 1]


def test_observed_by_a_code() -> None:
    facts = [("a", "visit", AS_OF, AS_OF, None)]
    label = Label("crisis", "1M", "1M", observed_by="visit")
    panel = panel_of(facts, label)
    assert panel.y["a"].to_list() == [0]
    assert panel.counts == {"rows": 2, "positive": 0, "negative": 1, "immature": 0, "not_observed": 1}
    assert panel_of([("b", "crisis", AS_OF, AS_OF, None)], label).y["b"].to_list() == [1]


CONTACTS = pd.DataFrame(
    {
        "household_id": ["a", "a", "b"],
        "as_of_date": AS_OF,
        "result": ["no_need", "need_confirmed", "not_reached"],
        "known_date": [AS_OF + DAY, AS_OF + 9 * DAY, AS_OF + DAY],
    }
)


def test_observed_by_contacts_the_last_verdict_stands_and_not_reached_is_missing() -> None:
    label = Label("need_confirmed", "1M", "1M", observed_by="contacts")
    panel = panel_of([], label, contacts=CONTACTS)
    assert panel.y["a"].to_list() == [1]
    assert panel.counts["not_observed"] == 1
    late = CONTACTS.assign(known_date=[AS_OF, CLOSES, AS_OF])
    panel = panel_of([], label, contacts=late)
    assert panel.y["a"].to_list() == [0]
    assert panel.late_outcomes == 1
    both = Label("need_confirmed", "1M", "1M", observed_by="contacts", min_count=2)
    assert panel_of([], both, contacts=CONTACTS).y["a"].to_list() == [1]


def test_an_event_may_be_observed_by_contacts() -> None:
    facts = [("a", "crisis", AS_OF, AS_OF, None), ("b", "crisis", AS_OF, AS_OF, None)]
    panel = panel_of(facts, Label("crisis", "1M", "1M", observed_by="contacts"), contacts=CONTACTS)
    assert panel.y["a"].to_list() == [1]
    assert np.isnan(panel.y["b"].item())


def test_with_label_reuses_x() -> None:
    panel = build_panel(records(), ROUNDS, Label("crisis", "3M"))
    other = panel.with_label(Label("visit", "1M"))
    assert other.X is panel.X
    pd.testing.assert_series_equal(other.y, build_panel(records(), ROUNDS, Label("visit", "1M")).y)
    assert other.recipe.label == other.label == Label("visit", "1M")
    assert panel.with_label(None).y is None
    half = panel[panel.as_of > ROUNDS[1]]
    pd.testing.assert_series_equal(half.with_label(panel.label).y, half.y)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["1D", "30D", "2M"]), st.sampled_from(["0D", "1M"]), st.sampled_from([None, "visit"]))
def test_every_label_is_one_zero_or_missing_by_reason(window: str, maturity: str, observed_by: str | None) -> None:
    panel = build_panel(records(today="2024-03-15"), ROUNDS, Label("crisis", window, maturity, observed_by=observed_by))
    counts = dict(panel.counts)
    assert counts.pop("rows") == sum(counts.values())
    missing = panel.counts["immature"] + panel.counts["not_observed"]
    assert missing == panel.y.isna().sum()
    assert panel.frame()[["positive", "negative", "missing"]].sum().tolist() == [
        counts["positive"],
        counts["negative"],
        missing,
    ]


def test_a_window_that_reaches_past_today_in_every_round_is_refused() -> None:
    with pytest.raises(PanelError, match=r"2023-06-30, matures on 2025-06-30"):
        build_panel(records(), ROUNDS, Label("crisis", "24M"))


def test_a_misspelled_outcome_is_refused_with_the_nearest() -> None:
    with pytest.raises(PanelError, match="did you mean 'crisis'"):
        build_panel(records(), ROUNDS, Label("crises", "1M"))
    with pytest.raises(PanelError, match="did you mean 'need_confirmed'"):
        panel_of([], Label("need_confirmd", "1M", observed_by="contacts"), contacts=CONTACTS)
    with pytest.raises(PanelError, match="hold no contacts"):
        panel_of([], Label("need_confirmed", "1M", observed_by="contacts"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"outcome": [], "window": "1M"},
        {"outcome": "x", "window": "0D"},
        {"outcome": "x", "window": "1M", "min_count": 0},
        {"outcome": "x", "window": "1 month"},
    ],
)
def test_what_is_no_label_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Label(**arguments)


def test_written_and_read_it_is_the_same() -> None:
    label = Label(["a", "b"], "90D", "1M", 2, "visit")
    assert Label.from_dict(label.to_dict()) == label
    with pytest.raises(ConfigError, match="did you mean 'window'"):
        Label.from_dict({"outcome": "a", "windw": "1M"})
