"""Lists of which a part is drawn at random: exact chances, made again from a seed, and told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.metrics import Capacity, Selection, select
from riskmodel.metrics.explored_share import Explore
from riskmodel.metrics.systematic import LARGEST_SEED
from riskmodel.scoring import ScoreList, sidecar_of
from riskmodel.scoring.exploring import Listing, explored
from riskmodel.scoring.folder_of_lists import lists_in
from riskmodel.scoring.proposals import check_proposal_file
from riskmodel.scoring.round_record import DRAWN, read_record

SHARE, SEED = 0.3, 3


def selection_of(areas: np.ndarray, capacity: Any) -> Selection:
    """Return rows in the order of rank, of a capacity by area or for all."""
    n = len(areas)
    return select(-np.arange(n, dtype=float), Capacity.parse(capacity), np.zeros(n), areas)


def draw(selection: Selection, areas: np.ndarray, share: float, seed: int) -> Listing:
    ids = np.array([f"h{number:03d}" for number in range(len(areas))])
    return explored(selection, share, ids, areas, np.random.default_rng(seed))


CASES: dict[str, tuple[list[int], Any]] = {
    "one list for all areas": ([12, 7, 1], 6),
    "less than one slot is drawn": ([12, 7, 1], 2),
    "slots by area": ([12, 7, 3, 4], {"a": 3, "b": 2, "c": 1, "d": 0}),
    "all of an area": ([6, 2], {"a": 2, "b": 2}),
    "whole slots": ([20], 10),
}


@pytest.mark.parametrize("name", CASES)
def test_each_household_is_listed_as_often_as_its_chance_says(name: str) -> None:
    sizes, capacity = CASES[name]
    areas = np.random.default_rng(0).permutation(np.repeat(list("abcd")[: len(sizes)], sizes))
    selection = selection_of(areas, capacity)
    draws = 3_000
    listed = np.zeros(len(areas))
    for seed in range(draws):
        found = draw(selection, areas, SHARE, seed)
        listed += found.certain | found.drawn
        assert not (found.certain & found.drawn).any()
    chance = found.probability
    error = np.sqrt(chance * (1 - chance) / draws)
    assert (np.abs(listed / draws - chance) <= 4.5 * error).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=12),
    st.floats(0.01, 0.99),
    st.floats(0.01, 0.99),
    st.integers(0, 2**32),
    st.booleans(),
)
def test_the_list_keeps_to_its_slots_and_chances_to_their_sum(
    sizes: list[int], share: float, capacity: float, seed: int, by_area: bool
) -> None:
    names = [f"area {number}" for number in range(len(sizes))]
    areas = np.random.default_rng(seed).permutation(np.repeat(names, sizes))
    given_: Any = dict.fromkeys(names, capacity) if by_area else capacity
    selection = selection_of(areas, given_)
    found = draw(selection, areas, share, seed)
    cell, slots = selection.cells.cell, selection.slots
    listed = np.bincount(cell, found.certain | found.drawn)
    assert listed.tolist() == slots.tolist()
    assert np.bincount(cell, found.probability) == pytest.approx(slots)
    assert (found.probability > 0).all()
    free = slots[slots < selection.cells.size]
    assert abs(found.drawn.sum() - share * free.sum()) < 1
    if not by_area:  # then the draw goes through the areas in turn
        rest = ~found.certain
        codes = np.unique(areas, return_inverse=True)[1]
        of_area, drawn = np.bincount(codes, rest), np.bincount(codes, found.drawn)
        assert (np.abs(drawn - of_area * found.drawn.sum() / max(rest.sum(), 1)) < 2).all()


def test_rounding_across_areas_leaves_no_household_without_a_chance() -> None:
    """At half a slot per area a rounding of each area alone leaves every arm or none."""
    areas = np.repeat([f"{number:03d}" for number in range(200)], 40)
    areas = np.random.default_rng(1).permutation(areas)
    capacity = dict.fromkeys(np.unique(areas).tolist(), 4)
    selection = selection_of(areas, capacity)
    found = draw(selection, areas, 0.1, SEED)
    assert found.drawn.sum() == 80
    assert found.probability.min() == pytest.approx(0.4 / 37)
    assert np.floor(selection.slots * 0.1 + 0.5).sum() == 0


NONSENSE = [0, 1, 0.0, 1.0, -0.1, 1.5, float("nan"), True, "0.1", [0.1]]


@pytest.mark.parametrize("explore", NONSENSE)
def test_a_share_that_is_none_is_refused(explore: Any) -> None:
    with pytest.raises(ConfigError, match="no share of the list") as refusal:
        Explore.parse(explore, SEED)
    assert refusal.value.code == "scoring.explore"


@pytest.mark.parametrize("seed", [None, -1, 1.5, True, "3", LARGEST_SEED + 1])
def test_a_draw_without_a_seed_is_refused(seed: Any) -> None:
    with pytest.raises(ConfigError, match="a draw needs a seed"):
        Explore.parse(0.1, seed)
    assert Explore.parse(0.1, LARGEST_SEED) == Explore(0.1, LARGEST_SEED)
    with pytest.raises(ConfigError, match="nothing is drawn"):
        Explore.parse(None, 3)


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(400, random_state=3)
    features = rm.Features([rm.Agg.count("crisis", ["6M", "ever"])])
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(records, rounds=records.rounds, label=label, features=features)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    days = [str(day.date()) for day in records.rounds[-2:]]
    lists = [score(model, records, day) for day in days]
    plain = rm.score(model, records, days[-1], capacity=20)
    return SimpleNamespace(records=records, model=model, days=days, lists=lists, plain=plain)


def score(model: Any, records: rm.Records, day: str, seed: int = SEED, **more: Any) -> ScoreList:
    return rm.score(model, records, day, capacity=20, explore=SHARE, seed=seed, **more)


def test_ranks_and_scores_of_drawn_households_are_their_own(study: SimpleNamespace) -> None:
    explored_, plain = study.lists[-1].table, study.plain.table
    own = ["household_id", "rank", "tied", "margin", "score", "percentile", "band"]
    pd.testing.assert_frame_equal(explored_[own], plain[own])
    listed = study.lists[-1].listed
    by_rank, drawn = (listed[listed["stratum"] == arm] for arm in ("certain", "random"))
    assert (len(by_rank), len(drawn)) == (14, 6)
    assert by_rank["rank"].tolist() == list(range(1, 15))
    assert drawn["rank"].min() > 14
    assert (explored_["inclusion_probability"] > 0).all()
    assert explored_["inclusion_probability"].sum() == pytest.approx(20)
    assert explored_["seed"].eq(SEED).all()
    assert explored_.loc[~explored_["listed"], "stratum"].isna().all()
    assert drawn["reason_1"].notna().any()


def test_one_seed_draws_the_same_again_and_others_in_another_round(study: SimpleNamespace) -> None:
    shuffled = study.records.replace(
        tables={
            name: table.take(np.random.default_rng(0).permutation(len(table)))
            for name, table in study.records.tables.items()
            if name != "events"
        }
        | {"events": study.records.tables["events"]}
    )
    again = score(study.model, shuffled, study.days[-1])
    pd.testing.assert_frame_equal(again.table, study.lists[-1].table)
    earlier, last = (set(_drawn(one)) for one in study.lists)
    assert earlier != last
    assert set(_drawn(score(study.model, study.records, study.days[-1], seed=4))) != last


def _drawn(listed: ScoreList) -> pd.Series:
    rows = listed.listed
    return rows.loc[rows["stratum"] == "random", "household_id"]


def test_what_is_printed_and_written_says_who_is_there_by_chance(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    listed = study.lists[-1]
    assert "20 listed of 400 scored, 6 of them drawn at random" in repr(listed)
    assert "stratum" in repr(listed)
    assert listed.notes[0].startswith(
        "6 of the 20 listed were drawn at random (explore=0.3, seed=3)"
    )
    assert "stratum" not in repr(study.plain)
    assert "random" in listed.titled("en")["stratum"].tolist()
    assert "무작위" in listed.titled("ko")["층"].tolist()
    path = listed.to_csv(tmp_path / "list.csv")
    assert pd.read_csv(path)["stratum"].tolist().count("random") == 6
    said = json.loads(sidecar_of(path).read_text(encoding="utf-8"))
    assert (said["schema_version"], said["draw"]) == (2, {"share": 0.3, "seed": 3, "drawn": 6})
    read = read_record(sidecar_of(path))
    assert read is not None
    assert read.draw == listed.record.draw
    assert read.rules[-1] == DRAWN
    study.plain.to_csv(tmp_path / "plain.csv")
    said = json.loads((tmp_path / "plain.csv.json").read_text(encoding="utf-8"))
    assert said["schema_version"] == 1
    assert "draw" not in said


def test_another_draw_takes_no_list_s_place(study: SimpleNamespace, tmp_path: Path) -> None:
    path = study.lists[-1].to_csv(tmp_path / "list.csv")
    study.lists[-1].to_csv(path)
    other = score(study.model, study.records, study.days[-1], seed=4)
    for another in (other, study.plain):
        with pytest.raises(ConfigError, match="another round or version"):
            another.to_csv(path)


@pytest.mark.parametrize("name", ["proposal.xlsx", "proposal.txt", "proposal"])
def test_a_proposal_of_another_kind_of_file_is_refused(
    name: str, study: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"\.csv, \.parquet.*scoring\.proposal_file"):
        study.plain.to_proposal(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_file_of_a_list_is_not_that_of_its_proposal(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one file"):
        check_proposal_file(tmp_path / "same.csv", tmp_path / "x" / ".." / "same.csv")


@pytest.mark.parametrize("name", ["proposal.csv", "proposal.parquet"])
def test_a_proposal_is_read_as_a_table_of_lists(
    name: str, study: SimpleNamespace, tmp_path: Path
) -> None:
    listed = study.lists[-1]
    path = listed.to_proposal(tmp_path / name, "spring")
    read = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    columns = read.columns if path.suffix == ".csv" else pq.read_schema(path).names
    assert list(columns) == list(listed.proposal().columns)
    contacted = pd.DataFrame({"household_id": _drawn(listed), "as_of_date": study.days[-1]})
    contacts = contacted.assign(result="no_need")
    records = rm.Records.from_frames(
        study.records.events, today="2030-01-01", lists=read, contacts=contacts
    )
    assert records.quarantine.empty
    lists = records.frame("lists")
    assert len(lists) == len(listed) == 400
    assert lists["drawn"].sum() == 20
    assert set(lists["list"]) == {"spring"}
    table = listed.table.set_index("household_id").loc[lists["household_id"]]
    assert lists["probability"].to_numpy() == pytest.approx(
        table["inclusion_probability"].to_numpy(), rel=1e-12
    )
    assert lists["rank"].tolist() == table["rank"].tolist()
    assert set(lists.loc[lists["rank"] > 14, "stratum"]) == {"random"}
    own = table["inclusion_probability"][records.contacts["household_id"]]
    assert records.contacts["probability"].to_numpy() == pytest.approx(own.to_numpy())


def test_a_list_by_rank_proposes_chances_of_1_and_0(study: SimpleNamespace) -> None:
    rows = study.plain.proposal()
    assert sorted(rows["probability"].unique()) == [0, 1]
    assert rows.loc[rows["probability"] == 0, "stratum"].isna().all()
    assert rows["drawn"].sum() == 20


def test_a_trace_says_that_a_household_was_drawn(study: SimpleNamespace) -> None:
    listed, day = study.lists[-1], study.days[-1]
    table = listed.table
    drawn = _drawn(listed).iloc[0]
    left_out = table.loc[~table["listed"], "household_id"].iloc[-1]

    def told(household: str, **draw: Any) -> tuple[str, str]:
        found = rm.trace(study.model, study.records, day, household, capacity=20, **draw)
        return found.status, " ".join(found.because)

    same = {"explore": SHARE, "seed": SEED}
    status, why = told(drawn, **same)
    assert status == "listed"
    assert "by rank the list holds 14 and ends at rank 14" in why
    assert "drawn at random, whatever its risk: its chance to be listed was 0.0" in why
    assert told(drawn)[0] == "not listed"
    status, why = told(left_out, **same)
    assert status == "not listed"
    assert "not drawn at random: its chance" in why
    status, why = told(table["household_id"].iloc[0], **same)
    assert status == "listed"
    assert "at random" not in why


def test_the_print_shows_one_who_was_drawn(study: SimpleNamespace) -> None:
    printed = repr(study.lists[-1]).splitlines()
    *_, last = (line for line in printed if line.rstrip().endswith(("certain", "random")))
    assert last.rstrip().endswith("random")


@pytest.mark.parametrize(
    ("capacity", "said"),
    [(1, "explore=0.01 of 1 places is less than one"), (400, "all 400 households are listed")],
)
def test_a_draw_of_nobody_is_told_with_its_cause(
    capacity: int, said: str, study: SimpleNamespace
) -> None:
    day = study.days[-1]
    found = rm.score(study.model, study.records, day, capacity=capacity, explore=0.01, seed=3)
    assert found.drawn == 0
    assert said in found.notes[0]


def test_a_list_and_its_proposal_never_replace_each_other_and_are_told_apart(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    listed = study.lists[-1]
    listed.to_csv(tmp_path / "list.csv")
    listed.to_proposal(tmp_path / "chances.csv")
    for write in (
        lambda: listed.to_proposal(tmp_path / "list.csv"),
        lambda: listed.to_csv(tmp_path / "chances.csv", whole=True),
    ):
        with pytest.raises(ConfigError, match="the round's list or its proposal") as refused:
            write()
        assert refused.value.code == "scoring.exists"
    listed.to_proposal(tmp_path / "chances.csv")
    found = lists_in(tmp_path)
    assert found.frame().set_index("file")["holds"].to_dict() == {
        "chances.csv": "proposal",
        "list.csv": "list",
    }
    assert "1 list, 1 proposal" in repr(found)


def test_the_guide_s_lists_read_a_proposal(study: SimpleNamespace, tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(lists:\n  - file: chances\.csv.*?)```", guide, re.DOTALL)
    assert block is not None
    study.lists[-1].to_proposal(tmp_path / "chances.csv")
    manifest = {
        **yaml.safe_load(block[1]),
        "today": "2030-01-01",
        "events": [
            {
                "frame": pd.DataFrame(
                    {"household_id": ["a"], "event_date": ["2024-01-05"], "code": ["fire"]}
                ),
                **{key: key for key in ("household_id", "event_date")},
                "code": {"column": "code"},
            }
        ],
    }
    lists = rm.read_records(manifest, root=tmp_path).frame("lists")
    told = study.lists[-1].proposal()
    assert lists["probability"].to_numpy() == pytest.approx(told["probability"].to_numpy())
    assert (lists["drawn"] == told["drawn"]).all()
    assert lists["stratum"].tolist() == told["stratum"].tolist()
