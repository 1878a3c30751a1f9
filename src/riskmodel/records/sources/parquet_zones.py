"""The zones of a Parquet file's times: it holds instants of UTC, and may name where they are of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet

from riskmodel.records.engine import literal
from riskmodel.records.sources import cell_sql

UNKNOWN = ""
_OFFSET = re.compile(r"\+?(-?)(\d\d):?(\d\d)")


def zones_of(file: pa.parquet.ParquetFile) -> dict[str, str]:
    """Return the zone of each column of instants; `UNKNOWN` where the file names none."""
    schema, metadata = file.schema_arrow, file.metadata
    if b"ARROW:schema" in (metadata.metadata or {}):
        return {field.name: field.type.tz for field in schema if _has_zone(field.type)}

    stated = _zones_of_pandas(schema)
    # Spark and others keep instants in INT96 without saying so, and name no zone
    parts = [metadata.schema.column(number) for number in range(len(metadata.schema.names))]
    unsaid = {part.path for part in parts if part.physical_type == "INT96"}
    instants = [field.name for field in schema if _has_zone(field.type) or field.name in unsaid]
    return {column: stated.get(column, UNKNOWN) for column in instants}


def _has_zone(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


def _zones_of_pandas(schema: pa.Schema) -> dict[str, str]:
    columns: list[dict[str, Any]] = (schema.pandas_metadata or {}).get("columns", [])
    return {
        str(column["name"]): str(column["metadata"]["timezone"])
        for column in columns
        if (column.get("metadata") or {}).get("timezone") is not None
    }


def known_zones(con: duckdb.DuckDBPyConnection, zones: Mapping[str, str]) -> dict[str, str]:
    """Return the zone of each column; `UNKNOWN` where the engine does not know it."""
    if not zones:
        return {}
    names = {name for (name,) in con.execute("SELECT name FROM pg_timezone_names()").fetchall()}
    return {
        column: zone if zone in names or _OFFSET.fullmatch(zone) else UNKNOWN
        for column, zone in zones.items()
    }


def minutes_of(zone: str) -> int | None:
    """Return how many minutes a zone such as +09:00 is ahead of UTC; None for a zone of a name.

    Examples
    --------
    >>> minutes_of("+09:00"), minutes_of("-0330"), minutes_of("Asia/Seoul")
    (540, -210, None)
    """
    offset = _OFFSET.fullmatch(zone)
    if offset is None:
        return None
    sign, hours, minutes = offset.groups()
    return int(f"{sign}1") * (int(hours) * 60 + int(minutes))


def local_type(zone: str) -> str:
    """Return the engine's type of what `local` yields."""
    return cell_sql.MOMENT if zone == UNKNOWN else "TIMESTAMP"


def local(column: str, kind: str, zone: str) -> str:
    """Return the SQL of what a clock of a zone shows, or of the instant where no zone is known."""
    is_moment = kind == cell_sql.MOMENT
    utc = f"timezone('UTC', {column})" if is_moment else cell_sql.moment(column, kind)
    minutes = minutes_of(zone)
    if minutes is not None:
        return f"{utc} + INTERVAL '{minutes} minutes'"
    instant = f"timezone('UTC', {utc})"
    return instant if zone == UNKNOWN else f"timezone({literal(zone)}, {instant})"
