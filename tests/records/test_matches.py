"""Tables whose ids never meet are told, with the share that matched and the usual causes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import entry, read

from mended import Note
from riskmodel.errors import PanelError
from riskmodel.panel import Cohort, build_panel
from riskmodel.records import Records, ingest, open_store

IDS = [f"{k:05d}" for k in range(1, 61)]


def manifest_of(**ids: list[str]) -> dict[str, Any]:
    """Return the tables of a manifest with one row per id; events are of all `IDS`."""
    frames = {
        name: pd.DataFrame({"id": own, "on": "2024-02-01", "what": "no_need"})
        for name, own in ids.items()
    }
    keys: dict[str, dict[str, Any]] = {
        "attributes": {"household_id": "id", "known_date": "on", "columns": {"job": "what"}},
        "members": {"person_id": "id", "household_id": "id", "from": "on"},
        "contacts": {"household_id": "id", "as_of_date": "on", "result": "what"},
    }
    return {name: [{"frame": frame, **keys[name]}] for name, frame in frames.items()}


def records_of(**ids: list[str]) -> Records:
    return read(entry(frame=pd.DataFrame({"id": IDS, "day": "2024-01-05"})), **manifest_of(**ids))


def without_zeros(ids: list[str]) -> list[str]:
    return [one.lstrip("0") or "0" for one in ids]


@pytest.mark.parametrize("table", ["attributes", "members", "contacts"])
def test_a_table_that_matches_no_household_is_told_with_the_usual_causes(table: str) -> None:
    summary = records_of(**{table: without_zeros(IDS)}).summary()
    assert summary.matches.loc[table].tolist() == [60, 0, 0.0]
    (note,) = (note for note in summary.notes if note.startswith(table))
    assert f"{table}: 0 of 60 households (0%) stand in another table" in note
    for cause in ("zeros in front", "ids of another kind", "another place or time"):
        assert cause in note
    assert note in repr(summary)
    assert "Households of each table" in repr(summary)


@pytest.mark.parametrize("door", ["frames", "store"])
def test_a_listed_cohort_none_of_which_has_a_fact_is_refused(
    door: str, tmp_path: Path, mended: Note
) -> None:
    def records(ids: list[str]) -> Records:
        return records_of(attributes=ids) if door == "frames" else stored(tmp_path, attributes=ids)

    listed = {"cohort": Cohort(listed=True), "rounds": ["2024-03-01"], "label": None}
    lost = records(without_zeros(IDS))
    with pytest.raises(PanelError, match="none of the 60 households of attributes has a fact") as e:
        build_panel(lost, **listed)
    assert e.value.code == "panel.no_match"
    for cause in ("zeros in front", "ids of another kind", "another place or time"):
        assert cause in str(e.value)
    assert "00" not in str(e.value).replace("00123", "")
    assert len(build_panel(lost, rounds=["2024-03-01"], label=None)) == 60
    mended(
        "matches",
        tried=f"listed households whose ids lost their zeros, {door}",
        before="60 rows without a fact, a panel without a word",
        now=str(e.value).split(". ")[0],
    )


@pytest.mark.parametrize(
    "ids", [[*without_zeros(IDS), IDS[0]], ["new"] * 2 + IDS[:1]], ids=["one of many", "few"]
)
def test_one_listed_household_with_a_fact_is_enough(ids: list[str]) -> None:
    panel = build_panel(
        records_of(attributes=ids), rounds=["2024-03-01"], label=None, cohort=Cohort(listed=True)
    )
    assert len(panel) == len(set(ids))


def test_records_without_any_fact_have_nothing_to_match() -> None:
    events = pd.DataFrame({"household_id": [], "code": [], "event_date": []})
    attributes = pd.DataFrame({"household_id": ["a"], "name": "job", "text": "none"})
    records = Records.from_frames(
        events.astype(str),
        attributes=attributes.assign(known_date="2024-01-01"),
        catalogue={"fire": {"en": "fire", "direction": 1}},
        today="2025-01-01",
    )
    panel = build_panel(records, ["2024-03-01"], label=None, cohort=Cohort(listed=True))
    assert panel.households.tolist() == ["a"]


@pytest.mark.parametrize(("kept", "is_told"), [(29, True), (30, False), (60, False)])
def test_under_half_is_a_note(kept: int, is_told: bool) -> None:
    summary = records_of(contacts=[*IDS[:kept], *(f"x{k}" for k in IDS[kept:])]).summary()
    assert summary.matches["matched"].to_dict() == {"events": kept, "contacts": kept}
    assert summary.matches.loc["contacts", "share"] == round(kept / 60, 3)
    assert any(note.startswith("contacts") for note in summary.notes) == is_told


def test_a_table_of_everybody_and_one_of_few_are_no_note() -> None:
    many = records_of(attributes=[*IDS, *(f"x{k}" for k in range(600))], contacts=IDS[:3]).summary()
    assert many.matches["matched"].to_dict() == {"events": 60, "attributes": 60, "contacts": 3}
    assert not any("another table" in note for note in many.notes)


def test_ids_count_once_and_against_the_ids_of_all_other_tables() -> None:
    summary = records_of(attributes=["new", "new"], contacts=["new"]).summary()
    assert summary.matches["households"].tolist() == [60, 1, 1]
    assert summary.matches["matched"].tolist() == [0, 1, 1]
    assert [note.split(":")[0] for note in summary.notes if "another table" in note] == ["events"]


def test_one_table_alone_has_nothing_to_match() -> None:
    summary = records_of().summary()
    assert summary.matches.empty
    assert "Households of each table" not in repr(summary)


def stored(folder: Path, **ids: list[str]) -> Records:
    """Return the records of a store with events of all `IDS`, and one table more."""
    keys = {
        "attributes": {"known_date": "on", "columns": {"job": "what"}},
        "contacts": {"as_of_date": "on", "result": "what"},
    }
    manifest: dict[str, Any] = {
        "today": "2025-01-01",
        "events": [entry(file="events.csv", event_date="on")],
    }
    for name, own in {"events": IDS, **ids}.items():
        frame = pd.DataFrame({"id": own, "on": "2024-02-01", "what": "no_need"})
        frame.to_csv(folder / f"{name}.csv", index=False)
        if name in keys:
            manifest[name] = [{"file": f"{name}.csv", "household_id": "id", **keys[name]}]
    ingest(manifest, folder / "store", root=folder)
    return open_store(folder / "store")


def test_a_store_tells_the_same(tmp_path: Path) -> None:
    summary = stored(tmp_path, contacts=without_zeros(IDS)).summary()
    assert summary.matches["matched"].to_dict() == {"events": 0, "contacts": 0}
    assert sum("another table" in note for note in summary.notes) == 2


def sources_of(folder: Path, door: str, lost: list[str]) -> Records:
    """Return records of one file per code, all of `IDS` but one file's own ids, and members."""
    return made_of(folder, door, {"rent": IDS, "fire": lost, "flood": IDS})


