"""The service's lists hold the whole cohort of each round: who could be drawn, and who was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel.datasets import make_households
from riskmodel.keys import KEYS
from riskmodel.records import Records

N, ROUNDS = 3_000, 4


def made(**layers: Any) -> Records:
    service = {"capacity": 0.1, "random_share": 0.3}
    return make_households(N, n_rounds=ROUNDS, random_state=6, **{**service, **layers})


@pytest.fixture(scope="module")
def records() -> Records:
    return made()


def test_a_list_holds_every_household_once_in_each_round(records: Records) -> None:
    table = records.lists
    assert not table.duplicated([*KEYS, "list"]).any()
    assert (table.groupby("as_of_date").size() == N).all()
    assert set(records.rounds) <= set(table["as_of_date"])
    assert (table["as_of_date"] < records.today).all()
    assert table["seed"].unique().tolist() == [6]


def test_those_drawn_are_those_of_the_contacts(records: Records) -> None:
    drawn = records.lists.query("drawn").set_index(KEYS)
    contacts = records.contacts.drop_duplicates(KEYS).set_index(KEYS)
    # contacts of the last days are not known by today
    same = drawn.loc[contacts.index]
    assert np.array_equal(same["probability"], contacts["probability"])
    assert (same["stratum"] == contacts["stratum"]).all()
    in_rounds = drawn.index.get_level_values(1).isin(records.rounds)
    assert set(drawn[in_rounds].index) <= set(contacts.index)


def test_chances_add_up_to_those_drawn_in_each_area_and_round(records: Records) -> None:
    cells = records.lists.groupby(["as_of_date", "area"])[["probability", "drawn"]].sum()
    assert np.allclose(cells["probability"], cells["drawn"])
    assert cells["drawn"].sum() > 1_000


def test_who_is_drawn_by_a_chance_is_drawn_as_often(records: Records) -> None:
    rest = records.lists.query("stratum == 'random'")
    assert ((rest["probability"] > 0) & (rest["probability"] < 1)).all()
    by_chance = rest.groupby(rest["probability"].round(2))[["probability", "drawn"]].sum()
    assert np.allclose(by_chance["drawn"], by_chance["probability"])


def test_without_a_random_arm_the_rest_could_not_be_drawn() -> None:
    table = made(random_share=0.0).lists
    assert np.array_equal(table["drawn"], table["probability"] == 1)
    assert (table.loc[~table["drawn"], "probability"] == 0).all()
    assert table.loc[~table["drawn"], "stratum"].isna().all()
    assert not len(make_households(100, n_rounds=1).lists)


def test_a_folder_holds_the_same_lists(records: Records, tmp_path: Path) -> None:
    written = made(folder=tmp_path / "w")
    pd.testing.assert_frame_equal(written.lists, records.lists)


def test_lists_read_again_are_the_same(records: Records) -> None:
    read = Records.from_frames(
        records.events, today=records.today, lists=records.lists, contacts=records.contacts
    )
    pd.testing.assert_frame_equal(read.lists, records.lists)
