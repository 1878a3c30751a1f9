"""What is refused where columns are made from tables: by code, with a next step, without a cell."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel import serving
from riskmodel.serving import Scorer, ServingError

GOLDEN = Path(__file__).with_name("golden")
DAY = "2024-05-01"
CODES = ("crisis", "loan_overdue", "power_cut", "nhi_arrears", "telecom_arrears", "suicide_related")
SECRET = "Kim7"

Tables = dict[str, dict[str, list[Any]]]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return serving.read(GOLDEN / "schema_2_linear")


@pytest.fixture
def tables() -> Tables:
    """One fact of each code, of two households, and one who has none."""
    n = len(CODES)
    return {
        "events": {
            "household_id": ["007", SECRET] * (n // 2),
            "code": list(CODES),
            "event_date": ["2024-02-03"] * n,
            "known_date": ["2024-02-04"] * n,
            "value": ["", "2.5"] * (n // 2),
            "retracted_date": [""] * n,
        },
        "attributes": {
            "household_id": ["007"],
            "name": ["household_type"],
            "known_date": [""],
            "text": ["family"],
            "number": [""],
        },
        "members": {"household_id": ["without"]},
        "coverage": {},
        "deliveries": {},
        "unmatched": {},
    }


def test_columns_are_the_models_and_are_scored(scorer: Scorer, tables: Tables) -> None:
    rows = serving.features(scorer, tables, DAY, ["without", "007"])
    assert list(rows.columns) == [column["name"] for column in scorer.columns]
    assert rows.columns["household_type"].tolist() == [None, "family"]
    assert rows.columns["crisis__count__6M"].tolist() == [0, 1]
    assert rows.columns["nhi_arrears__now__ever"].tolist() == [0, 0]
    assert len(scorer.score(rows.columns)["score"]) == 2
    assert serving.features(scorer, tables, DAY).household_id.tolist() == ["007", SECRET]


@pytest.mark.parametrize(
    "day",
    [DAY, date(2024, 5, 1), datetime(2024, 5, 1, 23, tzinfo=UTC), np.datetime64(DAY)],
)
def test_a_day_may_be_given_in_any_form(scorer: Scorer, tables: Tables, day: Any) -> None:
    assert serving.features(scorer, tables, day).as_of_date == np.datetime64(DAY)
    for cell in (np.datetime64("2024-02-04"), date(2024, 2, 4), pd.Timestamp("2024-02-04 13:00")):
        tables["events"]["known_date"] = [cell] * len(CODES)
        made = serving.features(scorer, tables, day, ["007"])
        assert made.columns["crisis__count__6M"].tolist() == [1]


def setting(table: str, column: str, *cells: object) -> Callable[[Tables], None]:
    """Return what writes cells into the first rows of a column."""

    def change(tables: Tables) -> None:
        tables[table][column][: len(cells)] = cells

    return change


def without(table: str, column: str = "") -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        del (tables[table] if column else tables)[column or table]  # type: ignore[arg-type]

    return change


def longer(tables: Tables) -> None:
    tables["events"]["value"].append("1")


def no_table(tables: Tables) -> None:
    tables["coverage"] = "coverage.csv"  # type: ignore[assignment]


def attribute_as_number(tables: Tables) -> None:
    tables["attributes"] |= {"text": [""], "number": ["3"]}


def delivery(**cells: str) -> Callable[[Tables], None]:
    row = {"feed": "crisis", "area": "", "event_date": "2024-02-03", "known_date": "2024-02-03"}

    def change(tables: Tables) -> None:
        given = {**row, "delivered": "true", **cells}
        tables["deliveries"] = {name: [cell] for name, cell in given.items()}

    return change


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (without("deliveries"), "serving.missing_table", "give {} in its place"),
        (without("unmatched"), "serving.missing_table", "unmatched"),
        (without("attributes"), "serving.missing_table", "attributes"),
        (without("events", "retracted_date"), "serving.missing_columns", "retracted_date"),
        (longer, "serving.length", "events differ in length"),
        (no_table, "serving.table", "coverage is no table"),
        (setting("events", "household_id", 7), "serving.not_a_text", "what is no text in 1 cell"),
        (setting("events", "household_id", 7, 8), "serving.not_a_text", "in 2 cells.* '00123'"),
        (
            setting("events", "household_id", None),
            "serving.blank",
            "household_id .* nothing in 1 cell",
        ),
        (setting("events", "code", ""), "serving.blank", "code of events"),
        (setting("events", "event_date", f"3.2.{SECRET}"), "serving.date", "as YYYY-MM-DD"),
        (setting("events", "event_date", "2024-02-30"), "serving.date", "event_date of events"),
        (setting("events", "known_date", "0024-02-03"), "serving.date", "years 1900 to 2199"),
        (setting("events", "known_date", 20240203), "serving.date", "known_date of events"),
        (setting("events", "known_date", ""), "serving.blank", "known_date of events"),
        (setting("events", "retracted_date", "soon"), "serving.date", "retracted_date"),
        (setting("events", "value", "1,234"), "serving.not_a_number", "marks of thousands"),
        (setting("events", "value", float("inf")), "serving.not_a_number", "value of events"),
        (setting("events", "value", True), "serving.not_a_number", "value of events"),
        (delivery(delivered="yes"), "serving.not_a_truth", "true for a delivery that came"),
        (delivery(delivered=""), "serving.not_a_truth", "neither true nor false"),
        (delivery(feed=""), "serving.blank", "feed of deliveries"),
        (setting("attributes", "name", "size"), "serving.attribute", "text of 'household_type'"),
        (attribute_as_number, "serving.attribute", "text of 'household_type'"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_and_no_cell_is_shown(
    scorer: Scorer, tables: Tables, change: Callable[[Tables], None], code: str, says: str
) -> None:
    change(tables)
    with pytest.raises(ServingError, match=says) as error:
        serving.features(scorer, tables, DAY)
    assert error.value.code == code
    assert error.value.next_step
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("day", "households", "code", "says"),
    [
        ("2024-02-04", None, "serving.nobody", "no fact of events was known before 2024-02-04"),
        ("2019-01-01", ["007"], "serving.nobody", "before 2019-01-01"),
        ("1.5.2024", None, "serving.date", "as_of is no day"),
        (np.datetime64("NaT"), None, "serving.date", "as_of is no day"),
        (20240501, None, "serving.date", "as_of is no day"),
        (DAY, ["007", "7", SECRET], "serving.unknown_household", "1 of 3 households stand"),
        (DAY, "7", "serving.unknown_household", "1 of 1 households"),
        (DAY, [7, "007"], "serving.not_a_text", "1 of 2 households are no texts"),
        (DAY, ["007", "007"], "serving.repeated_households", "1 of 2 households"),
    ],
)
def test_a_day_or_a_household_that_is_none_is_refused(
    scorer: Scorer, tables: Tables, day: Any, households: Any, code: str, says: str
) -> None:
    with pytest.raises(ServingError, match=says) as error:
        serving.features(scorer, tables, day, households)
    assert error.value.code == code
    assert error.value.next_step


def changed(scorer: Scorer, **recipe: Any) -> Scorer:
    """Return a model with another recipe."""
    written = {**scorer.features, "recipe": {**scorer.features["recipe"], **recipe}}
    return replace(scorer, features=written)


def test_a_cohort_with_conditions_asks_for_the_households(scorer: Scorer, tables: Tables) -> None:
    model = changed(scorer, cohort={"seen_within": "12M", "listed": True})
    with pytest.raises(ServingError, match="seen_within, listed") as error:
        serving.features(model, tables, DAY)
    assert error.value.code == "serving.cohort"
    assert len(serving.features(model, tables, DAY, ["007"]).household_id) == 1


def without_recipe(features: dict[str, Any]) -> None:
    del features["recipe"]


def of_a_frame(features: dict[str, Any]) -> None:
    features["recipe"] = None


def of_another_aggregate(features: dict[str, Any]) -> None:
    features["columns"][0]["aggregate"] = "median"


def of_another_code(features: dict[str, Any]) -> None:
    features["columns"][1]["indicator"] = "fire"


def of_no_attribute(features: dict[str, Any]) -> None:
    features["recipe"]["features"]["attributes"] = []


def of_other_kinds(features: dict[str, Any]) -> None:
    features["columns"][2] |= {"way": "kinds", "family": "housing", "codes": ["crisis", "fire"]}


def of_no_window(features: dict[str, Any]) -> None:
    features["columns"][0]["window"] = "6W"


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (without_recipe, "serving.no_recipe", "0.1.0 or later"),
        (of_a_frame, "serving.no_recipe", "crisis__count__6M, .* and 3 more"),
        (of_another_aggregate, "serving.no_feature", "crisis__count__6M.* serving.py"),
        (of_another_code, "serving.no_feature", "records: crisis__count__ever"),
        (of_no_attribute, "serving.no_feature", "records: household_type"),
        (of_other_kinds, "serving.no_feature", "records: loan_overdue__count__6M"),
        (of_no_window, "serving.window", "'ever', or a span such as 6M"),
    ],
)
def test_a_column_that_no_table_makes_is_refused_by_name(
    scorer: Scorer, tables: Tables, change: Callable[[dict[str, Any]], None], code: str, says: str
) -> None:
    written = deepcopy(dict(scorer.features))
    change(written)
    model = replace(scorer, features=written)
    with pytest.raises(ServingError, match=says) as error:
        serving.features(model, tables, DAY)
    assert error.value.code == code


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match=r"events\.csv, attributes\.csv") as error:
        serving.read_tables(tmp_path)
    assert error.value.code == "serving.no_tables"
    for content in (b"", b"a,b\n1\n", b'a\n"x', "a\n김".encode("cp949")):
        (tmp_path / "events.csv").write_bytes(content)
        with pytest.raises(ServingError, match=r"events\.csv cannot be read") as error:
            serving.read_tables(tmp_path)
        assert error.value.code == "serving.unreadable_table"
    (tmp_path / "events.csv").write_bytes(b"\xef\xbb\xbfhousehold_id,code\n\n007,crisis\n")
    assert serving.read_tables(tmp_path) == {
        "events": {"household_id": ["007"], "code": ["crisis"]}
    }
    (tmp_path / "events.csv").write_text("household_id,code\n")
    assert serving.read_tables(tmp_path)["events"] == {"household_id": [], "code": []}
    assert json.dumps(serving.read_tables(tmp_path))


def test_codes_that_are_written_otherwise_are_refused_and_other_indicators_are_not(
    scorer: Scorer, tables: Tables
) -> None:
    codes = tables["events"]["code"]
    for other in ("Crisis", " crisis", "CRISIS "):
        tables["events"]["code"] = [other, *codes[1:]]
        with pytest.raises(ServingError, match="written otherwise in 1 rows: crisis") as error:
            serving.features(scorer, tables, DAY)
        assert error.value.code == "serving.code"
    tables["events"]["code"] = [f"x_{code}" for code in codes]
    with pytest.raises(ServingError, match="none of the 6 codes of events") as error:
        serving.features(scorer, tables, DAY)
    assert error.value.code == "serving.code"
    tables["events"]["code"] = ["another_indicator", *codes[1:]]
    made = serving.features(scorer, tables, DAY, ["007"])
    assert np.isnan(made.columns["crisis__count__6M"]).all()


def test_a_fact_that_is_there_again_is_refused(scorer: Scorer, tables: Tables) -> None:
    once = serving.features(scorer, tables, DAY)
    twice = {name: [*cells, *cells[:2]] for name, cells in tables["events"].items()}
    with pytest.raises(ServingError, match="2 rows of events are there again") as error:
        serving.features(scorer, tables | {"events": twice}, DAY)
    assert error.value.code == "serving.repeated_facts"
    # the same indicator on another day is another fact
    twice["event_date"][-2:] = ["2024-02-01", "2024-02-01"]
    more = serving.features(scorer, tables | {"events": twice}, DAY)
    counts = [np.nansum(made.columns["crisis__count__6M"]) for made in (once, more)]
    assert counts == [1, 2]


def test_coverage_that_ends_before_it_begins_is_refused(scorer: Scorer, tables: Tables) -> None:
    period = {"feed": ["crisis"], "area": [""], "from_date": ["2021-01-01"]}
    with pytest.raises(ServingError, match="ends before it begins in 1 rows") as error:
        serving.features(scorer, tables | {"coverage": period | {"to_date": ["2020-01-01"]}}, DAY)
    assert error.value.code == "serving.coverage"
    serving.features(scorer, tables | {"coverage": period | {"to_date": [""]}}, DAY)