def made_of(folder: Path, door: str, ids: dict[str, list[str]]) -> Records:
    """Return records of one file per code, or of one frame, by a door."""
    frames = {code: pd.DataFrame({"id": own, "day": "2024-01-05"}) for code, own in ids.items()}
    if door == "Records.from_frames":
        one = pd.concat([frame.assign(code=code) for code, frame in frames.items()])
        names = {"id": "household_id", "day": "event_date"}
        return Records.from_frames(one.rename(columns=names), today="2025-01-01")
    for code, frame in frames.items():
        frame.to_csv(folder / f"{code}.csv", index=False)
    events = [entry(file=f"{code}.csv", code=code) for code in ids]
    if door == "manifest":
        return read(events, root=str(folder))
    ingest({"today": "2025-01-01", "events": events}, folder / "store", root=folder)
    return open_store(folder / "store")


@pytest.mark.parametrize("door", ["manifest", "store", "Records.from_frames"])
def test_one_of_several_sources_whose_ids_lost_their_zeros_is_told_by_name(
    door: str, tmp_path: Path, mended: Note
) -> None:
    records = sources_of(tmp_path, door, without_zeros(IDS))
    name = "events: fire" if door == "Records.from_frames" else "events: fire.csv"
    notes = [note for note in records.summary().notes if "zeros in front" in note]
    assert [note.split(". ")[0] for note in notes] == [
        f"{name}: 0 of 60 households (0%) stand in another source"
    ]
    mended("matches", tried=f"one of several sources, {door}", before="no note", now=notes[0][:66])
    whole = sources_of(tmp_path, "manifest", IDS).summary()
    assert not any("zeros in front" in note for note in whole.notes)


