"""Contacts that belong to no row of a panel are told by reason."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from panel_records import records

from mended import Note
from riskmodel.panel import Label, Panel, build_panel
from riskmodel.panel.labelling.verdicts import OTHER_COHORT, OTHER_DAY

NEED = Label("need_confirmed", "1M", "1M", observed_by="contacts")


def test_contacts_that_count_for_no_row_are_told_by_reason(tmp_path: Path, mended: Note) -> None:
    columns = ["household_id", "code", "event_date"]
    facts = pd.DataFrame(
        [("a", "rent", "2022-01-01"), ("b", "rent", "2024-02-01"), ("z", "rent", "2024-03-10")],
        columns=columns,
    )
    days = ["2024-01-14", "2024-01-15", "2024-01-31", "2024-02-20", "2024-03-15", "2024-03-16"]
    contacts = pd.DataFrame({"household_id": "b", "as_of_date": pd.to_datetime(days)})
    elsewhere = pd.DataFrame({"household_id": ["z"], "as_of_date": [pd.Timestamp("2024-02-15")]})
    both = pd.concat([contacts, elsewhere]).assign(result="no_need")
    made = records(facts, rounds=None, contacts=both.assign(known_date=both["as_of_date"]))
    panel = build_panel(made, ["2024-01-15", "2024-03-15"], NEED)

    # b has its first fact after the round of January, which two of the contacts are of
    assert panel.unplaced_contacts == {OTHER_DAY: 2, OTHER_COHORT: 2}
    (line,) = (line for line in repr(panel).splitlines() if line.startswith("contacts that count"))
    assert line == (
        "contacts that count for no row: 2 (day is no round of this panel), "
        "2 (household not in the cohort of that round)"
    )
    panel.to_parquet(tmp_path / "panel.parquet")
    assert line in repr(Panel.read_parquet(tmp_path / "panel.parquet"))
    assert panel.with_label(None).unplaced_contacts == {}
    mended(
        "rounds",
        tried="contacts of another day, and of another cohort",
        before="contacts whose round is none of their household's here: 4",
        now=line,
    )
