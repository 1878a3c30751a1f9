"""The tables of a set of records: their schemas, and frames brought into them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from riskmodel.days import iso_days
from riskmodel.texts import as_words

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
            ("support", pa.string()),
            ("contact_id", pa.string()),
            ("by", pa.string()),
            ("reason", pa.string()),
            ("blind", pa.bool_()),
            ("retracted_date", DAY),
        ]
    ),
    "lists": pa.schema(
        [
            ("household_id", pa.string()),
            ("as_of_date", DAY),
            ("list", pa.string()),
            ("known_date", DAY),
            ("area", pa.string()),
            ("stratum", pa.string()),
            ("probability", pa.float64()),
            ("drawn", pa.bool_()),
            ("seed", pa.int64()),
            ("model", pa.string()),
            ("score", pa.float64()),
            ("rank", pa.int64()),
            ("percentile", pa.float64()),
            ("band", pa.string()),
            ("plan_id", pa.string()),
            ("rule", pa.string()),
            ("channel", pa.string()),
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
    "requests": pa.schema(
        [
            ("household_id", pa.string()),
            ("kind", pa.string()),
            ("received", DAY),
            ("due", DAY),
            ("by", pa.string()),
            ("decided", DAY),
            ("outcome", pa.string()),
            ("effect", pa.string()),
            ("known_date", DAY),
            ("request_id", pa.string()),
            ("retracted_date", DAY),
        ]
    ),
    "referrals": pa.schema(
        [
            ("household_id", pa.string()),
            ("referred_by", pa.string()),
            ("received", DAY),
            ("area", pa.string()),
            ("answered", DAY),
            ("known_date", DAY),
            ("referral_id", pa.string()),
            ("retracted_date", DAY),
        ]
    ),
    "cases": pa.schema(
        [
            ("household_id", pa.string()),
            ("kind", pa.string()),
            ("service", pa.string()),
            ("from_date", DAY),
            ("to_date", DAY),
            ("known_date", DAY),
            ("case_id", pa.string()),
            ("retracted_date", DAY),
        ]
    ),
    "signs": pa.schema(
        [
            ("household_id", pa.string()),
            ("sign", pa.string()),
            ("seen", DAY),
            ("seen_by", pa.string()),
            ("answered", DAY),
            ("known_date", DAY),
            ("sign_id", pa.string()),
            ("retracted_date", DAY),
        ]
    ),
}
SERVICE_TABLES = ("requests", "referrals", "cases", "signs")
"""What comes with a service beside contacts and lists; it is for action, never a feature."""
# Tables and columns that came after others, so that records without a row of them, or without a
# value in them, are what they were before.
ADDED = ("lists", *SERVICE_TABLES)
ADDED_COLUMNS: dict[str, tuple[str, ...]] = {
    "contacts": ("support", "contact_id", "by", "reason", "blind", "retracted_date"),
}
REQUIRED = {
    "events": ("household_id", "code", "event_date"),
    "attributes": ("household_id", "name"),
    "members": ("person_id", "household_id"),
    "contacts": ("household_id", "as_of_date", "result"),
    "lists": ("household_id", "as_of_date", "list", "probability", "drawn"),
    "coverage": ("feed",),
    "deliveries": ("feed", "event_date"),
    "unmatched": ("household_id", "feed", "event_date"),
    "requests": ("household_id", "kind", "received"),
    "referrals": ("household_id", "referred_by", "received"),
    "cases": ("household_id", "kind", "from_date"),
    "signs": ("household_id", "sign", "seen"),
}
# What fills a blank cell of these tables: a fact is known when it happens, a delivery has come.
_FILLED: dict[str, dict[str, Any]] = {
    "events": {"known_date": "event_date"},
    "lists": {"known_date": "as_of_date"},
    "deliveries": {"known_date": "event_date", "delivered": True},
    "unmatched": {"known_date": "event_date"},
    "requests": {"known_date": "received"},
    "referrals": {"known_date": "received"},
    "cases": {"known_date": "from_date"},
    "signs": {"known_date": "seen"},
}
# Days that are told of a fact once it is known, and unknown before they come, and what is told
# with each of them.
TOLD_LATER: dict[str, tuple[str, ...]] = {
    "retracted_date": (),
    "matched_date": (),
    "answered": (),
    "decided": ("outcome", "effect"),
}
QUARANTINE = ["source", "row", "column", "reason"]
COUNTS = ["read", "used", "excluded", "out_of_bounds", "quarantined", "repeated"]
LOOK_ALIKES = ["source", "column", "cells"]
LINKS = ["facts", "matched", "matched_later", "several", "gap", "stranger"]
TOTAL_ORDER = ("household_id", "code", "event_date", "known_date", "value", "detail")


def empty(name: str) -> pa.Table:
    """Return the named table without rows."""
    return SCHEMAS[name].empty_table()


def conform(name: str, frame: pd.DataFrame | pa.Table) -> pa.Table:
    """Return rows that keep the contract in the schema of their table.

    Optional columns that the frame lacks are empty; events stand in the total order.
    """
    schema = SCHEMAS[name]
    table = pa.table([_column(frame, field) for field in schema], schema=schema)
    for column, filling in _FILLED.get(name, {}).items():
        known = pc.coalesce(table[column], table[filling] if isinstance(filling, str) else filling)
        table = table.set_column(schema.get_field_index(column), schema.field(column), known)
    in_order = [(column, "ascending") for column in TOTAL_ORDER]
    return table.sort_by(in_order) if name == "events" else table


def _column(frame: pd.DataFrame | pa.Table, target: pa.Field) -> pa.Array | pa.ChunkedArray:
    is_arrow = isinstance(frame, pa.Table)
    if target.name not in (frame.column_names if is_arrow else frame.columns):
        return pa.nulls(len(frame), target.type)
    values = frame[target.name]
    if is_arrow:
        return values.cast(target.type)
    if target.type == DAY:
        return pa.array(iso_days(values), DAY)
    return pa.array(
        as_words(values) if target.type == pa.string() else values, target.type, from_pandas=True
    )
