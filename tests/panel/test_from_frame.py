"""A frame of one's own becomes a panel, or is refused with the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from riskmodel.errors import ConfigError, PanelError
from riskmodel.panel import Label, Panel

FRAME = pd.DataFrame(
    {
        "id": [30790.0, 7.0, 7.0],
        "day": ["2024-01-01", "2024-03-01", "2024-01-01"],
        "income now (won)": [1, 2, 3],
        "a.b": [True, False, True],
        "job": ["x", None, "y"],
        "gu": ["n", "s", "n"],
        "w": [1.0, 2.0, 1.0],
        "poor": [1, 0, None],
    }
)
NAMES: dict[str, Any] = {
    "household_id": "id",
    "as_of_date": "day",
    "y": "poor",
    "categories": ["job"],
    "groups": ["gu"],
    "weight": "w",
}


def test_rows_are_sorted_named_and_typed() -> None:
    panel = Panel.from_frame(
        FRAME,
        **NAMES,
        area="gu",
        label=Label("poor", "12M"),
        directions={"a.b": 1},
        min_households=1,
    )
    assert panel.X.index.to_list() == [
        ("30790", pd.Timestamp("2024-01-01")),
        ("7", pd.Timestamp("2024-01-01")),
        ("7", pd.Timestamp("2024-03-01")),
    ]
    assert list(panel.X) == ["income_now_won", "a_b", "job"]
    assert panel.renamed == {"income now (won)": "income_now_won", "a.b": "a_b"}
    assert panel.X["a_b"].to_list() == [1, 1, 0]
    assert panel.columns[2].categories == ("x", "y")
    assert panel.directions == {"income_now_won": 0, "a_b": 1, "job": 0}
    assert panel.weight.to_list() == [1, 1, 2]
    assert panel.area.to_list() == ["n", "n", "s"]
    assert panel.counts == {
        "rows": 3,
        "positive": 1,
        "negative": 1,
        "immature": 0,
        "not_observed": 1,
    }
    assert "renamed" in repr(panel)


def test_groups_are_features_only_if_listed() -> None:
    assert "gu" not in Panel.from_frame(FRAME, **NAMES).X
    both = Panel.from_frame(FRAME, **{**NAMES, "categories": ["job", "gu"]})
    assert {"gu", "job"} < set(both.X)
    assert "gu" in both.groups
    chosen = Panel.from_frame(FRAME, **NAMES, features=["a.b"])
    assert list(chosen.X) == ["a_b", "job"]


def test_one_date_and_round() -> None:
    frame = FRAME.drop(columns="day").assign(id=["a", "b", "c"])
    panel = Panel.from_frame(
        frame, **{**NAMES, "as_of_date": "2024-05-01", "groups": []}, round="gu"
    )
    assert panel.as_of.unique().to_list() == [pd.Timestamp("2024-05-01")]
    assert panel.round.to_list() == ["n", "s", "n"]
    assert panel.groups is None


def test_ids_stay_text() -> None:
    ids = ["00123", "123", "b"]
    assert list(Panel.from_frame(FRAME.assign(id=ids), **NAMES).households) == ids


def test_a_file_keeps_it(tmp_path: Path) -> None:
    panel = Panel.from_frame(FRAME, **NAMES, today="2025-01-01")
    panel.to_parquet(tmp_path / "p.parquet")
    again = Panel.read_parquet(tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(again.X, panel.X)
    pd.testing.assert_series_equal(again.weight, panel.weight)
    assert (again.renamed, again.today) == (panel.renamed, panel.today)


DATES = pd.DataFrame({"id": ["a", "b", "c"], "x": [1, 2, 3]})


@pytest.mark.parametrize(
    ("days", "fix"),
    [
        ([20240101, 20240201, 20240301], r"format='%Y%m%d'"),
        ([45000, 45001, 45002], "1899-12-30"),
        (pd.Series([20240101, 20240201, 20240301], dtype=object), "to_datetime"),
        (["soon", "later", "2024-01-01"], "to_datetime"),
        (["2024-01-01", None, "2024-01-01"], "to_datetime"),
    ],
)
def test_numbers_and_texts_posing_as_dates_are_refused_with_the_fix(days: object, fix: str) -> None:
    with pytest.raises(PanelError, match=fix):
        Panel.from_frame(DATES.assign(day=days), household_id="id", as_of_date="day")


@pytest.mark.parametrize(
    ("changes", "frame", "says"),
    [
        ({"as_of_date": 20240101}, FRAME, "to_datetime"),
        ({"y": "por"}, FRAME, "did you mean 'poor'"),
        ({"y": "income now (won)"}, FRAME, "1, 0 or blank"),
        ({"categories": []}, FRAME, r"categories=\['job'\]"),
        ({"weight": "w"}, FRAME.assign(w=-1.0), "negative"),
        ({"weight": "w"}, FRAME.assign(w=[1.0, np.nan, 2.0]), "missing"),
        ({"weight": "w"}, FRAME.assign(w=["1", "heavy", "2"]), "no numbers"),
        ({"weight": "w"}, FRAME.assign(w=pd.Timestamp("2024-01-01")), "no numbers"),
        ({}, FRAME.assign(id=[1.0, np.nan, 2.0]), "no household_id"),
        ({"directions": {"income": 1}}, FRAME, "no feature"),
        (
            {},
            FRAME.rename(columns={"w": "a b"}).assign(w=1.0),
            "several columns would be named a_b",
        ),
        ({"label": None, "features": ["nope"]}, FRAME, "no column 'nope'"),
    ],
)
def test_bad_frames_are_refused(changes: dict[str, Any], frame: pd.DataFrame, says: str) -> None:
    with pytest.raises(PanelError, match=says):
        Panel.from_frame(frame, **{**NAMES, **changes})


def test_repeated_keys_are_refused_without_naming_anyone() -> None:
    with pytest.raises(ConfigError, match="1 rows repeat") as caught:
        Panel.from_frame(FRAME.assign(day="2024-01-01"), **NAMES)
    assert "30790" not in str(caught.value)


def test_a_label_needs_records() -> None:
    with pytest.raises(PanelError, match="build_panel"):
        Panel.from_frame(FRAME, **NAMES).with_label(Label("poor", "1M"))


class Stream:
    """A frame of some other library: what it offers is a stream of Arrow."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.table = pa.table(frame)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


