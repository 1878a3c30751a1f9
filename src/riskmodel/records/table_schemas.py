"""The tables of a set of records: their schemas, and frames brought into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
from numpy.typing import NDArray

from riskmodel.days import FIRST_YEAR, LAST_YEAR, YEARS_ALLOWED, iso_days
from riskmodel.errors import RecordsError, did_you_mean
from riskmodel.texts import are_marked, are_rounded, as_ids, as_words

DAY = pa.date32()
SCHEMAS: dict[str, pa.Schema] = {
    "events": pa.schema(
        [
            ("household_id", pa.string()),
            ("code", pa.string()),
            ("event_date", DAY),
            ("known_date", DAY),
            ("value", pa.float64()),
            ("detail", pa.string()),
            ("retracted_date", DAY),
        ]
    ),
    "attributes": pa.schema(
        [
            ("household_id", pa.string()),
            ("name", pa.string()),
            ("known_date", DAY),
            ("text", pa.string()),
            ("number", pa.float64()),
        ]
    ),
    "members": pa.schema(
        [
            ("person_id", pa.string()),
            ("household_id", pa.string()),
            ("dwelling_id", pa.string()),
            ("from_date", DAY),
            ("to_date", DAY),
            ("known_date", DAY),
        ]
    ),
    "contacts": pa.schema(
        [
            ("household_id", pa.string()),
            ("as_of_date", DAY),
            ("channel", pa.string()),
            ("attempt", pa.int64()),
            ("contact_date", DAY),
            ("probability", pa.float64()),
            ("stratum", pa.string()),
            ("reader", pa.string()),
            ("result", pa.string()),
            ("known_date", DAY),
        ]
    ),
    "coverage": pa.schema(
        [("feed", pa.string()), ("area", pa.string()), ("from_date", DAY), ("to_date", DAY)]
    ),
    "deliveries": pa.schema(
        [
            ("feed", pa.string()),
            ("area", pa.string()),
            ("event_date", DAY),
            ("known_date", DAY),
            ("delivered", pa.bool_()),
        ]
    ),
    "unmatched": pa.schema(
        [
            ("household_id", pa.string()),
            ("feed", pa.string()),
            ("event_date", DAY),
            ("known_date", DAY),
            ("matched_date", DAY),
        ]
    ),
}
REQUIRED = {
    "events": ("household_id", "code", "event_date"),
    "attributes": ("household_id", "name"),
    "members": ("person_id", "household_id"),
    "contacts": ("household_id", "as_of_date", "result"),
    "coverage": ("feed",),
    "deliveries": ("feed", "event_date"),
    "unmatched": ("household_id", "feed", "event_date"),
}
# What fills a blank cell of these tables: a fact is known when it happens, a delivery has come.
_FILLED: dict[str, dict[str, Any]] = {
    "events": {"known_date": "event_date"},
    "deliveries": {"known_date": "event_date", "delivered": True},
    "unmatched": {"known_date": "event_date"},
}
# What may come of a contact; the last three leave a label missing.
RESULTS = (
    "no_need",
    "need_confirmed",
    "public_support",
    "basic_livelihood",
    "emergency_aid",
    "private_support",
    "refused",
    "not_reached",
    "not_executed",
)
IDS = ("household_id", "person_id", "dwelling_id")
QUARANTINE = ["source", "row", "column", "reason"]
COUNTS = ["read", "used", "excluded", "out_of_bounds", "quarantined", "repeated"]
LOOK_ALIKES = ["source", "column", "cells"]
LINKS = ["facts", "matched", "matched_later", "several", "gap", "stranger"]
TOTAL_ORDER = ("household_id", "code", "event_date", "known_date", "value", "detail")


def empty(name: str) -> pa.Table:
    """Return the named table without rows."""
    return SCHEMAS[name].empty_table()


def conform(name: str, frame: pd.DataFrame | pa.Table) -> pa.Table:
    """Return a frame in the schema of its table.

    Optional columns that the frame lacks are empty; events stand in the total order.

    Raises
    ------
    RecordsError
        For an unknown or missing column, or cells that are no day or number.
    """
    schema = SCHEMAS[name]
    columns = list(frame.column_names if isinstance(frame, pa.Table) else frame.columns)
    for column in columns:
        if column not in schema.names:
            raise RecordsError(
                f"table {name} has no column {column!r}",
                code="records.column",
                allowed=schema.names,
                next_step=did_you_mean(str(column), schema.names),
            )
    table = pa.table([_column(name, frame, f, columns) for f in schema], schema=schema)
    for column in REQUIRED[name]:
        if table[column].null_count:
            raise RecordsError(
                f"table {name} lacks {column!r} "
                f"in {table[column].null_count:,} of {len(table):,} rows",
                code="records.missing_column",
                allowed=schema.names,
                next_step=f"fill the column {column}",
            )
    for column, filling in _FILLED.get(name, {}).items():
        known = pc.coalesce(table[column], table[filling] if isinstance(filling, str) else filling)
        table = table.set_column(schema.get_field_index(column), schema.field(column), known)
    return (
        table.sort_by([(column, "ascending") for column in TOTAL_ORDER])
        if name == "events"
        else table
    )


def _column(name: str, frame: pd.DataFrame | pa.Table, target: pa.Field, columns: list[str]) -> Any:
    if target.name not in columns:
        return pa.nulls(len(frame), target.type)
    if target.type == pa.string():
        return _texts(name, target.name, frame[target.name])
    try:
        if isinstance(frame, pa.Table):
            column = local_times(frame[target.name]).cast(target.type)
        elif target.type == DAY:
            column = pa.array(iso_days(frame[target.name]), DAY)
        else:
            column = pa.array(frame[target.name], target.type, from_pandas=True)
    except (ValueError, TypeError, pa.ArrowException):
        what = "days" if target.type == DAY else "numbers"
        raise RecordsError(
            f"column {target.name!r} of table {name} does not hold {what} only",
            code="records.column_type",
            allowed=str(target.type),
            next_step=f"convert the column to {what}",
        ) from None
    return _of_years(name, target.name, column) if target.type == DAY else column


def _of_years(name: str, column: str, days: pa.Array | pa.ChunkedArray) -> Any:
    """Return days, blank where the year says that there is none; another such year is refused."""
    year = pc.year(days)
    says_none = pc.or_(pc.less(year, 2), pc.greater(year, 9998))
    days = pc.if_else(says_none, None, days)
    is_other = pc.or_(pc.less(year, FIRST_YEAR), pc.greater(year, LAST_YEAR))
    others = pc.sum(pc.and_not(is_other, says_none)).as_py()
    if others:
        raise RecordsError(
            f"column {column!r} of table {name} holds {others:,} days of years that cannot be "
            "meant",
            code="records.column_type",
            allowed=YEARS_ALLOWED,
            next_step="write the days as YYYY-MM-DD, with all digits of the year",
        )
    return days


def local_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column whose zoned times are as a clock of their own zone shows them."""
    is_zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
    return pc.local_timestamp(column) if is_zoned else column


