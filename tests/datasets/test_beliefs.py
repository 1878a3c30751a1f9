"""The filter is exact: it equals the enumeration of every course of a small world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from riskmodel.datasets import households, make_households
from riskmodel.datasets.beliefs import PARTS, crisis_chances
from riskmodel.datasets.contacts import (
    BASIC,
    EMERGENCY,
    NEED,
    NO_NEED,
    NO_SUPPORT,
    OTHER_AID,
    PRIVATE,
    VERDICTS,
)
from riskmodel.datasets.course import SUPPORT_WORKS, blocks
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.geography import geography_of
from riskmodel.datasets.layer import Moment, declared_layers, layer
from riskmodel.datasets.layer_checks import AT_LEAST_0, SHARE
from riskmodel.datasets.layers import IGNORED, Layers
from riskmodel.datasets.meetings import private_leaning
from riskmodel.datasets.presets import KOREA
from riskmodel.datasets.schedule import MATURITY, WINDOW, Schedule
from riskmodel.datasets.simulate import Simulated, labels, labels_unsupported, simulate
from riskmodel.datasets.times import Times, times
from riskmodel.datasets.world import ACUTE, CRISIS, STRAINED, World
from riskmodel.errors import ConfigError

N_PERIODS = 4
EVENTS, STATES = 2, 2
OUTCOME = EVENTS + STATES
WORLD = World(worsen=(-1.0, -0.5, -0.3), shock=0.05, frailty=(-0.5, 0.8), frailty_share=(0.7, 0.3))
TINY = Emission(
    events=("loud", "slow"),
    states=("months", "followed by these"),
    shows=np.array([[[0.1, 0.2, 0.4, 0.6]] * 3, [[0.2, 0.2, 0.3, 0.5]] * 3]),
    known=np.array([[0.5, 0.8, 0.9, 1.0], [0.2, 0.4, 0.7, 1.0]]),
    enters=np.array(
        [
            [[[0.1, 0.2, 0.4, 0.7]] * 3, [[0.1, 0.1, 0.2, 0.3]] * 3],
            [[[0.1, 0.2, 0.4, 0.7]] * 3, [[0.4, 0.5, 0.6, 0.7]] * 3],
        ]
    ),
    stays=np.array(
        [
            [[[0.5, 0.6, 0.7, 0.8]] * 3, [[0.5, 0.6, 0.6, 0.6]] * 3],
            [[[0.5, 0.6, 0.7, 0.8]] * 3, [[0.7, 0.8, 0.8, 0.9]] * 3],
        ]
    ),
    outcome_known=np.array([0.6, 0.8, 0.95, 1.0]),
    opens=(0, 1),
    follows={1: 0},
    months={},
)
HELP = {"support": 0.7, "emergency": 0.6, "basic_livelihood": 0.3, "private_support": 0.5}
SERVED = Layers(
    capacity=0.6,
    random_share=0.5,
    reader=(0.8, 0.9),
    manager=(0.9, 0.95),
    dependence=0.4,
    blind=0.5,
    refusal=0.1,
    **HELP,
    reach={"ai_call": 0.3, "mail_carrier": 0.5, "visit": 0.6},
    isolation=1.0,
    not_executed=0.2,
    thin=0.3,
)


def tiny_world(layers: Layers, shift: tuple[float, ...], n: int, seed: int) -> Simulated:
    laid = Times(
        shift,
        (TINY,) * len(shift),
        1,
        {},
        (layers.support,) * len(shift),
        (layers.private_support,) * len(shift),
    )
    return simulate(WORLD, laid, layers, blocks(n, seed, geography_of(WORLD, n))[0], 1)


def all_courses(length: int) -> np.ndarray:
    return np.stack(np.meshgrid(*[np.arange(4)] * length, indexing="ij"), axis=-1).reshape(
        -1, length
    )


def support_chance(
    simulated: Simulated, layers: Layers, who: int, period: int, given: int, z: np.ndarray
) -> np.ndarray:
    """P(support | verdict, state), shape (2, n_courses)."""
    support, private = simulated.times.support[period], simulated.times.private_support[period]
    lean = private_leaning(simulated.population)[simulated.area[period, who]]
    passed_on = [
        1 / (1 + np.exp(-(np.log(private / (1 - private)) + lean + side))) if private else 0.0
        for side in (-0.5, 0.5)
    ]
    emergency = np.where(z == CRISIS, layers.emergency, 0.0)
    kinds = {
        EMERGENCY: support * emergency,
        BASIC: support * layers.basic_livelihood * np.ones(len(z)),
        OTHER_AID: support * (1 - emergency - layers.basic_livelihood),
        NO_SUPPORT: (1 - support) * (1 - passed_on[1]) * np.ones(len(z)),
        PRIVATE: (1 - support) * passed_on[1] * np.ones(len(z)),
    }
    none = {NO_SUPPORT: 1 - passed_on[0], PRIVATE: passed_on[0]}
    return np.stack([none.get(given, 0.0) * np.ones(len(z)), kinds.get(given, np.zeros(len(z)))])


def said_chance(
    simulated: Simulated, layers: Layers, who: int, period: int, z: np.ndarray
) -> np.ndarray:
    """P(verdicts of a round and what came of them | state), written out reader by reader."""
    contacts = simulated.contacts
    chance = np.ones(len(z))
    if contacts is None:
        return chance
    mine = (
        (contacts.household == who)
        & (contacts.period == period)
        & np.isin(contacts.result, VERDICTS)
    )
    readers = contacts.reader[mine].tolist()
    said = dict(zip(readers, contacts.result[mine].tolist(), strict=True))
    followed = dict(zip(readers, contacts.support[mine].tolist(), strict=True))
    for reader, result in said.items():
        right, wrong = layers.manager if reader else layers.reader
        need = np.where(z >= ACUTE, right, 1 - wrong)
        verdict = np.stack([1 - need, need])
        if reader == 1:
            repeated = np.array([[said[0] == NO_NEED], [said[0] == NEED]])
            verdict = layers.dependence * repeated + (1 - layers.dependence) * verdict
        if reader == max(said):
            verdict = verdict * support_chance(simulated, layers, who, period, followed[reader], z)
        chance = chance * verdict[int(result == NEED)]
    return chance


def fact_chances(
    simulated: Simulated, who: int, now: int, z: np.ndarray, period: int, *, thin: bool
) -> np.ndarray:
    """P(visible facts of a round | state): shown, not shown, or shown and not yet known."""
    emission = TINY.thinned() if thin else TINY
    kind, age = simulated.population.type[who], now - 1 - period
    pmf = np.diff(TINY.known, axis=1, prepend=0.0)
    visible = {
        (c, p): lag
        for facts in simulated.facts[max(period - 1, 0) : period + 1]
        for h, c, p, lag in zip(facts.household, facts.code, facts.period, facts.lag, strict=True)
        if h == who and p + lag < now
    }
    chance = np.ones(len(z))
    for code in range(EVENTS):
        shows, lag = emission.shows[code, kind, z], visible.get((code, period))
        unknown = 1 - pmf[code, : age + 1].sum()
        chance = chance * (
            shows * pmf[code, lag] if lag is not None else 1 - shows + shows * unknown
        )
    for state in range(STATES):
        if period < TINY.opens[state]:
            continue
        followed = int(state in TINY.follows and (EVENTS + TINY.follows[state], period) in visible)
        within, before = (
            (EVENTS + state, period) in visible,
            (EVENTS + state, period - 1) in visible,
        )
        table = (
            emission.begins
            if period == TINY.opens[state]
            else emission.stays
            if before
            else emission.enters
        )
        here = table[followed, state, kind, z]
        chance = chance * (here if within else 1 - here)
    return chance


def known_by_lag(simulated: Simulated, layers: Layers, who: int) -> np.ndarray:
    """Share of the crises of a household that are known after at most 0, 1, 2, 3 rounds."""
    usual = np.array(TINY.outcome_known[:-1])
    sooner = layers.late_by_type * np.array([-1.0, 0.0, 1.0])[simulated.population.type[who]]
    odds = usual / (1 - usual) * np.exp(sooner)
    return np.append(odds / (1 + odds), 1.0)


def outcome_chance(
    simulated: Simulated, layers: Layers, who: int, now: int, entered: np.ndarray, period: int
) -> np.ndarray:
    pmf = np.diff(known_by_lag(simulated, layers, who), prepend=0.0)
    facts = simulated.facts[period]
    mine = facts.lag[
        (facts.household == who) & (facts.code == OUTCOME) & (period + facts.lag < now)
    ]
    if len(mine):
        return np.where(entered, pmf[mine[0]], 0.0)
    return np.where(entered, 1 - pmf[: now - period].sum(), 1.0)


def enumerated_chance(simulated: Simulated, layers: Layers, who: int, now: int) -> float:
    """P(label | visible) as a sum over every frailty, thinness and course."""
    courses = all_courses(now + 1 + WINDOW)
    start = simulated.dynamics.start()
    in_time = known_by_lag(simulated, layers, who)
    both = np.zeros(2)
    for frailty in range(len(WORLD.frailty)):
        base = start[who, frailty, courses[:, 0]]
        missed = np.ones(len(courses))
        for period in range(now + WINDOW):
            before, z = courses[:, period], courses[:, period + 1]
            moves = simulated.dynamics.moves(simulated.times.shift[period])[who, frailty]
            chance = moves[before, z]
            if 0 < period <= now and simulated.supported[period - 1, who]:
                helped = (1 - SUPPORT_WORKS) * chance + SUPPORT_WORKS * (z == STRAINED)
                chance = np.where(before >= ACUTE, helped, chance)
            base = base * chance
            entered = (z == CRISIS) & (before != CRISIS)
            if period < now:
                base = base * outcome_chance(simulated, layers, who, now, entered, period)
                base = base * said_chance(simulated, layers, who, period, z)
            else:
                late = 1 - in_time[min(WINDOW + MATURITY - 1 - (period - now), 3)]
                missed = missed * np.where(entered, late, 1.0)
        for thin, share in ((False, 1 - layers.thin), (True, layers.thin)):
            weight = base * share
            for period in range(now):
                z = courses[:, period + 1]
                weight = weight * fact_chances(simulated, who, now, z, period, thin=thin)
            both += [(weight * (1 - missed)).sum(), weight.sum()]
    return float(both[0] / both[1])


def assert_filter_equals_enumeration(simulated: Simulated, layers: Layers) -> None:
    for now, chance in crisis_chances(simulated, layers, range(1, N_PERIODS + 1)):
        expected = [enumerated_chance(simulated, layers, who, now) for who in range(len(chance))]
        np.testing.assert_allclose(chance, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("layers", "shift"),
    [
        (Layers(), (0.0,) * 7),
        (Layers(thin=0.4), (0.0,) * 7),
        (Layers(late_by_type=1.5), (0.0,) * 7),
        (SERVED, (0.0, 0.3, 0.3, -0.2, 0.5, 0.5, 0.5)),
        (Layers(capacity=0.7, reader=(0.7, 0.8), **HELP), (0.0,) * 7),
    ],
    ids=["plain", "thin data", "late by type", "served, in changing times", "one reader"],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_filter_equals_enumeration_of_every_course(
    layers: Layers, shift: tuple[float, ...], seed: int
) -> None:
    simulated = tiny_world(layers, shift, 10, seed)
    assert_filter_equals_enumeration(simulated, layers)


def calibration(
    layers: Layers, world: World | None = None, *, seed: int = 7, n: int = 12_000
) -> float:
    """Distance of mean chance and mean label in standard errors, at the last of six rounds."""
    world = world or World()
    schedule = Schedule(6, world.today)
    laid = times(world, layers, schedule)
    simulated = simulate(
        world, laid, layers, blocks(n, seed, geography_of(world, n))[0], schedule.as_of.start
    )
    last = range(schedule.as_of.stop - 1, schedule.as_of.stop)
    ((_, chance),) = crisis_chances(simulated, layers, last)
    label = (labels_unsupported if layers.support else labels)(simulated, last)[0]
    tenth = np.argsort(np.argsort(chance)) * 10 // n
    gap = np.bincount(tenth, weights=label - chance)
    spread = np.bincount(tenth, weights=chance * (1 - chance))
    assert np.abs(gap / np.sqrt(spread)).max() < 3.7
    return float(gap.sum() / np.sqrt(spread.sum()))


CALIBRATED = [
    Layers(),
    SERVED,
    Layers(season=0.5),
    Layers(recession=0.6),
    Layers(concept_shift=("nhi_arrears", "loan_overdue", "power_bill_arrears")),
    Layers(redefined=("gas_bill_arrears", "nhi_arrears")),
    Layers(new_indicator=("nps_arrears", "power_cut")),
    Layers(outage={"power_bill_arrears": 2}),
    Layers(empty_delivery={"nblss_rejected": 2}),
    Layers(resent=0.5),
    Layers(late_by_type=1.5),
    Layers(thin=0.3),
    Layers(moves=0.1, mismatch=0.3),
]


def names_in_use(layers: Layers) -> set[str]:
    return {one.name for one, _ in layers.in_use()}


@pytest.mark.parametrize(
    "layers", CALIBRATED, ids=lambda layers: ", ".join(sorted(names_in_use(layers))) or "plain"
)
def test_chances_are_calibrated_under_every_layer(layers: Layers) -> None:
    assert abs(calibration(layers)) < 3


def test_every_layer_that_the_filter_weighs_is_among_the_calibrated() -> None:
    weighed = {
        name
        for name, one in declared_layers(Layers).items()
        if not set(one.filter_parts) & {"nothing", IGNORED}
    }
    assert weighed <= set.union(*map(names_in_use, CALIBRATED))


def test_every_layer_names_a_part_of_the_filter() -> None:
    for one in declared_layers(Layers).values():
        assert one.filter_parts
        assert set(one.filter_parts) <= set(PARTS)


@dataclass(frozen=True)
class TrialLayers(Layers):
    """The layers of the package, and three more, each declared by one object."""

    strike: float = layer(
        0.0,
        AT_LEAST_0,
        "Log-odds of worsening in every round.",
        ("movement",),
        worsening=lambda log_odds, moment: log_odds,
    )
    rumours: float = layer(0.0, SHARE, "A layer without a part in the filter.")
    weather: float = layer(0.0, SHARE, "A layer of an unknown part.", ("forecasts",))


def test_a_layer_of_a_known_part_is_added_by_one_object() -> None:
    layers = TrialLayers(strike=0.7)
    shift = tuple(layers.worsening(Moment(period, 1, 1)) for period in range(7))
    assert shift == (0.7,) * 7
    simulated = tiny_world(layers, shift, 10, 0)
    assert_filter_equals_enumeration(simulated, layers)


def test_a_new_layer_is_an_argument_of_make_households(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = make_households(500, n_rounds=2).truth
    monkeypatch.setattr(households, "Layers", TrialLayers)
    struck = make_households(500, n_rounds=2, strike=1.0).truth
    assert struck.y.sum() > plain.y.sum()
    assert struck.probability.sum() > plain.probability.sum()
    with pytest.raises(ConfigError, match="strike does not take this value.*at least 0"):
        make_households(500, n_rounds=2, strike=-1.0)


@pytest.mark.parametrize("name", ["rumours", "weather"])
def test_exact_chances_are_refused_under_a_layer_that_the_filter_does_not_know(name: str) -> None:
    layers = TrialLayers(**{name: 0.5})
    simulated = tiny_world(layers, (0.0,) * 7, 10, 0)
    with pytest.raises(ConfigError, match=f"the exact filter does not know layer {name}") as error:
        next(crisis_chances(simulated, layers, range(1, 2)))
    assert error.value.code == "datasets.layer_not_in_filter"


def test_an_unknown_layer_is_refused_before_anything_is_simulated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(households, "Layers", TrialLayers)
    with pytest.raises(ConfigError, match="does not know layer rumours"):
        make_households(10**12, n_rounds=1, rumours=0.5)


def test_chances_are_calibrated_in_the_korean_service() -> None:
    layers = Layers.of(KOREA.layers, "korea")
    assert abs(calibration(layers, KOREA.world, n=40_000)) < 3


def test_private_knowledge_alone_makes_being_listed_a_sign_that_the_chance_ignores() -> None:
    layers = Layers(capacity=0.3, private=3.0, reader=(0.6, 0.6))
    simulated = tiny_world(layers, (0.0,) * 7, 12_000, 0)
    ((_, chance),) = crisis_chances(simulated, layers, range(4, 5))
    listed = np.unique(simulated.contacts.household[simulated.contacts.period == 3])
    label = labels(simulated, range(4, 5))[0]
    spread = np.sqrt((chance[listed] * (1 - chance[listed])).sum())
    assert (label[listed] - chance[listed]).sum() / spread > 3


def test_chances_never_depend_on_facts_not_yet_visible() -> None:
    simulated, now = tiny_world(Layers(), (0.0,) * 7, 50, 3), 3
    kept = tuple(facts[facts.period + facts.lag < now] for facts in simulated.facts)
    ((_, with_future),) = crisis_chances(simulated, Layers(), range(now, now + 1))
    without_future = Simulated(**{**vars(simulated), "facts": kept})
    ((_, without),) = crisis_chances(without_future, Layers(), range(now, now + 1))
    np.testing.assert_array_equal(with_future, without)
