"""A category that the model does not know is unseen, and never said to be missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    town = np.array(["north", "south"])[rng.integers(2, size=600)]
    chance = np.where(town == "north", 0.4, 0.1)
    return pd.DataFrame(
        {
            "id": [f"h{i:03d}" for i in range(600)],
            "arrears": rng.poisson(2.0, 600).astype(float),
            "town": town,
            "crisis": (rng.random(600) < chance).astype(float),
        }
    )


def panel_of(frame: pd.DataFrame) -> rm.Panel:
    return rm.Panel.from_frame(
        frame, household_id="id", as_of_date="2024-01-01", y="crisis", categories=["town"]
    )


@pytest.fixture(scope="module")
def explained(frame: pd.DataFrame) -> tuple[rm.RiskClassifier, rm.Panel]:
    model = rm.make_classifier(panel_of(frame), kind="logistic").fit(panel_of(frame))
    towns = ["north", "harbour", None, "south"]
    rows = frame.head(4).assign(town=towns, crisis=[1.0, 0.0, 1.0, 0.0])
    return model, panel_of(rows)


def test_reasons_tell_unseen_from_no_value(explained: tuple[rm.RiskClassifier, rm.Panel]) -> None:
    model, rows = explained
    table = rm.explain(model, rows).reasons()
    assert table["unseen"].tolist() == ["", "town", "", ""]
    assert table["no_value"].tolist() == ["", "", "town", ""]
    assert table["missing"].tolist() == [""] * 4


def test_an_explanation_says_how_many_rows_hold_one(
    explained: tuple[rm.RiskClassifier, rm.Panel],
) -> None:
    model, rows = explained
    told = "1 rows hold a category of town that the model does not know"
    assert told in repr(rm.explain(model, rows))
    assert told in repr(rm.explain(model, rows)[1])
    assert told not in repr(rm.explain(model, rows)[0])
    of_few = "rows of fewer than 10 households hold a category of town"
    assert any(of_few in note for note in rm.evaluate(model, rows).notes)


def test_the_contents_of_a_row_call_it_unknown(
    explained: tuple[rm.RiskClassifier, rm.Panel],
) -> None:
    model, rows = explained
    explanation = rm.explain(model, rows)
    contents = rm.explanation.contents_of(explanation[1], "en", masked=True)
    assert contents.loc["town", "content"] == "a category that the model does not know"
    blank = rm.explanation.contents_of(explanation[2], "en", masked=True)
    assert blank.loc["town", "content"] == "no value on record"


def test_counts_and_cells_agree(explained: tuple[rm.RiskClassifier, rm.Panel]) -> None:
    model, rows = explained
    assert model.unseen_categories(rows) == {"town": 1}
    assert model.unseen_cells(rows).sum(axis=0).tolist() == [0, 1]
    assert not model.unseen_cells(rows.X[["town", "arrears"]].head(1)).any()
