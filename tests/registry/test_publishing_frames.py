"""A model of a frame of one's own: what it lacks is told at once, and then it is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import PanelError, RegistryError

FACTS = {"population": {"who": "households of a survey"}, "data": {"source": "a survey"}}
NAMED: dict[str, Any] = {"household_id": "id", "as_of_date": "2024-01-01", "y": "poor"}


def frame(n: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    income, village = rng.normal(size=n), rng.integers(0, 30, n)
    chance = 1 / (1 + np.exp(2 + income - rng.normal(size=30)[village]))
    return pd.DataFrame(
        {
            "id": [f"h{i:04d}" for i in range(n)],
            "income": income,
            "town": rng.choice(["north", "south"], n),
            "job": rng.choice(["farm", "shop"], n),
            "village": [f"v{k:02d}" for k in village],
            "poor": (rng.random(n) < chance).astype(int),
        }
    )


def test_all_columns_of_texts_are_named_at_once_with_what_to_do(mended: Note) -> None:
    with pytest.raises(PanelError, match="'town', 'job', 'village' hold texts") as error:
        rm.Panel.from_frame(frame(), **NAMED)
    assert error.value.code == "frame.text"
    assert "groups=['town', 'job', 'village']" in str(error.value)
    panel = rm.Panel.from_frame(frame(), **NAMED, groups=["town", "job", "village"])
    assert list(panel.X) == ["income"]
    mended(
        "friction",
        tried="a frame with three columns of texts",
        before="refused for one column after the other, groups= not named",
        now=str(error.value),
    )


def test_all_blanks_of_the_card_are_named_at_once_with_what_fills_them(
    tmp_path: Path, mended: Note
) -> None:
    panel = rm.Panel.from_frame(frame(), **NAMED, features=["income"])
    train, test = rm.HouseholdSplit().last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train)
    with pytest.raises(RegistryError, match="4 blanks: purpose, population, label, data") as error:
        rm.save(model, rm.evaluate(model, test), tmp_path / "model")
    said = str(error.value)
    assert "purpose=\"...\", facts={'population': {...}, 'label': {...}, 'data': {...}}" in said
    rm.save(
        model,
        rm.evaluate(model, test),
        tmp_path / "model",
        purpose="rank",
        facts=FACTS | {"label": {"name": "poor"}},
    )
    mended(
        "friction",
        tried="publish a model of a frame",
        before="the advice filled one blank of four",
        now=said,
    )


def test_a_model_of_one_date_is_published_as_the_messages_say(tmp_path: Path, mended: Note) -> None:
    label = rm.Label("poor", window="12M")
    panel = rm.Panel.from_frame(frame(), **NAMED, features=["income"], label=label)
    with pytest.raises(PanelError, match=r"HouseholdSplit\(\)\.last\(panel\)"):
        rm.TemporalSplit().last(panel)
    model = rm.make_classifier(panel, "logistic").fit(panel)
    with pytest.raises(RegistryError, match=r"HouseholdSplit\(\)\.last\(panel\)") as error:
        rm.save(model, rm.evaluate(model, panel), tmp_path / "model", facts=FACTS)
    assert error.value.code == "card.in_sample"

    train, test = rm.HouseholdSplit().last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train)
    folder = rm.save(model, rm.evaluate(model, test), tmp_path / "model", facts=FACTS)
    evaluated = rm.open(folder).card.evaluated
    assert evaluated["rounds"] == ["2024-01-01"]
    mended(
        "friction",
        tried="publish a model of one date",
        before="the messages named TemporalSplit alone, which refuses one date",
        now=f"published, judged on {evaluated['fitted_on']}",
    )


def test_a_frame_may_name_its_cluster_which_intervals_then_use(
    tmp_path: Path, mended: Note
) -> None:
    by_household, by_village = (
        rm.Panel.from_frame(frame(), **NAMED, features=["income"], **more)
        for more in ({}, {"cluster": "village"})
    )
    assert by_household.cluster is None
    income = -by_village.X["income"].rename("income")
    one, many = rm.evaluate(income, by_village), rm.evaluate(income, by_household)
    wide, narrow = (
        found.frame().set_index("metric").loc["auc", ["low", "high"]].astype(float).diff().iloc[1]
        for found in (one, many)
    )
    assert one.metrics == many.metrics
    assert wide != narrow
    assert "intervals are clustered by village, 30 clusters" in one.notes

    by_village.to_parquet(tmp_path / "panel.parquet")
    again = rm.Panel.read_parquet(tmp_path / "panel.parquet")
    pd.testing.assert_series_equal(again.cluster, by_village.cluster, check_names=False)
    assert rm.evaluate(income[:300], by_village[:300]).rows == 300
    mended(
        "friction",
        tried="cluster='village' of a frame",
        before="no such argument: every household its own cluster",
        now=f"interval of the AUC {wide:.4f} wide, by household {narrow:.4f}",
    )


def test_a_cluster_equals_households_of_that_name() -> None:
    rows = frame().assign(day=pd.date_range("2020-01-01", periods=900).astype(str))
    of_village = rm.Panel.from_frame(
        rows, household_id="village", as_of_date="day", y="poor", features=["income"]
    )
    clustered = rm.Panel.from_frame(
        rows,
        household_id="id",
        as_of_date="2024-01-01",
        y="poor",
        features=["income"],
        cluster="village",
        round="village",
    )
    columns = ["value", "low", "high"]
    auc = [
        rm.evaluate(-panel.X["income"], panel).table.set_index("metric").loc["auc", columns]
        for panel in (of_village, clustered)
    ]
    np.testing.assert_allclose(auc[0].astype(float), auc[1].astype(float), rtol=1e-9)


@pytest.mark.parametrize(
    ("cluster", "fault"), [([None, *"a" * 5], "1 rows blank"), (list("abaaaa"), "1 households in")]
)
def test_a_cluster_with_blanks_or_across_households_is_refused(
    cluster: list[str | None], fault: str
) -> None:
    df = pd.DataFrame(
        {"id": [1, 1, 2, 2, 3, 3], "day": ["2024-01-01", "2024-02-01"] * 3, "x": 1.0, "k": cluster}
    )
    with pytest.raises(PanelError, match=fault) as error:
        rm.Panel.from_frame(df, household_id="id", as_of_date="day", cluster="k")
    assert error.value.code == "frame.cluster"
