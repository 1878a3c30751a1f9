"""The events of a name in their order, and what is wrong with the links between them."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from riskmodel.registry.events.event import (
    DONE,
    ENDS,
    EVENT_TAG,
    INTENDED,
    PROMOTED,
    PUBLISHED,
    ROLLED_BACK,
    Event,
    event_in,
)

UNDER_WAY = "under way"


@dataclass(frozen=True)
class Act:
    """An event with the event that ended it, which may be itself."""

    event: Event
    end: Event | None

    @property
    def state(self) -> str:
        """``"done"``, ``"broke off"``, ``"lost"`` or ``"under way"``."""
        if self.end is None:
            return UNDER_WAY
        return DONE if self.end is self.event else self.end.event

    @property
    def is_done(self) -> bool:
        """Whether it counts."""
        return self.state == DONE


@dataclass(frozen=True)
class Chain:
    """The events of a name.

    Attributes
    ----------
    events : tuple of Event
        Each after those that it names; of several that could come next, the one whose time and
        digest come first.
    broken : tuple of str
        The keys of the tags that are no event, or were changed.
    """

    events: tuple[Event, ...]
    broken: tuple[str, ...] = ()

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> Chain:
        """Return the events among the tags of a model; one that is broken harms no other."""
        own = {key: value for key, value in tags.items() if key.startswith(EVENT_TAG)}
        read = {key: event_in(key, value) for key, value in own.items()}
        events = _in_order(event for event in read.values() if event is not None)
        return cls(events, tuple(sorted(key for key, event in read.items() if event is None)))

    @cached_property
    def by_digest(self) -> dict[str, Event]:
        """The events by their digests."""
        return {event.digest: event for event in self.events}

    @cached_property
    def missing(self) -> tuple[tuple[str, Event], ...]:
        """Each digest that is named and not there, with the event that names it."""
        named = [(digest, event) for event in self.events for digest in (*event.after, event.of)]
        gone = ((own, event) for own, event in named if own and own not in self.by_digest)
        return tuple(dict.fromkeys(gone))

    @cached_property
    def tips(self) -> tuple[str, ...]:
        """The digests of the events that no other names."""
        named = {digest for event in self.events for digest in event.after}
        return tuple(sorted(set(self.by_digest) - named))

    @property
    def head(self) -> str:
        """What stands for all events: the digest of the last one, or those of several, by "+"."""
        return "+".join(self.tips)

    def holds(self, head: str) -> bool:
        """Tell whether a head of some time is one of this chain's."""
        return set(head.split("+")) <= set(self.by_digest)

    @cached_property
    def forks(self) -> tuple[tuple[Event, ...], ...]:
        """The events that name the same one before them, those of each place in their order."""
        siblings: dict[tuple[str, ...], list[Event]] = defaultdict(list)
        for event in self.events:
            for before in event.after or ("",):
                siblings[(before,)].append(event)
        # several that follow the same several are one fork
        every = dict.fromkeys(tuple(events) for events in siblings.values())
        return tuple(events for events in every if len(events) > 1)

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """The events that are no end of another, each with its end."""
        ends = {event.of: event for event in self.events if event.event in ENDS}
        opening = [event for event in self.events if event.event not in ENDS]
        return tuple(
            Act(event, ends.get(event.digest, None if event.state == INTENDED else event))
            for event in opening
        )

    @property
    def open_acts(self) -> tuple[Act, ...]:
        """The acts that nothing has ended."""
        return tuple(act for act in self.acts if act.end is None)

    @cached_property
    def _before(self) -> dict[str, frozenset[str]]:
        """The digests of all events before each."""
        found: dict[str, frozenset[str]] = {}
        for event in self.events:
            direct = [digest for digest in event.after if digest in found]
            found[event.digest] = frozenset(direct).union(*(found[own] for own in direct))
        return found

    def ended_before(self, one: Act, other: Act) -> bool:
        """Tell whether an act had ended when another began."""
        return one.end is not None and one.end.digest in self._before[other.event.digest]

    def versions_with(self, alias: str) -> tuple[str, ...]:
        """Return where an alias is by the events: several only where acts were under way at once.

        Examples
        --------
        >>> first = Event("promoted", version="1", alias="champion").written(after=[])
        >>> second = Event("promoted", version="2", alias="champion").written([first.digest])
        >>> Chain((first, second)).versions_with("champion")
        ('2',)
        """
        return tuple(dict.fromkeys(act.event.version for act in self.last_of(alias)))

    def last_of(self, alias: str) -> tuple[Act, ...]:
        """Return the acts that set an alias last: several where they were under way at once."""
        done = [act for act in self.acts if act.is_done and act.event.alias == alias]
        return tuple(
            act for act in done if not any(self.ended_before(act, other) for other in done)
        )

    def publication_of(self, version: str) -> Event:
        """Return the event of a version's publication, an empty one where there is none."""
        found = [
            act.event
            for act in self.acts
            if act.is_done and (act.event.event, act.event.version) == (PUBLISHED, version)
        ]
        return found[0] if found else Event(PUBLISHED)

    def beside(self, head: str) -> list[Event]:
        """Return the events that are neither up to a head of the chain nor after all of it."""
        tips = set(head.split("+"))
        up_to = tips.union(*(self._before[own] for own in tips))
        return [
            event
            for event in self.events
            if event.digest not in up_to and not tips <= self._before[event.digest]
        ]

    def champions(self) -> list[str]:
        """Return the champions on which the present one stands, itself last.

        A promotion sets one on top, a rollback takes off what is above the one it names.
        """
        stack: list[str] = []
        for act in self.acts:
            version = act.event.version
            if not act.is_done or act.event.event not in (PROMOTED, ROLLED_BACK):
                continue
            if act.event.event == ROLLED_BACK and version in stack:
                while stack[-1] != version:
                    stack.pop()
            elif stack[-1:] != [version]:
                stack.append(version)
        return stack


def champions_before(champions: Iterable[str], now: str | None) -> list[str]:
    """Return the champions before the present one, the latest first; each is another version.

    Examples
    --------
    >>> champions_before(["1", "2", "3"], now="3")
    ['2', '1']
    >>> champions_before(["1", "2"], now="9")  # the alias was moved by somebody else
    ['2', '1']
    """
    stack = list(champions)
    while now in stack and stack.pop() != now:
        pass
    return list(dict.fromkeys(own for own in reversed(stack) if own != now))


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return events so that each stands after those that it names."""
    by_digest = {event.digest: event for event in events}
    waiting = {
        digest: {own for own in event.after if own in by_digest}
        for digest, event in by_digest.items()
    }
    after = defaultdict(list)
    for digest, before in waiting.items():
        for own in before:
            after[own].append(digest)
    ready = [(by_digest[own].when, own) for own, before in waiting.items() if not before]
    heapq.heapify(ready)
    ordered = []
    while ready:
        _, digest = heapq.heappop(ready)
        ordered.append(by_digest[digest])
        for own in after[digest]:
            waiting[own].discard(digest)
            if not waiting[own]:
                heapq.heappush(ready, (by_digest[own].when, own))
    return tuple(ordered)
