"""Tables of deliveries and coverage that are delivered again follow the one rule of versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import reasons
from test_declared import deliveries, rows_of

import riskmodel as rm
from mended import Note
from riskmodel.records import Records
from riskmodel.records.sources.row_checks import CONTRADICTED

COVERED: dict[str, Any] = {"file": "covered*.csv", "feed": {"column": "feed"}, "from": "from",
                           "to": "to"}  # fmt: skip
CAME: dict[str, Any] = {"file": "came*.csv", "feed": {"column": "feed"}, "event_date": "on",
                        "delivered": {"column": "came"}}  # fmt: skip


def told(folder: Path, steps: list[tuple[str, str, list[str]]], **keys: Any) -> Records:
    """Ingest files one after the other: (today, name, lines)."""
    (folder / "in").mkdir(exist_ok=True)
    fire = {"frame": pd.DataFrame({"id": ["a"], "day": ["2024-01-31"]}), "household_id": "id",
            "code": "fire", "event_date": "day", "known_date": {"lag": "5D"}}  # fmt: skip
    for today, name, lines in steps:
        (folder / "in" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        manifest = {"today": today, "events": [fire], "max_quarantined": 1, **keys}
        records = rm.ingest(manifest, folder / "store", root=folder / "in").records
    return records


@pytest.mark.parametrize("name", ["came.csv", "came-0.csv", "came-2.csv"])
def test_a_delivery_told_otherwise_later_counts_from_then(
    tmp_path: Path, name: str, mended: Note
) -> None:
    header = "feed,on,came"
    steps = [
        ("2024-03-01", "came.csv", [header, "fire,2024-01-31,yes", "fire,2024-02-10,yes"]),
        ("2024-05-01", name, [header, "fire,2024-01-31,no", "fire,2024-02-10,yes"]),
    ]
    records = told(tmp_path, steps, deliveries=[CAME])
    found = [(row[2], row[3], row[4]) for row in deliveries(records)]
    assert found == [
        ("2024-01-31", "2024-02-05", True),
        ("2024-01-31", "2024-04-30", False),
        ("2024-02-10", "2024-02-15", True),
    ]
    assert records.counts.loc["deliveries: came*.csv", "repeated"] == 1
    mended(
        "redelivered",
        tried=f"a table of deliveries, corrected under {name}",
        before="came and did not come, both known on 2024-02-05",
        now=found[:2],
    )


def test_a_period_of_coverage_told_anew_replaces_the_earlier(tmp_path: Path, mended: Note) -> None:
    header = "feed,from,to"
    steps = [
        ("2024-03-01", "covered.csv", [header, "fire,2023-01-01,", "fire,2022-01-01,2022-06-30"]),
        ("2024-05-01", "covered-2.csv", [header, "fire,2023-01-01,2024-04-30"]),
    ]
    records = told(tmp_path, steps, coverage=[COVERED])
    found = rows_of(records.coverage)
    assert found == [
        ("fire", None, "2022-01-01", "2022-06-30"),
        ("fire", None, "2023-01-01", "2024-04-30"),
    ]
    mended(
        "redelivered",
        tried="a period of coverage that ends, told in a later file",
        before="both periods stood, so that the feed never ended",
        now=found[1],
    )


def test_two_ends_of_one_period_in_one_delivery_are_bad_rows(tmp_path: Path) -> None:
    lines = ["feed,from,to", "fire,2023-01-01,2024-01-31", "fire,2023-01-01,2024-02-28"]
    records = told(tmp_path, [("2024-05-01", "covered.csv", lines)], coverage=[COVERED])
    assert reasons(records) == [(1, None, CONTRADICTED), (2, None, CONTRADICTED)]
    assert records.coverage.empty
