"""Wherever rows are kept together by household, a named cluster of households is kept together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel as rm
from mended import Note
from riskmodel.errors import ModelError
from riskmodel.evaluation import recalibrate
from riskmodel.models.cross_fit import held_out_margin
from riskmodel.models.fit_rows import FitSettings, Rows
from riskmodel.models.folds import Folds
from riskmodel.splits import GroupSplit, HouseholdSplit

KIND, LABEL = "friction", rm.Label("poor", window="4M", maturity="2M")


def frame(rows: int = 1200, villages: int = 24) -> pd.DataFrame:
    """Households of villages, on four dates; some villages lie in two areas."""
    rng = np.random.default_rng(0)
    number = np.arange(rows)
    household = number // 4
    village = household % villages
    is_north = (village < 6) | ((village < 10) & (household // villages % 2 == 0))
    income = rng.normal(size=rows) + village % 5
    return pd.DataFrame(
        {
            "id": household,
            "day": pd.date_range("2023-01-01", periods=4, freq="6MS")[number % 4],
            "village": [f"v{one:02d}" for one in village],
            "area": np.where(is_north, "north", "south"),
            "income": income,
            "poor": (rng.random(rows) < 0.15 + 0.1 * (income < 1)).astype(float),
        }
    )


def panel_of(df: pd.DataFrame | None = None, **changes: Any) -> rm.Panel:
    wanted = {"household_id": "id", "as_of_date": "day", "cluster": "village", **changes}
    return rm.Panel.from_frame(
        frame() if df is None else df, y="poor", features=["income"], area="area", **wanted
    )


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 0.9), st.integers(0, 99))
def test_a_cluster_stands_on_one_side_of_a_household_split(share: float, seed: int) -> None:
    panel = panel_of()
    train, test = HouseholdSplit(share, seed).last(panel)
    assert set(train.cluster).isdisjoint(set(test.cluster))
    assert len(train) + len(test) == len(panel)
    assert test.cluster.nunique() == max(1, round(share * 24))


def test_a_cluster_that_is_tested_is_in_no_training_row_of_other_areas(mended: Note) -> None:
    panel = panel_of(label=LABEL, today="2026-01-01")
    train, test = GroupSplit(leave_out="north").last(panel)
    assert set(test.area) == {"north"}
    assert set(train.cluster).isdisjoint(set(test.cluster))
    by_household = GroupSplit(leave_out="north").last(panel_of(cluster=None, label=LABEL))[0]
    assert len(by_household) > len(train) > 0

    split_train, split_test = HouseholdSplit().last(panel)
    shared = {*split_train.cluster} & {*split_test.cluster}
    mended(
        KIND,
        tried="cluster='village' and HouseholdSplit, GroupSplit",
        before="24 of 24 villages on both sides",
        now=f"{len(shared)} villages on both sides",
    )


class Recorder:
    """A model that notes which villages it is fitted on, and which it scores."""

    def __init__(self, rows: Rows, seen: list[tuple[set[float], set[float]]]) -> None:
        self.fitted, self.seen = set(rows.matrix[:, 0]), seen

    def margin(self, matrix: np.ndarray, area: object, *, threads: int) -> np.ndarray:
        self.seen.append((self.fitted, set(matrix[:, 0])))
        return matrix[:, 1]


def test_the_folds_of_the_calibration_keep_clusters_whole(mended: Note) -> None:
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(40), 10)
    score = rng.normal(size=400)
    rows = Rows(
        matrix=np.column_stack([cluster, score]),
        y=(score + rng.normal(size=400) > 1).astype(float),
        household=np.arange(400),
        cluster=cluster,
    )
    seen: list[tuple[set[float], set[float]]] = []
    settings, folds = FitSettings((), (), (), {"n_jobs": 1}, seeds=(0,)), Folds.of(rows, 0)
    held_out_margin(lambda part, _: Recorder(part, seen), rows, settings, folds)  # type: ignore[arg-type, return-value]
    assert folds.kept_whole == "cluster"
    assert set.union(*(held_out for _, held_out in seen)) == set(range(40))
    assert all(fitted.isdisjoint(held_out) for fitted, held_out in seen)

    model = rm.make_classifier(panel_of(), "logistic").fit(panel_of())
    assert model.calibration_.source.startswith("cluster folds (3)")
    mended(
        KIND,
        tried="cluster='village' and the calibration",
        before="household folds: neighbours in the fit and in the rows held out",
        now=model.calibration_.source,
    )


def test_one_cluster_with_crises_is_refused() -> None:
    df = frame()
    df["poor"] = df["poor"].where(df["village"] == "v00", 0.0)
    panel = panel_of(df)
    with pytest.raises(ModelError, match="one cluster only"):
        rm.make_classifier(panel, "logistic").fit(panel)


def test_a_cluster_is_calibrated_and_folded_as_a_household_of_that_name() -> None:
    df = frame().assign(day=pd.date_range("2020-01-01", periods=1200).astype(str))
    clustered, villages = panel_of(df), panel_of(df, household_id="village", cluster=None)
    one, other = (
        rm.make_classifier(panel, "logistic").fit(panel) for panel in (clustered, villages)
    )
    assert one.calibration_.slope == pytest.approx(other.calibration_.slope, rel=1e-9)

    score = pd.Series(one.predict_proba(clustered)[:, 1], clustered.X.index, name="score")
    same = pd.Series(one.predict_proba(villages)[:, 1], villages.X.index, name="score")
    tables = [
        recalibrate(rm.evaluate(scores, panel, probability=True)).frame()
        for scores, panel in ((score, clustered), (same, villages))
    ]
    pd.testing.assert_frame_equal(*tables)
    told = repr(recalibrate(rm.evaluate(score, clustered, probability=True)))
    assert "1,200 rows of 300 households" in told
