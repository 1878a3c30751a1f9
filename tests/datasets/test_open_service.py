"""A service that carries out plans: two policies are paired, and only support parts them."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel as rm
from riskmodel.datasets import Layers, OpenService, ServiceLayers, make_households, open_service
from riskmodel.datasets.keyed_draws import KeyedDraws
from riskmodel.datasets.layer import declared_layers
from riskmodel.errors import ConfigError
from riskmodel.keys import KEYS
from riskmodel.records.contact_words import CHANNELS

N = 1_500
REACH = {"ai_call": 0.4, "visit": 0.6}
WORKERS = {"reader": (0.8, 0.7), "manager": (0.9, 0.9), "dependence": 0.5, "blind": 0.1}
LAYERS: dict[str, Any] = {
    "reach": REACH,
    "refusal": 0.1,
    "not_executed": 0.1,
    "mismatch": 0.1,
    "isolation": 0.7,
    "support": 0.7,
    **WORKERS,
}
FOUND = [
    "channel",
    "attempt",
    "contact_date",
    "reader",
    "result",
    "support",
    "reason",
    "known_date",
]


@pytest.fixture(scope="module")
def opened() -> OpenService:
    return open_service(N, n_rounds=4, random_state=3, **LAYERS)


def ids_of(service: OpenService) -> pd.Index:
    return service.truth.index.get_level_values(0).unique()


def ladder(ids: Any, *channels: str, **columns: Any) -> pd.DataFrame:
    """Return a plan in which each household has the same steps."""
    ids = np.asarray(ids)
    plan = pd.DataFrame({"household_id": np.repeat(ids, len(channels))})
    plan["channel"] = list(channels) * len(ids)
    plan["step"] = list(range(1, len(channels) + 1)) * len(ids)
    return plan.assign(**columns)


def found(contacts: pd.DataFrame, ids: Any) -> pd.DataFrame:
    rows = contacts[contacts["household_id"].isin(ids)].set_index("household_id")
    return rows.sort_values(["attempt", "reader"]).sort_index(kind="stable")[FOUND]


def present(service: OpenService) -> pd.DataFrame:
    """Return the truth of the present round, by household."""
    return service.truth.xs(pd.Timestamp(service.as_of), level=1)


# --- pairing ---


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), others=st.integers(0, 400))
def test_the_same_steps_end_alike_whatever_else_is_planned_in_whatever_order(
    opened: OpenService, seed: int, others: int
) -> None:
    rng = np.random.default_rng(seed)
    ids = rng.permutation(ids_of(opened))
    same, rest = ids[:100], ids[100 : 100 + others]
    steps = list(rng.choice(CHANNELS, 3))
    alone = opened.fork().go(ladder(same, *steps))
    plan = pd.concat([ladder(same, *steps), ladder(rest, "visit", "visit", "mail")])
    together = opened.fork().go(plan.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(found(alone, same), found(together, same))


def test_a_step_has_the_same_luck_whatever_steps_came_before(opened: OpenService) -> None:
    ids = ids_of(opened)
    visits = opened.fork().go(ladder(ids, "visit"))
    after_calls = opened.fork().go(ladder(ids, "ai_call", "visit"))
    met_by_visit = after_calls[
        after_calls.channel.eq("visit") & after_calls.reader.eq("caseworker")
    ]
    alone = visits[visits.reader.eq("caseworker")].set_index("household_id")["result"]
    assert len(met_by_visit) > 500
    assert met_by_visit.set_index("household_id")["result"].equals(
        alone.loc[met_by_visit.household_id]
    )


def test_a_second_try_by_the_same_channel_is_another_one(opened: OpenService) -> None:
    contacts = opened.fork().go(ladder(ids_of(opened), "visit", "visit"))
    second = contacts[contacts.attempt.eq(2) & contacts.reader.eq("caseworker")]
    assert 0.3 < (second.result != "not_reached").mean() < 0.7


def test_two_policies_differ_by_support_alone(opened: OpenService) -> None:
    idle, busy = opened.fork(), opened.fork()
    idle.go(ladder([], "visit"))
    ids = ids_of(opened)
    contacts = busy.go(ladder(ids, "visit", "visit"))
    helped = contacts.loc[contacts.support.isin(["public_support"]), "household_id"].unique()
    changed = present(idle)["need"] != present(busy)["need"]
    assert changed.any()
    assert set(changed.index[changed]) <= set(helped)
    assert (present(busy)["need"] <= present(idle)["need"]).all()
    for service in (idle, busy):
        service.go(ladder([], "visit"))
    events = [one.records.events.set_index("household_id").sort_index() for one in (idle, busy)]
    apart = ids.difference(helped)
    pd.testing.assert_frame_equal(*(e.loc[e.index.isin(apart)] for e in events))


def test_without_support_no_policy_changes_what_the_agencies_record() -> None:
    opened = open_service(N, n_rounds=2, **{**LAYERS, "support": 0.0})
    idle, busy = opened.fork(), opened.fork()
    idle.go(ladder([], "visit"))
    busy.go(ladder(ids_of(opened), "visit", "ai_call"))
    pd.testing.assert_frame_equal(idle.records.events, busy.records.events)
    hidden = ["state", "need", "verdict", "y"]
    pd.testing.assert_frame_equal(idle.truth[hidden], busy.truth[hidden])


def test_a_fork_goes_on_apart_from_its_origin(opened: OpenService) -> None:
    before = opened.round, opened.records.digest
    twin = opened.fork()
    twin.carry_out(ladder(ids_of(opened)[:50], "visit"))
    twin.go(ladder(ids_of(opened)[50:90], "visit"))
    assert (opened.round, opened.records.digest) == before
    assert twin.round == opened.round + 1


@given(n=st.integers(1, 30), more=st.integers(0, 30), seed=st.integers(0, 2**70))
def test_a_households_number_stands_at_its_place_however_many_there_are(
    n: int, more: int, seed: int
) -> None:
    few, many = KeyedDraws(seed, n), KeyedDraws(seed, n + more)
    assert np.array_equal(few.uniform("a", 2, 3), many.uniform("a", 2, 3)[:n])
    assert not np.array_equal(few.uniform("a", 2), few.uniform("a", 3))
    assert not np.array_equal(few.uniform("a", 2), few.uniform("b", 2))


def test_another_process_draws_the_same() -> None:
    code = """
