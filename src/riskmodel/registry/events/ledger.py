"""The history of a name in the registry: read, migrated, repaired, and written at its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from riskmodel.errors import RegistryError
from riskmodel.registry.backend.addresses import sqlite_path
from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.tables import DECIDING, alone
from riskmodel.registry.backend.version import CHAMPION, CHAMPION_HEAD_TAG, registered, versions_of
from riskmodel.registry.events.chain import Act, Chain
from riskmodel.registry.events.earlier_events import earlier_tags, migrated
from riskmodel.registry.events.event import (
    BROKE_OFF,
    DONE,
    INTENDED,
    LOST,
    MIGRATED,
    RETIRED,
    Event,
)

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

logger = logging.getLogger("riskmodel.registry")

# On a server, which has no lock of ours: how long a run may be between intention and end.
UNDER_WAY = timedelta(minutes=5)


@dataclass
class Ledger:
    """The history of a name, as it is now.

    Attributes
    ----------
    registry : Registry
    name : str
    is_alone : bool
        Whether a lock keeps others from writing, so that what is open broke off.
    chain : Chain
        Of a registry that is not migrated yet: as it will be.
    aliases : dict
    versions : list of MLflow's versions
    repairs : list of str
        What was put right since it was opened.
    """

    registry: Registry
    name: str
    is_alone: bool = False
    chain: Chain = field(init=False)
    aliases: dict[str, str] = field(init=False)
    versions: list[ModelVersion] = field(init=False)
    repairs: list[str] = field(default_factory=list)
    unwritten: list[Event] = field(init=False)

    def __post_init__(self) -> None:
        self.read()

    def read(self) -> None:
        """Read it again."""
        model = registered(self.registry, self.name)
        self.aliases = {alias: str(number) for alias, number in dict(model.aliases).items()}
        self.versions = versions_of(self.registry, self.name)
        written = Chain.of(model.tags)
        self.unwritten = []
        if not any(event.event == MIGRATED or not event.earlier for event in written.events):
            # the chain is empty, or its migration broke off
            planned = migrated(self.versions, self.aliases)
            self.unwritten = [event for event in planned if event.digest not in written.by_digest]
        tags = {event.key: event.text for event in self.unwritten}
        self.chain = Chain.of({**model.tags, **tags})

    @property
    def outside(self) -> list[str]:
        """The names of the versions' tags that an older riskmodel wrote after the migration."""
        known = {event.earlier for event in self.chain.events}
        return [name for name in earlier_tags(self.versions) if name not in known]

    def made_champion(self, version: str) -> Event | None:
        """Return the event by which a version is champion; None where it is not by a single one."""
        last = self.chain.last_of(CHAMPION)
        if len(last) != 1 or {last[0].event.version, self.aliases.get(CHAMPION)} != {version}:
            return None
        return last[0].event

    def compared_champion(self, version: str) -> str | None:
        """Return the champion that a version has to stand against.

        Where the alias was moved to this very version by no event, it is the one by the events.
        """
        now = self.aliases.get(CHAMPION)
        if now != version:
            return now
        there = {str(own.version) for own in self.versions} - {version}
        known = [own for own in self.chain.versions_with(CHAMPION) if own in there]
        return known[-1] if known else None

    def append(self, event: Event) -> Event:
        """Write an event behind the last ones, and return it as it was written."""
        own = event.written(self.chain.tips)
        self.registry.client.set_registered_model_tag(self.name, own.key, own.text)
        self.read()
        return own

    def repair(self) -> None:
        """Migrate the events of an older riskmodel, and end what broke off; say so."""
        if self.unwritten:
            for event in self.unwritten:
                self.registry.client.set_registered_model_tag(self.name, event.key, event.text)
            earlier = sum(bool(event.earlier) for event in self.unwritten)
            self._say(f"{earlier} events were taken over from versions' tags of an older riskmodel")
            self.read()
        for act in self.chain.open_acts:
            if self._is_dead(act):
                how = DONE if self._has_happened(act) else BROKE_OFF
                self.append(Event(how, of=act.event.digest, repaired="the next run"))
                done = "had been done, which is written now" if how == DONE else "changed nothing"
                self._say(f"{act.event.told} broke off; it {done}")

    def carry_out(self, event: Event, move: Callable[[], None]) -> Event:
        """Write what is intended, do it, write that it is done; return the event of its end.

        Raises
        ------
        RegistryError
            If the champion is not the one that the event takes the place of, or another run, on a
            server where nothing is locked, sets the alias at once and comes first: by the time and
            digest of what both intended.
        """
        act = self.append(replace(event, state=INTENDED))
        self._require_same(act)
        self._yield_to_rivals(act)
        move()
        end = self.append(Event(DONE, of=act.digest))
        self._yield_to_rivals(act, move)
        if event.alias == CHAMPION:
            self.registry.client.set_model_version_tag(
                self.name, event.version, CHAMPION_HEAD_TAG, self.chain.head
            )
        return end

    def _require_same(self, own: Event) -> None:
        """Break off where the champion is not the one that an act takes the place of."""
        now = self.aliases.get(CHAMPION, "")
        if own.alias == CHAMPION and now != own.instead_of:
            self.append(Event(BROKE_OFF, of=own.digest))
            raise champion_changed(self.name, own.instead_of, now)

    def _yield_to_rivals(self, own: Event, move: Callable[[], None] | None = None) -> None:
        """Step back from an alias that another run sets at once, if that one comes first.

        Parameters
        ----------
        own : Event
        move : callable, optional
            Once the alias was moved. The one that comes first moves it once more where another
            has moved it after, and the other one puts it back.
        """
        rivals = [act.event for act in self._rivals(own)]
        first = min([own, *rivals], key=_place)
        if first is own:
            if move is not None and self._was_moved_away(own):
                move()
            return
        self.append(Event(LOST, of=own.digest))
        if move is not None:
            self._put_back(own)
        raise RegistryError(
            f"{first.event} version {first.version} ({first.by or first.account}) came first: "
            f"it and version {own.version} were decided at once",
            code="registry.lost",
            allowed="one change of an alias at a time",
            next_step=f"look at riskmodel.history({self.name!r}), and decide again",
        )

    def _was_moved_away(self, own: Event) -> bool:
        """Tell whether the champion is not an act's, though no later act has set another one."""
        if own.alias != CHAMPION or self.aliases.get(CHAMPION) == own.version:
            return False
        mine = self._act_of(own)
        of_alias = [act for act in self.chain.acts if act.event.alias == CHAMPION]
        return not any(self.chain.ended_before(mine, act) for act in of_alias)

    def _put_back(self, own: Event) -> None:
        """Set the champion to where the events have it, if a lost act had moved it.

        The one that comes first may have broken off, for it found the alias moved; and it may end
        while this is done, so that the events are read again.
        """
        moved = {own.version}
        for _ in range(3):
            last = sorted((act.event for act in self.chain.last_of(CHAMPION)), key=_place)
            right, now = last[0].version if last else None, self.aliases.get(CHAMPION)
            if now == right or now not in moved:
                return
            if right is None:
                self.registry.client.delete_registered_model_alias(self.name, CHAMPION)
            else:
                self.registry.client.set_registered_model_alias(self.name, CHAMPION, right)
                moved.add(right)
            self.read()

    def _act_of(self, own: Event) -> Act:
        (mine,) = [act for act in self.chain.acts if act.event.digest == own.digest]
        return mine

    def _rivals(self, own: Event) -> Iterator[Act]:
        """Yield the acts that set the champion while an act does, and were not given up."""
        mine = self._act_of(own)
        for act in self.chain.acts:
            is_rival = act.event.alias == own.alias == CHAMPION and act is not mine
            is_alive = act.is_done or (act.end is None and not self._is_dead(act))
            is_apart = self.chain.ended_before(act, mine) or self.chain.ended_before(mine, act)
            if is_rival and is_alive and not is_apart:
                yield act

    def _is_dead(self, act: Act) -> bool:
        """Tell whether the run of an open act is over: our lock says so, or else the time."""
        if self.is_alone:
            return True
        try:
            began = datetime.fromisoformat(act.event.when)
        except ValueError:
            return True
        return datetime.now(UTC) - began > UNDER_WAY

    def _has_happened(self, act: Act) -> bool:
        event = act.event
        if event.event == RETIRED:
            return event.version not in {str(own.version) for own in self.versions}
        return bool(event.alias) and self.aliases.get(event.alias) == event.version

    def _say(self, text: str) -> None:
        self.repairs.append(text)
        logger.warning("%s: %s", self.name, text)


