"""Each layer moves its figure with its strength; all off is the plain world, bit for bit."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel.datasets import Layers, ceiling, make_households
from riskmodel.datasets.layer import declared_layers
from riskmodel.errors import ConfigError
from riskmodel.records import Records
from riskmodel.records.contact_words import SUPPORTS

N, ROUNDS = 3_000, 6
REACH = {"ai_call": 0.5, "mail_carrier": 0.3, "visit": 0.6}
SERVICE = {"capacity": 0.1}


def made(**layers: Any) -> Records:
    return make_households(N, n_rounds=ROUNDS, random_state=2, **layers)


@pytest.fixture(scope="module")
def plain() -> Records:
    return made()


def share(word: str) -> Callable[[Records], float]:
    column = "support" if word in SUPPORTS else "result"
    return lambda records: float((records.contacts[column] == word).mean())


def last_verdicts(records: Records) -> pd.DataFrame:
    return records.contacts.drop_duplicates(["household_id", "as_of_date"], keep="last")


def final_share(result: str) -> Callable[[Records], float]:
    return lambda records: float((last_verdicts(records).result == result).mean())


def need_among_listed(records: Records) -> float:
    day = records.rounds[-1]
    listed = records.contacts.household_id[
        pd.to_datetime(records.contacts.as_of_date) == day
    ].unique()
    assert len(listed)
    return float(
        records.truth.xs(day, level=1).loc[listed, "state"].isin(["acute", "crisis"]).mean()
    )


def agreement(records: Records) -> float:
    keys = ["household_id", "as_of_date"]
    first = records.contacts[records.contacts.reader == "caseworker"].set_index(keys).result
    second = records.contacts[records.contacts.reader != "caseworker"].set_index(keys).result
    first = first[first.isin(["no_need", "need_confirmed"])].loc[second.index]
    return float((first == second).mean())


def in_crisis_at_last(records: Records) -> float:
    return float((records.truth.xs(records.rounds[-1], level=1).state == "crisis").mean())


def prevalence_by_season(records: Records) -> float:
    crises = records.events[records.events.code == "crisis"]
    return float(pd.to_datetime(crises.event_date).dt.month.isin([11, 12, 1, 2]).mean())


def ceiling_at_last(records: Records) -> float:
    return ceiling(records.truth.xs(records.rounds[-1], level=1, drop_level=False)).auc


def facts_of(*codes: str) -> Callable[[Records], float]:
    return lambda records: float(records.events.code.isin(codes).sum())


def mean_lag(records: Records) -> float:
    events = records.events
    return float(
        (pd.to_datetime(events.known_date) - pd.to_datetime(events.event_date)).dt.days.mean()
    )


def rows(table: str) -> Callable[[Records], float]:
    return lambda records: float(len(records.frame(table)))


def contacts_by(column: str, value: str) -> Callable[[Records], float]:
    return lambda records: float((records.contacts[column] == value).mean())


def lag_of_crises(records: Records, kind: str | None = None) -> float:
    """Return the mean days until a crisis is known, of all or of a type of households."""
    crises = records.events[records.events.code == "crisis"]
    if kind is not None:
        type_ = records.attributes.query("name == 'household_type'").set_index("household_id").text
        crises = crises[crises.household_id.map(type_) == kind]
    return float((crises.known_date - crises.event_date).dt.days.mean())


SOME = [
    "nhi_arrears",
    "power_bill_arrears",
    "loan_overdue",
    "gas_bill_arrears",
    "nblss_rejected",
    "telecom_arrears",
]
MOVES: dict[str, tuple[list[dict[str, Any]], Callable[[Records], float], int]] = {
    "capacity: contacts": ([{"capacity": c} for c in (0.01, 0.03, 0.1)], rows("contacts"), 1),
    "capacity: need among the listed": (
        [{"capacity": c} for c in (0.02, 0.1, 0.9)],
        need_among_listed,
        -1,
    ),
    "random_share: random contacts": (
        [SERVICE | {"random_share": s} for s in (0.1, 0.3, 0.8)],
        contacts_by("stratum", "random"),
        1,
    ),
    "private: need among the listed": (
        [SERVICE | {"private": k} for k in (0.0, 1.0, 4.0)],
        need_among_listed,
        1,
    ),
    "not_executed": (
        [SERVICE | {"not_executed": s} for s in (0.1, 0.3, 0.6)],
        share("not_executed"),
        1,
    ),
    "reach: final not reached": (
        [SERVICE | {"reach": REACH | {"ai_call": c}} for c in (0.1, 0.4, 0.8)],
        final_share("not_reached"),
        -1,
    ),
    "reach: visits": (
        [SERVICE | {"reach": REACH | {"ai_call": c}} for c in (0.1, 0.4, 0.8)],
        contacts_by("channel", "visit"),
        -1,
    ),
    "isolation": (
        [SERVICE | {"reach": REACH, "isolation": i} for i in (0.0, 1.0, 3.0)],
        final_share("not_reached"),
        1,
    ),
    "mismatch": (
        [SERVICE | {"reach": REACH, "mismatch": m} for m in (0.0, 0.3, 0.9)],
        final_share("not_reached"),
        1,
    ),
    "reader: sensitivity": (
        [SERVICE | {"reader": (s, 1.0)} for s in (0.3, 0.6, 0.9)],
        share("need_confirmed"),
        1,
    ),
    "reader: specificity": (
        [SERVICE | {"reader": (1.0, s)} for s in (0.5, 0.8, 1.0)],
        share("need_confirmed"),
        -1,
    ),
    "manager": (
        [SERVICE | {"reader": (0.5, 1.0), "manager": (s, 1.0)} for s in (0.3, 0.6, 0.9)],
        final_share("need_confirmed"),
        1,
    ),
    "dependence": (
        [
            SERVICE | {"reader": (0.6, 0.7), "manager": (0.9, 0.9), "dependence": d}
            for d in (0.0, 0.5, 1.0)
        ],
        agreement,
        1,
    ),
    "blind": (
        [
            SERVICE | {"reader": (0.6, 0.7), "manager": (0.9, 0.9), "dependence": 0.9, "blind": b}
            for b in (0, 0.5, 1)
        ],
        agreement,
        -1,
    ),
    "support": ([{"capacity": 0.5, "support": s} for s in (0.0, 0.5, 1.0)], in_crisis_at_last, -1),
    "noise: need among the listed": (
        [SERVICE | {"noise": s} for s in (0.0, 1.0, 4.0)],
        need_among_listed,
        -1,
    ),
    "refusal": ([SERVICE | {"refusal": s} for s in (0.0, 0.2, 0.6)], share("refused"), 1),
    "support: public": (
        [SERVICE | {"support": s} for s in (0.1, 0.4, 0.9)],
        share("public_support"),
        1,
    ),
    "support: by year": (
        [SERVICE | {"support": {2024: s}} for s in (0.1, 0.4, 0.9)],
        share("public_support"),
        1,
    ),
    "emergency": (
        [SERVICE | {"support": 1.0, "emergency": s} for s in (0.1, 0.4, 0.9)],
        share("emergency_aid"),
        1,
    ),
    "basic_livelihood": (
        [SERVICE | {"support": 1.0, "basic_livelihood": s} for s in (0.1, 0.4, 0.9)],
        share("basic_livelihood"),
        1,
    ),
    "private_support": (
        [SERVICE | {"private_support": s} for s in (0.0, 0.3, 0.8)],
        share("private_support"),
        1,
    ),
    "season": ([{"season": s} for s in (0.0, 0.5, 1.5)], prevalence_by_season, 1),
    "recession": (
        [{"recession": r, "change_at": 1} for r in (0.0, 0.4, 0.8)],
        in_crisis_at_last,
        1,
    ),
    "concept_shift: ceiling": (
        [{"concept_shift": SOME[:k], "change_at": 0} for k in (0, 3, 6)],
        ceiling_at_last,
        -1,
    ),
    "redefined": (
        [
            {"redefined": ["water_cut", "water_bill_arrears", "head_death"][:k]}
            for k in (0, 1, 2, 3)
        ],
        facts_of("water_cut", "water_bill_arrears", "head_death"),
        1,
    ),
    "new_indicator": (
        [{"new_indicator": ["nhi_arrears"], "change_at": t} for t in (0, 2, 4)],
        facts_of("nhi_arrears"),
        -1,
    ),
    "outage: facts": (
        [{"outage": {"loan_overdue": r}} for r in (1, 2, 4)],
        facts_of("loan_overdue"),
        -1,
    ),
    "empty_delivery": (
        [{"empty_delivery": {"loan_overdue": r}} for r in (1, 2, 4)],
        facts_of("loan_overdue"),
        -1,
    ),
    "hiding": (
        [SERVICE | {"reach": REACH, "hiding": h} for h in (-1.0, 0.0, 1.0, 3.0)],
        share("need_confirmed"),
        -1,
    ),
    "late_by_type": (
        [{"late_by_type": later} for later in (-1.0, 0.0, 1.0)],
        lambda r: lag_of_crises(r, "single_elder") - lag_of_crises(r, "family"),
        1,
    ),
    "late_by_severity": (
        [{"late_by_severity": later} for later in (-1.0, 0.0, 1.0)],
        lag_of_crises,
        1,
    ),
    "resent": ([{"resent": s} for s in (0.0, 0.2, 0.6)], mean_lag, 1),
    "thin": ([{"thin": s} for s in (0.0, 0.2, 0.6)], rows("events"), -1),
    "moves: addresses": ([{"moves": s} for s in (0.0, 0.02, 0.1)], rows("attributes"), 1),
    "members: dwellings": (
        [{"members": True, "moves": s} for s in (0.0, 0.02, 0.1)],
        lambda r: float(r.members.dwelling_id.nunique()),
        1,
    ),
}


@pytest.mark.parametrize("what", MOVES)
def test_each_layer_moves_its_figure_with_its_strength(what: str) -> None:
    strengths, figure, sign = MOVES[what]
    figures = [figure(made(**layers)) for layers in strengths]
    assert (np.diff(figures) * sign > 0).all(), figures


OFF = {
    "random_share": 0.0,
    "private": 0.0,
    "not_executed": 0.0,
    "reach": None,
    "isolation": 0.0,
    "hiding": 0.0,
    "mismatch": 0.0,
    "reader": None,
    "manager": None,
    "dependence": 0.0,
    "blind": 0.0,
    "noise": 1.0,
    "refusal": 0.0,
    "support": 0.0,
    "emergency": 0.0,
    "basic_livelihood": 0.0,
    "private_support": 0.0,
    "season": 0.0,
    "recession": 0.0,
    "change_at": 2,
    "concept_shift": (),
    "redefined": (),
    "new_indicator": (),
    "outage": {},
    "empty_delivery": {},
    "resent": 0.0,
    "late_by_type": 0.0,
    "late_by_severity": 0.0,
    "thin": 0.0,
    "members": False,
    "moves": 0.0,
    "capacity": None,
}


def test_every_layer_off_is_the_plain_world_bit_for_bit(plain: Records) -> None:
    assert set(OFF) == set(declared_layers(Layers))
    off = made(**OFF)
    assert off.digest == plain.digest
    pd.testing.assert_frame_equal(off.truth, plain.truth, check_exact=True)


@pytest.mark.parametrize(
    "layers",
    [
        SERVICE,
        SERVICE | {"reach": REACH, "random_share": 0.2, "manager": (0.9, 0.9), "private": 2.0},
        {"mismatch": 0.5},
        {"members": True},
    ],
    ids=["service", "service with all", "mismatch", "members"],
)
def test_layers_that_only_look_leave_facts_and_labels_alone(
    plain: Records, layers: dict[str, Any]
) -> None:
    other = made(**layers)
    assert other.tables["events"].equals(plain.tables["events"])
    assert other.tables["attributes"].equals(plain.tables["attributes"])
    pd.testing.assert_series_equal(other.truth.y, plain.truth.y)


def test_the_signature_shows_every_layer_with_its_type_and_its_default() -> None:
    shown = inspect.signature(make_households).parameters
    own = ["n", "n_rounds", "preset", "random_state", "folder"]
    layers = inspect.signature(Layers, eval_str=True).parameters
    assert list(shown) == [*own, *layers]
    for name, layer in layers.items():
        assert shown[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert (shown[name].annotation, shown[name].default) == (layer.annotation, layer.default)


@pytest.mark.parametrize("name", declared_layers(Layers))
def test_every_layer_stands_in_the_documentation(name: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "simulator.md"
    assert f"`{name}`" in page.read_text(encoding="utf-8")
    assert f"    {name} : default " in (Layers.__doc__ or "")


def test_no_area_ever_contacts_more_than_its_capacity() -> None:
    records = made(capacity=0.05, random_share=0.3)
    area = records.attributes.query("name == 'area'").set_index("household_id").text
    listed = records.contacts.drop_duplicates(["household_id", "as_of_date"])
    counts = (
        listed.groupby(["as_of_date", listed.household_id.map(area)]).size().unstack(fill_value=0)
    )
    assert (counts <= np.ceil(0.05 * area.value_counts())[counts.columns]).all().all()


def test_recorded_probabilities_weigh_the_random_arm_to_all_that_the_legacy_list_leaves() -> None:
    records = made(capacity=0.2, random_share=0.5)
    listed = records.contacts.drop_duplicates(["household_id", "as_of_date"])
    listed = listed.assign(as_of_date=pd.to_datetime(listed.as_of_date))
    assert (listed[listed.stratum == "legacy"].probability == 1).all()
    drawn = listed[listed.stratum == "random"]
    rounds = listed.as_of_date.nunique()
    legacy = (listed.stratum == "legacy").sum()
    assert (1 / drawn.probability).sum() == pytest.approx(N * rounds - legacy)
    truth = records.truth.y.unstack().loc[:, records.rounds]
    estimated = [
        (truth[day].loc[one.household_id].to_numpy() / one.probability.to_numpy()).sum()
        + truth[day]
        .loc[listed[(listed.as_of_date == day) & (listed.stratum == "legacy")].household_id]
        .sum()
        for day, one in ((day, drawn[drawn.as_of_date == day]) for day in records.rounds)
    ]
    assert np.sum(estimated) == pytest.approx(truth.to_numpy().sum(), rel=0.12)


def test_an_outage_is_told_by_coverage_and_an_empty_delivery_is_not() -> None:
    out = made(outage={"loan_overdue": 2}).coverage.query("feed == 'loan_overdue'")
    empty = made(empty_delivery={"loan_overdue": 2}).coverage.query("feed == 'loan_overdue'")
    assert len(out) == 2
    assert len(empty) == 1
    facts = pd.to_datetime(
        made(outage={"loan_overdue": 2}).events.query("code == 'loan_overdue'").event_date
    )
    gap = (facts >= pd.Timestamp(out.to_date.iloc[0])) & (
        facts < pd.Timestamp(out.from_date.iloc[1])
    )
    assert not gap.any()


def test_a_new_indicator_has_no_fact_before_its_feed_starts() -> None:
    records = made(new_indicator=["nhi_arrears", "power_cut"])
    starts = records.coverage.set_index("feed").from_date
    events = records.events
    for code in ("nhi_arrears", "power_cut"):
        assert events[events.code == code].event_date.min() >= starts[code] > records.since


def test_support_lowers_the_label_below_what_it_would_be_without() -> None:
    truth = made(capacity=0.5, support=1.0).truth
    assert truth.y.sum() < truth.y_unsupported.sum()
    assert truth.attrs["exact"]


@pytest.mark.parametrize(
    ("layers", "exact"),
    [
        ({"capacity": 0.1, "private": 1.0}, False),
        ({"capacity": 0.1, "reach": REACH, "hiding": 1.0}, False),
        ({"late_by_severity": 1.0}, False),
        ({"late_by_type": 1.0}, True),
    ],
)
def test_chances_are_exact_unless_a_hidden_state_decides_what_is_seen(
    layers: dict[str, Any], exact: bool
) -> None:
    truth = make_households(100, n_rounds=1, **layers).truth
    assert truth.attrs["exact"] is exact


def test_everybody_lives_in_one_dwelling_at_a_time() -> None:
    members = made(members=True, moves=0.1).members
    open_ = members[members.to_date.isna()]
    assert open_.person_id.is_unique
    assert set(open_.person_id) == set(members.person_id)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({"capasity": 0.1}, "unknown layer 'capasity'.*did you mean 'capacity'"),
        ({"capacity": -0.1}, "capacity"),
        ({"capacity": 2.0}, "capacity"),
        ({"capacity": 5_000}, "capacity of 5000.*households"),
        ({"capacity": True}, "capacity"),
        ({"support": -0.2}, "support.*from 0 to 1"),
        ({"support": "much"}, "support.*from 0 to 1"),
        ({"capacity": 0.1, "support": {2023: 1.4}}, "support.*from 0 to 1, or by year"),
        ({"capacity": 0.1, "support": {}}, "support.*by year"),
        ({"capacity": 0.1, "emergency": 0.2}, "emergency does nothing without support"),
        ({"noise": -1.0}, "noise.*at least 0"),
        ({"random_share": 1.2}, "random_share"),
        ({"reader": (0.9,)}, "sensitivity and specificity"),
        ({"reach": {"visit": 0.4}}, "reach.*ai_call"),
        ({"private": -1}, "private.*at least 0"),
        ({"concept_shift": ["nhi_arears"]}, "did you mean 'nhi_arrears'"),
        ({"outage": {"nhi_arrears": 1}}, "outage names 'nhi_arrears'"),
        ({"outage": {"loan_overdue": 0}}, "at least 1 round"),
        ({"change_at": 6}, "change_at=6.*0 to 5"),
        ({"support": 0.5}, "support does nothing without capacity"),
        ({"capacity": 0.1, "blind": 0.5}, "blind does nothing without manager"),
    ],
)
def test_wrong_layers_are_refused_by_name(layers: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        made(**layers)
