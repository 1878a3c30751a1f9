"""On which rung of the ladder a household stands, and what is left of it, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import Span
from riskmodel.service.rules.rule_parts import Rung

Ints = NDArray[np.intp]


def rungs_of(
    ladder: Sequence[Rung], unanswered: NDArray[np.int64], last_channel: pd.Series
) -> Ints:
    """Return the rung on which households stand, from 0 on.

    A rung is left after its tries: a household stands on the rung that its unanswered attempts lead
    to if each rung was tried in turn, and never below that of its last attempt, nor on it once it
    has been tried so often. Where attempts were made on several rungs this goes up sooner, never
    later. Who was not reached on the last rung stays there.

    Parameters
    ----------
    ladder : sequence of Rung
    unanswered : ndarray of int, shape (n_households,)
        Attempts without an answer since the household was last met.
    last_channel : Series of str
        The channel of the last attempt; missing, or none of the ladder, where it tells nothing.

    Examples
    --------
    >>> ladder = [Rung("text_message", "3D"), Rung("ai_call", "7D", 2), Rung("visit", "14D")]
    >>> last = pd.Series([None, "text_message", "ai_call", "ai_call", "visit", "office"])
    >>> rungs_of(ladder, np.array([0, 1, 1, 2, 9, 1]), last).tolist()
    [0, 1, 1, 2, 2, 1]
    """
    tries = np.array([rung.tries for rung in ladder])
    by_count = np.searchsorted(np.cumsum(tries), unanswered, side="right")
    position = pd.Index([rung.channel for rung in ladder]).get_indexer(pd.Index(last_channel))
    after_last = position + (unanswered >= tries[position])
    is_told = (position >= 0) & (unanswered > 0)
    rung = np.where(is_told, np.maximum(by_count, after_last), by_count)
    return np.minimum(rung, len(ladder) - 1).astype(np.intp)


@dataclass(frozen=True, eq=False)
class Ladders:
    """What is left of the ladder for each household.

    Attributes
    ----------
    channels : ndarray of object, shape (n_households,)
        A tuple of channels, at least one.
    due_by : ndarray of object, shape (n_households,)
        A tuple of days (datetime64[D]), one for each channel.
    """

    channels: NDArray[np.object_]
    due_by: NDArray[np.object_]


def ladders_from(
    ladder: Sequence[Rung], rung: Ints, barred: NDArray[np.bool_], day: np.datetime64
) -> Ladders:
    """Return the steps from a rung on that are not barred; where all are, the last that is not.

    Parameters
    ----------
    ladder : sequence of Rung
    rung : ndarray of int, shape (n_households,)
    barred : ndarray of bool, shape (n_households, n_rungs)
        Never all rungs of a household.
    day : datetime64[D]
        The round's.

    Notes
    -----
    Days are counted over every rung from the household's own on, barred or not: a step that is due
    earlier than others of its channel would tell who reads the book that something is barred, and
    so what is on record.
    """
    # few households differ in where they stand and in what is left to them
    left = ~barred & (np.arange(len(ladder)) >= rung[:, None])
    last = len(ladder) - 1 - np.argmax(~barred[:, ::-1], axis=1)
    left[np.arange(len(left)), last] |= ~left.any(axis=1)
    starts = np.minimum(rung, np.argmax(left, axis=1))
    kinds, number = np.unique(np.column_stack([starts, left]), axis=0, return_inverse=True)
    channels, due_by = [], []
    for start, *flags in kinds.tolist():
        days = _days(ladder[start:], day)
        places = np.flatnonzero(flags).tolist()
        channels.append(tuple(ladder[place].channel for place in places))
        due_by.append(tuple(days[place - start] for place in places))
    number = number.reshape(-1)
    return Ladders(_objects(channels)[number], _objects(due_by)[number])


def _days(steps: Sequence[Rung], day: np.datetime64) -> list[np.datetime64]:
    """Return when each of some rungs is due, one after the other."""
    days: list[np.datetime64] = []
    for step in steps:
        days.append(Span.parse(step.within).after(days[-1] if days else day))
    return days


def _objects(tuples: Sequence[tuple[object, ...]]) -> NDArray[np.object_]:
    """Return an array whose cells are the tuples."""
    cells = np.empty(len(tuples), dtype=object)
    for place, each in enumerate(tuples):
        cells[place] = each
    return cells
