"""A wide file that comes again and replaces: its zeros and blanks count from its delivery too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_declared import deliveries, rows_of

import riskmodel as rm
from mended import Note
from riskmodel.records import Records

WIDE: dict[str, Any] = {"file": "wide*.csv", "household_id": "id", "values": ["rent", "gas"],
                        "event_date": "day", "known_date": {"lag": "5D"},
                        "redelivered": "replaces"}  # fmt: skip
DAY, LATER = "2024-02-05", "2024-04-30"


def twice(folder: Path, first: list[str], again: list[str]) -> Records:
    (folder / "in").mkdir()
    for today, cells in (("2024-03-01", first), ("2024-05-01", again)):
        lines = ["id,day,rent,gas", *(f"h{k},2024-01-31,{row}" for k, row in enumerate(cells))]
        (folder / "in" / "wide.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        manifest = {"today": today, "events": [WIDE], "catalogue": {"rent": {}, "gas": {}}}
        records = rm.ingest(manifest, folder / "store", root=folder / "in").records
    return records


def matched(records: Records) -> list[tuple[Any, ...]]:
    return [(row[0], row[1], row[3], row[4]) for row in rows_of(records.unmatched)]


@pytest.mark.parametrize(
    ("first", "again", "now"),
    [
        ("0,", "0,0", [("h1", "gas", DAY, LATER)]),
        ("0,0", "0,", [("h1", "gas", LATER, None)]),
        ("0,", "0,", [("h1", "gas", DAY, None)]),
        ("0,0", "0,0", []),
    ],
    ids=["blank, then 0", "0, then blank", "blank twice", "0 twice"],
)
def test_a_household_is_matched_as_the_file_says_on_each_day(
    tmp_path: Path, first: str, again: str, now: list[tuple[Any, ...]], mended: Note
) -> None:
    records = twice(tmp_path, ["0,0", first], ["0,0", again])
    assert matched(records) == now
    if first != again:
        mended(
            "redelivered",
            tried=f"a wide file that replaces: {first!r}, then {again!r}",
            before=f"unmatched from {DAY}, matched on {DAY}",
            now=now,
        )


def test_a_column_that_is_blank_when_the_file_comes_again_was_not_delivered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mended: Note
) -> None:
    records = twice(tmp_path, ["0,0", "0,0"], ["0,", "3,"])
    gas = [(row[3], row[4]) for row in deliveries(records) if row[0] == "gas"]
    assert gas == [(DAY, True), (LATER, False)]
    assert records.events["value"].tolist() == [3]
    assert not caplog.records
    mended(
        "redelivered",
        tried="a wide file that replaces, one column blank now",
        before="delivered, in all rounds",
        now=gas,
    )
