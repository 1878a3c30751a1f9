"""A store whose ids were read by an older rule of text is refused, or its files judged again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_rebuilt import same

from mended import Note
from riskmodel.errors import RecordsError
from riskmodel.records import ingest, open_store
from riskmodel.records.store_folder import LOG
from riskmodel.texts import RULE

OTHERS = ["１２", "①", "1.2E+11"]
MANIFEST: dict[str, Any] = {
    "today": "2024-07-01",
    "max_quarantined": 1,
    "events": [
        {"file": "fire*.csv", "household_id": "id", "code": "fire", "event_date": "day"},
        {"file": "wide.csv", "household_id": "id", "values": ["rent"], "event_date": "day"},
    ],
    "catalogue": {"fire": {}, "rent": {"kind": "state"}},
}


def files(folder: Path, written: str) -> Path:
    """Write files in which a household's id is written in a form of its own."""
    folder.mkdir()
    rows = pd.DataFrame({"id": [written, "12", "7"], "day": "2024-02-03", "rent": [0, 1, 0]})
    rows[["id", "day"]].to_csv(folder / "fire1.csv", index=False)
    rows.to_csv(folder / "wide.csv", index=False)
    return folder


def older(store: Path, written: str, *, rule: int = 0) -> None:
    """Make a store what an older rule made of its files: the id stays as it is written."""
    log = json.loads((store / LOG).read_text(encoding="utf-8"))
    for batch in log["batches"]:
        batch["rule"] = rule
        for path in (store / batch["folder"]).glob("*.parquet"):
            table = pq.read_table(path)
            if "household_id" not in table.column_names or path.stem == "spelled":
                continue
            ids = table["household_id"].to_pylist()
            row = table.column_names.index("household_id")
            table = table.set_column(row, "household_id", pa.array([written, *ids[1:]]))
            if "reason" in table.column_names:
                good = pa.nulls(len(table), pa.string())
                for name in ("reason", "blamed"):
                    at = table.column_names.index(name)
                    table = table.set_column(at, table.schema.field(name), good)
            pq.write_table(table, path)
    (store / LOG).write_text(json.dumps(log), encoding="utf-8")


@pytest.mark.parametrize("written", OTHERS)
def test_a_store_of_older_ids_is_refused_until_its_files_are_judged_again(
    written: str, tmp_path: Path, mended: Note
) -> None:
    root, store = files(tmp_path / "in", written), tmp_path / "store"
    ingest(MANIFEST, store, root=root)
    rebuilt = open_store(store)
    older(store, written)
    with pytest.raises(RecordsError, match=r"fire\*\.csv: 1 id.*wide\.csv: \d id") as refusal:
        open_store(store)
    assert refusal.value.code == "records.older_ids"
    assert "riskmodel ingest" in refusal.value.next_step
    assert written not in str(refusal.value)
    done = ingest(MANIFEST, store, root=root)
    assert not done.frame()["new"].any()
    same(done.records, rebuilt)
    assert open_store(store).digest == rebuilt.digest
    log = json.loads((store / LOG).read_text(encoding="utf-8"))
    assert {batch["rule"] for batch in log["batches"]} == {RULE}
    mended("ids", tried=f"a store that holds {written!r}", before="silent", now=refusal.value.code)


def test_without_its_files_such_a_store_stays_refused(tmp_path: Path) -> None:
    root, store = files(tmp_path / "in", "１２"), tmp_path / "store"
    ingest(MANIFEST, store, root=root)
    older(store, "１２")
    (root / "fire1.csv").rename(root / "fire2.csv")
    (root / "fire2.csv").write_text("id,day\n9,2024-03-01\n", encoding="utf-8")
    with pytest.raises(RecordsError, match="gone or changed: 'fire1.csv'") as refusal:
        ingest(MANIFEST, store, root=root)
    assert refusal.value.code == "records.judged_again"
    with pytest.raises(RecordsError, match="older rule"):
        open_store(store)


def test_kept_files_are_judged_again_where_the_others_are_gone(tmp_path: Path) -> None:
    root, store = files(tmp_path / "in", "１２"), tmp_path / "store"
    ingest(MANIFEST | {"keep_files": True}, store, root=root)
    rebuilt = open_store(store)
    older(store, "１２")
    (root / "fire1.csv").unlink()
    (root / "fire2.csv").write_text("id,day\n7,2024-02-03\n", encoding="utf-8")
    done = ingest(MANIFEST | {"keep_files": True}, store, root=root)
    assert done.records.events["household_id"].tolist() == rebuilt.events["household_id"].tolist()


@pytest.mark.parametrize("rule", [0, RULE])
def test_a_store_whose_ids_stay_the_same_opens_whatever_rule_read_it(
    rule: int, tmp_path: Path
) -> None:
    root, store = files(tmp_path / "in", "A-1"), tmp_path / "store"
    ingest(MANIFEST, store, root=root)
    digest = open_store(store).digest
    older(store, "A-1", rule=rule)
    assert open_store(store).digest == digest
    assert ingest(MANIFEST, store, root=root).records.digest == digest
