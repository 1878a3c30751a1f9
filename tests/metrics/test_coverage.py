"""The intervals of every figure hold the true value at their level, and list figures have one."""

from __future__ import annotations

import numpy as np
import pytest
from known_settings import SETTINGS, coverage

LIST_FIGURES = ["precision", "recall", "lift"]


def least(level, repetitions):
    """The bar less two Monte Carlo errors."""
    return level - 2 * np.sqrt(level * (1 - level) / repetitions)


@pytest.mark.parametrize(
    "name", ["500 x 1, 5 %, list of 25", "500 x 6, 6 %, coarse ties, list of 25"]
)
def test_list_figures_always_have_an_interval_that_holds(name):
    found = coverage(SETTINGS[name], repetitions=100).loc[LIST_FIGURES]
    assert found["given"].eq(1).all()
    assert found["held"].ge(least(0.93, 100)).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_every_figure_in_twelve_settings(name, capsys):
    found = coverage(SETTINGS[name], repetitions=1_000)
    with capsys.disabled():
        print(f"\n{name}\n{found.round(3)}")
    assert found.loc[LIST_FIGURES, "given"].eq(1).all()
    assert found["held"].ge(least(0.93, 1_000)).all()
