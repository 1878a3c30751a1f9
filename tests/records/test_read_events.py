"""What becomes of rows and cells: ids, days, numbers, codes, copies, repeats, bounds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from manifests import TODAY, adds_up, entry, read, read_csv, read_frame, reasons

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records, read_records
from riskmodel.records.sources import row_checks


def ids(frame_of: dict) -> list[str]:
    return read_frame(frame_of).events["household_id"].tolist()


def test_ids_are_texts(tmp_path: Path) -> None:
    records = read_csv(tmp_path, "id,day\n00123,2024-01-01\n30790.0,2024-01-02\n 7 ,2024-01-03\n")
    assert records.events["household_id"].tolist() == ["00123", "30790", "7"]


@pytest.mark.parametrize(
    "values", [[1, 2], [1.0, 2.0], pd.array([1, 2], dtype="Int64"), ["1", "2.0"]]
)
def test_ids_of_frames_carry_no_decimals(values: object) -> None:
    assert ids({"id": values, "day": "2024-01-01"}) == ["1", "2"]


def test_no_id_has_many_faces() -> None:
    records = read_frame(
        {"id": ["a", "", "  ", "\u3000", None, "NaN", "null"], "day": "2024-01-01"}
    )
    assert reasons(records) == [(row, "id", row_checks.NO_ID) for row in (2, 3, 4, 5, 6, 7)]
    assert adds_up(records)


def test_numbers_with_thousands_commas_and_signs() -> None:
    values = ["1,234,567", "-5", "1e3", "0.5", "", ".5", "12,34", "many", "1-2", "NaN", "inf"]
    records = read_frame(
        {"id": [f"{k:02d}" for k in range(1, 12)], "day": "2024-01-01", "v": values}, value="v"
    )
    assert records.events["value"].fillna(-1).tolist() == [1234567, -5, 1000, 0.5, -1, 0.5]
    assert [reason for *_, reason in reasons(records)] == [row_checks.NO_NUMBER] * 5


def test_where_comes_before_any_check() -> None:
    frame = {
        "id": ["a", "", "b"],
        "day": ["2024-01-01", "nonsense", "2024-01-01"],
        "kind": ["R", "C", None],
    }
    records = read_frame(frame, where="kind = 'R'")
    assert records.counts.iloc[0].to_dict() == {
        "read": 3,
        "used": 1,
        "excluded": 2,
        "out_of_bounds": 0,
        "quarantined": 0,
        "repeated": 0,
    }


def test_rows_equal_in_all_columns_are_copies_and_others_are_not() -> None:
    frame = {"id": ["a", "a", "a"], "day": ["2024-01-01"] * 3, "unit": ["1", "1", "2"]}
    records = read_frame(frame, detail="unit")
    assert reasons(records) == [(2, None, row_checks.DUPLICATE)]
    assert len(records.events) == 2


def test_a_fact_delivered_again_is_kept_with_its_first_known_date() -> None:
    frame = {
        "id": ["a", "a", "b"],
        "day": ["2024-01-01"] * 3,
        "known": ["2024-03-01", "2024-02-01", "2024-01-05"],
    }
    records = read_frame(frame, known_date="known")
    assert records.counts["repeated"].tolist() == [1]
    assert records.events["known_date"].dt.strftime("%m-%d").tolist() == ["02-01", "01-05"]


def test_a_retraction_that_comes_with_a_later_delivery_counts() -> None:
    frame = {
        "id": ["a", "a"],
        "day": ["2024-01-01"] * 2,
        "known": ["2024-02-01", "2024-03-01"],
        "gone": [None, "2024-03-01"],
    }
    events = read_frame(frame, known_date="known", retracted_date="gone").events
    assert events["retracted_date"].dt.strftime("%m-%d").tolist() == ["03-01"]


def test_facts_are_told_apart_by_fact_id_within_a_household_and_day() -> None:
    frame = {
        "id": ["a", "a", "a", "b"],
        "day": ["2024-01-01", "2024-01-01", "2024-01-01", "2024-01-01"],
        "no": ["1", "1", "2", "1"],
        "v": [1, 2, 1, 1],
    }
    records = read_frame(frame, value="v", fact_id="no")
    assert reasons(records) == [(row, None, row_checks.CONTRADICTED) for row in (1, 2)]
    assert records.events["value"].tolist() == [1, 1]
    assert len(read_frame(frame, value="v").events) == 3
    assert len(read_frame(frame, value="v", fact_id=["no", "v"]).events) == 4


def test_the_same_row_in_two_deliveries_is_a_repeat_not_a_copy(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("id,day\na,2024-01-01\n")
    records = read([entry(file="*.csv")], root=str(tmp_path))
    assert records.counts[["used", "quarantined", "repeated"]].iloc[0].tolist() == [1, 0, 1]


def test_dates_outside_the_bounds_are_counted_apart() -> None:
    frame = {"id": list("abcd"), "day": ["2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01"]}
    records = read_frame(frame, {"since": "2024-01-01"})
    assert records.counts[["used", "out_of_bounds", "quarantined"]].iloc[0].tolist() == [2, 2, 0]


def test_known_before_it_happens_or_after_today_is_no_fault() -> None:
    frame = {
        "id": list("ab"),
        "day": ["2024-05-01", "2024-12-31"],
        "known": ["2024-04-01", "2025-06-01"],
    }
    assert read_frame(frame, known_date="known").counts["used"].tolist() == [2]


def test_lags_come_from_the_entry_else_from_the_catalogue() -> None:
    frame = {"id": ["a", "b"], "day": ["2023-12-31", "2024-01-31"]}
    catalogue = {"fire": {"lag": "2M"}}
    known = read_frame(frame, {"catalogue": catalogue}).events["known_date"]
    assert known.dt.strftime("%Y-%m-%d").tolist() == ["2024-02-29", "2024-03-31"]
    known = read_frame(frame, {"catalogue": catalogue}, known_date={"lag": "10D"}).events[
        "known_date"
    ]
    assert known.dt.strftime("%Y-%m-%d").tolist() == ["2024-01-10", "2024-02-10"]


def test_codes_out_of_a_column() -> None:
    frame = {"id": list("abc"), "day": "2024-01-01", "what": ["fire", "flood", None]}
    records = read_frame(frame, code={"column": "what"})
    assert sorted(records.catalogue) == ["fire", "flood"]
    assert reasons(records) == [(3, "what", row_checks.UNKNOWN_CODE)]
    closed = read_frame(frame, {"catalogue": {"fire": None}}, code={"column": "what"})
    assert reasons(closed) == [
        (2, "what", row_checks.UNKNOWN_CODE),
        (3, "what", row_checks.UNKNOWN_CODE),
    ]


def test_values_outside_the_catalogues_range() -> None:
    frame = {"id": list("abc"), "day": "2024-01-01", "v": [0, 1, 99]}
    records = read_frame(frame, {"catalogue": {"fire": {"minimum": 1, "maximum": 50}}}, value="v")
    assert reasons(records) == [
        (1, "v", row_checks.OUT_OF_RANGE),
        (3, "v", row_checks.OUT_OF_RANGE),
    ]


def test_a_blank_reading_is_nothing_and_zero_is_a_value() -> None:
    frame = {"id": list("abc"), "day": "2024-01-01", "v": ["0", "", "-3"]}
    records = read_frame(frame, {"catalogue": {"fire": {"kind": "reading"}}}, value="v")
    assert records.events["value"].tolist() == [0, -3]
    assert records.counts["excluded"].tolist() == [1]


def test_too_many_bad_rows_stop_with_counts_by_reason() -> None:
    frame = {"id": ["a", "b", "", "d"], "day": ["2024-01-01", "yesterday", "2024-01-01", "x"]}
    with pytest.raises(RecordsError) as caught:
        read_frame(frame, {"max_quarantined": 0.05})
    text = str(caught.value)
    assert caught.value.code == "records.quarantined"
    assert "3 of 4 rows" in text
    assert "2 no usable date (column day, 2 forms: 2 written as YYYY-MM-DD, which is read; " in text
    assert "2 written as another text)" in text
    assert "correct the texts that are no dates" in text
    assert "yesterday" not in text


def test_the_share_of_bad_rows_is_of_those_that_where_kept() -> None:
    frame = {
        "id": ["a", *[""] * 5, *"bcdefghi"],
        "day": "2024-01-01",
        "keep": ["y", *["n"] * 5, *["y"] * 8],
    }
    read_frame(frame, {"max_quarantined": 0}, where="keep = 'y'")
    with pytest.raises(RecordsError, match="5 of 14 rows"):
        read_frame(frame, {"max_quarantined": 0.3}, where=None)
    read_frame(frame, {"max_quarantined": 0.3}, max_quarantined=0.5)


def test_a_query_makes_the_rows(tmp_path: Path) -> None:
    sql = """
        SELECT id, max(day) AS day, count(*) AS n, min(filename) AS f
        FROM source
        GROUP BY id
        ORDER BY id
    """
    records = read_csv(
        tmp_path,
        "id,day\na,2024-01-01\na,2024-02-01\nb,2024-01-01\n",
        query=sql,
        value="n",
        detail="f",
    )
    assert records.events["value"].tolist() == [2, 1]
    assert records.events["detail"].tolist() == ["events.csv"] * 2
    assert records.counts["read"].tolist() == [2]


@pytest.mark.parametrize(
    ("key", "sql"), [("where", "nme = 'x'"), ("query", "SELECT nme FROM source"), ("where", "(")]
)
def test_sql_that_cannot_be_run_says_why(key: str, sql: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} cannot be run") as caught:
        read_frame({"id": ["a"], "day": "2024-01-01"}, **{key: sql})
    assert caught.value.code == f"records.{key}"


@pytest.mark.parametrize(
    ("key", "sql"), [("where", "v::INT > 3"), ("query", "SELECT *, v::INT AS n FROM source")]
)
def test_sql_that_stops_at_a_value_does_not_show_it(key: str, sql: str) -> None:
    with pytest.raises(RecordsError, match="stops at a value") as caught:
        read_frame({"id": ["a"], "day": "2024-01-01", "v": ["hush"]}, **{key: sql})
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_misspelled_column_names_the_nearest() -> None:
    with pytest.raises(
        RecordsError, match=r"no column 'dya'.*Allowed: id, day\. Next: did you mean 'day'"
    ):
        read_frame({"id": ["a"], "day": "2024-01-01"}, event_date="dya")


def test_cells_of_a_file_without_a_header_are_not_shown(tmp_path: Path) -> None:
    with pytest.raises(RecordsError) as caught:
        read_csv(tmp_path, "900101-2345678,2024-01-01\n,2024-01-02\n")
    assert "900101" not in str(caught.value)


def test_a_misspelled_code_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'fire'"):
        read_frame({"id": ["a"], "day": "2024-01-01"}, {"catalogue": {"fire": None}}, code="fier")


def test_a_constant_that_is_a_columns_name_is_doubtful() -> None:
    with pytest.raises(ConfigError, match=r"write code: \{column: what\}"):
        read_frame({"id": ["a"], "day": "2024-01-01", "what": "x"}, code="what")


def test_events_come_in_the_total_order_whatever_the_order_of_rows() -> None:
    frame = pd.DataFrame(
        {"id": list("bca") * 20, "day": pd.date_range("2024-01-01", periods=60), "v": range(60)}
    )
    one = read_frame(frame, value="v")
    other = read_frame(frame.sample(frac=1, random_state=3), value="v")
    assert one.tables["events"].equals(other.tables["events"])
    assert one.digest == other.digest
    assert (
        Records.from_frames(one.events, today=TODAY, catalogue=one.catalogue).digest == one.digest
    )


def test_parquet_csv_and_frame_are_read_alike(tmp_path: Path) -> None:
    days = pd.to_datetime(["2024-01-01", "2024-02-01", None])
    frame = pd.DataFrame({"id": [7, 8, 9], "day": days, "v": [1.5, None, 3]})
    frame.to_parquet(tmp_path / "e.parquet")
    frame.to_csv(tmp_path / "e.csv", index=False)
    frame.to_csv(tmp_path / "e.csv.gz", index=False)
    expected = read_frame(frame, value="v")
    for name in ("e.parquet", "e.csv", "e.csv.gz", "e.p*"):
        records = read([entry(file=name, value="v")], root=str(tmp_path))
        assert records.tables["events"].equals(expected.tables["events"]), name
        assert reasons(records) == [(3, "day", row_checks.NO_DATE)]


def test_a_summary_prints_what_came_in() -> None:
    frame = {
        "id": list("aab"),
        "day": ["2024-01-01", "2024-01-11", ""],
        "known": ["2024-01-03", "2024-01-21", ""],
    }
    summary = read_frame(
        frame,
        {"name": "fires", "catalogue": {"fire": {"live_from": "2023-06-01"}, "flood": None}},
        known_date="known",
    ).summary()
    row = summary.frame().loc["fire"]
    assert row[["rows", "households", "lag_median"]].tolist() == [2, 1, 6]
    assert str(row["live_from"].date()) == "2023-06-01"
    assert summary.frame().loc["flood", "rows"] == 0
    for text in (repr(summary), summary._repr_html_()):
        assert "no usable date" in text
        assert "fires: 2 events of 1 household" in text


def test_manifests_may_be_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RISKMODEL_DATA", raising=False)
    (tmp_path / "e.csv").write_text("id,day\na,2024-01-01\n")
    (tmp_path / "m.yaml").write_text(
        "today: 2025-01-01\n"
        "events: [{file: e.csv, household_id: id, code: fire, event_date: day}]\n"
    )
    assert (
        repr(read_records(tmp_path / "m.yaml"))
        == "m: 1 event of 1 household, complete before 2025-01-01"
    )


def test_columns_whose_names_the_engine_uses_and_of_other_types_do_no_harm(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": pd.Categorical(["a"]),
            "day": "2024-01-01",
            "row": 1,
            "file": "x",
            "is_copy": True,
            "cells": 5,
            "cell": 6,
            "reason": "r",
            "source": "s",
            "listed": [[1, 2]],
            "kind": "k",
            "filename": "f",
            "Code": "c",
            "name": "n",
        }
    )
    frame.to_parquet(tmp_path / "e.parquet")
    for records in (
        read_frame(frame.drop(columns="listed"), values=["cells", "cell"]),
        read([entry(file="e.parquet", code=None, values=["cells", "cell"])], root=tmp_path),
    ):
        assert records.events["value"].tolist() == [6, 5]
    assert read(
        [entry(file="e.parquet", value="cell", detail="file", fact_id=["row", "name"])],
        root=tmp_path,
    )


def test_a_blank_cell_of_a_csv_is_null_in_sql(tmp_path: Path) -> None:
    records = read_csv(
        tmp_path,
        'id,day,kind\na,2024-01-01,\nb,2024-01-01,""\nc,2024-01-01,x\n',
        where="kind IS NULL",
    )
    assert records.events["household_id"].tolist() == ["a", "b"]


def test_a_wide_months_second_file_corrects_cells_under_a_fact_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    frame = pd.DataFrame(
        {
            "id": ["h", "n", "h", "n"],
            "m": "202405",
            "told": ["06-05", "06-05", "06-20", "06-20"],
            "rent": [22, 0, 0, 3],
        }
    )
    entry = {
        "frame": frame.assign(told="2024-" + frame["told"]),
        "household_id": "id",
        "event_date": "m",
        "date_format": "YYYYMM",
        "known_date": {"column": "told", "date_format": "%Y-%m-%d"},
        "values": ["rent"],
    }
    manifest = {"today": "2024-09-01", "catalogue": {"rent": {"kind": "state"}}}
    corrected = read_records(manifest | {"events": [entry | {"fact_id": "m"}]})
    assert corrected.events["value"].tolist() == [22, 3]
    assert (corrected.events["retracted_date"] == "2024-06-20").tolist() == [True, False]
    assert not caplog.records
    both = read_records(manifest | {"events": [entry]})
    assert both.events["retracted_date"].isna().all()
    assert "events: frame (cells): 2 rows of a household and day are delivered again" in caplog.text
    assert "name fact_id" in caplog.text
    for records in (corrected, both):
        assert records.counts[["read", "used"]].iloc[0].tolist() == [4, 4]


def test_a_zero_that_is_a_bad_cell_is_not_taken_for_nothing_there() -> None:
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "", "c", "c"],
            "day": ["2024-05-31", "2024-05-32", "2024-05-31", "2024-05-31", "2024-05-31"],
            "fire": ["0", "0.0", "0", "0,0", " 0 "],
            "rent": ["0", "0", "0", "0", "0"],
            "flood": ["0", "0", "0", "", ""],
        }
    )
    entry = {
        "frame": frame,
        "household_id": "id",
        "event_date": "day",
        "values": ["fire", "rent", "flood"],
    }
    catalogue = {"fire": {}, "rent": {"kind": "state", "minimum": 1}, "flood": {"kind": "reading"}}
    manifest = {
        "today": "2024-09-01",
        "catalogue": catalogue,
        "events": [entry],
        "max_quarantined": 1.0,
    }
    records = read_records(manifest)
    fates = ["read", "used", "excluded", "out_of_bounds", "quarantined", "repeated"]
    assert records.counts[fates].iloc[0].tolist() == [13, 3, 0, 0, 10, 0]
    assert records.quarantine.groupby("reason").size().to_dict() == {
        "no id": 3,
        "no usable date": 3,
        "text for a number": 1,
        "value outside the catalogue's range": 3,
    }
    assert records.events[["household_id", "code"]].to_numpy().tolist() == [["a", "flood"]]


def test_a_wide_row_without_a_usable_known_date_says_nothing_of_its_day() -> None:
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "day": "2024-05-31",
            "told": ["2024-06-10", "2024-06-10", "someday", ""],
            "fire": ["2", "0", "0", ""],
            "rent": ["0", "1", "", "0"],
        }
    )
    wide = {"frame": frame, "household_id": "id", "event_date": "day", "values": ["fire", "rent"]}
    told = {**wide, "known_date": "told"}
    manifest = {"today": "2024-09-01", "catalogue": {"fire": {}, "rent": {}}, "max_quarantined": 1}
    records = read_records({**manifest, "events": told})
    assert reasons(records) == [(3, "told", row_checks.NO_DATE), (4, "told", row_checks.NO_DATE)]
    assert adds_up(records)
    # neither that a delivery came, nor that one missed their households
    assert set(records.deliveries["known_date"]) == {pd.Timestamp("2024-06-10")}
    assert records.deliveries["delivered"].tolist() == [True, True]
    assert len(records.frame("unmatched")) == 0
    # by a lag every row has a known date
    lagged = read_records({**manifest, "events": {**wide, "known_date": {"lag": "9D"}}})
    assert set(lagged.deliveries["known_date"]) == {pd.Timestamp("2024-06-09")}
    missed = lagged.frame("unmatched")[["household_id", "feed"]].to_numpy().tolist()
    assert sorted(missed) == [["c", "rent"], ["d", "fire"]]
