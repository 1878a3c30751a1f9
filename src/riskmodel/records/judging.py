"""What of a manifest decides how rows are judged when they are read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.manifest import Manifest

# These say where rows are and how they are settled, not how they are judged.
_NOT_JUDGING = ("file", "frame", "max_quarantined", "redelivered")
_WITH_CODES = ("events", "coverage", "deliveries")


def judged_by(entry: Entry, manifest: Manifest) -> str:
    """Return the digest of all that decides how an entry's rows are judged, but for the rounds."""
    keys = {key: value for key, value in entry.keys.items() if key not in _NOT_JUDGING}
    said = [keys, _indicators(entry, manifest)]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _indicators(entry: Entry, manifest: Manifest) -> object:
    """Return what the catalogue says of the codes that an entry may name."""
    if entry.table not in _WITH_CODES:
        return None
    catalogue, named = manifest.catalogue, entry.codes
    codes = catalogue if named is None else [code for code in named if code in catalogue]
    rows = {
        code: [own.kind, own.minimum, own.maximum, own.lag]
        for code, own in ((code, catalogue[code]) for code in codes)
    }
    return [manifest.closed, rows]


def months_of_rounds(manifest: Manifest) -> dict[str, str]:
    """Return the one round of each month that has one."""
    days = [] if manifest.rounds is None else [str(day.date()) for day in manifest.rounds]
    in_month = Counter(day[:7] for day in days)
    return {day[:7]: day for day in days if in_month[day[:7]] == 1}
