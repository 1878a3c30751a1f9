"""A simulated service that is open: each round carries out the plan that you give it."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.datasets.beliefs import are_exact, crisis_chances, require_known
from riskmodel.datasets.carrying_out import Attempts
from riskmodel.datasets.contacts_and_lists import (
    contact_rows,
    coverage_by,
    known_by,
    list_rows,
    phone_rows,
)
from riskmodel.datasets.course import Block
from riskmodel.datasets.descriptions import describe
from riskmodel.datasets.geography import Geography, geography_of
from riskmodel.datasets.layer import with_layers
from riskmodel.datasets.number_checks import check_capacity, check_numbers
from riskmodel.datasets.parquet_parts import records_of
from riskmodel.datasets.planned_steps import PlanLike, PlannedSteps, frame_of, planned_steps
from riskmodel.datasets.presets import find_preset
from riskmodel.datasets.record_tables import attributes, coverage, members
from riskmodel.datasets.schedule import HISTORY, WINDOW, Schedule
from riskmodel.datasets.service_layers import ServiceLayers
from riskmodel.datasets.service_rounds import FEWEST_BEFORE, ServiceRounds, open_rounds
from riskmodel.datasets.simulate import Simulated
from riskmodel.datasets.times import times
from riskmodel.datasets.truth_table import truth_table
from riskmodel.datasets.world import Floats, World
from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF
from riskmodel.records import Records

__all__ = ["OpenService", "open_service"]


class OpenService:
    """A service whose rounds are carried out one after the other; made by `open_service`.

    Attributes
    ----------
    n_rounds : int
        Number of its rounds.
    """

    def __init__(self, world: World, geography: Geography, rounds: ServiceRounds) -> None:
        self._world, self._geography, self._rounds = world, geography, rounds
        self._first = rounds.now
        self.n_rounds = rounds.schedule.as_of.stop - self._first
        self._records: Records | None = None
        self._chances: tuple[Floats, ...] = ()
        self._planned: tuple[PlanLike, ...] = ()

    @property
    def round(self) -> int:
        """Number of the present round, from 1 on; `n_rounds` + 1 once the service is closed."""
        return self._rounds.now - self._first + 1

    @property
    def is_closed(self) -> bool:
        """Whether all rounds are over."""
        return self.round > self.n_rounds

    @property
    def as_of(self) -> np.datetime64:
        """The morning on which the present round opens; once closed, the one after the last."""
        return np.datetime64(self._rounds.schedule.starts[self._rounds.now])

    @property
    def records(self) -> Records:
        """What the service knows on the morning of the present round, its contacts so far included.

        ``rounds`` are all as-of dates up to the present one; labels of the last four are not
        mature.
        """
        if self._records is None:
            self._records = self._read()
        return self._records

    @property
    def truth(self) -> pd.DataFrame:
        """What is hidden, by (household_id, as_of_date), from the first as-of date to the present.

        - ``state``, the hidden state in the round just past;
        - ``need``, 1 who is acute or in crisis in the round that opens, in which contacts are made;
        - ``verdict``, what the first reader finds in the contacted, and would find in all others;
        - ``y``, the label: missing while its window is open;
        - ``y_unsupported``, the same if nobody were supported from that date on, for every round:
          what comes is drawn already;
        - ``probability``, the exact chance of the latter given what was visible that morning; no
          such column where a layer is on that the exact filter ignores.
        """
        now, rounds = self._rounds.now, range(HISTORY, self._rounds.now + 1)
        simulated = self._with_present_verdicts()
        chances = self._exact_chances(rounds) if are_exact(simulated.layers) else None
        closed = max(0, now - WINDOW + 1 - HISTORY)
        days = self._days(rounds)
        truth = truth_table(simulated, rounds, days, chances, closed=closed, has_readers=True)
        truth.attrs["exact"] = chances is not None
        return truth

    def carry_out(self, plan: PlanLike) -> pd.DataFrame:
        """Carry out a plan and stay in the round, so that another can follow for the same round.

        Parameters
        ----------
        plan : DataFrame or object with ``.table``
            As `go` takes it. Steps of households that were met before in this round are not taken.

        Returns
        -------
        DataFrame
            The contacts made, as rows of ``records.contacts``; they stand in the records once the
            round is over.

        Raises
        ------
        ConfigError
            As `go` raises them.
        """
        attempts = self._rounds.work.carry_out(self._steps(plan))
        rows = self._contact_rows(attempts)
        self._planned = (*self._planned, plan)
        return rows.to_pandas(date_as_object=False)

    def go(self, plan: PlanLike) -> pd.DataFrame:
        """Carry the present round out, and move on to the next.

        Each household's steps are taken in their order until somebody meets it. A household has the
        same luck in a round whatever else is planned, so that two plans differ by what they plan.

        Parameters
        ----------
        plan : DataFrame or object with ``.table``
            One row per household and step: ``household_id``, ``channel`` and, if there are any,
            ``step`` (from 1 on; default 1), ``stratum`` (default ``"certain"``), ``probability``
            (by which the household came into the plan; default 1), ``state`` (rows that are
            ``"planned"`` or ``"reserved"`` are carried out, and those ``"open"``, ``"done"`` or
            ``"cancelled"`` are not) and ``as_of_date``. What the plan left out
            (``plan.left_out``, with ``probability``) comes into the records' lists, too. A plan
            without rows lets the round pass.

        Returns
        -------
        DataFrame
            The contacts made, as rows of ``records.contacts``.

        Raises
        ------
        ConfigError
            For a service that is closed, what is no plan, a plan of another round, a household,
            channel, step, state or probability that is none, and a step that is there twice.
        """
        contacts = self.carry_out(plan)
        rounds = self._rounds
        listed = list_rows(self._planned, rounds.now, rounds.schedule, rounds.block, rounds.area)
        rounds.close(self._contact_rows(Attempts.joined(rounds.work.attempts)), listed)
        self._records, self._planned = None, ()
        return contacts

    def fork(self) -> OpenService:
        """Return a service that is where this one is, and goes on apart from it.

        Two policies that start from it are paired: what they do alike ends alike.
        """
        twin = copy.copy(self)
        twin._rounds = self._rounds.fork()
        return twin

    def _steps(self, plan: PlanLike) -> PlannedSteps:
        if self.is_closed:
            raise ConfigError(
                f"all {self.n_rounds} rounds of this service are over",
                code="datasets.service_closed",
                next_step="open one with more rounds: n_rounds=",
            )
        return planned_steps(frame_of(plan), pd.Index(self._rounds.block.ids), self.as_of)

    def _contact_rows(self, attempts: Attempts) -> pa.Table:
        rounds = self._rounds
        return contact_rows(attempts, rounds.now, rounds.schedule, rounds.customs, rounds.area)

    def _read(self) -> Records:
        """Return the records as they are known on the present morning."""
        rounds, today = self._rounds, self.as_of
        seen, until_now = rounds.seen_now(), rounds.until_now()
        layers, now = seen.layers, rounds.now
        spans = coverage(seen.times, layers, rounds.schedule)
        description = describe(
            self._world,
            self._geography,
            rounds.schedule,
            coverage_by(spans, today),
            today=today,
            rounds=self._days(range(HISTORY, now + (not self.is_closed))),
        )
        written = {
            name: known_by(pa.concat_tables(parts), today) for name, parts in rounds.written.items()
        }
        tables = {
            **written,
            "attributes": pa.concat_tables([attributes(seen, until_now), *self._numbers()]),
            "members": members(seen, until_now) if layers.members else None,
        }
        return records_of(tables, description)

    def _numbers(self) -> list[pa.Table]:
        """Return of which households a telephone number is on record, where a layer says so."""
        customs = self._rounds.customs
        if customs.layers.phones is None:
            return []
        since = self._rounds.schedule.starts[0]
        return [phone_rows(customs.people.block, customs.traits.has_number, since)]

    def _days(self, rounds: range) -> pd.DatetimeIndex:
        days = self._rounds.schedule.starts[rounds]
        return pd.DatetimeIndex(days.astype("datetime64[s]"), name=AS_OF)

    def _with_present_verdicts(self) -> Simulated:
        simulated, work = self._rounds.simulated, self._rounds.work
        return replace(simulated, confirms=np.vstack([simulated.confirms, work.confirms]))

    def _exact_chances(self, rounds: range) -> Floats:
        """Return the exact chances of rounds, shape (n_rounds, n); each is computed once."""
        simulated = self._rounds.simulated
        ahead = rounds[len(self._chances) :]
        made = crisis_chances(simulated, simulated.layers, ahead) if ahead else ()
        self._chances = (*self._chances, *(one.chance for one in made))
        return np.stack(self._chances)

    def __repr__(self) -> str:
        households = f"{self._rounds.block.n:,} households"
        if self.is_closed:
            return f"OpenService: all {self.n_rounds} rounds are over, {households}"
        return (
            f"OpenService: round {self.round} of {self.n_rounds} opens on {self.as_of}, "
            f"{households}"
        )


def open_service(
    n_households: int = 16_000,
    n_rounds: int = 12,
    preset: str | World = "default",
    random_state: int = 0,
    *,
    n_before: int = 12,
    **layers: object,
) -> OpenService:
    """Open a simulated service that carries out the plans of your rounds, one after the other.

    Of `make_households` the records are all there at once. Here they end on the morning of the
    present round, and `OpenService.go` moves on to the next: what a plan does changes who is
    supported, and so the later course.

    Parameters
    ----------
    n_households : int, default 16_000
        Number of households; all are held in memory.
    n_rounds : int, default 12
        Number of rounds, every two months.
    preset : {"default", "easy", "hard", "korea"} or World
        As `make_households` takes it.
    random_state : int, default 0
        Same number, same households, same luck.
    n_before : int, default 12
        Number of as-of dates before the first round, at least 4; a model can be fitted on all but
        the last three of them. Where `capacity` is given, as in ``"korea"``, a legacy rule fills
        it in these rounds, and in none later.
    **layers
        See `riskmodel.datasets.ServiceLayers`. `change_at` counts the rounds of the service from 0.

    Returns
    -------
    OpenService

    Raises
    ------
    ConfigError
        For numbers that cannot be simulated, and layers that are none.

    Notes
    -----
    What happens from the first round on is drawn by household, round and purpose, each from a
    number of its own (a Philox stream keyed by seed, round and purpose, in which every household
    has its place). So two policies in the same world are paired: a household that is turned to by
    the same steps in the same round has the same luck, whatever else is planned and in whatever
    order. They differ by support alone, which lifts households out of need.

    Examples
    --------
    >>> service = open_service(400, n_rounds=3, support=0.5, random_state=1)
    >>> service
    OpenService: round 1 of 3 opens on 2023-11-01, 400 households
    >>> ids = service.records.attributes["household_id"].unique()[:5]
    >>> contacts = service.go(pd.DataFrame({"household_id": ids, "channel": "visit"}))
    >>> contacts["result"].tolist()
    ['no_need', 'no_need', 'no_need', 'no_need', 'no_need']
    >>> service.round, len(service.records.contacts)
    (2, 5)
    """
    check_numbers(
        ("n_households", n_households, 1),
        ("n_rounds", n_rounds, 1),
        ("random_state", random_state, 0),
        ("n_before", n_before, FEWEST_BEFORE),
    )
    n, chosen = int(n_households), find_preset(preset)
    world = chosen.world
    in_use = ServiceLayers.of(chosen.with_layers(layers), world.service)
    check_capacity(in_use.capacity, n)
    require_known(in_use)
    in_use = _changing_in_a_round(in_use, int(n_before), int(n_rounds))
    schedule = Schedule(int(n_before) + int(n_rounds), world.today)
    geography = geography_of(world, n)
    block = Block(int(random_state), 0, 0, n, geography, slice(0, len(geography)))
    course = times(world, in_use, schedule)
    rounds = open_rounds(world, course, in_use, schedule, block, HISTORY + int(n_before))
    return OpenService(world, geography, rounds)


# As in `make_households`: a preset's layer gives way only to one that was passed.
open_service.__signature__ = with_layers(open_service, ServiceLayers)  # type: ignore[attr-defined]


def _changing_in_a_round(layers: ServiceLayers, n_before: int, n_rounds: int) -> ServiceLayers:
    """Return the layers with `change_at` counted from the first as-of date of the records."""
    at = n_rounds // 2 if layers.change_at is None else layers.change_at
    if not 0 <= at < n_rounds:
        raise ConfigError(
            f"change_at={layers.change_at} lies outside the rounds",
            code="datasets.change_at",
            allowed=f"0 to {n_rounds - 1}",
            next_step="name a round of the service by its number",
        )
    return replace(layers, change_at=n_before + at)
