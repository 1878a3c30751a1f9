"""SQL that a user wrote: one SELECT or one condition over an entry's rows, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from riskmodel.errors import ConfigError, RecordsError

_TABLE_FUNCTIONS = ("generate_series", "range", "unnest")
_ALLOWED = {
    "query": f"one SELECT over `source`, and of functions as tables {', '.join(_TABLE_FUNCTIONS)}",
    "where": "one expression over the columns of a row",
}
_PARSER_SAYS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.NotImplementedException,
    duckdb.ParserException,
)


@contextmanager
def refusing(place: str, what: str) -> Iterator[None]:
    """Turn the engine's complaint about a user's SQL into a refusal that shows no value."""
    try:
        yield
    except _PARSER_SAYS as error:
        raise ConfigError(
            f"{what} cannot be run: {str(error).splitlines()[0]}",
            place=place,
            code=f"records.{what}",
            next_step="correct the SQL; columns of CSV files are texts, and names with other "
            'letters need "quotes"',
        ) from None
    except duckdb.PermissionException:
        raise _refusal(what, place, "reads or writes something else than `source`") from None
    except duckdb.Error:
        raise RecordsError(
            f"{what} stops at a value that it cannot use",
            place=place,
            code=f"records.{what}",
            next_step="columns of CSV files are texts: use try_cast(column AS DOUBLE)",
        ) from None


def check_query(con: duckdb.DuckDBPyConnection, query: str, place: str) -> None:
    """Refuse all but one SELECT over what `source` holds.

    Raises
    ------
    ConfigError
        For several statements, a statement that is no SELECT, or a function that yields a table.
    """
    statements = _parsed(con, query)
    if len(statements) != 1:
        raise _refusal("query", place, "is not one SELECT")
    for node in _nodes(statements):
        kind = str(node.get("type"))
        if kind == "SHOW_REF" or kind.endswith("_QUERY_NODE"):
            raise _refusal("query", place, "is not one SELECT")
        if kind == "TABLE_FUNCTION" and _called(node) not in _TABLE_FUNCTIONS:
            raise _refusal("query", place, f"calls {_called(node)}()")


def condition_sql(relation: str, condition: str) -> str:
    """Return the SELECT of the rows of a relation for which a condition holds."""
    return f"SELECT * FROM {relation} WHERE (\n{condition}\n) IS TRUE"


def check_condition(con: duckdb.DuckDBPyConnection, condition: str, place: str) -> None:
    """Refuse all but one expression over the columns of a row.

    Raises
    ------
    ConfigError
        For more than one expression, and for a subselect.
    """
    statements = _parsed(con, condition_sql("source", condition))
    plain = _parsed(con, condition_sql("source", "TRUE"))
    if _but_the_condition(statements) != _but_the_condition(plain):
        raise _refusal("where", place, "is not one expression")
    if any(node.get("class") == "SUBQUERY" for node in _nodes(statements)):
        raise _refusal("where", place, "holds a subselect")


def _parsed(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return the statements of a text as trees; none where some statement is no SELECT."""
    con.extract_statements(sql)  # raises where the parser complains
    (written,) = con.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()[0]
    parsed = json.loads(written)
    return [] if parsed["error"] else list(parsed["statements"])


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of a tree that says what it is."""
    if isinstance(tree, dict):
        yield tree
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for child in children:
        yield from _nodes(child)


def _called(node: dict[str, Any]) -> str:
    return str(node["function"].get("function_name")).lower()


def _but_the_condition(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return statements without what stands after the WHERE of each."""
    nodes = [statement["node"] for statement in statements]
    return [{key: part for key, part in node.items() if key != "where_clause"} for node in nodes]


def _refusal(what: str, place: str, why: str) -> ConfigError:
    return ConfigError(
        f"{what} {why}",
        place=place,
        code=f"records.{what}",
        allowed=_ALLOWED[what],
        next_step="give another file an entry of its own, and correct the SQL",
    )
