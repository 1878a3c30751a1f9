"""The service's contacts of a round: attempts by channel, readings, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from riskmodel.datasets.course import Flags, Ints
from riskmodel.datasets.layer_checks import CHANNELS
from riskmodel.datasets.world import Floats
from riskmodel.records.contact_words import RESULTS, SUPPORTS

STRATA = ("legacy", "random")
READERS = ("caseworker", "manager", "manager_blind")
CASEWORKER, MANAGER = 0, 1
# numbered as in the table of contacts
NO_NEED, NEED, REFUSED, NOT_REACHED, NOT_EXECUTED, NOT_TOLD = range(len(RESULTS))
OTHER_AID, BASIC, EMERGENCY, PRIVATE = range(len(SUPPORTS))
NO_SUPPORT = -1
PUBLIC = (OTHER_AID, BASIC, EMERGENCY)
VERDICTS = (NO_NEED, NEED)


@dataclass(frozen=True, eq=False)
class Contacts:
    """Rows of the contacts table: one per attempt, and one more per second reading.

    Attributes
    ----------
    household, period, channel, attempt, stratum, reader, result, support : ndarray of int, \
    shape (n_rows,)
        Numbers in `CHANNELS`, `STRATA`, `READERS`, `RESULTS`, `SUPPORTS` (-1: none); attempts count
        from 1.
    probability : ndarray of float, shape (n_rows,)
        The chance to be listed, by design: 1 for the legacy list.
    """

    household: Ints
    period: Ints
    channel: Ints
    attempt: Ints
    stratum: Ints
    reader: Ints
    result: Ints
    support: Ints
    probability: Floats

    def __len__(self) -> int:
        return len(self.household)

    @classmethod
    def joined(cls, parts: Sequence[Contacts]) -> Contacts:
        """Return the rows of all parts, in order."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True, eq=False)
class Listed:
    """A round's list, before any contact.

    Attributes
    ----------
    household, stratum : ndarray of int, shape (n_listed,)
    probability : ndarray of float, shape (n_listed,)
        The chance to be listed.
    """

    household: Ints
    stratum: Ints
    probability: Floats


class Readings(NamedTuple):
    """The verdicts on the listed, each of shape (n_listed,).

    Attributes
    ----------
    first : ndarray of bool
        Whether the caseworker confirmed need.
    second : ndarray of bool or None
        Whether the manager did; None without a manager.
    blind : ndarray of bool
        Whether the manager read without knowing the first verdict.
    """

    first: Flags
    second: Flags | None
    blind: Flags

    @property
    def last(self) -> Flags:
        """The verdicts that count."""
        return self.first if self.second is None else self.second


class RoundOfContacts(NamedTuple):
    """All that happened to a round's list.

    Attributes
    ----------
    period : int
    listed : Listed
    executed : ndarray of bool, shape (n_listed,)
        Whether a contact was tried at all.
    reached : ndarray of bool, shape (n_listed, 3)
        By which channel each household was reached.
    readings : Readings
    refused : ndarray of bool, shape (n_listed,)
        Whether those reached refuse to talk.
    support : ndarray of int, shape (n_listed,)
        What follows the last reading of those who talk.
    """

    period: int
    listed: Listed
    executed: Flags
    reached: Flags
    readings: Readings
    refused: Flags
    support: Ints

    def rows(self, first_channel: int) -> Contacts:
        """Return the rows of the contacts table; channels are tried from the first one on."""
        not_executed = np.flatnonzero(~self.executed)
        parts = [self._rows_of(not_executed, first_channel, NOT_EXECUTED)]
        waiting = self.executed.copy()
        for channel in range(first_channel, len(CHANNELS)):
            parts += self._of_channel(channel, waiting)
            waiting &= ~self.reached[:, channel]
        return Contacts.joined(parts)

    def _of_channel(self, channel: int, waiting: Flags) -> list[Contacts]:
        """Return the attempts by a channel and their readings."""
        answered = np.flatnonzero(self.reached[:, channel])
        missed = np.flatnonzero(waiting & ~self.reached[:, channel])
        parts = [self._rows_of(missed, channel, NOT_REACHED)]
        first = np.where(self.refused, REFUSED, np.where(self.readings.first, NEED, NO_NEED))
        if self.readings.second is None:
            support = np.where(self.refused, NO_SUPPORT, self.support)[answered]
            return [*parts, self._rows_of(answered, channel, first[answered], support=support)]
        talks = answered[~self.refused[answered]]
        second = np.where(self.readings.second[talks], NEED, NO_NEED)
        reader = MANAGER + self.readings.blind[talks].astype(int)
        return [
            *parts,
            self._rows_of(answered, channel, first[answered]),
            self._rows_of(talks, channel, second, reader, self.support[talks]),
        ]

    def _rows_of(
        self,
        who: Ints,
        channel: int,
        result: Ints | int,
        reader: Ints | int = CASEWORKER,
        support: Ints | int = NO_SUPPORT,
    ) -> Contacts:
        columns = (
            self.listed.household[who],
            self.period,
            channel,
            channel + 1,
            self.listed.stratum[who],
            reader,
            result,
            support,
            self.listed.probability[who],
        )
        return Contacts(*(np.broadcast_to(column, len(who)).copy() for column in columns))
