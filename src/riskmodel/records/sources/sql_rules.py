"""What SQL that a user wrote may call and read: nothing but the rows decides what it yields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import duckdb

from riskmodel.records.engine import identifier, locked_engine

Tree: TypeAlias = dict[str, Any]

TABLE_FUNCTIONS = ("generate_series", "range", "unnest")
SOURCE = "source"
# DuckDB calls these consistent, in all or in older versions, though they read the clock, settings
# or its own version, plan a query that is given as a text, or draw rows.
_NOT_BY_ROWS = frozenset(
    {
        "current_localtime",
        "current_localtimestamp",
        "current_setting",
        "getenv",
        "getvariable",
        "json_serialize_plan",
        "reservoir_quantile",
        "version",
    }
)
# With one argument it counts from today.
_AGE = "age"
# DuckDB calls it volatile, so that it is not left out; it yields nothing.
_ERROR = "error"
_NONE: frozenset[str] = frozenset()


class Function(NamedTuple):
    """A function of DuckDB: whether it says that more than the arguments decide; its macros."""

    is_unsteady: bool
    macros: tuple[str, ...]


@cache
def functions() -> Mapping[str, Function]:
    """Return the functions of DuckDB by name, each by the worst of those called so.

    Those of the schema ``pg_catalog`` read the engine's own tables.
    """
    with locked_engine() as con:
        rows = con.execute(
            """
            SELECT function_name,
                   bool_or(schema_name <> 'main'
                           OR stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')),
                   list(DISTINCT macro_definition) FILTER (macro_definition IS NOT NULL)
            FROM duckdb_functions()
            GROUP BY function_name
            """
        ).fetchall()
    return {name: Function(bool(unsteady), tuple(macros or ())) for name, unsteady, macros in rows}


class Engine:
    """What the rules ask an engine that is to run a user's SQL.

    Parameters
    ----------
    con : DuckDBPyConnection
        It holds a view `source`.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def parsed(self, sql: str) -> list[Tree]:
        """Return the statements of a text as trees; none where some statement is no SELECT."""
        (written,) = self.con.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()[0]
        parsed = json.loads(written)
        return [] if parsed["error"] else list(parsed["statements"])

    def unsteady_call(self, statements: list[Tree], within: frozenset[str] = _NONE) -> str | None:
        """Return a call such as ``now()``, or a name such as ``current_date``.

        Parameters
        ----------
        statements : list of dict
        within : frozenset of str
            The macros whose definition is read; they may call functions of their own name.

        Returns
        -------
        str or None
            One whose value the rows do not decide; None where there is none.
        """
        calls = [node for node in nodes(statements) if "function_name" in node]
        for node in calls:
            if called(node) not in within and self._is_unsteady(node, within):
                return f"{called(node)}()"

        bare = {called(node) for node in calls if not _arguments(node)}
        names = {name for name in _bare_names(statements) if name not in self._columns()}
        return next((name for name in sorted(bare | names) if self._is_value(name)), None)

    def _is_unsteady(self, node: Tree, within: frozenset[str]) -> bool:
        """Tell whether the arguments of a call do not decide its value."""
        name = called(node)
        if name in _NOT_BY_ROWS or (name == _AGE and len(_arguments(node)) == 1):
            return True
        if name == _ERROR or name not in functions():
            return False
        found = functions()[name]
        return found.is_unsteady or any(
            self._is_unsteady_macro(written, within | {name}) for written in found.macros
        )

    def _is_unsteady_macro(self, definition: str, within: frozenset[str]) -> bool:
        """Tell whether a macro reads a table, or calls what its arguments do not decide."""
        tree = self.parsed(f"SELECT {definition}")
        kinds = {str(node.get("type")) for node in nodes(tree)}
        reads = not kinds.isdisjoint({"BASE_TABLE", "TABLE_FUNCTION"})
        return reads or self.unsteady_call(tree, within) is not None

    def _is_value(self, name: str) -> bool:
        """Tell whether a name is a value without any table."""
        try:
            self.con.execute(f"SELECT {identifier(name)}")
        except duckdb.Error:
            return False
        return True

    def _columns(self) -> set[str]:
        described = self.con.execute(f"SELECT * FROM {SOURCE} LIMIT 0").description
        return {str(column[0]).lower() for column in described}

    def other_table(self, statements: list[Tree]) -> str | None:
        """Return the name of a table that is neither `source` nor a WITH of the query's own.

        A WITH that is called like a table of the engine counts as that table: outside of its own
        SELECT the name means the engine's.
        """
        own = {key.lower() for key in _with_names(statements)} - self._tables()
        for node in nodes(statements):
            if node.get("type") != "BASE_TABLE":
                continue
            path = [node["catalog_name"], node["schema_name"], node["table_name"]]
            if any(path[:2]) or path[2].lower() not in {SOURCE, *own}:
                return ".".join(filter(None, path))
        return None

    def _tables(self) -> set[str]:
        rows = self.con.execute(
            "SELECT view_name FROM duckdb_views() UNION SELECT table_name FROM duckdb_tables()"
        ).fetchall()
        return {str(name).lower() for (name,) in rows}


def nodes(tree: object) -> Iterator[Tree]:
    """Yield every part of a tree that says what it is."""
    if isinstance(tree, dict):
        yield tree
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for child in children:
        yield from nodes(child)


def draws_a_sample(statements: list[Tree]) -> bool:
    """Tell whether rows are drawn at random."""
    return any(node.get("sample") for node in nodes(statements))


def other_table_function(statements: list[Tree]) -> str | None:
    """Return a function that yields a table and is none of the few that read nothing."""
    calls = (n["function"] for n in nodes(statements) if n.get("type") == "TABLE_FUNCTION")
    return next((name for name in map(called, calls) if name not in TABLE_FUNCTIONS), None)


def _with_names(statements: list[Tree]) -> Iterator[str]:
    for node in nodes(statements):
        for entry in node.get("cte_map", {}).get("map", []):
            yield entry["key"]


def _bare_names(statements: list[Tree]) -> Iterator[str]:
    """Yield the names of columns that are written without a table, in lower case."""
    for node in nodes(statements):
        if node.get("class") == "COLUMN_REF" and len(node["column_names"]) == 1:
            yield node["column_names"][0].lower()


def called(node: Tree) -> str:
    """Return the name of the function that a part calls, in lower case."""
    return str(node.get("function_name")).lower()


def _arguments(node: Tree) -> list[Tree]:
    # `children` before DuckDB 2
    return list(node.get("arguments") or node.get("children") or [])