def _texts(name: str, column: str, values: pd.Series | pa.ChunkedArray) -> Any:
    """Return a column of texts by the rule of words, or of ids."""
    rule = as_ids if column in IDS else as_words
    if isinstance(values, pa.ChunkedArray):
        cells = values.cast(pa.string())
        if _are_plain(column, pc.unique(cells), rule):
            return cells
        values = cells.to_pandas()
    texts = rule(values)
    if column in IDS:
        _refuse_faults(name, column, texts)
    return pa.array(texts, pa.string())


def _are_plain(column: str, distinct: pa.Array, rule: Callable[..., NDArray[np.object_]]) -> bool:
    """Tell whether cells stay as they are, and none of them is a faulty id."""
    texts = rule(distinct.to_pandas())
    is_faulty = column in IDS and bool((are_rounded(texts) | are_marked(texts)).any())
    return not is_faulty and bool(pa.array(texts, pa.string()).equals(distinct))


def _refuse_faults(name: str, column: str, ids: NDArray[np.object_]) -> None:
    rounded, marked = int(are_rounded(ids).sum()), int(are_marked(ids).sum())
    if not rounded and not marked:
        return
    cells = f"{rounded or marked:,} cells of column {column!r} of table {name}"
    raise RecordsError(
        f"{cells} were rounded by a program" if rounded else f"{cells} have marks of thousands",
        code="records.rounded_id" if rounded else "records.marked_id",
        allowed="ids with all their digits; 1.23457E+11 has lost some"
        if rounded
        else "ids as they are written; 1,234 is how a spreadsheet shows 1234",
        next_step="save the column as text in the program that wrote the file",
    )
