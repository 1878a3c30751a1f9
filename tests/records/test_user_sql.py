"""What a user writes as SQL reads the entry's own rows: it opens no other file and writes none."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from manifests import entry, read

from riskmodel.errors import ConfigError, RiskmodelError
from riskmodel.records import Records
from riskmodel.records.engine import locked_engine, scan_engine, staging_engine

Note = Callable[..., None]
SECRET = "김철수-비밀"
LEFT_BEHIND = pa.table({"id": [SECRET], "day": ["2024-01-01"]})
"""A variable that a query could name, if the engine looked for variables."""

SELECT_ALL = "SELECT * FROM source"
QUERIES = {
    "read_text": "SELECT content AS id, '2024-01-01' AS day FROM read_text('{other}')",
    "another CSV": "SELECT * FROM read_csv('{other}')",
    "a file as a table": "SELECT * FROM '{other}'",
    "glob": "SELECT file AS id, '2024-01-01' AS day FROM glob('{folder}/*')",
    "a function inside a function": "SELECT * FROM query('SELECT * FROM read_csv(''{other}'')')",
    "COPY after a closing parenthesis": (
        "SELECT * FROM source); COPY (SELECT 1) TO '{new}'; SELECT * FROM (SELECT 1"
    ),
    "COPY after a semicolon": "SELECT * FROM source; COPY (SELECT 1) TO '{new}'",
    "COPY alone": "COPY source TO '{new}'",
    "ATTACH": "ATTACH '{new}' AS other",
    "EXPORT DATABASE": "EXPORT DATABASE '{new}'",
    "INSTALL": "INSTALL httpfs",
    "LOAD": "LOAD '{other}'",
    "PRAGMA": "PRAGMA database_list",
    "SET": "SET enable_external_access = true",
    "CREATE": "CREATE TABLE taken AS SELECT * FROM source",
    "INSERT": "INSERT INTO source VALUES ('x', '2024-01-01')",
    "INSERT within a SELECT": (
        "WITH t AS (INSERT INTO source VALUES ('x', 'y') RETURNING *) SELECT * FROM source"
    ),
    "getenv": "SELECT getenv('HOME') AS id, '2024-01-01' AS day",
    "a variable of Python": "SELECT * FROM LEFT_BEHIND",
    "a pointer": "SELECT * FROM arrow_scan(1, 2, 3)",
    "settings": "SELECT value AS id, '2024-01-01' AS day FROM duckdb_settings()",
    "a description": "DESCRIBE source",
    "an open comment": "SELECT * FROM source /* ",
    "nothing but a comment": "-- SELECT * FROM source",
    "two SELECTs": "SELECT * FROM source; SELECT * FROM source",
    "the web": "SELECT * FROM read_csv('https://example.org/a.csv')",
}
CONDITIONS = {
    "a subselect of a file": "id IN (SELECT content FROM read_text('{other}'))",
    "a subselect of the source": "id = (SELECT min(id) FROM source)",
    "EXISTS": "EXISTS (FROM glob('{folder}/*'))",
    "UNION": "TRUE) UNION ALL SELECT *, 1, 'x' FROM read_csv('{other}') WHERE (TRUE",
    "COPY": "TRUE); COPY (SELECT 1) TO '{new}'; SELECT (TRUE",
    "a comment": "TRUE) -- ",
    "LIMIT": "TRUE) IS TRUE LIMIT (1",
    "ORDER BY": "TRUE) IS TRUE ORDER BY (id",
    "GROUP BY": "TRUE) IS TRUE GROUP BY ALL HAVING (TRUE",
    "getenv": "getenv('HOME') = id",
    "a table function": "read_text('{other}') = id",
    "two expressions": "TRUE, FALSE",
}
USUAL = "refused by chance: it stood inside of another SELECT"
BEFORE = {
    "read_text": "the other file's content is an id",
    "another CSV": "the other file's household is read",
    "a file as a table": "the other file's household is read",
    "glob": "names of files are ids",
    "a function inside a function": "the other file's household is read",
    "COPY after a closing parenthesis": "a file is written",
    "settings": "paths of the machine are ids",
    "a subselect of a file": "the other file is read",
    "EXISTS": "the folder is read",
    "UNION": "the other file's household is read",
    "COPY": "a file is written",
    "a comment": "accepted",
    "LIMIT": "one of two rows is read",
    "GROUP BY": "accepted",
}


def source_of(kind: str, folder: Path) -> dict[str, Any]:
    rows = pd.DataFrame({"id": [SECRET, "b"], "day": "2024-01-01"})
    if kind == "frame":
        return {"frame": rows}
    if kind == "CSV":
        rows.to_csv(folder / "events.csv", index=False)
        return {"file": "events.csv"}
    rows.to_parquet(folder / "events.parquet")
    return {"file": "events.parquet"}


def attack(folder: Path, kind: str, **keys: str) -> Exception:
    """Read with a user's SQL that must be refused; return the error."""
    places = {"other": folder / "other.csv", "new": folder / "new", "folder": folder}
    (folder / "other.csv").write_text(f"id,day\n{SECRET},2024-01-01\n", encoding="utf-8")
    source = source_of(kind, folder)
    before = sorted(path.name for path in folder.iterdir())

    written = {key: text.format(**places) for key, text in keys.items()}
    with pytest.raises(RiskmodelError) as caught:
        read([entry(**source, **written)], root=str(folder))
    assert sorted(path.name for path in folder.iterdir()) == before
    return caught.value