import pandas as pd
from riskmodel.datasets import open_service
service = open_service(300, n_rounds=2, preset="korea", random_state=5)
ids = sorted(service.records.attributes["household_id"].unique())
service.go(pd.DataFrame({"household_id": ids[::3], "channel": "call"}))
digest = service.records.digest
"""
    here: dict[str, Any] = {}
    exec(code, here)
    run = [sys.executable, "-c", f"{code}print(digest)"]
    there = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert there.strip() == here["digest"]


# --- what is found is the truth ---


def test_contacts_show_the_truth_where_readers_do_not_err() -> None:
    service = open_service(N, n_rounds=1, random_state=1)
    need = present(service)["need"]
    assert 0 < need.sum() < N
    contacts = service.go(ladder(need.index, "visit")).set_index("household_id")
    assert np.array_equal(contacts["result"] == "need_confirmed", need == 1)


def test_the_verdict_of_the_truth_is_the_one_that_contacts_hold(opened: OpenService) -> None:
    verdict = present(opened)["verdict"]
    twin = opened.fork()
    contacts = twin.go(ladder(verdict.index, "visit", "call"))
    read = contacts[contacts.reader.eq("caseworker")]
    read = read[read.result.isin(["no_need", "need_confirmed"])].set_index("household_id")
    assert len(read) > N / 2
    assert np.array_equal(read["result"] == "need_confirmed", verdict[read.index] == 1)
    kept = twin.truth.xs(pd.Timestamp(opened.as_of), level=1)["verdict"]
    pd.testing.assert_series_equal(kept, verdict)


def test_shares_are_those_of_the_layers() -> None:
    service = open_service(20_000, n_rounds=1, **{**LAYERS, "isolation": 0.0, "mismatch": 0.0})
    need = present(service)["need"] == 1
    contacts = service.go(ladder(need.index, "visit"))
    first = contacts[contacts.reader.eq("caseworker")].set_index("household_id")
    done = first[first.result != "not_executed"]
    met = done[done.result != "not_reached"]
    read = met[met.result != "refused"]
    last = contacts.drop_duplicates("household_id", keep="last").set_index("household_id")
    confirmed = last[last.result == "need_confirmed"]
    sensitivity, specificity = WORKERS["reader"]
    for seen, chance in (
        (met.index.isin(met.index), 1.0),
        (done.result != "not_reached", REACH["visit"]),
        (met.result == "refused", LAYERS["refusal"]),
        (read[need[read.index]].result == "need_confirmed", sensitivity),
        (read[~need[read.index]].result == "no_need", specificity),
        (confirmed.support == "public_support", LAYERS["support"]),
    ):
        error = np.sqrt(chance * (1 - chance) / len(seen))
        assert abs(np.mean(seen) - chance) <= 4 * error
    assert 0.05 < (first.result == "not_executed").mean() < 0.15


def test_help_lifts_six_in_ten_out_of_need() -> None:
    service = open_service(20_000, n_rounds=2, support=1.0)
    idle = service.fork()
    needy = present(service)["need"]
    needy = needy.index[needy == 1]
    service.go(ladder(needy, "visit"))
    idle.go(ladder([], "visit"))
    stays, would = (present(one)["need"][needy].mean() for one in (service, idle))
    # who is not lifted moves as without help
    assert stays == pytest.approx(0.4 * would, abs=4 * np.sqrt(0.25 / len(needy)))


def test_the_exact_chance_stays_exact_after_plans_by_what_is_known() -> None:
    service = open_service(12_000, n_rounds=4, random_state=2, support=0.6, reader=(0.8, 0.9))
    for _ in range(4):
        truth = service.truth
        day = pd.Timestamp(service.as_of)
        chance = truth.xs(day, level=1)["probability"]
        service.go(ladder(chance.index[chance.rank(ascending=False) <= 600], "visit"))
    truth = service.truth
    assert truth.attrs["exact"]
    own = truth[truth.index.get_level_values(1) >= service.truth.index.get_level_values(1)[12]]
    high = own[own.probability > own.probability.quantile(0.9)]
    for rows in (own, high):
        chance = rows.probability
        error = np.sqrt((chance * (1 - chance)).sum()) / len(rows)
        # rounds of a household share outcomes: allow for windows that overlap
        assert abs(rows.y_unsupported.mean() - chance.mean()) < 4 * np.sqrt(3) * error


def test_there_is_no_exact_chance_where_the_filter_ignores_a_layer() -> None:
    service = open_service(300, n_rounds=1, reach=REACH, hiding=1.0)
    assert "probability" not in service.truth
    assert not service.truth.attrs["exact"]
    assert service.truth["need"].notna().all()


def test_a_label_is_there_once_its_window_is_over(opened: OpenService) -> None:
    service = opened.fork()
    while not service.is_closed:
        service.go(ladder([], "visit"))
    known = service.truth["y"].unstack().notna().all()
    assert known.tolist() == [True] * (len(known) - 3) + [False] * 3
    same = service.truth.dropna()
    pd.testing.assert_series_equal(same["y"], same["y_unsupported"], check_names=False)


def test_leaving_alone_for_three_rounds_reaches_more_households_in_need() -> None:
    opened = open_service(4_000, n_rounds=8, random_state=1, support=0.5)
    reached = {}
    for memory in (0, 3):
        service, lists, needy = opened.fork(), [], set()
        while not service.is_closed:
            now = present(service)
            lately = pd.Index(np.concatenate([[], *lists[max(len(lists) - memory, 0) :]]))
            chance = now["probability"].drop(lately)
            lists.append(chance.nlargest(80).index.to_numpy())
            service.go(ladder(lists[-1], "visit"))
            needy |= set(now.index[now["need"] == 1]) & set(lists[-1])
        reached[memory] = len(needy)
    assert reached[3] > 1.2 * reached[0]


# --- what the service knows ---


def test_records_before_the_first_round_are_the_same_for_every_policy() -> None:
    first, second = (
        open_service(400, n_rounds=2, preset="korea", random_state=4, capacity=0.05)
        for _ in range(2)
    )
    assert len(first.records.contacts)
    assert first.records.digest == second.records.digest
    first.go(ladder(ids_of(first)[:80], "visit"))
    second.go(ladder([], "visit"))
    day = first.records.rounds[-2]
    for name in ("contacts", "lists", "events"):
        earlier = [
            frame[frame.known_date < day].dropna(axis=1, how="all").reset_index(drop=True)
            for frame in (getattr(one.records, name) for one in (first, second))
        ]
        pd.testing.assert_frame_equal(*earlier, check_dtype=False)


def test_records_end_on_the_morning_of_the_round_and_hold_all_contacts_so_far(
    opened: OpenService,
) -> None:
    service, made = opened.fork(), []
    ids = ids_of(opened)
    for k in range(4):
        records = service.records
        assert records.today == service.as_of
        assert records.truth is None
        for name in ("events", "attributes", "contacts"):
            assert (getattr(records, name).known_date.dropna() < pd.Timestamp(service.as_of)).all()
        assert len(records.contacts) == sum(map(len, made))
        made.append(service.go(ladder(ids[k::9], "ai_call", "call", "mail", "visit", "visit")))
    pd.testing.assert_frame_equal(
        service.records.contacts.sort_values([*KEYS, "attempt", "reader"], ignore_index=True),
        pd.concat(made).sort_values([*KEYS, "attempt", "reader"], ignore_index=True),
    )
    assert service.records.counts.empty
    assert service.records.notes == ()


def test_the_history_of_contacts_agrees_with_what_was_done(opened: OpenService) -> None:
    service = opened.fork()
    ids = ids_of(opened)
    made = [service.go(ladder(ids[k::5], "ai_call", "visit")) for k in range(3)]
    contacts = pd.concat(made)
    history = rm.contact_history(service.records, service.as_of).set_index("household_id")
    of_one = contacts.groupby("household_id")
    assert history.index.equals(pd.Index(sorted(contacts.household_id.unique())))
    assert (history.rounds_listed == of_one["as_of_date"].nunique()).all()
    verdicts = contacts[contacts.result.isin(["no_need", "need_confirmed"])]
    counted = verdicts.groupby("household_id").size().reindex(history.index, fill_value=0)
    assert (history.verdicts == counted).all()
    met = contacts[~contacts.result.isin(["not_reached", "not_executed"])]
    last_round = contacts.groupby("household_id")["as_of_date"].max()
    was_met = met.groupby("household_id")["as_of_date"].max().reindex(history.index)
    assert ((history.state == "closed") == (was_met == last_round)).all()


def test_lists_hold_who_was_planned_and_who_was_left_out() -> None:
    service = open_service(300, n_rounds=2)
    ids = ids_of(service)
    table = ladder(ids[:20], "visit", "mail", stratum="random", probability=0.25, state="reserved")
    table["plan_id"] = "P1"
    left_out = pd.DataFrame({"household_id": ids[20:50], "probability": 0.1})
    contacts = service.go(SimpleNamespace(table=table, left_out=left_out))
    lists = service.records.lists.set_index("household_id")
    assert lists.index.tolist() == sorted(ids[:50])
    assert (lists.drawn == lists.index.isin(ids[:20])).all()
    assert (lists.probability == np.where(lists.drawn, 0.25, 0.1)).all()
    assert lists.loc[lists.drawn, "stratum"].eq("random").all()
    assert set(contacts.probability) == {0.25}
    assert lists.area.notna().all()
    assert (lists.plan_id == "P1").eq(lists.drawn).all()
    assert "contradict" not in str(service.records.summary())


def test_a_panel_of_the_records_is_fitted_and_lists_the_present_round() -> None:
    service = open_service(2_000, n_rounds=1)
    records = service.records
    panel = rm.build_panel(records, rounds=records.rounds[:-4], label=records.label)
    model = rm.make_classifier(panel, "logistic", random_state=0).fit(panel)
    listed = rm.score(model, records, records.rounds[-1], capacity=0.02)
    plan = listed.table.query("listed")[["household_id", "as_of_date"]].assign(channel="visit")
    contacts = service.go(plan)
    assert len(contacts) == 40
    assert (contacts.result == "need_confirmed").mean() > 0.2


def test_a_plan_of_outreach_is_carried_out_and_written_down_as_it_is() -> None:
    service = open_service(800, n_rounds=2, random_state=2, reach=REACH, phones=(0.9, 0.1))
    chance = present(service)["probability"]
    listed = pd.DataFrame({"household_id": chance.index, "score": chance.to_numpy()})
    plan = rm.outreach(
        listed.assign(as_of_date=service.as_of), service.records, explore=0.2, seed=1
    )
    assert {"certain", "random"} <= set(plan.table["stratum"])
    contacts = service.go(plan)
    drawn = plan.table.drop_duplicates("household_id").set_index("household_id")
    assert set(contacts["household_id"]) == set(drawn.index)
    for column in ("stratum", "probability"):
        assert contacts[column].tolist() == drawn.loc[contacts["household_id"], column].tolist()
    lists = service.records.lists.set_index("household_id")
    assert set(lists.index[lists["drawn"]]) == set(drawn.index)
    left_out = plan.left_out.set_index("household_id")["probability"].dropna()
    assert lists.loc[~lists["drawn"], "probability"].to_dict() == left_out.to_dict()


def test_two_plans_of_one_round_are_one_round(opened: OpenService) -> None:
    ids = ids_of(opened)[:300]
    at_once, bit_by_bit = opened.fork(), opened.fork()
    contacts = at_once.go(ladder(ids, "ai_call", "visit", "visit"))
    first = bit_by_bit.carry_out(ladder(ids, "ai_call"))
    assert bit_by_bit.round == 1
    still = first.loc[first.result == "not_reached", "household_id"].unique()
    second = bit_by_bit.carry_out(ladder(still, "visit"))
    third = bit_by_bit.go(ladder(ids, "visit"))
    together = pd.concat([first, second, third])
    pd.testing.assert_frame_equal(found(together, ids), found(contacts, ids))
    assert at_once.records.contacts.equals(bit_by_bit.records.contacts)
    pd.testing.assert_frame_equal(at_once.records.lists, bit_by_bit.records.lists)


def test_only_what_is_still_to_do_is_done(opened: OpenService) -> None:
    ids = ids_of(opened)
    states = ["planned", "reserved", "open", "done", "cancelled"]
    plan = ladder(ids[:50], "visit", state=np.repeat(states, 10))
    # what is not to be done is not read further
    plan.loc[plan.state == "cancelled", "channel"] = None
    contacts = opened.fork().go(plan)
    assert set(contacts.household_id) == set(ids[:20])


def test_nobody_knows_of_an_outage_before_it_comes() -> None:
    service = open_service(300, n_rounds=3, outage={"power_cut": 1}, change_at=1)

    def gaps() -> int:
        coverage = service.records.coverage
        return int(coverage.loc[coverage.feed == "power_cut", "to_date"].notna().sum())

    seen = [gaps()]
    for _ in range(3):
        service.go(ladder([], "visit"))
        seen.append(gaps())
    assert seen == [0, 0, 1, 1]


def test_a_move_that_comes_is_not_in_the_records() -> None:
    service = open_service(400, n_rounds=2, moves=0.1, members=True)
    records = service.records
    assert (records.members.to_date.dropna() <= records.today).all()
    service.go(ladder([], "visit"))
    assert len(service.records.members) > len(records.members)


# --- what is refused ---


BAD_PLANS: dict[str, tuple[dict[str, Any], str]] = {
    "another round": ({"as_of_date": "2020-01-01"}, "datasets.plan_round"),
    "an unknown household": ({"household_id": "H9999999"}, "datasets.plan_household"),
    "an unknown channel": ({"channel": "pigeon"}, "datasets.plan_channel"),
    "no channel": ({"channel": None}, "datasets.plan_channel"),
    "an unknown state": ({"state": "left_out"}, "datasets.plan_state"),
    "no step": ({"step": 0}, "datasets.plan_step"),
    "half a step": ({"step": 1.5}, "datasets.plan_step"),
    "a step twice": ({"step": 1}, "datasets.plan_step"),
    "no chance": ({"probability": 0.0}, "datasets.plan_probability"),
    "too large a chance": ({"probability": 1.2}, "datasets.plan_probability"),
    "a chance that is a text": ({"probability": "high"}, "datasets.plan_probability"),
}


@pytest.mark.parametrize("what", BAD_PLANS)
def test_a_bad_plan_is_refused_by_row_and_the_round_stays_open(
    opened: OpenService, what: str
) -> None:
    columns, code = BAD_PLANS[what]
    service, ids = opened.fork(), ids_of(opened)
    good = ladder(ids[:3], "visit", as_of_date=opened.as_of, state="planned", probability=1.0)
    bad = ladder(ids[3:4], "visit", "mail", as_of_date=opened.as_of, probability=1.0)
    plan = pd.concat([good, bad.assign(**{"state": "planned", **columns})])
    with pytest.raises(ConfigError) as refused:
        service.go(plan)
    assert refused.value.code == code
    assert "of 5 rows" in str(refused.value)
    assert "H9999999" not in str(refused.value)
    assert "pigeon" not in str(refused.value)
    assert service.round == 1
    assert len(service.go(good)) >= 3


@pytest.mark.parametrize("plan", [None, [], {"household_id": []}, SimpleNamespace(table=3)])
def test_what_is_no_plan_is_refused(opened: OpenService, plan: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        opened.fork().go(plan)
    assert refused.value.code == "datasets.plan"


@pytest.mark.parametrize("missing", ["household_id", "channel"])
def test_a_plan_without_a_column_is_refused_by_name(opened: OpenService, missing: str) -> None:
    plan = ladder(ids_of(opened)[:2], "visit").drop(columns=missing)
    with pytest.raises(ConfigError, match=missing) as refused:
        opened.fork().go(plan)
    assert refused.value.code == "datasets.plan_column"


def test_an_empty_plan_moves_on_until_the_service_is_closed(opened: OpenService) -> None:
    service = opened.fork()
    for k in range(1, 5):
        assert (service.round, service.is_closed) == (k, False)
        assert service.go(ladder([], "visit")).empty
    assert service.is_closed
    assert len(service.records.rounds) == 12 + 4
    with pytest.raises(ConfigError) as refused:
        service.go(ladder([], "visit"))
    assert refused.value.code == "datasets.service_closed"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"n_households": 0}, "datasets.n_households"),
        ({"n_rounds": 0}, "datasets.n_rounds"),
        ({"n_before": 3}, "datasets.n_before"),
        ({"random_state": -1}, "datasets.random_state"),
        ({"change_at": 12}, "datasets.change_at"),
        ({"suport": 0.5}, "datasets.layer"),
        ({"reach": {"pigeon": 0.5}}, "datasets.reach"),
        ({"random_share": 0.1}, "datasets.layer_alone"),
        ({"dependence": 0.1}, "datasets.layer_alone"),
        ({"preset": "kora"}, "datasets.preset"),
    ],
)
def test_arguments_are_refused_by_name(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigError) as refused:
        open_service(**arguments)
    assert refused.value.code == code


def test_the_households_of_a_seed_are_those_of_make_households() -> None:
    service = open_service(600, n_rounds=1, preset="korea", random_state=8)
    both = [service.records, make_households(600, 4, preset="korea", random_state=8)]
    columns = ["household_id", "name", "text"]
    pd.testing.assert_frame_equal(*(one.attributes[columns] for one in both))


def test_every_layer_of_make_households_is_one_of_a_service() -> None:
    own, all_layers = declared_layers(Layers), declared_layers(ServiceLayers)
    assert set(own) <= set(all_layers)
    for name in set(all_layers) - set(own):
        assert f"{name} : default" in str(ServiceLayers.__doc__)


# --- memory ---


def test_memory_grows_by_what_is_written_down() -> None:
    service = open_service(4_000, n_rounds=8)
    plan = ladder(ids_of(service)[::40], "visit")
    tracemalloc.start()
    held = []
    for _ in range(8):
        service.go(plan)
        held.append(tracemalloc.get_traced_memory()[0] / 4_000)
    tracemalloc.stop()
    # bytes per household and round: facts, draws and courses
    assert np.diff(held).max() < 600
