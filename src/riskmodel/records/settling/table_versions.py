"""Versions of what is known of households: attributes, stays of members, contacts."""

from __future__ import annotations

from riskmodel.records.engine import identifier
from riskmodel.records.settling.ordered_versions import Versioned
from riskmodel.records.settling.staged_rows import StagedRows, good_table
from riskmodel.records.sources.row_checks import CONTRADICTED
from riskmodel.records.staging.staged_source import staged_table

# Of each table: what makes two rows versions of one thing, and what a version says. A stay and a
# contact that become known again are told again; an attribute's value is news only when it changes.
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
        ("household_id", "as_of_date", "channel", "attempt", "contact_date", "reader"),
        ("result", "probability", "stratum", "known_date"),
    ),
}


def settle_versions(rows: StagedRows, table: str) -> None:
    """Find the rows of a table that are contradicted in their delivery, repeated or overtaken.

    The good rows are then the table ``good NAME``, each known from the day on which its version
    stands.
    """
    if table not in rows.tables:
        return
    things, says = (", ".join(columns) for columns in _THINGS[table])
    versioned = Versioned(_dated(rows, table), f"row({things})", f"row({says})")
    mark_contradicted(rows, table, versioned)
    versions = identifier(f"versions of {table}")
    versioned.find_versions(rows.con, f"versions of {table}")
    rows.con.execute(
        f"""
        CREATE TABLE {identifier(good_table(table))} AS
        SELECT
            s.* REPLACE (CASE WHEN is_new THEN known_on ELSE known_date END AS known_date),
            coalesce(NOT is_new, FALSE) AS is_repeated,
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
    rows.con.execute(
        f"""
        CREATE TEMP VIEW {view} AS
        SELECT
            * REPLACE ({rows.delivered_on} AS delivered_on, {rows.delivery} AS delivery),
            rowid AS id,
            known_date AS said,
            known_date AS known
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
        {"reason": CONTRADICTED},
    )
