"""Coverage and deliveries, written out in the manifest or standing in tables of their own."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import adds_up, entry, read, read_frame, reasons

from riskmodel.errors import ConfigError, RiskmodelError
from riskmodel.panel import Label, build_panel
from riskmodel.records import Records, read_records
from riskmodel.records.sources import row_checks

FIRE = [entry(frame=pd.DataFrame({"id": ["a", "b"], "day": ["2024-01-05", "2024-01-06"]}))]
HOMES = pd.DataFrame({"id": ["a", "b"], "gu": ["north", "south"], "on": "2023-01-01"})
NORTH: dict[str, Any] = {
    "attributes": [
        {"frame": HOMES, "household_id": "id", "known_date": "on", "columns": {"gu": "gu"}}
    ],
    "area": "gu",
}


def rows_of(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    def plain(value: Any) -> Any:
        return (
            None
            if pd.isna(value)
            else str(value.date())
            if isinstance(value, pd.Timestamp)
            else value
        )

    return [tuple(map(plain, row)) for row in table.itertuples(index=False)]


def deliveries(records: Records) -> list[tuple[Any, ...]]:
    return rows_of(records.deliveries)


def test_deliveries_are_declared_by_their_days_or_by_a_rhythm() -> None:
    frame = {"id": ["a", "b"], "day": ["2024-01-31", "2024-06-30"]}
    listed = [
        {
            "feed": "fire",
            "event_date": ["2024-03-31"],
            "known_date": {"lag": "1M"},
            "area": "north",
        },
        {"feed": "fire", "event_date": "2024-04-30", "delivered": False},
    ]
    assert deliveries(read_frame(frame, {"deliveries": listed} | NORTH)) == [
        ("fire", None, "2024-04-30", "2024-04-30", False),
        ("fire", "north", "2024-03-31", "2024-04-30", True),
    ]
    rhythm = {
        "deliveries": [{"feed": "fire", "every": "2M", "known_date": {"lag": "10D"}}],
        "today": "2024-08-31",
    }
    assert deliveries(read_frame(frame, rhythm)) == [
        ("fire", None, "2024-01-31", "2024-01-31", True),
        ("fire", None, "2024-03-31", "2024-04-10", False),
        ("fire", None, "2024-05-31", "2024-06-10", False),
        ("fire", None, "2024-06-30", "2024-06-30", True),
    ]
    for wrong in (
        {"feed": "fires", "every": "1M"},
        {"feed": "fire"},
        {"feed": "fire", "every": "1M", "event_date": "x"},
    ):
        with pytest.raises(ConfigError):
            read_frame(frame, {"deliveries": [wrong]})


MONTH_ENDS = ["202401", "202402", "202403", "202404", "202405"]


def monthly(months: list[str], **changes: object) -> list[bool]:
    frame = pd.DataFrame(
        [{"id": who, "m": month, "fire": 1, "rent": 0} for month in months for who in "ab"]
    )
    source = {
        "frame": frame,
        "household_id": "id",
        "event_date": "m",
        "date_format": "YYYYMM",
        "values": ["fire", "rent"],
    }
    source |= {"known_date": {"lag": "10D"}}
    rhythm = [{"feed": "fire", "every": "1M"} | changes.pop("rhythm", {})]
    manifest = {"today": "2024-06-05", "events": [source | changes], "deliveries": rhythm}
    table = read_records(manifest).deliveries
    return table.loc[table["feed"] == "fire", "delivered"].tolist()


def test_a_monthly_feed_with_a_lag_is_never_late_though_months_differ_in_length() -> None:
    assert monthly(MONTH_ENDS) == [True] * 5
    assert monthly(["202401", "202402", "202404", "202405"]) == [True, True, False, True, True]
    assert monthly(MONTH_ENDS[:4]) == [True] * 4  # May would be known on 10 June
    assert monthly(MONTH_ENDS[:3]) == [True] * 3 + [False]


def test_where_a_column_says_since_when_it_is_known_a_rhythm_needs_its_own_lag() -> None:
    column = {"column": "m", "date_format": "YYYYMM"}
    with pytest.raises(
        ConfigError, match=r"deliveries\[0\]: nothing states how late deliveries of 'fire' may come"
    ) as caught:
        monthly(MONTH_ENDS, known_date=column)
    assert "known_date: {lag: 20D}" in str(caught.value)
    assert (
        monthly(MONTH_ENDS, known_date=column, rhythm={"known_date": {"lag": "0D"}}) == [True] * 5
    )


def test_coverage_names_known_feeds_and_areas() -> None:
    period = {"feed": "fire", "area": "north", "from": "2023-01-01", "to": "2024-06-30"}
    records = read(FIRE, coverage=[period], **NORTH)
    assert rows_of(records.coverage) == [("fire", "north", "2023-01-01", "2024-06-30")]
    with pytest.raises(ConfigError, match="did you mean 'fire'"):
        read(FIRE, coverage=[{"feed": "fires"}])
    with pytest.raises(ConfigError, match=r"coverage\[0\]: an area is given.*add area:"):
        read(FIRE, coverage=[period])
    with pytest.raises(ConfigError, match="from 2024-02-01 to 2024-01-31 ends before it begins"):
        read(FIRE, coverage=[{"feed": "fire", "from": "2024-02-01", "to": "2024-01-31"}])


def test_an_area_without_households_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "riskmodel"):
        read(FIRE, coverage=[{"feed": "fire", "area": "north"}], **NORTH)
        assert not caplog.messages
        read(
            FIRE,
            coverage=[{"feed": "fire", "area": "north"}, {"feed": "fire", "area": "nroth"}],
            **NORTH,
        )
    (said,) = caplog.messages
    assert "coverage names areas (1 of 2) in which no household is known" in said
    assert "nroth" not in said


LOG = {
    "지표": ["fire", "fire", "flood", "fire", "fire", "", "fire"],
    "구": ["north", "north", "south", "south", "north", "north", "north"],
    "기준월": ["202401", "202402", "202402", "202403", "202401", "202401", "2024-13"],
    "접수일": [
        "2024-02-10",
        "20240310",
        "2024-03-10",
        "2024-04-10",
        "2024-02-10",
        "2024-02-10",
        "2024-02-10",
    ],
    "수신": ["수신", "미수신", "Y", "0", "수신", "수신", "수신"],
}
OF_LOG = {
    "feed": {"column": "지표"},
    "area": {"column": "구"},
    "event_date": "기준월",
    "known_date": "접수일",
    "delivered": {"column": "수신", "map": {"수신": True, "미수신": False}},
}


def test_a_log_of_deliveries_is_read_from_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "수신대장.csv").write_text(pd.DataFrame(LOG).to_csv(index=False), encoding="cp949")
    source = {"file": "수신대장.csv", "encoding": "cp949", **OF_LOG}
    records = read(FIRE, deliveries=[source], root=str(tmp_path), **NORTH)
    assert deliveries(records) == [
        ("fire", "north", "2024-01-31", "2024-02-10", True),
        ("fire", "north", "2024-02-29", "2024-03-10", False),
        ("fire", "south", "2024-03-31", "2024-04-10", False),
        ("flood", "south", "2024-02-29", "2024-03-10", True),
    ]
    assert list(records.catalogue) == ["fire", "flood"]  # delivered, without any household
    assert reasons(records) == [
        (5, None, row_checks.DUPLICATE),
        (6, "지표", row_checks.UNKNOWN_CODE),
        (7, "기준월", row_checks.NO_DATE),
    ]
    assert adds_up(records)


def test_a_log_says_what_its_rows_would_say_written_out() -> None:
    log = pd.DataFrame(LOG).iloc[:2]
    written = [
        {"feed": "fire", "area": "north", "event_date": "2024-01-31", "known_date": "2024-02-10"},
        {
            "feed": "fire",
            "area": "north",
            "event_date": "2024-02-29",
            "known_date": "2024-03-10",
            "delivered": False,
        },
    ]
    tabled, listed = (
        read(FIRE, deliveries=said, **NORTH) for said in ([{"frame": log, **OF_LOG}], written)
    )
    pd.testing.assert_frame_equal(tabled.deliveries, listed.deliveries)


def test_rows_of_a_log_that_were_told_before_are_counted() -> None:
    log = pd.DataFrame(LOG).head(4)
    records = read(
        FIRE, deliveries=[{"frame": part, **OF_LOG} for part in (log, log.tail(3))], **NORTH
    )
    assert records.counts["repeated"].tolist() == [0, 0, 0, 3]
    assert len(records.deliveries) == 4


def test_without_known_dates_a_log_waits_as_its_feeds_do() -> None:
    log = {
        "frame": pd.DataFrame({"feed": ["rent", "gas"], "on": "2024-01-31"}),
        "feed": {"column": "feed"},
    }
    manifest = {"catalogue": {"rent": {"lag": "1M"}, "gas": {"lag": "3D"}, "fire": None}}
    known = [
        [
            row[3]
            for row in deliveries(
                read(FIRE, deliveries=[log | {"event_date": "on"} | wait], **manifest)
            )
        ]
        for wait in ({}, {"known_date": {"lag": "9D"}})
    ]
    assert known == [["2024-02-03", "2024-02-29"], ["2024-02-09", "2024-02-09"]]
    stranger = log | {
        "frame": pd.DataFrame({"feed": ["rnt"], "on": "2024-01-31"}),
        "event_date": "on",
    }
    assert reasons(read(FIRE, deliveries=[stranger], **manifest)) == [
        (1, "feed", row_checks.UNKNOWN_CODE)
    ]


def test_a_table_may_hold_only_what_did_not_come() -> None:
    log = {
        "frame": pd.DataFrame({"on": ["202401"]}),
        "feed": "fire",
        "event_date": "on",
        "delivered": False,
    }
    assert deliveries(read(FIRE, deliveries=[log])) == [
        ("fire", None, "2024-01-31", "2024-01-31", False)
    ]


def test_a_rhythm_of_a_feed_of_which_nothing_came_yet_says_nothing() -> None:
    found = read(
        FIRE, catalogue={"fire": None, "oil": None}, deliveries=[{"feed": "oil", "every": "1M"}]
    )
    assert deliveries(found) == []


def test_a_rhythm_goes_area_by_area_where_deliveries_do() -> None:
    log = pd.DataFrame({"gu": ["north", "north", "south"], "on": ["202401", "202402", "202401"]})
    told = {"frame": log, "feed": "fire", "area": {"column": "gu"}, "event_date": "on"}
    rhythm = {"feed": "fire", "every": "1M", "known_date": {"lag": "10D"}}
    found = deliveries(read(FIRE, deliveries=[told, rhythm], **(NORTH | {"today": "2024-03-20"})))
    assert [row[1:3] for row in found if not row[4]] == [("south", "2024-02-29")]
    assert not [
        row for row in found if row[1] is None
    ]  # facts do not tell of which area they are a delivery


def test_periods_of_coverage_are_read_from_a_table() -> None:
    frame = pd.DataFrame(
        {
            "feed": ["fire", "fire", "fire", "fire"],
            "since": ["202301", "20240301", "2024", "tomorrow"],
            "until": ["202402", "99991231", "2023-06-30", ""],
        }
    )
    source = {"frame": frame, "feed": {"column": "feed"}, "from": "since", "to": "until"}
    records = read(FIRE, coverage=[{"feed": "fire", "to": "2022-12-31"}, source])
    assert rows_of(records.coverage) == [
        ("fire", None, None, "2022-12-31"),
        ("fire", None, "2023-01-01", "2024-03-01"),
        ("fire", None, "2024-03-01", None),
    ]
    assert reasons(records) == [
        (3, "until", row_checks.NO_PERIOD),
        (4, "since", row_checks.NO_DATE),
    ]


def test_a_log_and_a_rhythm_stand_side_by_side() -> None:
    log = {"frame": pd.DataFrame({"on": ["202401", "202402"]}), "feed": "fire", "event_date": "on"}
    rhythm = {"feed": "fire", "every": "1M", "known_date": {"lag": "10D"}}
    found = read(
        [entry(frame=pd.DataFrame({"id": ["a"], "day": ["2024-01-31"]}))], deliveries=[log, rhythm]
    )
    missed = [row[2] for row in deliveries(found) if not row[4]]
    assert missed == [f"{day}" for day in pd.date_range("2024-03-31", "2024-11-30", freq="ME").date]


def test_an_area_of_which_no_log_tells_has_no_safe_households() -> None:
    log = pd.DataFrame({"on": pd.date_range("2024-01-31", "2024-08-31", freq="ME").astype(str)})
    south = {
        "frame": log,
        "feed": "fire",
        "area": "south",
        "event_date": "on",
        "known_date": {"lag": "10D"},
    }
    rows = pd.DataFrame({"household_id": ["a", "b"], "as_of_date": "2024-05-01"})
    label = Label("fire", window="1M", maturity="1M")
    panel = build_panel(read(FIRE, deliveries=[south], **NORTH), rows, label)
    assert panel.X["fire__count__3M"].isna().tolist() == [True, False]
    assert panel.y.isna().tolist() == [True, False]


def test_months_of_coverage_meet_without_a_gap() -> None:
    periods = pd.DataFrame({"since": ["202301", "202405"], "until": ["202404", "202412"]})
    source = {"frame": periods, "feed": "fire", "from": "since", "to": "until"}
    records = read(FIRE, coverage=[source], **NORTH)
    days = pd.date_range("2024-04-28", "2024-05-04").astype("datetime64[s]")
    panel = build_panel(records, pd.DatetimeIndex(days), None)
    assert not panel.X.isna().to_numpy().any()
    assert not panel.partly_covered.get("fire__count__3M")


@pytest.mark.parametrize(
    ("table", "wrong", "text"),
    [
        (
            "deliveries",
            {"feed": "fire", "event_date": "on", "encoding": "cp949"},
            "encoding goes with a table.*add file:",
        ),
        (
            "deliveries",
            {"feed": {"column": "x"}, "event_date": "2024-01-31"},
            "feed goes with a table",
        ),
        ("deliveries", {"frame": 1, "feed": "fire"}, "event_date is missing"),
        (
            "deliveries",
            {"frame": 1, "feed": "fire", "event_date": "on", "every": "1M"},
            "exactly one of event_date",
        ),
        ("deliveries", {"frame": 1, "feed": "firee", "event_date": "on"}, "did you mean 'fire'"),
        ("deliveries", {"frame": 1, "feed": "on", "event_date": "on"}, "write feed: {column: on}"),
        (
            "deliveries",
            {
                "frame": 1,
                "feed": "fire",
                "event_date": "on",
                "delivered": {"column": "on", "map": {"x": "yes"}},
            },
            "'yes' does not say whether a delivery came. Allowed: true or false",
        ),
        (
            "deliveries",
            {"feed": ["fire"], "event_date": "2024-01-31"},
            r"deliveries\[0\]: feed is a list",
        ),
        (
            "deliveries",
            {"frame": 1, "feed": "fire", "event_date": ["on"]},
            "event_date is a list.*an entry for each",
        ),
        (
            "deliveries",
            {"feed": "fire", "event_date": "2024-01-31", "delivered": "no"},
            "neither true nor false",
        ),
        (
            "deliveries",
            {"feed": "fire", "event_date": "gestern"},
            r"deliveries\[0\]: 'gestern' is not a date",
        ),
        (
            "deliveries",
            {"feed": "fire", "event_date": ["2024-01-31", "x"]},
            r"deliveries\[0\]: 'x' is not a date",
        ),
        ("coverage", {"feed": "fire", "from": ["2024-01-31"]}, r"coverage\[0\]: from is a list"),
        ("coverage", {"feed": "fire", "where": "x"}, "where goes with a table"),
        (
            "coverage",
            {"frame": 1, "file": "x.csv", "feed": "fire"},
            "both file and frame are given",
        ),
        (
            "deliveries",
            {"feed": "fire", "every": "often"},
            r"deliveries\[0\]: every 'often' is not a length of time",
        ),
        (
            "deliveries",
            {"feed": "fire", "every": "0M"},
            r"deliveries\[0\]: every '0M' is no rhythm",
        ),
        (
            "coverage",
            {"frame": 1, "feed": "fire", "from": {"column": "onn"}, "to": {"column": "until"}},
            "there is no column 'onn'.*'on'",
        ),
    ],
)
def test_what_is_declared_wrongly_names_the_fix(
    table: str, wrong: dict[str, Any], text: str
) -> None:
    if "frame" in wrong:
        wrong = wrong | {"frame": pd.DataFrame({"on": ["2024-01-31"], "until": ["2024-02-29"]})}
    with pytest.raises(RiskmodelError, match=text):
        read(FIRE, **{table: [wrong]})
