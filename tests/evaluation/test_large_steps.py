"""A capacity curve for readers without the records: no step of it tells of few households."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel as rm
from riskmodel.evaluation.large_steps import curve_in_large_steps
from riskmodel.keys import HOUSEHOLD


def judged(rows: int, rate: float, capacity: object, seed: int) -> rm.evaluation.Evaluation:
    """Scores with ties on two rounds of the same households."""
    rng = np.random.default_rng(seed)
    half = rows // 2
    df = pd.DataFrame(
        {
            "id": [f"home{i}" for i in range(half)] * 2,
            "date": ["2024-01-01"] * half + ["2024-02-01"] * half,
            "x": rng.integers(0, 30, 2 * half) / 30,
            "area": np.tile(np.where(np.arange(half) % 2, "north", "south"), 2),
        }
    )
    df["y"] = rng.random(2 * half) < rate * 2 * df["x"]
    df.loc[:40, "y"] = np.arange(41) % 2 == 0
    panel = rm.Panel.from_frame(
        df, household_id="id", as_of_date="date", y="y", groups=["area"], area="area"
    )
    scores = pd.Series(df["x"].to_numpy(), index=panel.X.index)
    return rm.evaluate(scores, panel, capacity=capacity)


@settings(max_examples=8, deadline=None)
@given(
    rows=st.integers(200, 900),
    rate=st.floats(0.02, 0.4),
    capacity=st.sampled_from([0.05, 0.3, 7, {"north": 6, "south": 3}]),
    seed=st.integers(0, 5),
)
def test_between_two_points_there_are_ten_households_and_three_of_each_class(
    rows: int, rate: float, capacity: object, seed: int
) -> None:
    evaluation = judged(rows, rate, capacity, seed)
    curve = curve_in_large_steps(evaluation)
    at = curve.columns[0]
    own = 1.0 if at == "multiple" else evaluation.capacity.value
    before = np.zeros(evaluation.rows, dtype=bool)
    told_elsewhere = {own, curve[at].max()}
    steps = []
    for point in curve[at].tolist():
        wanted = evaluation.capacity.times(point) if at == "multiple" else None
        again = evaluation.capacity if wanted is None else wanted
        listed = _listed(evaluation, point, again)
        steps.append((point, listed & ~before))
        before = listed
    y = evaluation.drawn().rows["y"].to_numpy()
    households = evaluation.drawn().rows.index.get_level_values(HOUSEHOLD).to_numpy()
    for point, joined in steps:
        if point in told_elsewhere:
            continue
        assert len(np.unique(households[joined])) >= 10
        assert len(np.unique(households[joined & (y == 1)])) >= 3
        assert len(np.unique(households[joined & (y == 0)])) >= 3


def _listed(evaluation: rm.evaluation.Evaluation, point: float, capacity: object) -> np.ndarray:
    """Return who may be listed at a point, counted anew from the scores."""
    rows = evaluation.drawn().rows
    listed = np.zeros(len(rows), dtype=bool)
    by_area = "area" in rows and evaluation.capacity.is_by_area
    keys = [rows["round"].to_numpy(), *([rows["area"].to_numpy()] if by_area else [])]
    for _, part in rows.assign(place=np.arange(len(rows))).groupby(keys):
        size = len(part)
        if by_area:
            slots = capacity.slots(size, str(part["area"].iloc[0]))
        elif isinstance(evaluation.capacity.value, int):
            slots = min(int(point), size)
        else:
            slots = type(evaluation.capacity)(point).slots(size, None)
        if slots:
            cut = np.sort(part["margin"].to_numpy())[::-1][slots - 1]
            listed[part["place"][part["margin"] >= cut]] = True
    return listed


def test_its_figures_are_those_of_the_whole_curve() -> None:
    evaluation = judged(800, 0.2, 0.05, 0)
    curve, whole = curve_in_large_steps(evaluation), evaluation.capacity_curve()
    pd.testing.assert_frame_equal(
        curve, whole[whole["capacity"].isin(curve["capacity"])][list(curve)].reset_index(drop=True)
    )
    assert 0.05 in set(curve["capacity"])
    assert curve["recall"].iloc[-1] == pytest.approx(1)
    assert 3 < len(curve) < len(whole)
    assert "next_contact" not in curve
