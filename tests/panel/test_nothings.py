"""What a cell is where a household has no fact: the guide's table of cases, built from records."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskmodel.panel import Agg, Features, Label, Panel, build_panel
from riskmodel.records import Records, read_records

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"
AS_OF = "2024-06-15"
MONTHS = ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]
BLANK = [None] * 4
HOMES = pd.DataFrame({"id": ["h", "n", "s"], "gu": ["north", "north", "south"], "on": "2023-01-01"})
# Of each case: the cells of h, of a neighbour n, and of s in the south, month by month.
CASES = {
    "it is there": ([0, 22, 0, 22], [0, 0, 1, 0], [0, 0, 0, 0]),
    "true zero": ([0, 0, 0, 0], [0, 0, 1, 5], [0, 0, 0, 0]),
    "empty delivery": ([0, 0, 3, 0], [0, 0, 1, 0], [0, 0, 0, 0]),
    "paid off": ([0, 0, 22, 0], [0, 0, 1, 1], [0, 0, 0, 0]),
    "not live yet": (BLANK, BLANK, BLANK),
    "outage": ([0, 3, 3, None], [0, 0, 1, None], [0, 0, 0, None]),
    "late this round": ([0, 3, 3, None], [0, 0, 1, None], [0, 0, 0, None]),
    "municipal feed": (BLANK, BLANK, [0, 1, 1, 0]),
    "unmatched household": ([0, 3, 3, None], [0, 0, 1, 1], [0, 0, 0, 0]),
    "window partly covered": ([None, None, 0, 22], [None, None, 1, 0], [None, None, 0, 0]),
}
NOT_IN_THE_TABLE = ("late this round",)


def code(kind: str, case: str) -> str:
    return f"{kind}_{case.replace(' ', '_')}"


def wide(cases: list[str], months: list[str]) -> pd.DataFrame:
    rows = [
        {"id": who, "day": month}
        | {
            code(kind, case): CASES[case][place][at]
            for case in cases
            for kind in ("event", "state")
        }
        for place, who in enumerate("hns")
        for at, month in enumerate(months)
    ]
    return pd.DataFrame(rows)


def told(today: str = "2024-07-01", **changes: object) -> Records:
    codes = [code(kind, case) for case in CASES for kind in ("event", "state")]
    late = [code(kind, "late this round") for kind in ("event", "state")]
    usual = {"household_id": "id", "event_date": "day", "known_date": {"lag": "10D"}}
    others = [case for case in CASES if case not in NOT_IN_THE_TABLE]
    tables = [
        {"frame": wide(others, MONTHS), "values": {"match": "^(event|state)_"}} | usual,
        {"frame": wide(["late this round"], MONTHS[:3]), "values": late} | usual,
    ]
    manifest = {
        "today": today,
        "catalogue": {name: {"kind": name.split("_")[0]} for name in codes},
        "events": tables,
        "attributes": [
            {"frame": HOMES, "household_id": "id", "known_date": "on", "columns": {"gu": "gu"}}
        ],
        "area": "gu",
        "coverage": [
            {"feed": code(kind, "not live yet"), "from": "2024-07-01"}
            for kind in ("event", "state")
        ],
        "deliveries": [
            {"feed": name, "every": "1M", "known_date": {"lag": "10D"}} for name in late
        ],
    }
    return read_records(manifest | changes)


def panel_of(records: Records, as_of: str = AS_OF) -> Panel:
    names = {kind: [code(kind, case) for case in CASES] for kind in ("event", "state")}
    features = Features(
        [Agg.count(names["event"], "3M"), Agg.now(names["state"]), Agg.change(names["state"], "3M")]
    )
    rows = pd.DataFrame({"household_id": ["h", "n", "s"], "as_of_date": pd.Timestamp(as_of)})
    return build_panel(records, rows, None, features=features)


def the_guides_table() -> list[tuple[str, ...]]:
    text = GUIDE.read_text(encoding="utf-8")
    lines = text[text.index("| case | what the records say |") :].splitlines()[2:]
    cells = [re.split(r" *\| *", line)[1:-1] for line in lines[: lines.index("")]]
    return [(case, *told) for case, _, *told in cells]


def told_as(panel: Panel, name: str, household: str = "h") -> str:
    value = panel.X.loc[household, name].item()
    return ("missing" if np.isnan(value) else f"{value:g}") + (
        ", named" if name in panel.partly_covered else ""
    )


def test_each_case_of_the_guides_table_gives_its_cells() -> None:
    records = told()
    panel, in_may = panel_of(records), panel_of(records, "2024-05-01")
    found = [
        (
            case,
            told_as(panel, f"{code('event', case)}__count__3M"),
            told_as(panel, f"{code('state', case)}__now__ever"),
            label_of(in_may, case, "1M")["h"],
        )
        for case in CASES
    ]
    assert found == the_guides_table()


def label_of(panel: Panel, case: str, window: str) -> dict[str, str]:
    y = panel.with_label(Label(code("event", case), window, "1M")).y.droplevel("as_of_date")
    return {str(who): "missing" if np.isnan(value) else f"{value:g}" for who, value in y.items()}


def test_an_outcome_that_nobody_delivered_is_no_zero_though_one_that_was_seen_is_a_one() -> None:
    panel = panel_of(told(), "2024-03-01")
    found = {
        case: "".join(label[0] for label in label_of(panel, case, "3M").values()) for case in CASES
    }
    assert found == {  # of h, of n, and of s in the south
        "it is there": "110",
        "true zero": "010",
        "empty delivery": "110",
        "paid off": "110",
        "not live yet": "mmm",
        "outage": "11m",
        "late this round": "11m",
        "municipal feed": "mm1",
        "unmatched household": "110",
        "window partly covered": "11m",
    }


def test_the_panel_says_why_an_outcome_could_not_be_seen() -> None:
    panel = panel_of(told(), "2024-05-01")
    why = {
        case: panel.with_label(Label(code("event", case), "1M", "1M")).missing
        for case in ("true zero", "outage", "municipal feed", "unmatched household")
    }
    assert why == {
        "true zero": {},
        "outage": {"outcome not delivered": 3},
        "municipal feed": {"outcome not delivered": 2},
        "unmatched household": {"household not matched": 1},
    }


def test_an_outage_counts_only_if_it_was_known_when_the_label_matured() -> None:
    feed = code("event", "true zero")
    outage = {"feed": feed, "event_date": "2024-05-15", "delivered": False}
    panels = [
        panel_of(told(deliveries=[outage | {"known_date": day}]), "2024-05-01")
        for day in ("2024-05-20", "2024-06-30", "2024-07-01")
    ]
    assert [panel.with_label(Label(feed, "1M", "1M")).missing for panel in panels] == [
        {"outcome not delivered": 2},
        {"outcome not delivered": 2},
        {},
    ]


def test_a_late_delivery_counts_from_the_day_on_which_it_comes() -> None:
    records = told()
    state = code("state", "late this round")
    rows = {"feed": [state], "event_date": ["2024-05-31"], "known_date": ["2024-06-20"]}
    came = pd.concat([records.deliveries, pd.DataFrame(rows).assign(delivered=True)])
    later = records.replace(
        tables=records.tables
        | Records.from_frames(
            records.events,
            today="2024-07-01",
            catalogue=records.catalogue,
            deliveries=came.astype({"event_date": "str", "known_date": "str"}),
            area=records.area,
        ).tables
        | {"attributes": records.tables["attributes"]}
    )
    name = f"{state}__now__ever"
    assert [
        told_as(panel_of(later, day), name)
        for day in ("2024-06-09", AS_OF, "2024-06-20", "2024-06-21")
    ] == [
        "3",
        "missing",
        "missing",
        "0",
    ]


def test_the_south_has_the_feed_that_the_north_lacks() -> None:
    panel = panel_of(told())
    assert told_as(panel, f"{code('event', 'municipal feed')}__count__3M", "s") == "2"
    assert told_as(panel, f"{code('state', 'municipal feed')}__now__ever", "s") == "0"


def test_a_states_change_goes_by_deliveries() -> None:
    panel = panel_of(told())
    changes = {
        case: told_as(panel, f"{code('state', case)}__change__3M").split(",")[0] for case in CASES
    }
    assert changes == {
        "it is there": "0",
        "true zero": "0",
        "empty delivery": "0",
        "paid off": "0",
        "not live yet": "missing",
        "outage": "missing",
        "late this round": "missing",
        "municipal feed": "missing",
        "unmatched household": "missing",
        "window partly covered": "22",
    }
    assert told_as(panel, f"{code('state', 'true zero')}__change__3M", "n") == "5"


def test_a_partly_covered_window_may_be_missing_instead() -> None:
    name = f"{code('event', 'window partly covered')}__count__3M"
    asked = Features(
        [Agg.count(code("event", "window partly covered"), ["1M", "3M"])], partly_covered="missing"
    )
    panel = build_panel(told(), [AS_OF], None, features=asked)
    assert panel.X.loc["h"].iloc[0].isna().tolist() == [False, True]
    assert panel.partly_covered == {name: (AS_OF,)}
    assert f"so missing: {name} (on {AS_OF})" in repr(panel)
    assert Features.from_dict(asked.to_dict()) == asked
    assert asked.digest != Features(asked.items).digest


@pytest.mark.parametrize("months", [3, 4])
def test_deliveries_to_come_change_nothing(months: int) -> None:
    """The wide table before the last delivery gives the cells of earlier dates, bit for bit."""
    cases = [case for case in CASES if case not in NOT_IN_THE_TABLE]
    whole = told()
    known = told(
        events=[
            {
                "frame": wide(cases, MONTHS[:months]),
                "values": {"match": "^(event|state)_"},
                "household_id": "id",
                "event_date": "day",
                "known_date": {"lag": "10D"},
            },
        ],
        deliveries=None,
    )
    before = "2024-06-10" if months == 3 else AS_OF
    names = [name for name in panel_of(whole).X if "late" not in name]
    pd.testing.assert_frame_equal(
        panel_of(whole, before).X[names], panel_of(known, before).X[names]
    )


def test_facts_hidden_from_a_household_that_was_not_matched_are_counted() -> None:
    event, state = (code(kind, "unmatched household") for kind in ("event", "state"))
    rows = pd.DataFrame({"household_id": ["h", "n", "s"], "as_of_date": pd.Timestamp(AS_OF)})
    features = Features([Agg.count(event, "3M"), Agg.now(state)])
    assert (
        build_panel(told(), rows, None, features=features).outside_coverage == 4
    )  # March and April, of each feed
    before = rows.assign(as_of_date=pd.Timestamp("2024-06-01"))
    assert build_panel(told(), before, None, features=features).outside_coverage == 0
