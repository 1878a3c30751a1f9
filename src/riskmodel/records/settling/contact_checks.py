"""Contacts that cannot be: of an unknown channel, an impossible chance, or an impossible day.

They are found when records are settled, since `today` and the rounds of a store move on after its
rows were staged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from riskmodel.records.contact_words import CHANNELS
from riskmodel.records.engine import identifier, literal, literals
from riskmodel.records.settling.staged_rows import StagedRows
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.staging.staged_source import staged_table


class _Check(NamedTuple):
    """When a good row is bad (SQL), why, and the key of the column to blame."""

    fails: str
    reason: str
    key: str


def check_contacts(rows: StagedRows, manifest: Manifest) -> None:
    """Quarantine the contacts that cannot be, each with its reason.

    Parameters
    ----------
    rows : StagedRows
    manifest : Manifest
    """
    if "contacts" not in rows.tables:
        return
    entries = {entry.title: entry for entry in manifest.of("contacts")}
    own = [entries.get(source.title) for source in rows.sources]
    for check in _checks(manifest):
        blamed = rows.text_of_source([_column(entry, check.key) for entry in own], "source")
        rows.con.execute(
            f"""
            UPDATE {identifier(staged_table("contacts"))}
            SET reason = {literal(check.reason)}, blamed = {blamed}
            WHERE reason IS NULL AND {check.fails}
            """
        )


def _checks(manifest: Manifest) -> Iterator[_Check]:
    """Yield the checks in the order in which they count.

    A round may be dated on the last day of its month; then it began at any day of the month.
    """
    yield _Check("probability NOT BETWEEN 0 AND 1", row_checks.NO_CHANCE, "probability")
    yield _Check("probability = 0", row_checks.CHANCE_OF_0, "probability")
    stated = [] if manifest.rounds is None else [str(day.date()) for day in manifest.rounds]
    before = f"""
        {{day}} < as_of_date AND NOT (
            as_of_date = last_day(as_of_date)
            AND date_trunc('month', {{day}}) = date_trunc('month', as_of_date)
            AND NOT list_contains({literals(stated)}, as_of_date::VARCHAR)
        )
    """
    is_channel = f"list_contains({literals(CHANNELS)}, channel)"
    yield _Check(f"NOT {is_channel}", row_checks.UNKNOWN_CHANNEL, "channel")
    is_before = before.format(day="contact_date")
    yield _Check(is_before, row_checks.BEFORE_ROUND, "contact_date")
    known_before = f"(known_date < contact_date OR ({before.format(day='known_date')}))"
    yield _Check(known_before, row_checks.KNOWN_BEFORE, "known_date")
    yield _Check(f"contact_date >= DATE '{manifest.today}'", row_checks.AFTER_TODAY, "contact_date")


def _column(entry: Entry | None, key: str) -> str:
    """Return the name of the column behind a key; of a word or lag for all, the key."""
    written = None if entry is None else entry[key]
    if isinstance(written, Mapping):
        return str(written.get("column", key))
    return key if written is None or key == "channel" else str(written)
