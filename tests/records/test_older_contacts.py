"""Contacts of stores of older formats: support stood in place of what was found.

The stores below `stores/contacts` were written by riskmodel's own code of their time, at commits
304fc3a (format 2), a32447e (format 3), c816446 (format 4) and 2cbefe1 (format 5): `fire-1.csv` and
`contacts-1.csv` of its `files` were ingested under `MANIFEST`, then `contacts-2.csv` a month later.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_rebuilt import same

import riskmodel as rm
from riskmodel.records.sources import row_checks
from riskmodel.records.store_folder import LOG
from riskmodel.records.store_formats import FORMAT, OLDER

STORES = Path(__file__).parent / "stores" / "contacts"
MANIFEST: dict[str, Any] = {
    "name": "service",
    "today": "2024-06-01",
    "catalogue": {"fire": {"lag": "3D"}},
    "max_quarantined": 1,
    "events": [{"file": "fire*.csv", "household_id": "id", "code": "fire", "event_date": "day",
                "value": "v", "fact_id": "no"}],
    "contacts": [{"file": "contacts*.csv", "household_id": "id", "as_of_date": "round",
                  "channel": {"column": "how"}, "contact_date": "on",
                  "reader": {"column": "who"}, "known_date": {"lag": "3D"},
                  "result": {"column": "found",
                             "map": {"crisis": "need_confirmed", "helped": "public_support"}}}],
}  # fmt: skip
TODAY = {"today": "2024-07-01"}
FOUND = [
    ("a", "2024-03-01", "need_confirmed", None),
    ("a", "2024-03-01", "not_told", "public_support"),
    ("b", "2024-03-01", "not_told", "public_support"),
    ("c", "2024-05-01", "not_told", "private_support"),
    ("d", "2024-05-01", "no_need", None),
    ("e", "2024-03-01", "refused", None),
]
# kept by older versions, and refused now: an unknown channel, before its round, after today
NO_CONTACTS = [
    ("c", "2024-03-01", "no_need", None),
    ("d", "2024-03-01", "no_need", None),
    ("e", "2024-05-01", "need_confirmed", None),
]


def copied(tmp_path: Path, number: int) -> Path:
    shutil.copytree(STORES / f"format_{number}", tmp_path / "store")
    shutil.copytree(STORES / "files", tmp_path / "in")
    return tmp_path / "store"


def found(records: rm.Records) -> list[tuple[object, ...]]:
    table = records.contacts[["household_id", "as_of_date", "result", "support"]]
    table = table.assign(as_of_date=table["as_of_date"].astype(str))
    return [tuple(row) for row in table.astype(object).where(table.notna(), None).to_numpy()]


def rebuilt(tmp_path: Path) -> rm.Records:
    """Ingest the two deliveries under the manifest, as the store's were."""
    second = tmp_path / "in" / "contacts-2.csv"
    second.rename(tmp_path / second.name)
    rm.ingest(MANIFEST, tmp_path / "rebuilt", root=tmp_path / "in")
    (tmp_path / second.name).rename(second)
    return rm.ingest(MANIFEST | TODAY, tmp_path / "rebuilt", root=tmp_path / "in").records


@pytest.mark.parametrize("number", OLDER)
def test_an_older_store_opens_with_support_beside_what_was_found(
    tmp_path: Path, number: int
) -> None:
    records = rm.read_records(copied(tmp_path, number))
    assert sorted(found(records), key=str) == sorted([*FOUND, *NO_CONTACTS], key=str)
    label = rm.Label("need_confirmed", "1M", observed_by="contacts")
    panel = rm.build_panel(records, ["2024-03-01"], label)
    assert panel.y.dropna().to_dict()[("a", panel.as_of[0])] == 1
    assert panel.missing["verdict not told"] == 1


@pytest.mark.parametrize("number", OLDER)
def test_contacts_of_an_older_store_become_what_a_rebuild_gives(
    tmp_path: Path, number: int
) -> None:
    store = copied(tmp_path, number)
    done = rm.ingest(MANIFEST | TODAY, store, root=tmp_path / "in")
    assert done.left == ()
    assert not done.frame()["new"].any()
    assert sorted(found(done.records), key=str) == FOUND
    assert [(row, why) for _, row, _, why in done.records.quarantine.to_numpy()] == [
        (4, row_checks.UNKNOWN_CHANNEL),
        (5, row_checks.BEFORE_ROUND),
        (7, row_checks.UNKNOWN_RESULT),
        (3, row_checks.AFTER_TODAY),
    ]
    same(done.records, rebuilt(tmp_path))
    assert json.loads((store / LOG).read_text(encoding="utf-8"))["format"] == FORMAT


@pytest.mark.parametrize("number", [4, 5])
def test_contacts_stay_where_the_files_of_an_older_store_are_gone(
    tmp_path: Path, number: int
) -> None:
    store = copied(tmp_path, number)
    for name in ("contacts-1.csv", "contacts-2.csv"):
        (tmp_path / "in" / name).unlink()
    done = rm.ingest(MANIFEST | TODAY, store, root=tmp_path / "in")
    assert sorted(found(done.records), key=str) == FOUND


def test_a_store_of_format_5_still_knows_what_it_held(tmp_path: Path) -> None:
    store = copied(tmp_path, 5)
    rm.ingest(MANIFEST | TODAY, store, root=tmp_path / "in")
    done = rm.undo(MANIFEST | TODAY, store, 2, "a wrong file", tmp_path / "in")
    assert done.knows_all
    assert {row[0] for row in found(done.records)} == {"a", "b", "e"}
