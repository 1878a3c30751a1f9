"""The truth holds the first reader's verdict on everybody, the contacts on those reached."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel.datasets import make_households
from riskmodel.keys import KEYS
from riskmodel.panel import Agg, Cohort, Features, Label, build_panel
from riskmodel.records import Records

SKILL = (0.8, 0.7)


def made(**layers: Any) -> Records:
    service = {"capacity": 0.2, "random_share": 0.5, "reader": SKILL, "manager": (0.9, 0.9)}
    reach = {"ai_call": 0.5, "mail_carrier": 0.3, "visit": 0.6}
    return make_households(
        3_000, n_rounds=4, random_state=5, **{**service, "reach": reach, **layers}
    )


@pytest.fixture(scope="module")
def records() -> Records:
    return made()


def first_verdicts(records: Records) -> pd.Series:
    """Return whether the caseworker confirmed need, of all on whom there is a verdict."""
    contacts = records.contacts.astype({"as_of_date": "datetime64[s]"})
    read = contacts[contacts.reader == "caseworker"]
    read = read[read.result.isin(["need_confirmed", "no_need"])]
    in_rounds = read[read.as_of_date.isin(records.rounds)]
    return (in_rounds.set_index(KEYS).result == "need_confirmed").astype(float)


@pytest.mark.parametrize("preset", ["default", "korea"])
def test_the_verdict_on_the_reached_is_the_one_in_their_contacts(preset: str) -> None:
    contacted = first_verdicts(made(preset=preset))
    assert contacted.nunique() == 2
    truth = made(preset=preset).truth["verdict"].loc[contacted.index]
    assert np.array_equal(truth, contacted)


def test_those_not_contacted_are_read_with_the_same_skill(records: Records) -> None:
    truth = records.truth.drop(first_verdicts(records).index)
    assert len(truth) > 5_000
    for need, chance in ((1.0, SKILL[0]), (0.0, 1 - SKILL[1])):
        confirmed = truth.loc[truth.need == need, "verdict"]
        error = np.sqrt(chance * (1 - chance) / len(confirmed))
        assert abs(confirmed.mean() - chance) < 4 * error


def test_need_is_that_of_the_round_in_which_contacts_are_made(records: Records) -> None:
    state = records.truth["state"].unstack()
    need = records.truth["need"].unstack()
    for now, following in zip(records.rounds[:-1], records.rounds[1:], strict=True):
        assert (need[now] == state[following].isin(["acute", "crisis"])).all()


def test_who_is_contacted_changes_no_verdict_on_the_others(records: Records) -> None:
    other = made(capacity=0.05)
    listed = [one.contacts.astype({"as_of_date": "datetime64[s]"}) for one in (records, other)]
    either = pd.MultiIndex.from_frame(pd.concat(listed)[KEYS])
    here, there = (one.truth["verdict"] for one in (records, other))
    others = ~here.index.isin(either)
    assert 5_000 < others.sum() < len(here)
    assert np.array_equal(here[others], there[others])


def test_without_a_reader_a_verdict_is_the_need_itself() -> None:
    truth = made(reader=None).truth
    assert np.array_equal(truth["verdict"], truth["need"])


def test_without_a_service_there_is_no_verdict() -> None:
    truth = make_households(200, n_rounds=1).truth
    assert not {"need", "verdict"} & set(truth.columns)


@pytest.mark.parametrize("hiding", [0.0, 1.5])
def test_households_in_need_hide_by_the_odds_of_the_layer(hiding: float) -> None:
    visits = {"ai_call": 0.0, "mail_carrier": 0.0, "visit": 0.6}
    records = made(capacity=0.9, random_share=0.0, manager=None, reach=visits, hiding=hiding)
    listed = records.contacts.astype({"as_of_date": "datetime64[s]"}).set_index(KEYS)
    last = listed[listed.channel == "visit"]
    last = last[last.index.get_level_values(1).isin(records.rounds)]
    missed = last["result"] == "not_reached"
    need = records.truth["need"].loc[last.index] == 1
    cells = pd.crosstab(need, missed)
    odds = cells[True] / cells[False]
    error = np.sqrt((1 / cells).to_numpy().sum())
    assert abs(np.log(odds[True] / odds[False]) - hiding) < 4 * error
    assert error < 0.1


@pytest.mark.parametrize("preset", ["default", "korea"])
def test_a_label_of_contacts_is_the_verdict_of_the_first_reader(preset: str) -> None:
    helped = made(preset=preset, support=0.5, private_support=0.5)
    label = Label("need_confirmed", "2M", "2M", observed_by="contacts")
    few = Features([Agg.count("power_cut", "12M")])
    panel = build_panel(helped, helped.rounds, label, Cohort(listed=True), few)
    known = panel.y.dropna()
    assert len(known) > 1_000
    assert np.array_equal(known, panel.truth.loc[known.index, "verdict"])
    assert panel.draws.loc[known.index, "drawn"].all()
