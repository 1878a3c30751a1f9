"""The service at work: who is listed, reached, read and supported in a round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from riskmodel.datasets.course import Flags, Ints, Population
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.layer_checks import CHANNELS
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.times import Times
from riskmodel.datasets.world import ACUTE, CRISIS, Floats, log_odds, sigmoid
from riskmodel.metrics import first_of_cells
from riskmodel.records.table_schemas import RESULTS

LOOKS_BACK = 3
FOUND_ELSEWHERE = 0.3
DISTRICTS_DIFFER, NEED_IS_HELPED = 0.6, 0.5
STRATA = ("legacy", "random")
READERS = ("caseworker", "manager", "manager_blind")
# numbered as in the table of contacts
NO_NEED, NEED, OTHER_AID, BASIC, EMERGENCY, PRIVATE, REFUSED, NOT_REACHED, NOT_EXECUTED = range(
    len(RESULTS)
)
PUBLIC = (OTHER_AID, BASIC, EMERGENCY)
VERDICTS = (NO_NEED, NEED, *PUBLIC, PRIVATE)


@dataclass(frozen=True, eq=False)
class Contacts:
    """Rows of the contacts table: one per attempt, and one more per second reading.

    Attributes
    ----------
    household, period, channel, attempt, stratum, reader, result : ndarray of int, shape
    (n_contacts,)
        Numbers in `CHANNELS`, `STRATA`, `READERS`, `RESULTS`; attempts count from 1.
    probability : ndarray of float, shape (n_contacts,)
        The design's chance to be listed: 1 for the legacy list.
    """

    household: Ints
    period: Ints
    channel: Ints
    attempt: Ints
    stratum: Ints
    reader: Ints
    result: Ints
    probability: Floats

    def __len__(self) -> int:
        return len(self.household)

    @classmethod
    def joined(cls, parts: Sequence[Contacts]) -> Contacts:
        """Return the rows of all parts, in order."""
        return cls(
            *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls))
        )


@dataclass(frozen=True, eq=False)
class Listed:
    """A round's list before anybody goes out."""

    household: Ints
    stratum: Ints
    probability: Floats


