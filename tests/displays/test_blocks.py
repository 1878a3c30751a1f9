"""Dots that each stand for at least ten households: nobody's own contribution is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from riskmodel.displays import BeeswarmDisplay
from riskmodel.displays.blocks import means_of_blocks, rows_of_a_block
from riskmodel.explanation import explain
from riskmodel.models import RiskClassifier

SOME = st.floats(-5, 5, width=16)


@given(
    contribution=arrays.arrays(np.float64, 60, elements=SOME),
    level=arrays.arrays(np.float64, 60, elements=st.one_of(st.just(np.nan), st.floats(0, 1))),
    rows=st.integers(2, 30),
)
def test_blocks_hold_so_many_rows_and_keep_the_mean(
    contribution: np.ndarray, level: np.ndarray, rows: int
) -> None:
    blocks = means_of_blocks(contribution, level, rows)
    for is_known in (True, False):
        some = np.isnan(level) != is_known
        drawn = blocks[blocks["level"].notna() == is_known]
        assert len(drawn) == some.sum() // rows
        if len(drawn):
            assert (
                drawn["contribution"]
                .between(contribution[some].min() - 1e-9, contribution[some].max() + 1e-9)
                .all()
            )


def test_a_block_is_of_ten_households_whichever_rows_are_in_it() -> None:
    names = ["household_id", "as_of_date"]
    index = pd.MultiIndex.from_product([[f"home{i}" for i in range(50)], [1, 2, 3]], names=names)
    assert rows_of_a_block(index) == 30
    assert rows_of_a_block(index[:0]) == 10


def test_a_beeswarm_of_many_shows_no_row() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "rent": np.where(rng.random(900) < 0.2, np.nan, rng.poisson(1.0, 900)),
            "visits": rng.normal(size=900),
            "kind": pd.Categorical(rng.choice(["one", "two"], 900)),
        }
    )
    y = rng.random(900) < 0.05 + 0.1 * X["rent"].fillna(0)
    explanation = explain(RiskClassifier(kind="logistic").fit(X, y), X)
    display = BeeswarmDisplay.of_many(explanation, top=3)
    table = display.frame()
    assert display.rows_per_dot == 10
    assert table["value"].isna().all()
    assert set(table["feature"]) == set(X)
    exact = explanation.contributions["visits"].to_numpy()
    dots = table.loc[table["feature"] == "visits", "contribution"].to_numpy()
    assert len(dots) == 90
    assert not np.isclose(dots[:, None], exact[None], rtol=0, atol=1e-12).any()
    assert np.sort(dots)[-1] < exact.max()
    assert table.loc[table["feature"] == "kind", "level"].isna().all()
