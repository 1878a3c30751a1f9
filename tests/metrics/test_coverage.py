"""The intervals of every figure hold the true value at their level, and list figures have one."""

from __future__ import annotations

import numpy as np
import pytest
from known_settings import SETTINGS, coverage, drawn, too_low

LIST_FIGURES = ["precision", "recall", "lift", "crises_reached", "crises_expected"]


def test_there_are_twelve_settings_each_with_fifteen_positive_households() -> None:
    assert len(SETTINGS) == 12
    assert {setting.rounds for setting in SETTINGS.values()} == {1, 3, 6}
    for setting in SETTINGS.values():
        assert 500 <= setting.households <= 5_000
        assert 25 <= setting.listed <= 250
        rows = drawn(setting, 5_000, np.random.default_rng(0))
        positive = len(np.unique(rows.household[rows.y == 1]))
        assert positive * setting.households / 5_000 >= 15


@pytest.mark.parametrize(
    "name", ["1,000 x 1, 2 %, list of 25 with two hits", "500 x 6, 6 %, coarse ties, list of 25"]
)
def test_figures_hold_and_those_of_the_list_always_have_an_interval(name: str) -> None:
    found = coverage(SETTINGS[name], repetitions=60, population=30_000)
    assert found.loc[LIST_FIGURES, "given"].eq(1).all()
    assert too_low(found, 60) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_every_figure_in_twelve_settings(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = coverage(SETTINGS[name], repetitions=1_000)
    with capsys.disabled():
        print(f"\n{name}\n{found.round(3)}")
    assert found.loc[LIST_FIGURES, "given"].eq(1).all()
    assert too_low(found, 1_000) == []
