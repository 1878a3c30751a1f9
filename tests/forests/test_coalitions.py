"""Features taken together: summed inside the tables, or one player of the game."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest
from grown_forests import dirty, grow, rows, shapley

from riskmodel.errors import ModelError
from riskmodel.forests import PathTables

OUTPUTS = [0, 0, 1, 2, 1, 2, 0, 3]


@pytest.fixture(scope="module")
def booster() -> lgb.Booster:
    return grow(rows(1500, 3), trees=25, max_depth=6)


def test_contributions_summed_inside_the_tables_are_the_sums_of_the_features(
    booster: lgb.Booster,
) -> None:
    fresh = dirty(rows(400, 4))
    plain, grouped = PathTables(booster, rows(300, 5)), PathTables(booster, rows(300, 5), OUTPUTS)
    margin, phi = grouped.evaluate(fresh)
    own = plain.contributions(fresh)
    sums = np.stack([own[:, np.array(OUTPUTS) == k].sum(axis=1) for k in range(4)], axis=1)
    assert np.array_equal(margin, plain.margin(fresh))
    assert np.abs(phi - sums).max() < 1e-12
    assert len(grouped.arrays["table"]) < len(plain.arrays["table"])


def test_sums_hold_for_paths_of_any_length() -> None:
    deep = grow(rows(3000, 3, 16), trees=8, num_leaves=80, min_child_samples=2)
    fresh, outputs = dirty(rows(300, 4, 16)), np.arange(16) % 3
    plain, grouped = PathTables(deep), PathTables(deep, outputs=outputs)
    assert (plain.arrays["steps"] > 0).any()
    own = plain.contributions(fresh)
    sums = np.stack([own[:, outputs == k].sum(axis=1) for k in range(3)], axis=1)
    assert np.abs(grouped.contributions(fresh) - sums).max() < 1e-11


def test_features_as_one_player_get_the_shapley_value_of_their_group(booster: lgb.Booster) -> None:
    others, fresh = dirty(rows(9, 12), 1), dirty(rows(5, 13), 2)
    found = PathTables(booster, others, OUTPUTS, joint=True).contributions(fresh)
    groups = [np.flatnonzero(np.array(OUTPUTS) == k) for k in range(4)]

    def of_group(x: np.ndarray) -> np.ndarray:
        """The game of four players, each with all of its columns or none."""

        def value(picked: np.ndarray) -> np.ndarray:
            own = np.zeros((len(picked), 8), bool)
            for k, members in enumerate(groups):
                own[:, members] = picked[:, [k]] > 0
            mixed = np.where(own[:, None, :], x, others)
            return (
                booster.predict(mixed.reshape(-1, 8), raw_score=True)
                .reshape(len(picked), -1)
                .mean(axis=1)
            )

        return shapley(value, np.ones(4), np.zeros((1, 4)))

    assert np.abs(found - [of_group(x) for x in fresh]).max() < 1e-10
    sums = PathTables(booster, others, OUTPUTS).contributions(fresh)
    assert np.abs(found - sums).max() > 1e-3


def test_one_group_of_all_gets_the_whole_difference(booster: lgb.Booster) -> None:
    fresh = rows(50, 6)
    tables = PathTables(booster, rows(200, 7), [0] * 8, joint=True)
    margin, phi = tables.evaluate(fresh)
    assert np.abs(phi[:, 0] - (margin - tables.base)).max() < 1e-12


def test_players_without_a_background_are_refused(booster: lgb.Booster) -> None:
    with pytest.raises(ModelError, match="only against a background"):
        PathTables(booster, outputs=OUTPUTS, joint=True)
