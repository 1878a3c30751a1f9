"""A plan says the same whatever the order of its rows, and comes back from its folder as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from riskmodel.errors import ConfigError
from riskmodel.service import Outreach

ROWS = pd.DataFrame(
    {
        "household_id": ["나", "가", "가", "00123"],
        "as_of_date": pd.Timestamp("2024-11-01"),
        "area": ["수원", "전주", "전주", None],
        "stratum": ["certain", "random", "random", "certain"],
        "probability": [1.0, 0.01, 0.01, 1.0],
        "step": [1, 2, 1, 1],
        "channel": ["call", "visit", "ai_call", "visit"],
        "due_by": pd.to_datetime(["2024-11-15", "2024-12-20", "2024-11-08", "2024-12-31"]),
        "minutes": [10.0, 60.0, 0.0, 60.0],
        "score": [0.4, 0.01, 0.01, 0.2],
        "value": [0.2, 0.0, 0.0, 0.15],
        "rule": [None, None, None, "rent and utilities"],
        "state": ["planned", "reserved", "planned", "planned"],
    }
)
LEFT = pd.DataFrame(
    {
        "household_id": ["다", "라"],
        "area": "전주",
        "score": [0.3, 0.5],
        "rule": ["no_room", "cool_off"],
        "in_frame": True,
        "overdue": [True, False],
        "probability": [0.01, 0.01],
    }
)


def plan(rows: pd.DataFrame = ROWS, **parts: object) -> Outreach:
    given = {"left_out": LEFT, "seed": 3, "explore": 0.1, "notes": ("하나",)} | parts
    return Outreach("2024-11-01", rows, **given)  # type: ignore[arg-type]


def test_the_order_of_rows_changes_nothing() -> None:
    shuffled = plan(ROWS.sample(frac=1, random_state=1), left_out=LEFT.iloc[::-1])
    assert shuffled.plan_id == plan().plan_id
    pd.testing.assert_frame_equal(shuffled.table, plan().table)
    assert plan().table["household_id"].tolist() == ["00123", "나", "가", "가"]
    assert plan().table["plan_id"].eq(plan().plan_id).all()


@pytest.mark.parametrize("column", ["channel", "due_by", "probability", "rule", "state", "area"])
def test_another_row_is_another_plan(column: str) -> None:
    other = ROWS.copy()
    other.loc[0, column] = other.loc[1, column] if column != "rule" else "floor"
    assert plan(other).plan_id != plan().plan_id


def test_who_is_left_out_is_of_the_plan_too() -> None:
    assert plan(left_out=LEFT.assign(rule="no_room")).plan_id != plan().plan_id
    assert Outreach("2024-12-01", ROWS).plan_id != Outreach("2024-11-01", ROWS).plan_id


def test_it_comes_back_from_its_folder(tmp_path: Path) -> None:
    told = {"told": "2024-11-01", "channel": "call", "due_by": "2024-11-01", "overdue": False}
    urgent = pd.DataFrame({"household_id": ["마"], "area": "전주", "sign": "fire", **told})
    saved = plan(urgent=urgent)
    folder = saved.save(tmp_path / "계획" / "11월")
    back = Outreach.read(folder)
    for name in ("table", "left_out", "prices", "urgent"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(saved, name))
    assert (back.as_of, back.seed, back.explore) == ("2024-11-01", 3, 0.1)
    assert back.notes == ("하나",)
    assert repr(back) == repr(saved)
    assert saved.save(folder) == folder, "the same plan again"
    assert folder.stat().st_mode & 0o077 == 0, "it names households"
    told = pd.read_csv(folder / "urgent.csv")
    assert told[["household_id", "sign"]].to_numpy().tolist() == [["마", "fire"]]


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    folder = plan().save(tmp_path / "plan")
    with pytest.raises(ConfigError, match="holds something else than this plan"):
        plan(seed=4, left_out=LEFT.iloc[:1]).save(folder)
    with pytest.raises(ConfigError, match="holds no plan of outreach"):
        Outreach.read(tmp_path)
    with pytest.raises(ConfigError, match="holds no plan of outreach"):
        Outreach.read(tmp_path / "nowhere")


TABLES = ("table", "left_out", "prices", "urgent")


def fact_changed(folder: Path, **changed: object) -> None:
    facts = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(facts | changed))


CHANGES: dict[str, Callable[[Path], object]] = {
    **{
        f"{name} has a row more": lambda folder, name=name: pd.concat(
            [pd.read_parquet(folder / f"{name}.parquet")] * 2
        ).to_parquet(folder / f"{name}.parquet")
        for name in ("table", "left_out", "prices")
    },
    **{
        f"{name} is missing": lambda folder, name=name: (folder / f"{name}.parquet").unlink()
        for name in TABLES
    },
    "half of the facts": lambda folder: (folder / "plan.json").write_text("{"),
    "another seed": lambda folder: fact_changed(folder, seed=4),
    "another share": lambda folder: fact_changed(folder, explore=0.9),
    "other notes": lambda folder: fact_changed(folder, notes=["nothing"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_plan_that_was_changed_is_refused(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    folder = plan().save(tmp_path / "plan")
    change(folder)
    with pytest.raises(ConfigError, match=r"not whole.*\[outreach.changed\]"):
        Outreach.read(folder)


def test_what_people_make_of_the_csv_files_does_not_matter(tmp_path: Path) -> None:
    folder = plan().save(tmp_path / "plan")
    (folder / "table.csv").write_text("opened and saved")
    assert Outreach.read(folder).plan_id == plan().plan_id


def test_a_plan_that_was_saved_without_digests_is_read(tmp_path: Path) -> None:
    folder = plan().save(tmp_path / "plan")
    facts = json.loads((folder / "plan.json").read_text())
    older = {name: fact for name, fact in facts.items() if name not in ("tables", "facts")}
    (folder / "plan.json").write_text(json.dumps(older | {"version": 1}))
    assert Outreach.read(folder).plan_id == plan().plan_id


def test_a_plan_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    folder = plan().save(tmp_path / "plan")
    fact_changed(folder, version=3)
    with pytest.raises(ConfigError, match="newer version"):
        Outreach.read(folder)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ConfigError, match="no column 'channel'"):
        plan(ROWS.drop(columns="channel"))


def test_it_prints_what_is_planned_and_who_is_left_out() -> None:
    lines = repr(plan()).splitlines()
    assert lines[0].endswith("round 2024-11-01: 3 households, 1 of them drawn at random")
    assert "left out: cool_off: 1 household; no_room: 1 household" in lines
    assert lines[-1] == "하나"
    visits = next(line for line in lines if "visit" in line)
    assert visits.split() == ["visit", "1", "1", "120.0", "2024-12-31"]
    assert "<table" in plan()._repr_html_()


def test_the_deadline_is_the_last_day_that_is_due() -> None:
    assert str(plan().deadline) == "2024-12-31"
    assert str(plan(ROWS.iloc[:0]).deadline) == "2024-11-01"