PLAIN = pd.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0], "g": ["u", None], "y": [0, 1]})
KEYS: dict[str, Any] = {
    "household_id": "id",
    "as_of_date": "2024-01-01",
    "y": "y",
    "categories": ["g"],
}


@pytest.mark.parametrize("given", [pa.table(PLAIN), Stream(PLAIN)], ids=["Arrow", "any other"])
def test_whatever_offers_a_stream_of_arrow_is_a_frame(given: Any) -> None:
    panel, plain = Panel.from_frame(given, **KEYS), Panel.from_frame(PLAIN, **KEYS)
    pd.testing.assert_frame_equal(panel.X, plain.X)
    assert panel.y is not None
    assert panel.y.tolist() == [0.0, 1.0]
    with pytest.raises(ConfigError, match="a DataFrame or a table of Arrow or polars"):
        Panel.from_frame({"id": ["a"]}, **KEYS)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["x", "g"])
@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 1e300])
def test_infinity_is_refused_by_column(name: str, value: float) -> None:
    with pytest.raises(PanelError, match=f"column '{name}' holds infinity") as caught:
        Panel.from_frame(PLAIN.assign(**{name: [1.0, value]}), **KEYS)
    assert caught.value.code == "frame.infinite"


def test_nullable_integers_with_blanks_are_numbers() -> None:
    panel = Panel.from_frame(PLAIN.assign(x=pd.array([1, None], dtype="Int64")), **KEYS)
    assert panel.X["x"].tolist()[0] == 1.0
    assert panel.X["x"].isna().tolist() == [False, True]


@pytest.mark.parametrize("name", ["id", "x", "g", "y"])
def test_a_column_twice_is_refused_by_name(name: str) -> None:
    twice = pd.concat([PLAIN, PLAIN[[name]]], axis=1)
    with pytest.raises(PanelError, match=f"several columns would be named {name}"):
        Panel.from_frame(twice, **KEYS)
