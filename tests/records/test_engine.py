"""How DuckDB is opened: it prints nothing, quotes names and texts, and keeps to the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel as rm
from riskmodel.records.engine import (
    identifier,
    literals,
    name_source,
    number_of,
    one_scan_engine,
    query,
    scan_engine,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def test_no_progress_bar_is_printed_among_results() -> None:
    # DuckDB shows one wherever Python has no file to run: in `python -c` and in notebooks
    code = """
from riskmodel.records.engine import scan_engine, staging_engine
for opened in (scan_engine, staging_engine):
    with opened() as con:
        print(con.execute("SELECT current_setting('enable_progress_bar')").fetchone())
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split("\n") == ["(False,)", "(False,)", ""]


@settings(deadline=None, max_examples=25)
@given(st.lists(TEXTS, max_size=4))
def test_texts_come_back_from_sql_as_they_were(texts: list[str]) -> None:
    table = pa.table({"n": [1]})
    assert (
        query(table, f"SELECT {literals(texts)} AS texts FROM source")["texts"][0].tolist() == texts
    )


@settings(deadline=None, max_examples=25)
@given(TEXTS.filter(lambda name: name.strip() != ""))
def test_a_column_of_any_name_is_found(name: str) -> None:
    table = pa.table({name: [7]})
    assert query(table, f"SELECT {identifier(name)} AS n FROM source")["n"].item() == 7


def test_a_query_without_a_row_counts_nothing() -> None:
    with scan_engine() as con:
        assert number_of(con, "SELECT 1 WHERE false") == 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The databases that DuckDB opens, as they are opened."""
    databases: list[str] = []
    connect = duckdb.connect

    def noted(database: str, **options: object) -> duckdb.DuckDBPyConnection:
        databases.append(database)
        return connect(database, **options)

    monkeypatch.setattr(duckdb, "connect", noted)
    return databases


def test_all_scans_of_a_panel_or_a_summary_share_one_engine(opened: list[str]) -> None:
    records = rm.make_households(60, random_state=0)
    rm.build_panel(records, label=None, attributes=["household_type"])
    assert opened == [":memory:"]
    records.summary()
    assert opened == [":memory:"] * 2


def test_scans_that_share_an_engine_see_only_their_own_tables(tmp_path: Path) -> None:
    file = tmp_path / "month=3" / "events.parquet"
    file.parent.mkdir()
    pd.DataFrame({"n": [1]}).to_parquet(file)
    with one_scan_engine(), scan_engine() as one, scan_engine() as other:
        name_source(one, file.as_posix())
        name_source(other, pa.table({"n": [2]}))
        assert [one.sql("FROM source").fetchall(), other.sql("FROM source").fetchall()] == [
            [(1,)],
            [(2,)],
        ]
        with scan_engine() as third, pytest.raises(duckdb.CatalogException):
            third.sql("FROM source")


def test_a_file_that_is_replaced_is_read_anew_by_the_same_engine(tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"
    seen = []
    with one_scan_engine():
        for n in (1, 2):
            pd.DataFrame({"n": [n]}).to_parquet(file)
            seen.append(query(file.as_posix(), "SELECT n FROM source")["n"].item())
    assert seen == [1, 2]


def test_an_engine_is_shared_no_longer_than_its_block(opened: list[str]) -> None:
    table = pa.table({"n": [1]})

    @one_scan_engine()
    def scan(column: str) -> None:
        with one_scan_engine():
            query(table, "SELECT n FROM source")
        query(table, f"SELECT {column} FROM source")

    with pytest.raises(duckdb.BinderException):
        scan("m")
    assert opened == [":memory:"]
    scan("n")
    assert opened == [":memory:"] * 2
