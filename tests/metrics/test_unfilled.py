"""Capacities above the rows they list are told by round and by area, and small areas counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.metrics import Capacity, Unfilled, select

ROUNDS = ["may"] * 5 + ["july"] * 2


@pytest.mark.parametrize(
    ("capacity", "words"),
    [
        (2, ""),
        (0.99, ""),
        (5, "the capacity is above the rows of 1 of 2 rounds: all of them are listed"),
        (6, "the capacity is above the rows of every round: all of them are listed"),
    ],
)
def test_rounds_are_counted(capacity: float, words: str) -> None:
    assert Unfilled.of(Capacity.parse(capacity), ROUNDS).note([]) == words


def test_areas_are_named_where_they_may_be() -> None:
    area = ["a", "a", "b", "b", "hamlet", "a", "b"]
    found = Unfilled.of(Capacity.parse({"a": 2, "b": 1, "hamlet": 3}), ROUNDS, area)
    assert (found.areas, found.short) == (("a", "hamlet"), 2)
    where = "areas with a capacity above their rows, in some round, which are all listed"
    assert found.note(["a", "b"]) == f"{where}: a and 1 small one"
    one_round = Unfilled.of(Capacity.parse({"a": 9, "other": 9}), ["may"] * 7, area)
    told = "areas with a capacity above their rows, which are all listed: a, other"
    assert one_round.note(["a", "b"]) == told
    assert Unfilled.of(Capacity.parse({"a": 2, "b": 2, "hamlet": 0}), ["may"] * 7, area).short == 0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(1, 6))
def test_what_is_short_has_more_slots_than_its_list(rounds: list[int], capacity: int) -> None:
    found = Unfilled.of(Capacity(capacity), rounds)
    listed = select(np.arange(len(rounds)), Capacity(capacity), rounds).slots
    assert found.short == int((listed < capacity).sum())
    assert found.rounds == len(listed)
