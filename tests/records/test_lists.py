"""Lists: who could be drawn in a round, by what chance, and who was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import TODAY, adds_up, entry, reasons

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.panel import build_panel
from riskmodel.records import Records, ingest, read_records
from riskmodel.records.sources import row_checks
from riskmodel.records.table_schemas import SCHEMAS

FIRE = pd.DataFrame({"id": ["a"], "day": ["2024-01-05"]})
ROUND = "2024-03-01"
ROWS = {
    "id": list("abcd"),
    "round": [ROUND] * 4,
    "chance": [1.0, 0.25, 0.25, 0.25],
    "picked": [True, True, False, False],
    "arm": ["top", "random", "random", "random"],
    "seed": [2**60 + 1] * 4,
    "place": [1, 2, 3, 4],
}
KEYS = {
    "household_id": "id",
    "as_of_date": "round",
    "list": "ai",
    "probability": "chance",
    "drawn": "picked",
    "stratum": {"column": "arm"},
    "seed": "seed",
    "rank": "place",
    "channel": "visit",
}


def frame(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame({**ROWS, **changes})


def manifest(lists: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    events = [entry(frame=FIRE)]
    return {"name": "s", "today": TODAY, "events": events, "lists": lists, **more}


def read(table: pd.DataFrame, door: str, folder: Path, **keys: Any) -> Records:
    """Read a list by a door; any number of bad rows is accepted."""
    if door == "from_frames":
        names = {own: key for key, own in KEYS.items() if isinstance(own, str) and own in table} | {
            "arm": "stratum"
        }
        held = table.rename(columns=names).assign(list="ai", channel="visit")
        events = FIRE.rename(columns={"id": "household_id", "day": "event_date"})
        return Records.from_frames(
            events.assign(code="fire"), today=TODAY, lists=held, max_quarantined=1
        )
    source: dict[str, Any] = {"frame": table}
    if door == "CSV":
        table.to_csv(folder / "l.csv", index=False)
        source = {"file": "l.csv"}
    if door == "Parquet":
        table.to_parquet(folder / "l.parquet")
        source = {"file": "l.parquet"}
    lists = [source | KEYS | keys]
    return read_records(manifest(lists, max_quarantined=1), root=folder)


DOORS = ("frame", "CSV", "Parquet", "from_frames")


@pytest.mark.parametrize("door", DOORS)
def test_a_list_is_read_by_every_door(door: str, tmp_path: Path) -> None:
    records = read(frame(), door, tmp_path)
    table = records.lists
    assert list(table) == SCHEMAS["lists"].names
    assert records.quarantine.empty
    assert table["household_id"].tolist() == list("abcd")
    assert table["list"].unique().tolist() == ["ai"]
    assert (table["as_of_date"] == ROUND).all()
    assert (table["known_date"] == ROUND).all()
    assert table["probability"].tolist() == ROWS["chance"]
    assert table["drawn"].tolist() == ROWS["picked"]
    assert table["stratum"].tolist() == ROWS["arm"]
    assert table["seed"].unique().tolist() == [2**60 + 1]
    assert table["rank"].tolist() == ROWS["place"]
    assert table["channel"].unique().tolist() == ["visit"]
    assert table["model"].isna().all()
    assert adds_up(records)


@pytest.mark.parametrize("door", ["CSV", "from_frames"])
@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"chance": [1.0, 1.25, 0.25, 0.25]}, "probability", row_checks.NO_CHANCE),
        ({"chance": [1.0, 0.25, -0.25, 0.25]}, "probability", row_checks.NO_CHANCE),
        ({"chance": [1.0, None, 0.25, 0.25]}, "probability", row_checks.CHANCE_UNTOLD),
        ({"chance": [1.0, 0.0, 0.25, 0.25]}, "probability", row_checks.CHANCE_OF_0),
        ({"picked": [False, True, False, False]}, "probability", row_checks.CHANCE_OF_1),
        ({"picked": ["1", "0", "maybe", "0"]}, "drawn", row_checks.UNKNOWN_DRAWN),
        ({"picked": ["1", "0", None, "0"]}, "drawn", row_checks.UNKNOWN_DRAWN),
        ({"seed": ["1", "2", "3.5", "4"]}, "seed", row_checks.NO_NUMBER),
        ({"id": ["a", "b", None, "d"]}, "household_id", row_checks.NO_ID),
        ({"round": [ROUND, ROUND, None, ROUND]}, "as_of_date", row_checks.NO_DATE),
        ({"id": list("aabc"), "chance": [1.0, 0.5, 0.2, 0.2]}, None, row_checks.TWICE_IN_LIST),
    ],
)
def test_a_row_that_cannot_be_a_draw_is_a_bad_row(
    door: str, changes: dict[str, Any], column: str | None, reason: str, tmp_path: Path
) -> None:
    records = read(frame(**changes), door, tmp_path)
    bad = reasons(records)
    assert {why for _, _, why in bad} == {reason}
    own = {"probability": "chance", "drawn": "picked", "household_id": "id", "as_of_date": "round"}
    name = column if door == "from_frames" or column is None else own.get(column, column)
    assert {blamed for _, blamed, _ in bad} == {name}
    assert len(records.lists) == 4 - len(bad)
    assert adds_up(records)


def test_the_chance_of_those_not_drawn_may_be_unknown(tmp_path: Path) -> None:
    records = read(frame(chance=[1.0, 0.25, None, None]), "CSV", tmp_path)
    assert records.lists["probability"].isna().tolist() == [False, False, True, True]


def test_words_for_drawn_are_mapped(tmp_path: Path) -> None:
    table = frame(picked=["선정", "선정", "제외", "제외"])
    told = {"column": "picked", "map": {"선정": True, "제외": False}}
    assert read(table, "CSV", tmp_path, drawn=told).lists["drawn"].tolist() == ROWS["picked"]
    with pytest.raises(ConfigError, match="does not say whether a household was drawn"):
        read(table, "CSV", tmp_path, drawn={"column": "picked", "map": {"선정": "drawn"}})


def test_a_file_of_the_drawn_alone_says_so_once(tmp_path: Path) -> None:
    assert read(frame(), "CSV", tmp_path, drawn=True).lists["drawn"].all()


def test_a_month_means_the_one_round_in_it() -> None:
    source = {"frame": frame(round="202403"), **KEYS}
    with pytest.raises(ConfigError, match="lists name their rounds by months"):
        read_records(manifest([source]))
    table = read_records(manifest([source], rounds=["2024-01-10", "2024-03-10"])).lists
    assert (table["as_of_date"] == "2024-03-10").all()
    assert (table["known_date"] == "2024-03-10").all()


def test_lists_of_two_names_stand_beside_each_other() -> None:
    two = [{"frame": frame(), **KEYS}, {"frame": frame(), **KEYS, "list": "local"}]
    records = read_records(manifest(two))
    assert records.lists.groupby("list").size().to_dict() == {"ai": 4, "local": 4}
    assert adds_up(records)


def contacts(**columns: Any) -> dict[str, Any]:
    rows = {"id": ["a", "b", "x"], "round": ROUND, "result": "no_need"} | columns
    keys = {"household_id": "id", "as_of_date": "round", "result": "result"}
    named = {"probability": "chance"} if "chance" in columns else {}
    return {"frame": pd.DataFrame(rows), **keys, **named}


def test_contacts_take_their_probability_from_the_list() -> None:
    source = {"frame": frame(), **KEYS}
    of_contact = read_records(manifest([source], contacts=[contacts()])).contacts
    chances = of_contact.set_index("household_id")["probability"]
    assert chances[["a", "b"]].tolist() == [1.0, 0.25]
    assert pd.isna(chances["x"])

    same = contacts(chance=[1.0, 0.25, 0.1])
    own = read_records(manifest([source], contacts=[same])).contacts
    assert own.set_index("household_id")["probability"].to_dict() == {"a": 1.0, "b": 0.25, "x": 0.1}


def test_a_contact_of_a_household_that_no_chance_drew_keeps_what_it_says() -> None:
    source = {"frame": frame(chance=[1.0, 0.25, 0.25, 0.0]), **KEYS}
    drawn_by_none = contacts(id=["a", "b", "d"])
    own = read_records(manifest([source], contacts=[drawn_by_none])).contacts
    assert own["probability"].isna().tolist() == [False, False, True]
    events = FIRE.rename(columns={"id": "household_id", "day": "event_date"}).assign(code="fire")
    again = Records.from_frames(events, contacts=own, today=TODAY)
    pd.testing.assert_frame_equal(again.contacts, own)


def test_a_contact_of_another_probability_than_its_list_is_refused() -> None:
    source = {"frame": frame(), **KEYS}
    other = contacts(chance=[0.77, 0.25, 0.1])
    with pytest.raises(RecordsError) as refusal:
        read_records(manifest([source], contacts=[other]))
    assert refusal.value.code == "records.two_probabilities"
    assert "1 of 3 contacts have another probability" in str(refusal.value)
    assert "leave probability out of contacts" in str(refusal.value)
    assert "0.77" not in str(refusal.value)


GRID = ["2024-01-01", ROUND, "2024-05-01"]


@pytest.mark.parametrize("door", ["manifest", "store"])
@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2024-03-02", "4 rows of lists on 1 day that is none of the rounds"),
        ("2024-02-29", "all rows of lists are dated one day before a round"),
        ("2034-03-01", f"4 rows of lists dated after today ({TODAY})"),
        (ROUND, None),
        (TODAY, None),
    ],
)
def test_lists_of_no_round_are_told(door: str, day: str, told: str | None, tmp_path: Path) -> None:
    frame(round=day).to_csv(tmp_path / "l.csv", index=False)
    FIRE.to_csv(tmp_path / "e.csv", index=False)
    said = manifest([{"file": "l.csv", **KEYS}], rounds=GRID, events=[entry(file="e.csv")])
    if door == "store":
        records = ingest(said, tmp_path / "store", tmp_path).records
    else:
        records = read_records(said, root=tmp_path)
    found = [note for note in records.summary().notes if "of lists" in note]
    if told is None:
        assert not found
    else:
        assert any(note.startswith(told) for note in found)
        assert set(found) <= set(records.notes)


@pytest.mark.parametrize("rounds", [None, GRID])
def test_a_panel_says_why_a_list_gives_it_no_draws(rounds: list[str] | None) -> None:
    source = {"frame": frame(round="2024-03-02"), **KEYS}
    built = build_panel(read_records(manifest([source], rounds=rounds)), [ROUND], label=None)
    assert built.draws is None
    assert any("none of the 4 rows of lists is of a date" in note for note in built.doubts)


def test_contacts_that_contradict_their_list_are_counted() -> None:
    source = {"frame": frame(), **KEYS}
    told = contacts(
        id=list("abcdxy"),
        result=["no_need", "refused", "need_confirmed", "not_reached", "no_need", "refused"],
    )
    notes = read_records(manifest([source], contacts=[told])).summary().notes
    assert any(n.startswith("1 contact with a verdict of households that the list") for n in notes)
    assert any(n.startswith("1 contact with a verdict of households that are on no") for n in notes)
    notes = read_records(manifest([source], contacts=[contacts(id=["a", "b"])])).summary().notes
    assert not any("with a verdict" in note for note in notes)


def test_on_two_lists_of_a_round_a_contact_keeps_what_it_says() -> None:
    two = [{"frame": frame(), **KEYS}, {"frame": frame(), **KEYS, "list": "local"}]
    own = read_records(manifest(two, contacts=[contacts(chance=[0.3, 0.4, 0.5])])).contacts
    assert own["probability"].tolist() == [0.3, 0.4, 0.5]


def test_what_is_handed_out_replaces_the_proposal(tmp_path: Path) -> None:
    (tmp_path / "l").mkdir()
    source = {"file": "l/*.csv", **KEYS}
    said = manifest([source])
    frame().to_csv(tmp_path / "l" / "proposal.csv", index=False)
    first = ingest(said, tmp_path / "store", tmp_path).records
    assert first.lists["drawn"].tolist() == ROWS["picked"]

    final = frame(picked=[True, False, True, False]).iloc[1:3]
    final.to_csv(tmp_path / "l" / "final.csv", index=False)
    now = ingest(said, tmp_path / "store", tmp_path).records
    table = now.lists
    assert table["household_id"].tolist() == list("abcd")
    assert table["drawn"].tolist() == [True, False, True, False]
    assert adds_up(now)
    assert read_records(tmp_path / "store").digest == now.digest != first.digest


def test_a_store_that_had_no_lists_has_none(tmp_path: Path) -> None:
    events = {"name": "s", "today": TODAY, "events": [entry(frame=FIRE)]}
    before = ingest(events, tmp_path / "store").records
    (found,) = (tmp_path / "store").glob("tables-*/lists.parquet")
    found.unlink()
    opened = read_records(tmp_path / "store")
    assert not len(opened.lists)
    assert opened.digest == before.digest
