"""Versions of what tables say: attributes, stays, contacts, lists, requests and the like, feeds."""

from __future__ import annotations

from collections.abc import Sequence

from riskmodel.records.engine import identifier
from riskmodel.records.settling.ordered_versions import Versioned
from riskmodel.records.settling.staged_rows import StagedRows, good_table
from riskmodel.records.sources.row_checks import CONTRADICTED, TWICE_IN_LIST
from riskmodel.records.staging.staged_source import staged_table
from riskmodel.records.table_schemas import SCHEMAS, SERVICE_TABLES

# Of each table: what makes two rows versions of one thing, and what a version says. A stay and a
# contact that become known again are told again; an attribute's value, and whether a delivery came,
# are news only when they change. A period of coverage has no known date, and a list is what was
# drawn in the end: only the newest stands. A contact with an id is one contact whatever else is
# corrected; without one, what two people found on a day are two contacts. What else comes with a
# service is known by its id, or else by its household, its word and its day.
_CONTACT = ("household_id", "as_of_date", "channel", "attempt", "contact_date", "reader", '"by"')
_FOUND = ("result", "support", "contact_reason", "blind")
_OF_SERVICE = {
    "requests": ("household_id", "kind", "received"),
    "referrals": ("household_id", "referred_by", "received"),
    "cases": ("household_id", "kind", "service", "from_date"),
    "signs": ("household_id", "sign", "seen", "seen_by"),
}


def _by_id(own_id: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return what makes two rows one thing: their own id, or else all of some columns."""
    return (
        own_id,
        f"CASE WHEN {own_id} IS NOT NULL THEN source END",
        *(f"CASE WHEN {own_id} IS NULL THEN {column} END" for column in columns),
    )


def _said(table: str) -> tuple[str, ...]:
    """Return all columns of a table but its days of being known and retracted."""
    names = [name for name in SCHEMAS[table].names if name not in ("known_date", "retracted_date")]
    return tuple(map(identifier, names))


_THINGS = {
    "attributes": (("household_id", "name"), ("text", "number")),
    "members": (
        (
            "person_id",
            "household_id",
            "from_date",
            "CASE WHEN known_date IS NULL THEN dwelling_id END",
        ),
        ("dwelling_id", "to_date", "known_date"),
    ),
    "contacts": (
        _by_id("contact_id", _CONTACT),
        (*_CONTACT, *_FOUND, "probability", "stratum", "known_date"),
    ),
    "lists": (
        ("household_id", "as_of_date", "list"),
        tuple(SCHEMAS["lists"].names[3:]),
    ),
    "unmatched": (("household_id", "feed", "event_date"), ("matched_date",)),
    "deliveries": (("feed", "area", "event_date"), ("delivered",)),
    "coverage": (("feed", "area", "from_date"), ("to_date",)),
    **{
        table: (_by_id(f"{table[:-1]}_id", columns), _said(table))
        for table, columns in _OF_SERVICE.items()
    },
}
_UNDATED = ("coverage", "lists")
# Of each table, why two rows of one delivery that say different things of one day cannot be used.
_DOUBTFUL = {"lists": TWICE_IN_LIST}
# What of a version stands in other columns than its staged row says.
_CHANGED = {
    "contacts": (
        "contact_reason AS reason",
        "CASE WHEN v.id IS NULL OR contact_id IS NULL THEN retracted_date ELSE stands_until END"
        " AS retracted_date",
    ),
    **dict.fromkeys(
        SERVICE_TABLES,
        ("CASE WHEN v.id IS NULL THEN retracted_date ELSE stands_until END AS retracted_date",),
    ),
}
_RETRACTED = dict.fromkeys(("contacts", *SERVICE_TABLES), "retracted_date")


def settle_versions(rows: StagedRows, table: str) -> None:
    """Find the rows of a table that are contradicted in their delivery, repeated or overtaken.

    The good rows are then the table ``good NAME``, each known from the day on which its version
    stands.
    """
    if table not in rows.tables:
        return
    things, says = (", ".join(columns) for columns in _THINGS[table])
    retracted = _RETRACTED.get(table, "NULL::DATE")
    versioned = Versioned(_dated(rows, table), f"row({things})", f"row({says})", retracted)
    mark_contradicted(rows, table, versioned)
    versions = identifier(f"versions of {table}")
    versioned.find_versions(rows.con, f"versions of {table}")
    changed = ", ".join(
        (
            "CASE WHEN is_new THEN known_on ELSE known_date END AS known_date",
            *_CHANGED.get(table, ()),
        )
    )
    columns = f"s.* REPLACE ({changed})"
    is_repeated = "NOT is_new"
    if table in _UNDATED:
        columns, is_repeated = "s.*", "NOT is_new OR stands_until IS NOT NULL"
    rows.con.execute(
        f"""
        CREATE TABLE {identifier(good_table(table))} AS
        SELECT
            {columns},
            coalesce({is_repeated}, FALSE) AS is_repeated,
            coalesce(is_later, FALSE) AS is_corrected
        FROM {identifier(staged_table(table))} AS s
        LEFT JOIN {versions} AS v ON v.id = s.rowid
        WHERE reason IS NULL
        """
    )
    rows.count_good(table)


def _dated(rows: StagedRows, table: str) -> str:
    """Make a view of the good rows with their deliveries, and return its name."""
    view = identifier(f"dated {table}")
    known = "NULL::DATE" if table in _UNDATED else "known_date"
    rows.con.execute(
        f"""
        CREATE TEMP VIEW {view} AS
        SELECT
            * REPLACE ({rows.delivered_on} AS delivered_on, {rows.delivery} AS delivery),
            rowid AS id,
            {known} AS said,
            {known} AS known
        FROM {identifier(staged_table(table))}
        WHERE reason IS NULL
        """
    )
    return view


def mark_contradicted(rows: StagedRows, table: str, versioned: Versioned) -> None:
    """Quarantine the rows of which their own delivery says something else on the same day."""
    versioned.find_conflicts(rows.con)
    rows.con.execute(
        f"""
        UPDATE {identifier(staged_table(table))}
        SET reason = $reason
        WHERE rowid IN (SELECT id FROM conflicts)
        """,
        {"reason": _DOUBTFUL.get(table, CONTRADICTED)},
    )