def _place(event: Event) -> tuple[str, str]:
    """Return by what acts that were under way at once are ordered."""
    return event.when, event.digest


def champion_changed(name: str, then: str, now: str) -> RegistryError:
    """Return the refusal of a decision whose champion is another one by now."""
    return RegistryError(
        f"the champion of {name} was {f'version {then}' if then else 'none'} when this was "
        f"decided, and is {f'version {now}' if now else 'none'} now; nothing was changed",
        code="registry.champion_changed",
        allowed="the champion that it was compared with",
        next_step=f"look at riskmodel.history({name!r}), and decide again",
    )


@contextmanager
def deciding(registry: Registry, name: str) -> Iterator[Ledger]:
    """Open the history of a name to write to it, what broke off put right.

    Of a registry in a file one run at a time does; on a server a run finds others by their events.
    """
    with one_that_decides(registry) as is_alone:
        ledger = Ledger(registry, name, is_alone)
        ledger.repair()
        yield ledger


@contextmanager
def one_that_decides(registry: Registry) -> Iterator[bool]:
    """Let one run at a time write to the histories of a registry in a file; tell if it is one.

    Raises
    ------
    RegistryError
        For a registry that was moved or copied, and one in which another run writes for minutes.
    """
    registry.check_files()
    database = sqlite_path(registry.uri)
    if database is None:
        yield False
        return
    with alone(database, what=DECIDING):
        yield True
