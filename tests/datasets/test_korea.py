"""The Korean service: its catalogue, geography, calendar, and a funnel that is no parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel.datasets import PRESETS, funnel, make_households
from riskmodel.datasets.content import content
from riskmodel.datasets.geography import geography_of
from riskmodel.datasets.truth import expected_auc
from riskmodel.errors import ConfigError
from riskmodel.evaluation import scores_of
from riskmodel.indicators import FAMILIES
from riskmodel.keys import KEYS
from riskmodel.models import make_classifier
from riskmodel.panel import Cohort, Panel, build_panel
from riskmodel.records import Records
from riskmodel.splits import TemporalSplit

N, ROUNDS = 20_000, 21


def korea(n: int = N, n_rounds: int = ROUNDS, **layers: Any) -> Records:
    return make_households(n, n_rounds=n_rounds, preset="korea", random_state=3, **layers)


@pytest.fixture(scope="module")
def records() -> Records:
    return korea()


@pytest.fixture(scope="module")
def figures(records: Records) -> pd.Series:
    return funnel(records).frame()["simulated"]


def test_catalogue_says_of_every_indicator_what_the_law_and_the_agencies_say(
    records: Records,
) -> None:
    indicators = [i for i in records.catalogue.values() if i.code != "crisis"]
    assert len(indicators) == 47
    assert len({i.agency for i in indicators}) == 21
    assert {i.family for i in indicators} == set(FAMILIES)
    assert all(i.ko and i.en and i.ko != i.en for i in indicators)
    assert 0 < sum(i.verified for i in indicators) < 47
    months = {i.code for i in indicators if i.threshold == 3 and i.unit == "months"}
    assert months >= {
        "nhi_arrears",
        "telecom_arrears",
        "public_rent_arrears",
        "mgmt_fee_arrears",
        "condo_fee_arrears",
    }


def test_indicators_come_in_the_years_in_which_they_came(records: Records) -> None:
    # 34 in 2022 and 46 in August 2024, of which it is not known which came last; then 47
    live = pd.Series(
        {i.code: i.live_from for i in records.catalogue.values() if i.code != "crisis"}
    )
    since = pd.to_datetime(live.dropna())
    assert [
        (since <= day).sum() for day in ("2023-11-19", "2023-11-20", "2024-03-25", "2024-11-25")
    ] == [0, 5, 6, 7]
    first = records.events.groupby("code").event_date.min()
    for code, day in since.items():
        assert pd.Timestamp(first[code]) >= day


def test_a_round_opens_in_every_odd_month_and_all_feeds_deliver_by_the_end(
    records: Records,
) -> None:
    assert set(records.rounds.month) == {1, 3, 5, 7, 9, 11}
    assert pd.Timestamp(records.today) == pd.Timestamp("2026-01-01")
    assert set(records.events.code) == set(records.catalogue)


@pytest.mark.parametrize(
    ("n", "sigungu", "areas"), [(20_000, 17, 51), (400_000, 95, 285), (5_000_000, 229, 3_435)]
)
def test_places_grow_to_the_real_tree(n: int, sigungu: int, areas: int) -> None:
    tree = geography_of(PRESETS["korea"].world, n)
    assert len(np.unique(tree.levels["sido"])) == 17
    assert len(np.unique(tree.levels["sigungu"])) == sigungu
    assert len(np.unique(tree.levels["area"])) == len(tree) == areas
    assert tree.share is not None
    assert tree.share.sum() == pytest.approx(1)


def test_households_are_spread_as_in_the_provinces(records: Records) -> None:
    sido = records.attributes.query("name == 'sido'").text.value_counts(normalize=True)
    households = pd.Series(
        {name: e["households"] for name, e in content("korea")["provinces"].items()}
    )
    share = (households / households.sum()).loc[sido.index]
    assert (np.abs(sido - share) < 4 * np.sqrt(share / N)).all()
    assert records.groups == ("household_type", "sido")


def test_power_is_never_limited_in_the_cold_nor_in_the_hot_months(records: Records) -> None:
    cuts = pd.to_datetime(records.events.query("code == 'power_cut'").event_date).dt.month
    assert len(cuts) > 100
    assert set(cuts) == {3, 4, 5, 6, 10, 11}


def test_a_wider_definition_brings_more_overdue_loans(records: Records) -> None:
    assert records.catalogue["loan_overdue"].redefined[0]["from"] == "2023-01-01"
    loans = records.events.query("code == 'loan_overdue' and value == 3")
    begun = pd.to_datetime(loans.event_date).dt.year.value_counts()
    assert begun[2023] > 1.4 * begun[2022]
    telecom = records.events.query("code == 'telecom_arrears' and value == 3")
    assert (
        pd.to_datetime(telecom.event_date)
        .dt.year.value_counts()[[2022, 2023]]
        .pct_change()
        .abs()
        .iloc[1]
        < 0.2
    )


def test_who_owes_insurance_owes_pension_and_not_the_reverse(records: Records) -> None:
    events = records.events
    of = {
        c: set(map(tuple, events.loc[events.code == c, ["household_id", "event_date"]].to_numpy()))
        for c in PAIR
    }
    insurance, pension = (of[code] for code in PAIR)
    assert len(insurance & pension) / len(insurance) > 0.9
    assert len(insurance & pension) / len(pension) < 0.7


PAIR = ("nhi_arrears", "nps_arrears")
COMMON = [
    "on file",
    "listed, of those on file",
    "crisis within six months",
    "no indicator, of those in crisis",
    "not reached",
    "need confirmed at first, of those reached",
    *(
        f"{kind}, {year}"
        for kind in ("any support", "private support")
        for year in (2022, 2023, 2024)
    ),
]


def test_the_funnel_is_near_what_is_published(records: Records) -> None:
    table = funnel(records).frame().loc[COMMON]
    assert table["ratio"].between(0.8, 1.25).all(), table
    assert "on file" in repr(funnel(records))


@pytest.mark.slow
def test_every_figure_of_the_funnel_is_within_a_tenth_of_what_is_published() -> None:
    tables = [
        funnel(make_households(200_000, n_rounds=21, preset="korea", random_state=s)).frame()
        for s in range(4)
    ]
    simulated = sum(table["simulated"] for table in tables) / len(tables)
    published = tables[0]["published"]
    ratio = simulated[published > 0] / published[published > 0]
    assert ratio.between(0.9, 1.1).all(), ratio
    assert (simulated[published == 0] == 0).all()


MOVES: list[tuple[dict[str, Any], dict[str, int]]] = [
    (
        {"capacity": 0.02},
        {
            "listed, of those on file": 1,
            "crisis within six months, of the listed": -1,
            "need confirmed at first, of those reached": -1,
            "public support, 2024": -1,
        },
    ),
    ({"capacity": 0.008}, {"listed, of those on file": 1}),
    (
        {"reach": {"ai_call": 0.25, "mail_carrier": 0.3, "visit": 0.7}},
        {"not reached": 1, "any support, 2024": -1, "private support, 2023": -1},
    ),
    ({"reader": (0.85, 0.95)}, {"need confirmed at first, of those reached": -1}),
    ({"mismatch": 0.5}, {"not reached": 1, "any support, 2022": -1}),
]


@pytest.mark.parametrize(
    ("layers", "moved"),
    MOVES,
    ids=[
        "five lists",
        "two lists",
        "half as many calls answered",
        "a stricter reader",
        "more live elsewhere",
    ],
)
def test_no_figure_of_the_funnel_is_itself_a_parameter(
    figures: pd.Series, layers: dict[str, Any], moved: dict[str, int]
) -> None:
    other = funnel(korea(**layers)).frame()["simulated"]
    for name, sign in moved.items():
        assert (other[name] - figures[name]) * sign > 0, name


def auc_in_expectation(records: Records, panel: Panel) -> float:
    train, test = TemporalSplit(test_rounds=4).last(panel)
    margin = scores_of(make_classifier(panel).fit(train), test)["margin"].to_numpy()
    return expected_auc(records.truth.loc[test.X.index, "probability"].to_numpy(), margin)


@pytest.mark.slow
def test_a_model_of_the_population_is_as_good_as_elsewhere() -> None:
    records = korea(40_000, 14)
    panel = build_panel(
        records, rounds=records.rounds, label=records.label, cohort=Cohort(listed=True)
    )
    assert 0.78 <= auc_in_expectation(records, panel) <= 0.86


@pytest.mark.slow
def test_a_model_of_those_listed_is_as_poor_as_is_published() -> None:
    """Among the listed, AUC is low: .66 to .67 on real records (doi 10.17287/kmr.2026.55.2.583)."""
    records = korea(120_000)
    listed = records.contacts.astype({"as_of_date": "datetime64[s]"})[KEYS].drop_duplicates()
    listed = listed[listed.as_of_date.isin(records.rounds)]
    panel = build_panel(records, rounds=listed, label=records.label, cohort=Cohort(listed=True))
    assert 0.62 <= auc_in_expectation(records, panel) <= 0.72


def test_records_without_a_service_have_no_funnel() -> None:
    with pytest.raises(ConfigError, match="have no funnel"):
        funnel(make_households(100, n_rounds=1))


def test_a_world_alone_brings_no_layers() -> None:
    alone = make_households(300, n_rounds=1, preset=PRESETS["korea"].world)
    without = make_households(300, n_rounds=1, preset="korea", capacity=None)
    assert not len(alone.contacts)
    assert without.digest == alone.digest
