"""Figures by group: small groups are left unsaid, and can't be told from the totals."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.metrics import by_group


def mean_of(y):
    return lambda rows: float(y[rows].mean())


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=120))
def test_no_small_group_is_told_nor_left_alone(rows):
    groups, y = np.array([g for g, _ in rows]), np.array([float(hit) for _, hit in rows])
    found = by_group(mean_of(y), groups, y)
    assert [group.key for group in found] == sorted(set(groups))
    for group in found:
        mine = y[groups == group.key]
        if group.value is None:
            assert group.rows is None
            assert group.positives is None
            assert group.note.startswith("suppressed")
        else:
            assert (group.rows, group.positives, group.value) == (
                len(mine),
                mine.sum(),
                mine.mean(),
            )
            assert len(mine) >= 10
            assert mine.sum() >= 3
    assert len(found) == 1 or sum(group.value is None for group in found) != 1


def test_the_rule_can_be_turned_off():
    y = np.array([1.0, 0.0, 0.0])
    found = by_group(mean_of(y), ["a", "b", "b"], y, min_rows=1, min_positives=0)
    assert [group.value for group in found] == [1, 0]


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(0)
    groups, y = rng.integers(0, 3, 200), (rng.random(200) < 0.3).astype(float)
    order = rng.permutation(200)
    assert by_group(mean_of(y), groups, y) == by_group(mean_of(y[order]), groups[order], y[order])
