"""Stores of older formats are read, and brought to this format by the next ingest.

The stores below `stores` were written by riskmodel's own code of their time, at commits 304fc3a
(format 2), a32447e (format 3) and c816446 (format 4): `fire-1.csv`, `wide-1.csv` and `homes.csv` of
`stores/files` were ingested under `MANIFEST`, then `fire-2.csv` a month later.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_rebuilt import same

import riskmodel as rm
from mended import Note
from riskmodel.errors import RecordsError
from riskmodel.records.ingesting import Ingested
from riskmodel.records.store_folder import LOG
from riskmodel.records.store_formats import FORMAT, KEEPS_DIGESTS, OLDER

STORES = Path(__file__).parent / "stores"
# later ones keep digests: stores of every older format stand in test_older_contacts
WITHOUT_DIGESTS = [number for number in OLDER if number < KEEPS_DIGESTS]
MANIFEST: dict[str, Any] = {
    "name": "service",
    "today": "2024-07-01",
    "catalogue": {"fire": {"lag": "3D"}, "rent": {"kind": "state"}},
    "max_quarantined": 1,
    "groups": ["area"],
    "area": "area",
    "events": [
        {"file": "fire*.csv", "household_id": "id", "code": "fire", "event_date": "day",
         "value": "v", "fact_id": "no"},
        {"file": "wide*.csv", "household_id": "id", "values": ["rent"], "event_date": "day",
         "known_date": {"lag": "5D"}},
    ],
    "attributes": [{"file": "homes.csv", "household_id": "id", "known_date": "day",
                    "columns": {"area": "area"}}],
}  # fmt: skip


def copied(tmp_path: Path, number: int) -> Path:
    shutil.copytree(STORES / f"format_{number}", tmp_path / "store")
    shutil.copytree(STORES / "files", tmp_path / "in")
    return tmp_path / "store"


def ingested(tmp_path: Path, store: str = "store", **keys: Any) -> Ingested:
    return rm.ingest(MANIFEST | keys, tmp_path / store, root=tmp_path / "in")


def rebuilt(tmp_path: Path) -> rm.Records:
    """Ingest the two deliveries under the manifest, as the store's were."""
    (tmp_path / "in" / "fire-2.csv").rename(tmp_path / "fire-2.csv")
    ingested(tmp_path, "rebuilt")
    (tmp_path / "fire-2.csv").rename(tmp_path / "in" / "fire-2.csv")
    return ingested(tmp_path, "rebuilt").records


@pytest.mark.parametrize("number", WITHOUT_DIGESTS)
def test_a_store_of_an_older_format_becomes_what_a_rebuild_gives(
    tmp_path: Path, number: int, mended: Note
) -> None:
    store = copied(tmp_path, number)
    before = rm.read_records(store)
    assert before.frame("events")["value"].tolist()[0] == 1
    assert len(before.quarantine) == 1
    done = ingested(tmp_path)
    assert done.left == ()
    assert not done.frame()["new"].any()
    same(done.records, rebuilt(tmp_path))
    written = json.loads((store / LOG).read_text(encoding="utf-8"))["format"]
    assert written == FORMAT
    mended(
        "rebuild",
        tried=f"a store of format {number}",
        before="refused, or rows as an older version judged them",
        now=f"format {written}, equal to a rebuild",
    )


@pytest.mark.parametrize("number", [2, 3])
def test_files_of_an_older_store_that_are_gone_are_named(tmp_path: Path, number: int) -> None:
    store = copied(tmp_path, number)
    (tmp_path / "in" / "wide-1.csv").unlink()
    before = (store / LOG).read_bytes()
    with pytest.raises(RecordsError, match=r"judged otherwise.*'wide-1\.csv'") as caught:
        ingested(tmp_path)
    assert caught.value.code == "records.judged_again"
    assert (store / LOG).read_bytes() == before


def test_rows_of_format_4_stay_where_their_files_are_gone(tmp_path: Path) -> None:
    copied(tmp_path, 4)
    (tmp_path / "in" / "wide-1.csv").unlink()
    done = ingested(tmp_path)
    assert done.left == ("wide-1.csv",)
    rent = done.records.events.query("code == 'rent'")
    assert rent["value"].tolist() == [2]


@pytest.mark.parametrize("number", WITHOUT_DIGESTS)
def test_undo_says_that_an_older_store_kept_no_digests(
    tmp_path: Path, number: int, mended: Note
) -> None:
    store = copied(tmp_path, number)
    ingested(tmp_path)
    done = rm.undo(MANIFEST, store, 2, "a wrong file", tmp_path / "in")
    told = "an older format began this store and kept no digests"
    assert told in repr(done)
    assert not done.knows_all
    ingested(tmp_path, "rebuilt")
    own = rm.undo(MANIFEST, tmp_path / "rebuilt", 1, "a wrong file", tmp_path / "in")
    assert own.knows_all
    assert told not in repr(own)
    mended("operating", tried=f"undo in a store of format {number}",
           before="no version rests on it, though some do", now=told)  # fmt: skip


@pytest.mark.parametrize("number", WITHOUT_DIGESTS)
def test_an_older_store_of_one_delivery_kept_no_digests_either(
    tmp_path: Path, number: int, mended: Note
) -> None:
    store = copied(tmp_path, number)
    values = json.loads((store / LOG).read_text(encoding="utf-8"))
    deliveries = "deliveries" if number == 2 else "batches"
    values[deliveries] = values[deliveries][:1]
    (store / LOG).write_text(json.dumps(values), encoding="utf-8")
    (tmp_path / "in" / "fire-2.csv").unlink()
    ingested(tmp_path)
    assert not rm.undo(MANIFEST, store, 1, "a wrong file", tmp_path / "in").knows_all
    mended("operating", tried=f"undo in a store of format {number} that held one delivery",
           before="taken for one that kept all digests",
           now="an older format began this store and kept no digests")  # fmt: skip
