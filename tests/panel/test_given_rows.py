"""Rows that the caller chose: of known households, by the rule of ids, in any frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import PanelError
from riskmodel.panel import feature_blocks
from riskmodel.records import Records

KIND = "ids"
DAY = "2024-05-01"
FACTS = pd.DataFrame({"household_id": ["1", "2"], "code": "fire", "event_date": "2024-02-03"})
TABLES: dict[str, pd.DataFrame] = {
    "attributes": pd.DataFrame({"household_id": ["3"], "name": "area", "text": "north"}),
    "members": pd.DataFrame({"household_id": ["3"], "person_id": "p"}),
    "contacts": pd.DataFrame({"household_id": ["3"], "as_of_date": DAY, "result": "no_need"}),
    "unmatched": pd.DataFrame({"household_id": ["3"], "feed": "fire", "event_date": DAY}),
}


def records(**tables: pd.DataFrame) -> Records:
    return Records.from_frames(FACTS, today="2024-09-01", **tables)


def rows(ids: Any = ("1", "2"), **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"household_id": list(ids), "as_of_date": DAY, **columns})


def drawn(made: Records, given: Any) -> int:
    return sum(len(block) for block in feature_blocks(made, given))


DOORS: dict[str, Callable[[Records, Any], Any]] = {
    "build_panel": rm.build_panel,
    "build_panel with a cohort": lambda made, given: rm.build_panel(
        made, given, cohort=rm.Cohort()
    ),
    "feature_blocks": drawn,
}
STRANGERS = {"zeros in front": "0001", "another register": "X-7", "a number": 17}


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("door", DOORS)
def test_a_household_that_the_records_do_not_know_is_refused(
    door: str, stranger: str, mended: Note
) -> None:
    given = rows(["1", STRANGERS[stranger]])
    with pytest.raises(PanelError, match="1 of 2 rows are of 1 household") as caught:
        DOORS[door](records(), given)
    assert caught.value.code == "panel.unknown_household"
    assert str(STRANGERS[stranger]) not in str(caught.value)
    before = "a row of zeros, or no row"
    mended(KIND, tried=f"{door}, {stranger}", before=before, now=f"refused: {caught.value.code}")


@pytest.mark.parametrize("table", TABLES)
def test_a_household_without_facts_is_known_by_any_other_table(
    table: str, tmp_path: Path, mended: Note
) -> None:
    made = records(**{table: TABLES[table]})
    panel = rm.build_panel(made, rows(["1", "3"]))
    assert panel.households.tolist() == ["1", "3"]
    path = tmp_path / f"{table}.parquet"
    pa.parquet.write_table(made.tables[table], path)
    in_parquet = made.replace(tables={**made.tables, table: path})
    assert len(rm.build_panel(in_parquet, rows(["3"]))) == 1
    mended(KIND, tried=f"no fact, but {table}", before="a row", now=f"{len(panel)} rows of 2")


@pytest.mark.parametrize(
    "ids", [[1, 2], [1.0, 2.0], ["1.0", " 2"], pd.Series([1, 2], dtype="Int64")]
)
def test_ids_of_the_rows_are_read_by_the_rule_of_ids(ids: Any) -> None:
    panel = rm.build_panel(records(), rows(ids, round=["a", "b"]))
    assert panel.households.tolist() == ["1", "2"]
    assert panel.round.tolist() == ["a", "b"]


class Streamed:
    """What other libraries offer, such as polars: nothing but a stream of Arrow."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return len(self.frame)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pa.table(self.frame).__arrow_c_stream__(requested_schema)


FRAMES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "a table of Arrow": pa.table,
    "a batch of Arrow": pa.record_batch,
    "another library": lambda frame: Streamed(frame),
    "Arrow in pandas": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_rows_are_a_frame_of_any_library(kind: str, mended: Note) -> None:
    given = rows(round=["a", "b"]).assign(as_of_date=pd.Timestamp(DAY))
    panel = rm.build_panel(records(), FRAMES[kind](given))
    assert panel.round.tolist() == ["a", "b"]
    pd.testing.assert_frame_equal(panel.X, rm.build_panel(records(), given).X)
    mended("friction", tried=f"rounds= as {kind}", before="not a date", now=f"{len(panel)} rows")


@pytest.mark.parametrize("kind", [pa.array, lambda days: pa.chunked_array([days]), pd.Series])
def test_a_column_of_any_library_is_a_list_of_dates(kind: Callable[..., Any]) -> None:
    assert len(rm.build_panel(records(), kind([pd.Timestamp(DAY)]))) == 2


KEYED = rows().set_index(["household_id", "as_of_date"])
BROKEN: dict[str, tuple[pd.DataFrame, str]] = {
    "other names": (pd.DataFrame({"id": ["1"], "on": [DAY]}), "no column 'household_id'"),
    "no date": (rows()[["household_id"]], "no column 'as_of_date'"),
    "keys in the index": (KEYED.assign(v=1), r"no column .*reset_index"),
    "a column twice": (pd.concat([rows(), rows()], axis=1), "several columns 'household_id'"),
    "days in the form of an office": (rows().assign(as_of_date="24.05.01"), "column 'as_of_date'"),
    "numbers for days": (rows().assign(as_of_date=20240501), "format='%Y%m%d'"),
    "a blank id": (rows(["1", None]), "1 rows have no household_id"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_frame_of_rounds_is_refused_by_its_columns(kind: str, mended: Note) -> None:
    frame, said = BROKEN[kind]
    with pytest.raises(PanelError, match=said) as caught:
        rm.build_panel(records(), frame)
    mended("errors", tried=f"rounds=, {kind}", before="KeyError, or no name", now=caught.value.code)
