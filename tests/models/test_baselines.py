"""The baselines, by hand on a few rows, and their refusals where they do not apply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ModelError
from riskmodel.indicators import Catalogue
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


def in_units(panel: Panel, spell: bool = False, **units: str) -> Panel:
    """Return the panel with arrears of rent and power in these units, or the spell of power."""
    codes = panel.recipe.catalogue.to_dict()
    changed = {code: {**entry, "unit": units.get(code, "")} for code, entry in codes.items()}
    aggregates = {"power__count__ever": "spell" if spell else "max"}
    columns = tuple(
        replace(column, aggregate=aggregates.get(column.name, column.aggregate))
        for column in panel.columns
    )
    recipe = replace(panel.recipe, catalogue=Catalogue.read(changed))
    return replace(panel, columns=columns, recipe=recipe)


# the units of rent and power, and what rent=[5, 5] and power=[2, 9] then count as
ONE_UNIT = {
    "months, in two spellings": ({"rent": "months", "power": "Month"}, [5, 9]),
    "months, in two languages": ({"rent": "months", "power": "개월"}, [5, 9]),
    "days": ({"rent": "days", "power": "일"}, [5, 9]),
    "months before a currency": ({"rent": "months", "power": "KRW"}, [5, 5]),
    "years before a currency": ({"rent": "KRW", "power": "years"}, [2, 9]),
    "a currency before no unit": ({"rent": "KRW"}, [5, 5]),
    "one currency": ({"rent": "KRW", "power": "KRW"}, [5, 9]),
    "no units": ({}, [5, 9]),
    "a state's months before a currency": ({"rent": "KRW", "spell": True}, [2, 9]),
    "arrears in months before a state's": ({"rent": "months", "spell": True}, [5, 5]),
    "arrears in days before a state's months": ({"rent": "days", "spell": True}, [5, 5]),
}


@pytest.mark.parametrize("name", ONE_UNIT)
def test_arrears_are_ranked_in_one_unit(panel: Panel, name: str) -> None:
    units, expected = ONE_UNIT[name]
    panel = in_units(panel, **units)
    model = make_classifier(panel, "longest_arrears").fit(panel)
    X = rows_of(panel, rent__now__=[5, 5], power__count__ever=[2, 9])
    assert model.margin(X).tolist() == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("KRW", "USD"), ("months", "days"), ("일", "years"), ("KRW", "visits")],
)
def test_arrears_in_two_units_are_refused(panel: Panel, one: str, other: str, mended: Note) -> None:
    mixed = in_units(panel, rent=one, power=other)
    with pytest.raises(ModelError, match="several units") as refusal:
        make_classifier(mixed, "longest_arrears").fit(mixed)
    assert refusal.value.code == "models.not_applicable"
    trial = rm.backtest(make_classifier(mixed, "logistic"), mixed, baselines=["longest_arrears"])
    told = trial.left_out["longest_arrears"]
    assert f"left out: longest_arrears, as {told}" in repr(trial)
    mended(
        "capacity",
        tried=f"arrears in {one} and {other}",
        before="one order of both" if "months" not in (one, other) else "months alone, silently",
        now=f"left out of the backtest: {told}",
    )


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
    assert model.calibration_.source.startswith("household folds (3) of rounds")


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
