"""What the keys of one entry must be together, as a schema of single keys cannot say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskmodel.errors import ConfigError
from riskmodel.keys import Span
from riskmodel.records.sources.delivery_rules import check_delivery
from riskmodel.records.sources.manifest_refusals import is_a_list, missing
from riskmodel.records.sources.manifest_schema import TABLES, RowKeys
from riskmodel.schema.refusals import keys_of

# A fact belongs to a household, or to the one in which a person or the people of a dwelling lived.
OWNER_KEYS = ("household_id", "person_id", "dwelling_id")
# Statements about feeds, which are written out in the manifest or stand in tables.
FEED_TABLES = ("coverage", "deliveries")
ONE_OF = {
    "events": (("file", "frame"), OWNER_KEYS, ("code", "values")),
    "attributes": (("file", "frame"),),
    "members": (("file", "frame"),),
    "contacts": (("file", "frame"),),
    "lists": (("file", "frame"),),
    "requests": (("file", "frame"),),
    "referrals": (("file", "frame"),),
    "cases": (("file", "frame"),),
    "signs": (("file", "frame"),),
    "coverage": (),
    "deliveries": (("event_date", "every"),),
}
_ROWS = tuple(keys_of(RowKeys))
Keys = Mapping[str, Any]


def is_read(keys: Keys) -> bool:
    """Tell whether an entry names a file or frame, and does not hold its facts itself."""
    return "file" in keys or "frame" in keys


def check_entry(table: str, keys: Keys, place: str) -> None:
    """Refuse an entry whose keys do not go together."""
    if table in FEED_TABLES:
        _check_feed_entry(table, keys, place)
    if table == "deliveries":
        _check_days(keys, place)
    _check_decimal(keys, place)
    check_delivery(keys, place)
    _check_choices(table, keys, place)
    if table == "attributes" and not (keys.get("columns") or keys.get("numbers")):
        raise ConfigError(
            "no attribute is named",
            place=place,
            code="manifest.missing",
            next_step="add columns: {name: column} for texts, numbers: {name: column} for numbers",
        )


def _check_decimal(keys: Keys, place: str) -> None:
    if keys.get("decimal", ".") not in (".", ","):
        raise ConfigError(
            "decimal is no decimal mark",
            place=place,
            code="manifest.decimal",
            allowed="'.' or ','",
            next_step="write decimal: ',' where 1,5 is one and a half",
        )


def _check_choices(table: str, keys: Keys, place: str) -> None:
    for choice in ONE_OF[table]:
        if sum(key in keys for key in choice) != 1:
            raise ConfigError(
                f"exactly one of {' and '.join(choice)} must be given",
                place=place,
                code="manifest.choice",
                allowed=choice,
                next_step=f"keep {' or '.join(choice)}",
            )


def _check_feed_entry(table: str, keys: Keys, place: str) -> None:
    """Refuse two tables in one entry, keys of a table without a table, and a rhythm of no time."""
    if {"file", "frame"} <= set(keys):
        raise ConfigError(
            "both file and frame are given",
            place=place,
            code="manifest.choice",
            allowed="file, or frame, or neither",
            next_step="keep one of them",
        )
    if "every" in keys:
        _check_rhythm(keys["every"], place)
    if not is_read(keys):
        _check_written_out(table, keys, place)
    elif table == "deliveries" and "event_date" not in keys:
        raise missing("event_date", place)


def _check_rhythm(every: str, place: str) -> None:
    if Span.parse(every).count == 0:
        raise ConfigError(
            f"every {every!r} is no rhythm",
            place=place,
            code="keys.span",
            allowed="at least one day or month",
            next_step="write every: 1M for monthly deliveries",
        )


def _check_written_out(table: str, keys: Keys, place: str) -> None:
    if not isinstance(keys.get("delivered", True), (bool, Mapping)):
        raise ConfigError(
            "delivered is neither true nor false",
            place=place,
            code="manifest.delivered",
            allowed="true or false",
            next_step="write delivered: false, without quotes, for a delivery that did not come",
        )
    for key, value in keys.items():
        if key in _ROWS or (isinstance(value, Mapping) and "column" in value):
            raise ConfigError(
                f"{key} goes with a table, and none is named",
                place=place,
                code="manifest.choice",
                allowed=[name for name in keys_of(TABLES[table]) if name not in _ROWS],
                next_step="add file: or frame:, or write the feed and its days out",
            )


def _check_days(keys: Keys, place: str) -> None:
    """Refuse several days for a table, whose days stand in one column."""
    if is_read(keys) and isinstance(keys.get("event_date"), list):
        raise is_a_list("event_date", place)
