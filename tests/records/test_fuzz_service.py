"""Generated requests, referrals, cases and signs are held, and known on any day, as written.

A quick run reads 5 tables of each of the four kinds; the slow test reads 100.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fuzz_cases import SECRET, TODAY, Case, write_files
from fuzz_service import KINDS, Held, service_table

from riskmodel.records import Records, ingest, read_records
from riskmodel.records.service_rows import service_rows
from riskmodel.records.table_schemas import SCHEMAS, SERVICE_TABLES, TOLD_LATER

FIRES = "h,d\nh1,2024-01-05\n"
DAYS = [date(2024, 3, 7), date(2024, 4, 2), date(2024, 4, 16), date(2024, 12, 31)]


def case_of(name: str, seed: int) -> tuple[Case, list[Held]]:
    """A manifest over one dirty table beside a file of events, and what is held of it."""
    event = {"file": "e.csv", "household_id": "h", "code": "화재", "event_date": "d"}
    case = Case({"name": "더미", "today": str(TODAY), "events": [event]}, {"e.csv": FIRES.encode()})
    case.manifest |= {"catalogue": {"화재": {}}, "max_quarantined": 1.0}
    _, held = service_table(random.Random(seed), case, 1.0, name)
    return case, held


def rows_of(frame: pd.DataFrame) -> Counter[tuple[tuple[str, Any], ...]]:
    """The rows of a frame, blanks as None and days as days."""
    told = frame.copy()
    for column in told:
        if told[column].dtype.kind == "M":
            told[column] = told[column].dt.date.astype(object)
    told = told.astype(object).where(told.notna(), None)
    return Counter(tuple(sorted(row.items())) for row in told.to_dict("records"))


def as_held(held: list[Held]) -> Counter[tuple[tuple[str, Any], ...]]:
    return Counter(
        tuple(sorted([*row.says, ("known_date", row.known), ("retracted_date", row.retracted)]))
        for row in held
    )


def as_known(held: list[Held], day: date, happens: str | None) -> Counter[Any]:
    """What is known on the morning of a day; a later decision or answer is blank."""
    found = []
    for row in held:
        says = dict(row.says) | {"known_date": row.known}
        came = says[happens] if happens else row.known
        if not (row.known < day and came < day and (row.retracted is None or row.retracted >= day)):
            continue
        for told_on, told_with in TOLD_LATER.items():
            if says.get(told_on) is not None and says[told_on] >= day:
                says |= dict.fromkeys({told_on, *told_with}.intersection(says))
        found.append(tuple(sorted(says.items())))
    return Counter(found)


def check(name: str, seed: int, folder: Path) -> None:
    case, held = case_of(name, seed)
    folder.mkdir()
    write_files(case, folder)
    records = read_records(case.manifest, root=folder)
    frame = records.frame(name)
    assert rows_of(frame) == as_held(held), f"{name} {seed}"
    assert SECRET not in repr(records) + records.quarantine.to_csv()

    happens = {"requests": "received", "referrals": "received", "signs": "seen"}.get(name)
    for day in DAYS:
        known = service_rows(records, name, np.datetime64(day))
        assert rows_of(known) == as_known(held, day, happens), f"{name} {seed} {day}"

    # what was held goes back in through the door for frames, and a store holds the same
    again = Records.from_frames(records.events, today=TODAY, **{name: frame})
    pd.testing.assert_frame_equal(again.frame(name), frame)
    if seed % 5 == 0:
        stored = ingest(case.manifest, folder / "store", folder).records
        pd.testing.assert_frame_equal(stored.frame(name), frame)


def test_every_column_of_the_four_tables_is_generated() -> None:
    assert tuple(KINDS) == SERVICE_TABLES
    for name, kind in KINDS.items():
        written = {*kind.words, *kind.later, *kind.others, kind.came, "household_id", "known_date"}
        written |= {"retracted_date", f"{name[:-1]}_id"}
        written |= {"to"} if name == "cases" else set()
        named = {"from": "from_date", "to": "to_date"}
        assert {named.get(key, key) for key in written} == set(SCHEMAS[name].names)


@pytest.mark.parametrize("name", SERVICE_TABLES)
def test_what_is_held_and_known_is_what_the_rows_say(name: str, tmp_path: Path) -> None:
    for seed in range(5):
        check(name, seed, tmp_path / str(seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVICE_TABLES)
def test_so_it_is_in_a_hundred_tables_of_each(name: str, tmp_path: Path) -> None:
    for seed in range(1_000, 1_100):
        check(name, seed, tmp_path / str(seed))
