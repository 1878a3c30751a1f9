"""The baselines, by hand on a few rows, and their refusals where they do not apply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskmodel.errors import ModelError
from riskmodel.models import RiskClassifier, make_classifier
from riskmodel.panel import Column, Panel


def rows_of(panel: Panel, **values: list[float]) -> pd.DataFrame:
    n = len(next(iter(values.values())))
    zero = panel.X.iloc[:n].assign(
        **{name: np.float32(0) for name in panel.X.columns if name != "tenure"}
    )
    return zero.assign(**{name: np.array(column, np.float32) for name, column in values.items()})


def test_indicators_are_counted_once_and_only_those_that_raise_risk(panel: Panel) -> None:
    model = make_classifier(panel, "indicator_count").fit(panel)
    X = rows_of(
        panel,
        rent__now__=[0, 5, 0, 5, np.nan],
        power__count__6M=[0, 0, 0, 1, 0],
        power__count__ever=[0, 0, 2, 3, 0],
        visit__count__ever=[9, 9, 9, 9, 9],
    )
    assert model.margin(X).tolist() == [0, 1, 1, 2, 0]


def test_without_directions_every_indicator_counts(panel: Panel) -> None:
    columns = tuple(replace(c, direction=0) for c in panel.columns)
    model = RiskClassifier(kind="indicator_count", columns=columns).fit(panel)
    X = rows_of(panel, rent__now__=[0, 5], power__count__6M=[0, 1], visit__count__ever=[9, 9])
    assert model.margin(X).tolist() == [1, 3]


def test_the_longest_arrears_are_months(panel: Panel) -> None:
    model = make_classifier(panel, "longest_arrears").fit(panel)
    X = rows_of(panel, rent__now__=[0, 22, np.nan], power__count__ever=[30, 30, 30])
    assert model.margin(X).tolist() == [0, 22, 0]


def test_without_a_unit_the_longest_of_all_lengths_counts(panel: Panel) -> None:
    columns = tuple(
        replace(c, aggregate="max") if c.name == "power__count__ever" else c for c in panel.columns
    )
    model = RiskClassifier(kind="longest_arrears", columns=columns).fit(panel.X, panel.y)
    assert model.margin(rows_of(panel, rent__now__=[5, 5], power__count__ever=[2, 9])).tolist() == [
        5,
        9,
    ]


def test_an_areas_rate_is_shrunken_to_the_overall_one(panel: Panel) -> None:
    model = make_classifier(panel, "area_rate", prior=100.0).fit(panel)
    area = panel.area.to_numpy() == "north"
    base = panel.y.mean()
    rate = (panel.y[area].sum() + 100 * base) / (area.sum() + 100)
    expected = np.log(rate / (1 - rate))
    found = model.margin(panel.X.iloc[:3], area=["north", "nowhere", None])
    np.testing.assert_allclose(found, [expected, *[np.log(base / (1 - base))] * 2], rtol=1e-12)


def test_a_panel_brings_its_areas(panel: Panel) -> None:
    model = make_classifier(panel, "area_rate").fit(panel)
    assert np.array_equal(model.margin(panel), model.margin(panel.X, area=panel.area))
    assert model.predict_proba(panel)[:, 1].mean() == pytest.approx(panel.y.mean(), abs=0.02)


@pytest.mark.parametrize("kind", ["indicator_count", "longest_arrears"])
def test_a_rule_gives_calibrated_probabilities(panel: Panel, kind: str) -> None:
    model = make_classifier(panel, kind).fit(panel)
    assert model.predict_proba(panel)[:, 1].mean() == pytest.approx(panel.y.mean(), abs=0.02)
    assert model.calibration_.source.startswith("later rounds")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("indicator_count", "no column counts an indicator"),
        ("longest_arrears", "no column holds how long"),
        ("area_rate", "no row has an area"),
    ],
)
def test_a_rule_that_does_not_apply_says_why(panel: Panel, kind: str, why: str) -> None:
    bare = RiskClassifier(kind=kind, columns=(Column("rent__now__"),))
    with pytest.raises(ModelError, match=f"kind '{kind}' is not applicable: {why}") as error:
        bare.fit(panel.X, panel.y)
    assert error.value.code == "models.not_applicable"
