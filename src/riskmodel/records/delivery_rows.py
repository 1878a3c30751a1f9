"""How many rows of each delivery are new, correct or repeat others, or were refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from riskmodel.records.delivered_batches import in_order
from riskmodel.records.log_entries import Batch
from riskmodel.records.settling.settlement import Settlement
from riskmodel.records.settling.staged_rows import is_in_bounds
from riskmodel.records.sources.manifest import Manifest

# What the status of a staged row is called here.
_NAMES = {
    "used": "new",
    "corrected": "corrected",
    "repeated": "repeated",
    "quarantined": "refused",
    "out_of_bounds": "outside",
}


def rows_by_delivery(
    batches: Sequence[Batch], settlement: Settlement, manifest: Manifest
) -> dict[str, dict[str, int]]:
    """Return how many rows of each delivery were read, and what became of them.

    They add up: read = new + corrected + repeated + refused + outside + excluded.
    """
    totals: dict[str, Counter[str]] = {}
    for batch in batches:
        totals.setdefault(str(batch.number), Counter()).update(_beside(batch, manifest))
    pairs = zip(in_order(batches), batches, strict=True)
    numbers = {own.number: str(batch.number) for own, batch in pairs}
    for place, by_status in settlement.by_batch.items():
        for status, rows in by_status.items():
            totals[numbers[place]][_NAMES[status]] += rows
    return {number: _whole(total) for number, total in totals.items()}


def _beside(batch: Batch, manifest: Manifest) -> Counter[str]:
    """Return what is counted of a batch beside its staged rows."""
    counted = Counter[str]()
    for source in batch.kept:
        counted["read"] += source.read
        counted["refused"] += len(source.ragged)
        for day, zeros in source.zeros.items():
            is_inside = is_in_bounds(day, manifest.since, manifest.today)
            counted["new" if is_inside else "outside"] += zeros
    return counted


def _whole(total: Counter[str]) -> dict[str, int]:
    rows = {name: total[name] for name in ("read", *_NAMES.values())}
    return {**rows, "excluded": 2 * rows["read"] - sum(rows.values())}