class Service:
    """Selects, contacts, reads and supports, round after round."""

    def __init__(self, layers: Layers, times: Times, population: Population) -> None:
        self.layers, self.times, self.people = layers, times, population
        names = (
            "list",
            "private",
            "random arm",
            "execution",
            "reach",
            "refusal",
            "reader",
            "manager",
            "support",
        )
        self.rng = {name: population.block.stream(name) for name in names}
        idle = layers.not_executed
        rng, self.n_areas = population.block.stream("areas"), population.block.n_areas
        spread = rng.beta(10 * idle, 10 * (1 - idle), self.n_areas) if 0 < idle < 1 else idle
        self.idle = np.broadcast_to(spread, self.n_areas)
        self.helps = private_leaning(population)

    def round(
        self, period: int, emission: Emission, past: Sequence[Facts], area: Ints, state: Ints
    ) -> tuple[Contacts, Flags]:
        """Return the contacts of a round, and who is supported in it."""
        listed = self._select(self._legacy(emission, past, state), area)
        there, now = area[listed.household], state[listed.household]
        executed = self.rng["execution"].random(len(now)) >= self.idle[there]
        reached = self._reached(listed.household) & executed[:, None]
        refused = self.rng["refusal"].random(len(now)) < self.layers.refusal
        first, second, blind = self._read(now >= ACUTE)
        given = self._help(period, there, now, first if second is None else second)
        result = np.where(refused, REFUSED, given)
        contacts = self._rows(period, listed, executed, reached, first, second, blind, result)
        supported = np.zeros(len(self.people), dtype=bool)
        supported[listed.household[reached.any(axis=1) & np.isin(result, PUBLIC)]] = True
        return contacts, supported

    def _legacy(self, emission: Emission, past: Sequence[Facts], state: Ints) -> Floats:
        """Score households by recent visible facts, noise and private knowledge.

        Longer arrears count more.
        """
        n = len(self.people)
        score = self.layers.noise * self.rng["list"].gumbel(size=n)
        for back, facts in enumerate(reversed(past[-LOOKS_BACK:])):
            seen = facts[(facts.lag <= back) & (facts.code < len(emission.codes) - 1)]
            score += np.bincount(
                seen.household, weights=1 + np.nan_to_num(seen.value) / 12, minlength=n
            )
        hunch = (state >= ACUTE) + self.rng["private"].normal(0.0, 0.5, n)
        return np.asarray(score + self.layers.private * hunch)

    def _select(self, score: Floats, area: Ints) -> Listed:
        size = np.bincount(area, minlength=self.n_areas)
        capacity = self.layers.capacity
        together = (
            np.floor(np.cumsum(capacity * size) + 0.5)
            if isinstance(capacity, float)
            else np.zeros(0)
        )
        room = np.diff(together, prepend=0.0) if len(together) else np.minimum(capacity or 0, size)
        chance = np.floor(room * self.layers.random_share + 0.5)
        certain = first_of_cells(-score, area, room - chance)
        key = np.where(certain, 2.0, self.rng["random arm"].random(len(area)))
        drawn = ~certain & first_of_cells(key, area, chance)
        household = np.flatnonzero(certain | drawn)
        share = chance / np.maximum(size - (room - chance), 1)
        stratum = drawn[household].astype(int)
        return Listed(household, stratum, np.where(stratum == 1, share[area[household]], 1.0))

    def _reached(self, household: Ints) -> Flags:
        """Tell by which channel each is reached first, shape (n_listed, 3)."""
        rng = self.rng["reach"]
        chance = np.tile([0.0, 0.0, 1.0], (len(household), 1))
        if self.layers.reach is not None:
            base = np.clip([self.layers.reach[channel] for channel in CHANNELS], 1e-12, 1 - 1e-12)
            chance = sigmoid(
                log_odds(base) - self.layers.isolation * self.people.isolated[household][:, None]
            )
        chance[self.people.elsewhere[household], 1:] *= FOUND_ELSEWHERE
        answers = rng.random(chance.shape) < chance
        return np.asarray(answers & (answers.cumsum(axis=1) == 1))

    def _read(self, need: Flags) -> tuple[Flags, Flags | None, Flags]:
        """Return the first verdicts, the manager's, and which of these were blind."""
        first = _verdict(self.rng["reader"], need, self.layers.reader or (1.0, 1.0))
        rng = self.rng["manager"]
        own = _verdict(rng, need, self.layers.manager or (1.0, 1.0))
        blind = rng.random(len(need)) < self.layers.blind
        repeats = ~blind & (rng.random(len(need)) < self.layers.dependence)
        return first, None if self.layers.manager is None else np.where(repeats, first, own), blind

    def _help(self, period: int, area: Ints, state: Ints, need: Flags) -> Ints:
        """Return what follows each verdict: public support, private help, or the verdict alone."""
        public, kind, private = self.rng["support"].random((3, len(need)))
        crisis = (state == CRISIS) & (kind < self.layers.emergency)
        aid = np.where(
            crisis, EMERGENCY, np.where(kind >= 1 - self.layers.basic_livelihood, BASIC, OTHER_AID)
        )
        passed_on = private < np.choose(
            need, private_chances(self.times.private_support[period], self.helps[area])
        )
        rest = np.where(passed_on, PRIVATE, np.where(need, NEED, NO_NEED))
        return np.where(need & (public < self.times.support[period]), aid, rest)

    def _rows(
        self,
        period: int,
        listed: Listed,
        executed: Flags,
        reached: Flags,
        first: Flags,
        second: Flags | None,
        blind: Flags,
        result: Ints,
    ) -> Contacts:
        def rows(
            who: Ints, channel: Ints | int, result: Ints | int, reader: Ints | int = 0
        ) -> Contacts:
            columns = (
                listed.household[who],
                period,
                channel,
                np.asarray(channel) + 1,
                listed.stratum[who],
                reader,
                result,
                listed.probability[who],
            )
            return Contacts(*(np.broadcast_to(column, len(who)).copy() for column in columns))

        usual = 0 if self.layers.reach is not None else len(CHANNELS) - 1
        parts = [rows(np.flatnonzero(~executed), usual, NOT_EXECUTED)]
        open_ = executed.copy()
        for channel in range(usual, len(CHANNELS)):
            answered = np.flatnonzero(reached[:, channel])
            parts.append(rows(np.flatnonzero(open_ & ~reached[:, channel]), channel, NOT_REACHED))
            talks = answered[result[answered] != REFUSED]
            said = (
                result
                if second is None
                else np.where(result == REFUSED, REFUSED, np.where(first, NEED, NO_NEED))
            )
            parts.append(rows(answered, channel, said[answered]))
            if second is not None:
                parts.append(rows(talks, channel, result[talks], 1 + blind[talks].astype(int)))
            open_ &= ~reached[:, channel]
        return Contacts.joined(parts)


def private_leaning(population: Population) -> Floats:
    """Return the log-odds, by area, that a district passes a household on to private help."""
    block = population.block
    rng = block.stream("private help")
    return block.by_district(
        rng.normal(0.0, DISTRICTS_DIFFER, block.n_areas // block.places.per_district)
    )


def private_chances(share: float, leaning: Floats) -> Floats:
    """Return the chances (no need or need, n) of private help where there is no public support."""
    if share == 0:
        return np.zeros((2, len(leaning)))
    odds = log_odds(np.minimum(share, 1 - 1e-12)) + leaning
    return np.stack([sigmoid(odds - NEED_IS_HELPED), sigmoid(odds + NEED_IS_HELPED)])


def _verdict(rng: np.random.Generator, need: Flags, skill: tuple[float, float]) -> Flags:
    return np.asarray(rng.random(len(need)) < np.where(need, skill[0], 1 - skill[1]))
