"""DuckDB as scan and sort: facts out of tables or Parquet, household by household, in the total order."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.panel.filling.kernel import NOT_AT_ALL, Facts
from riskmodel.records import Records

MEMORY = "600MB"
BATCH = 200_000
_SHIFT, _MASK, _ZERO = 2**24, 2**24 - 1, 2**23


class Histories(NamedTuple):
    """Some households and their facts."""

    ids: NDArray[np.object_]
    facts: Facts


def cpus() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine of its own, whose spill goes to a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="riskmodel-", ignore_cleanup_errors=True) as folder:
        settings = {"threads": cpus(), "memory_limit": MEMORY, "temp_directory": folder}
        with duckdb.connect(config={**settings, "preserve_insertion_order": False}) as con:
            yield con


def query(records: Records, table: str, sql: str) -> pd.DataFrame:
    """Run one SELECT over a table of the records, which it calls `source`."""
    with connection() as con:
        open_table(con, records, table)
        return con.sql(sql).df()


def histories(
    records: Records,
    codes: Sequence[str],
    before: np.datetime64,
    *,
    states: Iterable[str] = (),
    retractions: bool = False,
    details: Iterable[str] = (),
) -> Iterator[Histories]:
    """Stream the facts that can be visible before a day, some households at a time.

    Parameters
    ----------
    records : Records
    codes : sequence of str
        A fact's code becomes its place in this sequence.
    before : datetime64[D]
    states : iterable of str
        Codes whose blank value is 1.
    retractions : bool
        Whether any fact is ever retracted.
    details : iterable of str
        Codes whose `detail` is wanted.
    """
    if not codes:
        return
    details = list(details)
    columns = ["household_id", "packed", "value"]
    columns += ["retracted"] if retractions else []
    columns += ["detail"] if details else []
    with connection() as con:
        open_table(con, records, "events")
        reader = _reader(con.sql(_facts_sql(codes, before, states, details, columns)))
        carried: pa.Table | None = None
        for batch in reader:
            table = pa.Table.from_batches([batch])
            carried = table if carried is None else pa.concat_tables([carried, table])
            if carried.num_rows >= BATCH:
                carried = carried.combine_chunks()
                last = int(_starts(carried["household_id"])[-1])
                if last:
                    yield _unpack(carried.slice(0, last))
                    carried = carried.slice(last)
        if carried is not None and carried.num_rows:
            yield _unpack(carried.combine_chunks())


def open_table(con: duckdb.DuckDBPyConnection, records: Records, table: str) -> None:
    """Let an engine call one table of the records `source`."""
    relation = records.relation(table)
    if isinstance(relation, str):
        con.from_parquet(relation).create_view("source")
    else:
        con.register("source", relation)


def _reader(relation: duckdb.DuckDBPyRelation) -> Any:
    open_reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    return open_reader(BATCH // 2)


def literal(texts: Iterable[str]) -> str:
    """Return texts as an SQL list."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"


def _facts_sql(
    codes: Sequence[str],
    before: np.datetime64,
    states: Iterable[str],
    details: Iterable[str],
    columns: list[str],
) -> str:
    # Equal facts are put in the order of their values later, which is cheaper, unless retractions must move along;
    # no aggregate depends on the order of their details.
    order = ", ".join(columns[:2] if "retracted" not in columns else columns[:4])
    return f"""
        SELECT {", ".join(columns)} FROM (
            SELECT household_id,
                ((place - 1) * {_SHIFT} + (event_date - DATE '1970-01-01') + {_ZERO}) * {_SHIFT}
                    + (known_date - DATE '1970-01-01') + {_ZERO} AS packed,
                CASE WHEN (value IS NULL OR isnan(value)) AND list_contains({literal(states)}::VARCHAR[], code) THEN 1
                    ELSE value END AS value,
                coalesce(retracted_date - DATE '1970-01-01', {NOT_AT_ALL})::INTEGER AS retracted,
                CASE WHEN list_contains({literal(details)}::VARCHAR[], code) THEN detail END AS detail
            FROM (SELECT *, list_position({literal(codes)}, code)::BIGINT AS place FROM source)
            WHERE place > 0 AND known_date < DATE '{before}' AND event_date < DATE '{before}'
        ) ORDER BY {order}"""


def _starts(ids: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return where each household begins in a sorted column."""
    ids = ids.combine_chunks()
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.chunk(0)
    changes = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.flatnonzero(changes) + 1]).astype(np.int64)


def _unpack(table: pa.Table) -> Histories:
    start = _starts(table["household_id"])
    ids = (
        table["household_id"].take(pa.array(start)).cast(pa.string()).to_numpy(zero_copy_only=False)
    )
    packed, values = _numpy(table["packed"]), _numpy(table["value"]).astype(np.float64, copy=False)
    facts = Facts(
        start=np.append(start, table.num_rows),
        code=(packed >> 48).astype(np.int32),
        event=(packed >> 24 & _MASK).astype(np.int32) - _ZERO,
        known=(packed & _MASK).astype(np.int32) - _ZERO,
        value=values if "retracted" in table.column_names else _in_order(values, packed, start),
        retracted=_retracted(table),
        detail=_detail(table),
    )
    return Histories(np.asarray(ids, dtype=object), facts)


def _in_order(
    values: NDArray[np.float64], packed: NDArray[np.int64], start: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the values, sorted among facts of one household, code and dates; blanks last."""
    again = packed[1:] == packed[:-1]
    again[start[1:] - 1] = False
    if not again.any():
        return values
    tied = np.flatnonzero(np.append(again, False) | np.append(False, again))
    run = np.cumsum(np.append(True, ~again))[tied]
    settled = values.copy()
    settled[tied] = values[tied][np.lexsort((values[tied], run))]
    return settled


def _numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    return np.asarray(column.to_numpy())


def _retracted(table: pa.Table) -> NDArray[np.int32]:
    if "retracted" in table.column_names:
        return _numpy(table["retracted"])
    return np.full(table.num_rows, NOT_AT_ALL, np.int32)


def _detail(table: pa.Table) -> NDArray[np.int32]:
    if "detail" not in table.column_names:
        return np.zeros(0, np.int32)
    places = table["detail"].combine_chunks().dictionary_encode()
    if isinstance(places, pa.ChunkedArray):
        places = places.chunk(0)
    return np.asarray(places.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int32)
