"""The groups of a comparison are drawn below each other, those behind in red."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.displays import GroupsDisplay
from riskmodel.evaluation import GroupGaps, group_gaps

pytest.importorskip("matplotlib", reason="the plot extra is not installed")


@pytest.fixture(scope="module")
def gaps() -> GroupGaps:
    rng = np.random.default_rng(0)
    n = 2_000
    kind = rng.choice(["family", "single", "student"], n, p=[0.45, 0.4, 0.15])
    kind[:12] = np.repeat(["abbey", "barracks"], 6)
    risk = rng.uniform(0, 0.5, n)
    frame = pd.DataFrame(
        {"id": range(n), "crisis": (rng.random(n) < risk).astype(float), "type": kind}
    ).assign(risk=np.where(kind == "single", 0.7 * risk, risk))
    panel = rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="2024-05-01",
        y="crisis",
        features=["risk"],
        groups=["type"],
        min_households=1,
    )
    return group_gaps(rm.evaluate(panel.X["risk"].astype(float), panel, capacity=600))


@pytest.mark.parametrize("figure", ["recall", "false_omission_rate"])
def test_each_group_that_is_shown_is_drawn_with_its_interval(gaps: GroupGaps, figure: str) -> None:
    display = GroupsDisplay.from_gaps(gaps, figure)
    table = display.frame()
    assert table["value"].is_monotonic_increasing
    assert set(table["group"]) == {"family", "single", "student"}
    assert table.loc[table["found"], "group"].tolist() == gaps.found[figure]
    ax = display.plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == table["group"].tolist()
    assert "2 not shown" in ax.get_xlabel()
    drawn = {line.get_label(): line.get_xdata() for line in ax.get_lines()}
    np.testing.assert_allclose(drawn["its own share"], table["observed"])
    np.testing.assert_allclose(drawn["all others"], table["others"])


def test_the_group_that_is_found_stands_in_the_legend(gaps: GroupGaps) -> None:
    legend = GroupsDisplay.from_gaps(gaps).plot().get_legend()
    assert legend is not None
    assert "found behind" in [text.get_text() for text in legend.get_texts()]