@pytest.mark.parametrize("door", ["manifest", "store", "Records.from_frames"])
def test_sources_that_lost_the_same_zeros_do_not_vouch_for_each_other(
    door: str, tmp_path: Path, mended: Note
) -> None:
    ids = [f"{k:05d}" for k in range(9_980, 10_180)]
    short = [str(int(one)) for one in ids]
    made = made_of(tmp_path, door, {"rent": short, "fire": short, "flood": ids})
    notes = [note for note in made.summary().notes if "00123 for 123" in note]
    told = "20 of 200 households stand elsewhere with zeros in front"
    assert [note.split(", as")[0].rpartition(": ")[2] for note in notes] == [told] * 2
    assert [note.split(": ")[1].removesuffix(".csv") for note in notes] == ["fire", "rent"]
    now = notes[0].split(". ")[0]
    mended("matches", tried=f"two of three lost a tenth, {door}", before="no note", now=now)


def test_one_source_that_mixes_both_lengths_is_told() -> None:
    events = entry(frame=pd.DataFrame({"id": [*IDS, "7"], "day": "2024-01-05"}))
    notes = read(events, **manifest_of(contacts=IDS)).summary().notes
    assert [note.split(", as")[0] for note in notes if "00123 for 123" in note] == [
        "events: 1 of 61 households stand elsewhere with zeros in front"
    ]


@pytest.mark.parametrize(
    "ids",
    [
        [str(k) for k in range(1, 2_000)],
        [f"{k:03d}" for k in range(1, 1_500)],
        [f"A{k:03d}" for k in range(50)] + [f"A{k}" for k in range(50)],
    ],
    ids=["numbers of any length", "numbers that outgrew their zeros", "letters in front"],
)
def test_ids_of_several_lengths_alone_are_no_note(ids: list[str]) -> None:
    events = entry(frame=pd.DataFrame({"id": ids, "day": "2024-01-05"}))
    summary = read(events, **manifest_of(contacts=ids)).summary()
    assert not any("zeros" in note for note in summary.notes)


def test_one_of_two_sources_of_contacts_is_told() -> None:
    frames = [pd.DataFrame({"id": ids, "on": "2024-02-01"}) for ids in (IDS, without_zeros(IDS))]
    keys = {"household_id": "id", "as_of_date": "on", "result": "what"}
    events = [entry(frame=frames[0], event_date="on")]
    contacts = [{**keys, "frame": frame.assign(what="no_need")} for frame in frames]
    notes = [note for note in read(events, contacts=contacts).summary().notes if "zeros" in note]
    (told,) = (note.split(" (0%)")[0] for note in notes)
    assert told == "contacts: frame (2): 0 of 60 households"


def test_a_sparse_source_is_compared_by_its_own_households(tmp_path: Path) -> None:
    summary = sources_of(tmp_path, "store", IDS[57:]).summary()
    assert not any("zeros in front" in note for note in summary.notes)


def test_two_sources_of_one_file_do_not_vouch_for_each_other(tmp_path: Path) -> None:
    pd.DataFrame({"id": without_zeros(IDS), "day": "2024-01-05"}).to_csv(tmp_path / "a.csv")
    pd.DataFrame({"id": IDS, "day": "2024-01-05"}).to_csv(tmp_path / "b.csv")
    events = [entry(file="a.csv"), entry(file="a.csv", code="flood"), entry(file="b.csv")]
    summary = read(events, root=str(tmp_path)).summary()
    assert sum("0 of 60 households (0%)" in note for note in summary.notes) == 2


def test_with_other_tables_matches_are_read_anew(tmp_path: Path) -> None:
    records = sources_of(tmp_path, "manifest", without_zeros(IDS))
    kept = records.replace(tables={"events": records.tables["events"].slice(0, 0)})
    assert not any("zeros in front" in note for note in kept.summary().notes)
