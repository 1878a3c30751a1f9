"""Contacts that an older format kept, where support stood in place of what was found."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.records.contact_words import NOT_TOLD, SUPPORTS
from riskmodel.records.engine import as_pattern, literal, literals, scan_engine
from riskmodel.records.table_schemas import SCHEMAS

_LATER = "support"
_SPLIT = """
    SELECT
        * REPLACE (CASE WHEN {is_support} THEN {not_told} ELSE result END AS result),
        CASE WHEN {is_support} THEN result END AS support,
        NULL::VARCHAR AS contact_id,
        NULL::VARCHAR AS "by",
        NULL::VARCHAR AS {reason},
        NULL::BOOLEAN AS blind,
        NULL::DATE AS retracted_date
    FROM {rows}
"""


def is_older(path: Path) -> bool:
    """Tell whether a file of contacts, staged or settled, is of an older format."""
    return _LATER not in pq.read_schema(path).names


def staged_now(rows: str) -> str:
    """Return the SELECT of staged contacts of an older format as they are staged now.

    A support leaves the verdict not told: what was found was not kept.
    """
    return _split(rows, "contact_reason")


def settled_now(path: Path) -> pa.Table:
    """Return settled contacts of an older format in this one."""
    with scan_engine() as con:
        rows = f"read_parquet({literal(as_pattern(path))})"
        names = ", ".join(f'"{name}"' for name in SCHEMAS["contacts"].names)
        found = con.sql(f"SELECT {names} FROM ({_split(rows, 'reason')})").to_arrow_table()
    return found.cast(SCHEMAS["contacts"])


def _split(rows: str, reason: str) -> str:
    is_support = f"list_contains({literals(SUPPORTS)}, result)"
    return _SPLIT.format(
        rows=rows, is_support=is_support, not_told=literal(NOT_TOLD), reason=reason
    )
