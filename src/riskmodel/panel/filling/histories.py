"""Facts of each household in the total order, scanned and sorted by DuckDB."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.panel.filling.kernel import NOT_AT_ALL, Facts, read_only
from riskmodel.records import Records
from riskmodel.records.engine import name_source, scan_engine

BATCH = 200_000

_FACTS = """
    SELECT {columns}
    FROM (
        SELECT
            household_id,
            number,
            event_date,
            known_date,
            CASE WHEN is_state AND (value IS NULL OR isnan(value)) THEN 1 ELSE value END AS value,
            coalesce(retracted_date - DATE '1970-01-01', {not_at_all})::INTEGER AS retracted,
            CASE WHEN has_details THEN detail END AS detail
        FROM source
        JOIN indicators USING (code)
        WHERE event_date < DATE '{before}' AND known_date < DATE '{before}'
    )
    ORDER BY {order}
"""
_ORDER = ("household_id", "number", "event_date", "known_date")


class Histories(NamedTuple):
    """Some households and their facts."""

    ids: NDArray[np.object_]
    facts: Facts


def histories(
    records: Records,
    codes: Sequence[str],
    before: np.datetime64,
    *,
    states: Collection[str] = (),
    retractions: bool = False,
    details: Collection[str] = (),
) -> Iterator[Histories]:
    """Stream the facts that can be visible before a day, some households at a time.

    Parameters
    ----------
    records : Records
    codes : sequence of str
        A fact's code becomes its position in this sequence.
    before : datetime64[D]
    states : collection of str
        Codes whose blank value is 1.
    retractions : bool
        Whether any fact is ever retracted.
    details : collection of str
        Codes whose `detail` is wanted.
    """
    if not codes:
        return
    sql = _facts_sql(before, retractions=retractions, details=bool(details))
    with scan_engine() as con:
        name_source(con, records.relation("events"))
        con.register("indicators", _indicators(codes, states, details))
        for table in _whole_households(_batches(con.sql(sql))):
            yield _histories(table.combine_chunks())


def _indicators(
    codes: Sequence[str], states: Collection[str], details: Collection[str]
) -> pa.Table:
    return pa.table(
        {
            "code": pa.array(codes, pa.string()),
            "number": pa.array(range(len(codes)), pa.int32()),
            "is_state": [code in states for code in codes],
            "has_details": [code in details for code in codes],
        }
    )


def _facts_sql(before: np.datetime64, *, retractions: bool, details: bool) -> str:
    columns = [*_ORDER, "value"]
    columns += ["retracted"] if retractions else []
    columns += ["detail"] if details else []
    # Equal facts are put in the order of their values later, which is cheaper, unless retractions
    # must move along; no aggregate depends on the order of their details.
    order = [*_ORDER, "value", "retracted"] if retractions else _ORDER
    return _FACTS.format(
        columns=", ".join(columns), order=", ".join(order), before=before, not_at_all=NOT_AT_ALL
    )


def _batches(relation: duckdb.DuckDBPyRelation) -> Iterator[pa.Table]:
    # its name before DuckDB 1.5
    open_reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    for batch in open_reader(BATCH // 2):
        yield pa.Table.from_batches([batch])


def _whole_households(batches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Cut sorted rows anew, so that no household is divided."""
    waiting: list[pa.Table] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= BATCH:
            rows = pa.concat_tables(waiting).combine_chunks()
            last = int(_starts(rows["household_id"])[-1])
            if last:
                yield rows.slice(0, last)
            waiting = [rows.slice(last)]
    if any(map(len, waiting)):
        yield pa.concat_tables(waiting)


def _starts(ids: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return where each household begins in a sorted column."""
    ids = _one_chunk(ids)
    changes = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False)
    return np.append(0, np.flatnonzero(changes) + 1).astype(np.int64)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _histories(table: pa.Table) -> Histories:
    start = _starts(table["household_id"])
    ids = table["household_id"].take(pa.array(start)).cast(pa.string())
    facts = Facts(
        start=np.append(start, table.num_rows),
        code=_numpy(table["number"]),
        event=_numpy(table["event_date"].cast(pa.int32())),
        known=_numpy(table["known_date"].cast(pa.int32())),
        value=_numpy(table["value"]).astype(np.float64, copy=False),
        retracted=_retracted(table),
        detail=_detail(table),
    )
    if "retracted" not in table.column_names:
        facts = facts._replace(value=_in_order(facts))
    texts = np.asarray(ids.to_numpy(zero_copy_only=False), dtype=object)
    return Histories(texts, read_only(facts))


def _in_order(facts: Facts) -> NDArray[np.float64]:
    """Return the values, sorted among facts of one household, code and dates; blanks last."""
    repeats = (
        (facts.known[1:] == facts.known[:-1])
        & (facts.event[1:] == facts.event[:-1])
        & (facts.code[1:] == facts.code[:-1])
    )
    repeats[facts.start[1:-1] - 1] = False
    if not repeats.any():
        return facts.value
    tied = np.flatnonzero(np.append(repeats, False) | np.append(False, repeats))
    run = np.cumsum(np.append(True, ~repeats))[tied]
    values = facts.value.copy()
    values[tied] = values[tied][np.lexsort((values[tied], run))]
    return values


def _numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    return np.asarray(column.to_numpy())


def _retracted(table: pa.Table) -> NDArray[np.int32]:
    if "retracted" in table.column_names:
        return _numpy(table["retracted"])
    return np.full(table.num_rows, NOT_AT_ALL, np.int32)


def _detail(table: pa.Table) -> NDArray[np.int32]:
    if "detail" not in table.column_names:
        return np.zeros(0, np.int32)
    details = _one_chunk(table["detail"].dictionary_encode())
    numbers = details.indices.fill_null(-1)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int32)