@pytest.mark.parametrize("kind", ["frame", "CSV", "Parquet"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_opens_and_writes_nothing(
    name: str, kind: str, tmp_path: Path, mended: Note
) -> None:
    error = attack(tmp_path, kind, query=QUERIES[name])
    assert error.code == "records.query"
    assert SECRET not in "".join(traceback.format_exception(error))
    if kind == "CSV":
        mended("sql", tried=f"query: {name}", before=BEFORE.get(name, USUAL), now=error)


@pytest.mark.parametrize("kind", ["frame", "CSV", "Parquet"])
@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_is_one_expression_without_a_subselect(
    name: str, kind: str, tmp_path: Path, mended: Note
) -> None:
    error = attack(tmp_path, kind, where=CONDITIONS[name])
    assert error.code == "records.where"
    assert SECRET not in "".join(traceback.format_exception(error))
    if kind == "CSV":
        mended("sql", tried=f"where: {name}", before=BEFORE.get(name, USUAL), now=error)


@pytest.mark.parametrize("kind", ["frame", "CSV", "Parquet"])
@pytest.mark.parametrize(
    "query",
    [
        SELECT_ALL,
        f"{SELECT_ALL};",
        f"  {SELECT_ALL} -- all of them",
        "FROM source",
        "WITH kept AS (SELECT id, day FROM source) SELECT * FROM kept",
        "SELECT id, unnest([day]) AS day FROM source, range(1)",
        "SELECT id, day FROM source WHERE id IN (SELECT id FROM source)",
        "SELECT id, max(day) AS day FROM source GROUP BY id ORDER BY id DESC",
        "(SELECT id, day FROM source) UNION ALL (SELECT id, day FROM source LIMIT 0)",
        "SELECT * EXCLUDE (filename) FROM source QUALIFY row_number() OVER (PARTITION BY id) = 1",
    ],
)
def test_one_select_goes_on_as_before(query: str, kind: str, tmp_path: Path) -> None:
    records = read([entry(**source_of(kind, tmp_path), query=query)], root=str(tmp_path))
    assert sorted(records.events["household_id"]) == ["b", SECRET]


@pytest.mark.parametrize("kind", ["frame", "CSV", "Parquet"])
def test_where_holds_for_what_a_query_made(kind: str, tmp_path: Path) -> None:
    keys = {
        "query": "SELECT *, length(id) AS n FROM source",
        "where": "n = 1 -- short ids\n OR id = 'nobody'",
    }
    records = read([entry(**source_of(kind, tmp_path), **keys)], root=str(tmp_path))
    counted = records.counts.iloc[0]
    assert records.events["household_id"].tolist() == ["b"]
    assert (counted["read"], counted["used"], counted["excluded"]) == (2, 1, 1)


def test_a_query_keeps_the_order_of_many_rows(tmp_path: Path) -> None:
    ids = [f"h{number:06d}" for number in range(150_000)]
    frame = pd.DataFrame({"id": ids, "day": "2024-01-01"})
    frame.loc[149_000, "day"] = "nonsense"
    keys = {"query": "SELECT * FROM source", "where": "id > 'h000099'"}
    records: Records = read([entry(frame=frame, **keys)])
    assert records.quarantine["row"].tolist() == [149_001]
    assert records.events["household_id"].tolist() == [*ids[100:149_000], *ids[149_001:]]


def test_files_of_one_entry_are_closed_to_another(tmp_path: Path) -> None:
    for name in ("mine", "other"):
        pd.DataFrame({"id": [name], "day": "2024-01-01"}).to_parquet(tmp_path / f"{name}.parquet")
    mine = entry(file="mine.parquet", query=f"FROM '{tmp_path}/other.parquet'")
    with pytest.raises(ConfigError, match="something else than `source`"):
        read([entry(file="other.parquet"), mine], root=str(tmp_path))


def test_the_locked_engine_reads_its_files_and_no_other(tmp_path: Path) -> None:
    for name in ("mine", "other"):
        pd.DataFrame({"id": [name]}).to_parquet(tmp_path / f"{name}.parquet")
    with locked_engine([tmp_path / "mine.parquet"]) as con:
        assert con.sql(f"FROM '{tmp_path}/mine.parquet'").fetchall() == [("mine",)]
        for sql in (
            f"FROM read_parquet('{tmp_path}/other.parquet')",
            f"FROM glob('{tmp_path}/*')",
            f"COPY (SELECT 1) TO '{tmp_path}/new.csv'",
            f"ATTACH '{tmp_path}/new.db'",
            f"EXPORT DATABASE '{tmp_path}/new'",
            "SET enable_external_access = true",
            "SET allowed_paths = []",
            "RESET lock_configuration",
            "LOAD httpfs",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(sql)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.parquet", "other.parquet"]


@pytest.mark.parametrize("opened", [locked_engine, scan_engine, staging_engine])
def test_no_engine_looks_for_variables_or_extensions(opened: Callable[[], Any]) -> None:
    with opened() as con:
        with pytest.raises(duckdb.CatalogException):
            con.execute("FROM LEFT_BEHIND")
        for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
            assert con.execute(f"SELECT current_setting('{name}')").fetchone() == (False,)
