"""SQL that a user wrote: one SELECT or one condition over an entry's rows, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records.engine import telling_disks
from riskmodel.records.sources.sql_rules import (
    TABLE_FUNCTIONS,
    Engine,
    Tree,
    draws_a_sample,
    nodes,
    other_table_function,
)

_ALLOWED = {
    "query": "one SELECT over `source` and its own WITH, of functions as tables "
    f"{', '.join(TABLE_FUNCTIONS)}, and functions whose value the rows alone decide",
    "where": "one expression over the columns of a row, with functions whose value they alone "
    "decide",
}
_ANOTHER_FILE = "give another file an entry of its own, and correct the SQL"
_A_COLUMN = "write the day or the figure itself, or deliver it as a column"
_PARSER_SAYS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
)


@contextmanager
def refusing(place: str, what: str) -> Iterator[None]:
    """Turn the engine's complaint about a user's SQL into a refusal that shows no value."""
    try:
        with telling_disks():
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
        For several statements, a statement that is no SELECT, another table than `source`, and a
        function whose value the rows do not decide.
    """
    engine = Engine(con)
    statements = _parsed(engine, query)
    if len(statements) != 1:
        raise _refusal("query", place, "is not one SELECT")
    for node in nodes(statements):
        kind = str(node.get("type"))
        if kind == "SHOW_REF" or kind.endswith("_QUERY_NODE"):
            raise _refusal("query", place, "is not one SELECT")
    function = other_table_function(statements)
    if function is not None:
        raise _refusal("query", place, f"calls {function}()")
    table = engine.other_table(statements)
    if table is not None:
        is_word = table.replace(".", "").isidentifier()
        named = f"the table {table}, which is " if is_word else ""  # else it may be a path
        raise _refusal("query", place, f"reads {named}something else than `source`")
    _check_steady(engine, statements, "query", place)


def _check_steady(engine: Engine, statements: list[Tree], what: str, place: str) -> None:
    """Refuse what differs from one run to the next, or from one machine to another."""
    if draws_a_sample(statements):
        raise _refusal(what, place, "draws rows at random", _A_COLUMN)
    call = engine.unsteady_call(statements)
    if call is not None:
        why = f"calls {call}, whose value the rows do not decide"
        raise _refusal(what, place, why, _A_COLUMN)


def condition_sql(relation: str, condition: str) -> str:
    """Return the SELECT of the rows of a relation for which a condition holds."""
    return f"SELECT * FROM {relation} WHERE (\n{condition}\n) IS TRUE"


def check_condition(con: duckdb.DuckDBPyConnection, condition: str, place: str) -> None:
    """Refuse all but one expression over the columns of a row.

    Raises
    ------
    ConfigError
        For more than one expression, a subselect, and a function whose value the row does not
        decide.
    """
    engine = Engine(con)
    statements = _parsed(engine, condition_sql("source", condition))
    plain = _parsed(engine, condition_sql("source", "TRUE"))
    if _but_the_condition(statements) != _but_the_condition(plain):
        raise _refusal("where", place, "is not one expression")
    if any(node.get("class") == "SUBQUERY" for node in nodes(statements)):
        raise _refusal("where", place, "holds a subselect")
    _check_steady(engine, statements, "where", place)


def _parsed(engine: Engine, sql: str) -> list[Tree]:
    engine.con.extract_statements(sql)  # raises where the parser complains
    return engine.parsed(sql)


def _but_the_condition(statements: list[Tree]) -> list[Tree]:
    """Return statements without what stands after the WHERE of each."""
    nodes = [statement["node"] for statement in statements]
    return [{key: part for key, part in node.items() if key != "where_clause"} for node in nodes]


def _refusal(what: str, place: str, why: str, next_step: str = _ANOTHER_FILE) -> ConfigError:
    return ConfigError(
        f"{what} {why}",
        place=place,
        code=f"records.{what}",
        allowed=_ALLOWED[what],
        next_step=next_step,
    )
