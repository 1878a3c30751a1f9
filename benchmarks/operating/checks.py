"""What must hold after a round, found in a process of its own by Python alone.

The store equals one that the same deliveries fill anew, the list equals the one made here, and no
cell of a past round has changed but where a later delivery told what was known before that round.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

import riskmodel as rm
from operating.manifest import SILENT, manifest
from operating.service import CODES

ACCEPTED = ("direction", "today")
ROW = "row"
SPANS = ["3M", "12M", "ever"]


def check(folder: Path, number: int) -> dict[str, Any]:
    """Return what was found after a round."""
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    records = rm.read_records(folder / state["store"])
    rebuilt = rebuild(folder, number, state["delivered"])
    changed, unexplained = compare_rounds(folder, records, number, state["told"])
    return {
        "events": len(records.events),
        "rebuilt": records.digest == rebuilt.digest,
        "same_list": is_same_list(folder, rebuilt, state, SILENT.get(number, [])),
        "changed": changed,
        "unexplained": unexplained,
    }


def rebuild(folder: Path, number: int, delivered: list[dict[str, Any]]) -> rm.Records:
    """Ingest the same deliveries, in their order, into an empty store."""
    store = folder / "rebuilt"
    shutil.rmtree(store, ignore_errors=True)
    for one in delivered:
        root = folder / "delivered" / one["name"]
        keys = manifest(number, date.fromisoformat(one["today"])) | {"keep_files": False}
        rm.ingest(keys, store, root=root, accept_changes=ACCEPTED)
    return rm.read_records(store)


def is_same_list(
    folder: Path, records: rm.Records, state: Mapping[str, Any], accepted: list[str]
) -> bool:
    """Tell whether a list made in Python is the shell's, byte for byte."""
    path = folder / f"python-{state['today']}.csv"
    day = state["today"]
    listed = rm.score(state["version"], records, as_of=day, accept_feeds=accepted)
    listed.to_csv(path, encoding="utf-8-sig")
    return path.read_bytes() == (folder / state["list"]).read_bytes()


def compare_rounds(
    folder: Path, records: rm.Records, number: int, told: list[list[Any]]
) -> tuple[int, int]:
    """Return how many cells of past rounds changed, and how many of them nothing explains."""
    rounds = pd.date_range("2024-02-01", str(records.today), freq="MS")
    X = rm.build_panel(records, rounds=rounds, label=None, features=features()).X
    before_path, path = (folder / f"X{place}.parquet" for place in (number - 1, number))
    X.astype({"area": str}).to_parquet(path)
    if not before_path.exists():
        return 0, 0
    before, now = pd.read_parquet(before_path), pd.read_parquet(path)
    now = now[now.index.get_level_values("as_of_date") < rounds[-1]]
    cells = set(changed_cells(before, now))
    since = earliest(told)
    unexplained = [cell for cell in cells if not is_explained(cell, since)]
    (folder / f"unexplained{number}.json").write_text(json.dumps(sorted(map(str, unexplained))))
    return len(cells), len(unexplained)


def features() -> rm.Features:
    """Return the same columns for every round, whatever the catalogue says of them."""
    states = [code for code in CODES if code.startswith("ind_")]
    items = [
        rm.Agg.now(states),
        rm.Agg.max(states, SPANS),
        rm.Agg.count(list(CODES), SPANS),
        rm.Agg.sum("hospital", SPANS),
        rm.Agg.recency(list(CODES)),
        rm.Attribute("area"),
    ]
    return rm.Features(items)


def changed_cells(before: pd.DataFrame, now: pd.DataFrame) -> Iterable[tuple[str, str, str]]:
    """Yield household, round and code of each cell that changed; a whole row that came or went."""
    for household, as_of in before.index.symmetric_difference(now.index):
        yield household, str(as_of.date()), ROW
    both = before.index.intersection(now.index)
    old, new = before.loc[both], now.loc[both]
    for name in before.columns:
        is_same = (old[name] == new[name]) | (old[name].isna() & new[name].isna())
        for household, as_of in both[~is_same]:
            yield household, str(as_of.date()), name.partition("__")[0]


def earliest(told: list[list[Any]]) -> dict[tuple[str | None, str], str]:
    """Return since when a household's facts of a code, or everybody's, may have changed.

    Any fact may bring a household into a round.
    """
    first: dict[tuple[str | None, str], str] = {}
    for household, code, since in told:
        for key in ((household, code), (household, ROW)):
            first[key] = min(since, first.get(key, since))
    return first


def is_explained(cell: tuple[str, str, str], since: Mapping[tuple[str | None, str], str]) -> bool:
    household, as_of, code = cell
    days = [since.get((household, code), as_of), since.get((None, code), as_of)]
    return min(days) < as_of
