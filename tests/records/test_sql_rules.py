"""What a user's SQL yields is decided by its rows: not by the clock, a draw, or the engine."""

from __future__ import annotations

import pandas as pd
import pytest
from manifests import entry, read

from mended import Note
from riskmodel.errors import ConfigError
from riskmodel.records.engine import locked_engine
from riskmodel.records.sources.sql_rules import Engine, functions

SECRET = "김철수"
FRAME = pd.DataFrame({"id": [SECRET, "b"], "day": "2024-01-01", "n": [1, 2]})

ONE_ROW = "CREATE TEMP VIEW source AS SELECT 'b' AS id, '2024-01-01' AS day, 1 AS n"

TABLES = {
    "a table of settings": (
        "SELECT name AS id, '2024-01-01' AS day FROM pg_settings",
        "pg_settings",
    ),
    "pg_catalog": (
        "SELECT relname AS id, day FROM pg_catalog.pg_class, source",
        "pg_catalog.pg_class",
    ),
    "information_schema": (
        "SELECT table_name AS id, '2024-01-01' AS day FROM information_schema.tables",
        "information_schema.tables",
    ),
    "duckdb_tables": (
        "SELECT * FROM source WHERE 0 < (SELECT count(*) FROM duckdb_tables)",
        "duckdb_tables",
    ),
    "a WITH of the same name elsewhere": (
        "SELECT s.* FROM source s, duckdb_views "
        "WHERE EXISTS (WITH duckdb_views AS (SELECT 1) SELECT 1)",
        "duckdb_views",
    ),
    "the entry's inner relation": (
        'SELECT * FROM temp.main."raw 0"',
        "something else than `source`",
    ),
    "secrets": ("SELECT name AS id, '2024-01-01' AS day FROM duckdb_secrets()", "duckdb_secrets()"),
    "a query in a text": ("SELECT * FROM query_table('duckdb_tables')", "query_table()"),
}
CALLS = {
    "current_setting('threads')": "current_setting()",
    "getenv('HOME')": "getenv()",
    "now()": "now()",
    "today()": "today()",
    "main.now()": "now()",
    "current_date": "current_date",
    '"current_date"': "current_date",
    "CURRENT_TIMESTAMP": "current_timestamp",
    "localtime": "localtime",
    "current_localtimestamp()": "current_localtimestamp()",
    "age(day::TIMESTAMP)": "age()",
    "random()": "random()",
    "uuid()": "uuid()",
    "gen_random_uuid()": "gen_random_uuid()",
    "nextval('s')": "nextval()",
    "current_user": "current_user",
    "current_user()": "current_user",
    "version()": "version()",
    "pg_catalog.pg_typeof(id)": "pg_typeof()",
    "txid_current()": "txid_current()",
    "list_transform([1], x -> random())": "random()",
    "json_serialize_plan('SELECT current_setting(''threads'')', optimize := true)": (
        "json_serialize_plan()"
    ),
    "get_block_size('memory')": "get_block_size()",
}
STEADY = (
    "length(id) > 0",
    "strftime(day::DATE, '%Y') = '2024' AND day::DATE < DATE '2025-01-01'",
    "age(day::TIMESTAMP, TIMESTAMP '2020-01-01') > INTERVAL 1 DAY",
    "list_sum(list_transform([n], x -> x + 1)) > 0 AND split_part(id, '-', 1) <> ''",
    "CASE WHEN n BETWEEN 1 AND 3 THEN coalesce(nullif(id, ''), 'x') LIKE '%' END",
    "json_group_object('a', n) OVER () IS NULL OR pi() > 3",
)


def refusal(**keys: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read([entry(frame=FRAME, **keys)])
    assert SECRET not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", TABLES)
def test_a_query_reads_no_table_of_the_engine(name: str, mended: Note) -> None:
    query, named = TABLES[name]
    error = refusal(query=query)
    assert error.code == "records.query"
    assert named in str(error)
    assert "`source` and its own WITH" in str(error.allowed)
    mended("sql", tried=f"query: {name}", before="rows of the engine's own table", now=error)


@pytest.mark.parametrize("call", CALLS)
def test_no_clock_no_draw_and_no_setting_decides(call: str, mended: Note) -> None:
    name = CALLS[call]
    error = refusal(query=f"SELECT *, {call} AS more FROM source")
    assert error.code == "records.query"
    assert f"calls {name}, whose value the rows do not decide" in str(error)

    error = refusal(where=f"n = 1 AND {call} IS NOT NULL")
    assert error.code == "records.where"
    assert f"calls {name}, whose value the rows do not decide" in str(error)
    mended("sql", tried=f"where: {call}", before="run, or an error of DuckDB", now=error)


@pytest.mark.parametrize("sample", ["USING SAMPLE 1", "TABLESAMPLE 50%"])
def test_no_rows_are_drawn(sample: str, mended: Note) -> None:
    error = refusal(query=f"SELECT * FROM source {sample}")
    assert "draws rows at random" in str(error)
    mended("sql", tried=f"query: {sample}", before="other rows at each run", now=error)


@pytest.mark.parametrize("condition", STEADY)
def test_functions_of_the_rows_go_on_as_before(condition: str) -> None:
    with locked_engine() as con:
        con.execute(ONE_ROW)
        engine = Engine(con)
        tree = engine.parsed(f"SELECT * FROM source WHERE {condition}")
        assert tree
        assert engine.unsteady_call(tree) is None


def test_a_column_called_like_a_function_is_a_column() -> None:
    frame = FRAME.assign(User="x", current_date="2020-01-01")
    keys = {"query": "SELECT * FROM source WHERE user = 'x'", "where": "current_date < '2021'"}
    assert len(read([entry(frame=frame, **keys)]).events) == 2


def test_a_with_of_the_querys_own_is_read() -> None:
    query = """
        WITH RECURSIVE Kept AS (SELECT * FROM source), steps(i) AS (
            SELECT 1 UNION ALL SELECT i + 1 FROM steps WHERE i < 2
        )
        SELECT kept.* FROM kept, steps WHERE i = 2
    """
    assert len(read([entry(frame=FRAME, query=query)]).events) == 2


def test_every_function_that_duckdb_calls_unsteady_is_refused() -> None:
    """But `error`, which yields nothing."""
    with locked_engine() as con:
        con.execute(ONE_ROW)
        engine = Engine(con)
        rows = con.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'scalar' "
            "AND stability <> 'CONSISTENT' AND function_name <> 'error'"
        ).fetchall()
        assert len(rows) > 20
        for (name,) in rows:
            assert (
                engine.unsteady_call(engine.parsed(f"SELECT {name}(id) FROM source")) == f"{name}()"
            )
    assert not functions()["length"].is_unsteady


def test_a_wrong_function_is_told_by_duckdb() -> None:
    error = refusal(query="SELECT *, lenght(id) AS n2 FROM source")
    assert "lenght" in str(error)
