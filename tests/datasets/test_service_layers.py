"""Each layer of an open service moves its figure, by draws of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.datasets import OpenService, open_service
from riskmodel.datasets.service_layers import USUAL_REACH

N = 6_000
REACH = {"ai_call": 0.5, "mail": 0.5, "visit": 0.5}


def opened(**layers: Any) -> OpenService:
    return open_service(N, n_rounds=2, random_state=6, n_before=4, **layers)


def plan(service: OpenService, channel: str, **columns: Any) -> pd.DataFrame:
    ids = need_of(service).index
    return pd.DataFrame({"household_id": ids, "channel": channel, **columns})


def need_of(service: OpenService) -> pd.Series:
    truth: pd.Series = service.truth.xs(pd.Timestamp(service.as_of), level=1)["need"]
    return truth == 1


def is_about(share: float, chance: float, n: int) -> bool:
    return bool(abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / n))


@pytest.mark.parametrize("channel", ["ai_call", "text_message"])
def test_nobody_is_reached_by_a_number_that_is_none_or_wrong(channel: str) -> None:
    service = opened(phones=(0.7, 0.2))
    rows = service.records.attributes.query("name == 'phone'")
    known = set(rows.household_id)
    assert is_about(len(known) / N, 0.7, N)
    contacts = service.go(plan(service, channel)).set_index("household_id")
    reason = contacts["reason"]
    assert set(reason.index[reason.eq("no_number")]) == set(contacts.index) - known
    assert is_about(reason[list(known)].eq("wrong_number").mean(), 0.2, len(known))
    assert contacts["result"].eq("not_reached").equals(reason.notna())


def test_numbers_do_not_matter_at_the_door() -> None:
    with_numbers, without = opened(reach=REACH), opened(reach=REACH, phones=(0.5, 0.5))
    visits = [one.go(plan(one, "visit")) for one in (with_numbers, without)]
    pd.testing.assert_frame_equal(*visits)


@pytest.mark.parametrize("channel", USUAL_REACH)
def test_a_channel_that_reach_does_not_name_reaches_as_many_as_usual(channel: str) -> None:
    named = next(one for one in USUAL_REACH if one != channel)
    service = opened(reach={named: 0.9})
    met = ~service.go(plan(service, channel))["result"].eq("not_reached")
    assert is_about(met.mean(), USUAL_REACH[channel], N)


def test_a_letter_that_comes_back_ends_the_round() -> None:
    layers = {"mismatch": 0.3, "reach": REACH}
    without, service = opened(**layers), opened(**layers, returned_mail=0.5)
    two = pd.concat([plan(service, "mail", step=1), plan(service, "visit", step=2)])
    contacts = service.go(two)
    first = contacts[contacts.channel == "mail"].set_index("household_id")
    moved = first.index[first.reason == "moved"]
    assert is_about(len(moved) / N, 0.3 * (1 - 0.3 * 0.5) * 0.5, N)
    assert not set(moved) & set(contacts.loc[contacts.channel == "visit", "household_id"])
    others = without.go(two).set_index("household_id")
    here = contacts.set_index("household_id")
    stay = here.index.difference(moved)
    pd.testing.assert_frame_equal(here.loc[stay], others.loc[stay])


def test_who_is_at_work_is_reached_a_third_as_often_in_office_hours() -> None:
    service = opened(reach=REACH, at_work=1.0)
    met = {}
    for channel in ("visit", "ai_call"):
        contacts = service.fork().go(plan(service, channel))
        met[channel] = contacts["result"].ne("not_reached").mean()
    assert is_about(met["visit"], 0.5 / 3, N)
    assert is_about(met["ai_call"], 0.5, N)


def test_readers_of_strata_have_errors_of_their_own() -> None:
    service = opened(reader=(0.8, 0.8), reader_by_stratum={"random": (0.5, 0.6)})
    need, ids = need_of(service), need_of(service).index
    stratum = np.where(np.arange(N) % 2, "random", "certain")
    contacts = service.go(plan(service, "visit", stratum=stratum)).set_index("household_id")
    confirmed = contacts["result"].eq("need_confirmed")[ids]
    for name, skill in (("certain", (0.8, 0.8)), ("random", (0.5, 0.6))):
        own = contacts["stratum"][ids].eq(name)
        for is_in_need, chance in ((True, skill[0]), (False, 1 - skill[1])):
            read = confirmed[own & (need == is_in_need)]
            assert is_about(read.mean(), chance, len(read))
    first_day = service.truth.index.get_level_values(1).unique()[-2]
    assert service.truth.xs(first_day, level=1)["verdict"][ids].eq(1).equals(confirmed)
    assert not service.truth.attrs["exact"]


def test_workers_differ_and_are_named() -> None:
    alike, service = opened(reader=(0.7, 0.7)), opened(reader=(0.7, 0.7), workers_differ=1.0)
    verdicts = service.truth.xs(pd.Timestamp(service.as_of), level=1)["verdict"]
    contacts = service.go(plan(service, "visit")).set_index("household_id")
    confirmed = contacts["result"].eq("need_confirmed")[verdicts.index]
    assert verdicts.eq(1).equals(confirmed)
    assert alike.go(plan(alike, "visit"))["by"].isna().all()
    by = contacts["by"]
    assert by.nunique() == 3 * service.records.lists.area.nunique()
    rates = confirmed.groupby(by).agg(["mean", "size"])
    spread = np.sqrt(rates["mean"].mean() * (1 - rates["mean"].mean()) / rates["size"].mean())
    assert rates["mean"].std() > 2 * spread


def test_most_who_refer_themselves_are_not_on_file() -> None:
    service = open_service(
        20_000, n_rounds=2, preset="korea", capacity=None, random_state=1, self_referral=0.3
    )
    idle = service.fork()
    need, before, records = need_of(service), service.as_of, service.records
    assert records.referrals.empty
    service.go(plan(service, "visit").iloc[:20_000:3])
    idle.go(plan(idle, "visit").iloc[:0])
    referrals = service.records.referrals
    pd.testing.assert_frame_equal(referrals, idle.records.referrals)
    assert referrals.received.between(pd.Timestamp(before), pd.Timestamp(service.as_of)).all()
    events = records.events[records.events.code != "crisis"]
    year = pd.Timestamp(before) - pd.DateOffset(months=12)
    on_file = set(events.household_id[events.event_date >= year])
    n = len(referrals)
    assert n > 150
    assert is_about(1 - referrals.household_id.isin(on_file).mean(), 0.89, n)
    asked = 0.3 * (need.sum() + 0.05 * (~need).sum())
    assert abs(n - asked) < 4 * np.sqrt(asked)


def test_another_service_knows_need_and_its_cases_end() -> None:
    service = open_service(N, n_rounds=5, random_state=6, n_before=4, second_list=0.02)
    need = need_of(service)
    assert service.records.lists.empty
    nobody = plan(service, "visit").iloc[:0]
    service.go(nobody)
    lists, cases = service.records.lists, service.records.cases
    assert set(lists["list"]) == {"second"}
    assert is_about(len(lists) / N, 0.02, N)
    assert need[lists.household_id].mean() > 4 * need.mean()
    of_needy, of_others = (
        lists["probability"][need[lists.household_id].to_numpy() == is_needy].unique()
        for is_needy in (True, False)
    )
    assert of_needy == pytest.approx(10 * of_others)
    assert set(cases.household_id) == set(lists.household_id[need[lists.household_id].to_numpy()])
    assert cases["to_date"].isna().all()
    history = rm.contact_history(service.records, service.as_of)
    assert set(history.household_id) >= set(lists.household_id)
    for _ in range(3):
        service.go(nobody)
    ended = service.records.cases.set_index("household_id")["to_date"]
    assert ended[cases.household_id].notna().any()


@pytest.mark.parametrize(
    "layer",
    [{"self_referral": 0.2}, {"second_list": 0.1}, {"phones": (0.9, 0.1)}, {"at_work": 0.2}],
)
def test_a_layer_shifts_no_draw_of_the_others(layer: dict[str, Any]) -> None:
    layers = {"reach": REACH, "reader": (0.8, 0.8), "support": 0.5}
    without, service = opened(**layers), opened(**layers, **layer)
    made = [one.go(plan(one, "mail")) for one in (without, service)]
    pd.testing.assert_frame_equal(*made)
    pd.testing.assert_frame_equal(without.records.events, service.records.events)
