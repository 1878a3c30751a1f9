"""How DuckDB is opened: it prints nothing, quotes names and texts, and keeps to the process."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.records.engine import (
    identifier,
    literals,
    number_of,
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
