"""The rest of a round: who was not reached goes to the next rung; silence closes nobody."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.records.table_schemas import conform
from riskmodel.service import Outreach

CHANNELS: dict[str, Any] = {
    "ai_call": {"minutes": 2, "reach": 0.4, "budgets": [{"minutes": 100}]},
    "call": {"minutes": 15, "reach": 0.5, "budgets": [{"minutes": 600}]},
    "visit": {"minutes": 40, "reach": 0.65, "budgets": [{"minutes": 1200}]},
}
LATER = 25


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    """Return a round whose first steps were carried out, and the rest of it."""
    service = rm.datasets.open_service(900, n_rounds=2, preset="korea", random_state=0)
    records = service.records
    ids = np.unique(records.events["household_id"])
    score = np.random.default_rng(0).beta(1, 12, len(ids))
    listed = pd.DataFrame({"household_id": ids, "as_of_date": service.as_of, "score": score})
    plan = rm.outreach(listed, records, "korea", CHANNELS, explore=0.2, seed=1)
    first = plan.table[plan.table["state"] == "planned"]
    contacts = service.carry_out(first)
    day = service.as_of + np.timedelta64(LATER)
    later = replace(
        records,
        tables={**records.tables, "contacts": conform("contacts", contacts)},
        today=day + np.timedelta64(40),
    )
    rest = rm.replan(plan, listed, later, "korea", CHANNELS, on=day)
    known = contacts[pd.to_datetime(contacts["known_date"]) < pd.Timestamp(day)]
    return SimpleNamespace(
        plan=plan, listed=listed, records=later, contacts=known, day=day, rest=rest
    )


def steps_of(plan: Outreach, state: str) -> pd.DataFrame:
    return plan.table[plan.table["state"] == state]


def test_every_step_of_the_plan_is_still_there(study: SimpleNamespace) -> None:
    keys = ["household_id", "step", "channel"]
    before, after = (
        set(map(tuple, plan.table[keys].itertuples(index=False)))
        for plan in (study.plan, study.rest)
    )
    assert before <= after
    assert set(study.rest.table["household_id"]) == set(study.plan.table["household_id"])
    pd.testing.assert_frame_equal(study.rest.left_out, study.plan.left_out)


def test_what_was_told_is_done_and_who_was_met_is_left_alone(study: SimpleNamespace) -> None:
    made = study.contacts[study.contacts["result"] != "not_executed"]
    done = steps_of(study.rest, "done")
    assert set(zip(made["household_id"], made["channel"], strict=True)) == set(
        zip(done["household_id"], done["channel"], strict=True)
    )
    met = made.loc[made["result"].isin(["need_confirmed", "no_need", "refused"]), "household_id"]
    rest = study.rest.table[study.rest.table["household_id"].isin(met)]
    assert set(rest["state"]) <= {"done", "cancelled"}


def test_who_was_met_is_not_turned_to_again_whatever_lifts_a_cool_off(
    study: SimpleNamespace,
) -> None:
    high = study.listed.assign(band="very high")
    rest = rm.replan(study.plan, high, study.records, "korea", CHANNELS, on=study.day)
    met = study.contacts["result"].isin(["need_confirmed", "no_need"])
    own = rest.table[rest.table["household_id"].isin(study.contacts.loc[met, "household_id"])]
    assert len(own)
    assert set(own["state"]) <= {"done", "cancelled"}


def test_who_was_not_reached_goes_to_the_next_rung(study: SimpleNamespace) -> None:
    new = study.rest.table[study.rest.table["state"] == "planned"]
    certain = new[new["stratum"] == "certain"]
    assert len(certain)
    ladder = list(CHANNELS)
    for _, row in certain.iterrows():
        own = study.plan.table[study.plan.table["household_id"] == row["household_id"]]
        assert row["step"] == own["step"].max() + 1
        assert ladder.index(row["channel"]) > ladder.index(own["channel"].iloc[-1])
        assert row["due_by"] > pd.Timestamp(study.day)


def test_who_was_drawn_goes_down_the_ladder_that_was_set_aside(study: SimpleNamespace) -> None:
    drawn = study.rest.table[study.rest.table["stratum"] != "certain"]
    before = study.plan.table[study.plan.table["stratum"] != "certain"]
    assert len(drawn) == len(before)
    for _, own in drawn.groupby("household_id"):
        states = own["state"].tolist()
        assert states.count("planned") <= 1
        if "planned" in states:
            assert set(states[: states.index("planned")]) <= {"done"}


def test_no_household_has_a_channel_twice(study: SimpleNamespace) -> None:
    assert not study.rest.table.duplicated(["household_id", "channel"]).any()


def test_no_budget_is_overdrawn_in_the_whole_round(study: SimpleNamespace) -> None:
    kept = study.rest.table[study.rest.table["state"] != "cancelled"]
    spent = kept.groupby("channel")["minutes"].sum()
    for channel, minutes in spent.items():
        assert minutes <= CHANNELS[str(channel)]["budgets"][0]["minutes"]
    told = study.rest.prices.set_index("channel")
    used = told["used"] + told["reserved"]
    assert used[spent.index].to_dict() == pytest.approx(spent.to_dict())


def test_nobody_is_closed_by_silence(study: SimpleNamespace) -> None:
    history = rm.contact_history(study.records, study.day).set_index("household_id")
    silent = study.contacts.groupby("household_id")["result"].agg(
        lambda results: set(results) <= {"not_reached", "not_executed"}
    )
    assert silent.any()
    assert (history.loc[silent.index[silent], "state"] != "closed").all()
    waits = study.rest.table.groupby("household_id")["state"].agg(lambda s: set(s) == {"done"})
    without_room = [name for name in waits.index[waits] if silent.get(name, False)]
    told = [int(note.split()[0]) for note in study.rest.notes if "not reached by" in note]
    assert sum(told) == len(without_room) > 0
    assert any("without room for the next rung" in note for note in study.rest.notes) or any(
        "no channel is left" in note for note in study.rest.notes
    )


def test_the_same_rest_again_and_its_rest(study: SimpleNamespace) -> None:
    arguments = (study.listed.sample(frac=1, random_state=3), study.records, "korea", CHANNELS)
    assert rm.replan(study.plan, *arguments, on=study.day).plan_id == study.rest.plan_id
    again = rm.replan(study.rest, *arguments, on=study.day)
    assert set(again.table["household_id"]) == set(study.plan.table["household_id"])
    assert steps_of(again, "done").shape == steps_of(study.rest, "done").shape


def test_a_day_or_a_list_of_another_round_is_refused(study: SimpleNamespace) -> None:
    arguments = (study.records, "korea", CHANNELS)
    with pytest.raises(ConfigError, match="cannot begin on"):
        rm.replan(study.plan, study.listed, *arguments, on=study.plan.as_of)
    with pytest.raises(ConfigError, match="on: what is given is not a date"):
        rm.replan(study.plan, study.listed, *arguments, on=None)  # type: ignore[arg-type]
    visits = {"visit": CHANNELS["visit"]}
    with pytest.raises(ConfigError, match="has steps of ai_call, and the channels have none"):
        rm.replan(study.plan, study.listed, study.records, "korea", visits, on=study.day)
    other = study.listed.assign(as_of_date="2020-01-01")
    with pytest.raises(ConfigError, match="and the list of 2020-01-01"):
        rm.replan(study.plan, other, *arguments, on=study.day)
    with pytest.raises(ConfigError, match="that the list does not have"):
        rm.replan(study.plan, study.listed.iloc[:5], *arguments, on=study.day)


def test_a_drawn_households_next_step_is_due_as_late_as_that_of_others(
    study: SimpleNamespace,
) -> None:
    before = study.plan.table.set_index(["household_id", "channel"])["state"]
    planned = steps_of(study.rest, "planned")
    was = pd.MultiIndex.from_frame(planned[["household_id", "channel"]])
    drawn = planned[before.reindex(was).eq("reserved").to_numpy()]
    others = planned[before.reindex(was).isna().to_numpy()]
    assert len(drawn) > 2
    assert (planned["due_by"] > pd.Timestamp(study.day)).all()
    due = others.groupby("channel")["due_by"].agg(set)
    told = [row.due_by in due[row.channel] for row in drawn.itertuples() if row.channel in due]
    assert len(told) > 2
    assert all(told)


def test_steps_that_nobody_carried_out_are_counted_by_household(study: SimpleNamespace) -> None:
    planned = steps_of(study.plan, "planned").head(7)
    day = planned["as_of_date"].iloc[0] + pd.Timedelta(days=20)
    columns = {"result": "not_executed", "known_date": day - pd.Timedelta(days=1)}
    told = planned[["household_id", "as_of_date", "channel"]].assign(**columns)
    records = replace(
        study.records, tables={**study.records.tables, "contacts": conform("contacts", told)}
    )
    rest = rm.replan(study.plan, study.listed, records, "korea", CHANNELS, on=day)
    (note,) = (note for note in rest.notes if "not carried out" in note)
    assert note.startswith("7 households in ")
    assert len(steps_of(rest, "open")) == len(steps_of(study.plan, "planned"))


def test_the_steps_of_a_household_are_numbered_on_from_one_rest_to_the_next(
    study: SimpleNamespace,
) -> None:
    planned = steps_of(study.rest, "planned")
    day = pd.Timestamp(study.day)
    tried = planned[["household_id", "as_of_date", "channel", "step"]].rename(
        columns={"step": "attempt"}
    )
    tried = tried.assign(
        result="not_reached",
        contact_date=day + pd.Timedelta(days=2),
        known_date=day + pd.Timedelta(days=3),
    )
    contacts = pd.concat([study.contacts, tried])
    tables = {**study.records.tables, "contacts": conform("contacts", contacts)}
    records = replace(study.records, tables=tables)
    ample = {name: each | {"budgets": [{"minutes": 1e5}]} for name, each in CHANNELS.items()}
    again = rm.replan(
        study.rest, study.listed, records, "korea", ample, on=day + pd.Timedelta(days=5)
    )
    assert (steps_of(again, "planned")["step"] == 3).any()
    steps = again.table.groupby("household_id")["step"].agg(sorted)
    assert all(own == list(range(1, len(own) + 1)) for own in steps)
