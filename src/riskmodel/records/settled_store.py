"""A store settled from its batches: its tables written, and the log that names them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from riskmodel.records.batches import settle_batches
from riskmodel.records.changes import source_keys
from riskmodel.records.delivered_batches import days_by_name
from riskmodel.records.delivery_rows import rows_by_delivery
from riskmodel.records.kept_texts import refuse_personal_reasons
from riskmodel.records.log_entries import State
from riskmodel.records.opening import records_of
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.store_folder import dead_copies, dead_folders
from riskmodel.records.store_log import StoreLog, manifest_values


def settled(store: Path, manifest: Manifest, log: StoreLog) -> StoreLog:
    """Settle the batches that a log names, and return the log with what came of it."""
    tables, settlement = settle_batches(store, log.batches, manifest)
    of_sources = {"sources": source_keys(manifest), "days_by_name": days_by_name(manifest)}
    rare = {"rare_codes": sorted(settlement.catalogue.rare)}
    values = manifest_values(manifest, settlement.catalogue) | of_sources | rare
    now = replace(
        log,
        manifest=values,
        tables=tables,
        tables_before=log.tables,
        settled_by=_settling_digest(manifest),
        rows={**_of_those_set_aside(log), **rows_by_delivery(log.batches, settlement, manifest)},
    )
    without = tuple(delivery.number for delivery in log.set_aside)
    records = refuse_personal_reasons(records_of(store, now))
    state = State(records.digest, log.next_number - 1, without)
    return replace(now, states=(*(former for former in log.states if former != state), state))


def _of_those_set_aside(log: StoreLog) -> dict[str, Mapping[str, int]]:
    """Return the rows of deliveries that were counted before they were set aside."""
    numbers = [str(delivery.number) for delivery in log.set_aside]
    return {number: log.rows[number] for number in numbers if number in log.rows}


def is_settled(log: StoreLog, manifest: Manifest) -> bool:
    """Tell whether the tables are what a manifest makes of the same batches."""
    return log.settled_by == _settling_digest(manifest)


def remove_others(store: Path, log: StoreLog) -> bool:
    """Remove what the log does not name: of interrupted runs, older states and erased rows."""
    folders, copies = dead_folders(store, log.folders), dead_copies(store, log.contents)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    for copy in copies:
        copy.unlink(missing_ok=True)
    return bool(folders or copies)


def _settling_digest(manifest: Manifest) -> str:
    """Return the digest of what the manifest says beside its sources on how rows are settled."""
    declared = [dict(entry.keys) for entry in manifest.entries if not entry.is_read]
    redelivered = {entry.title: entry["redelivered"] for entry in manifest.entries}
    told = {"declared": declared, "redelivered": redelivered}
    values = manifest_values(manifest, manifest.catalogue) | told
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
