"""What `fit` is given: missing labels, weights, keys; and every refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mended import Note
from riskmodel.errors import ConfigError, ModelError, RiskmodelError
from riskmodel.models import RiskClassifier, make_classifier
from riskmodel.models.kinds import KINDS
from riskmodel.panel import Panel


def quick(**params: Any) -> RiskClassifier:
    return RiskClassifier(**{"kind": "logistic", **params})


def test_missing_labels_are_left_out_and_counted(panel: Panel) -> None:
    gone = np.random.default_rng(0).random(len(panel)) < 0.1
    y = panel.y.mask(gone)
    model = quick().fit(panel.X, y)
    kept = quick().fit(panel.X[~gone], panel.y[~gone])
    assert model.training_["missing"] == gone.sum()
    assert model.training_["rows"] + model.training_["missing"] == len(panel)
    assert model.training_["positives"] == int(y.sum())
    assert np.array_equal(model.margin(panel.X), kept.margin(panel.X))
    assert model.classes_.dtype == int


def test_dates_are_those_of_the_labelled_rounds(panel: Panel) -> None:
    training = quick().fit(panel.X, panel.y.mask(panel.as_of >= "2023-01-01")).training_
    assert training["first_as_of"] == "2022-01-01"
    assert training["last_as_of"] == "2022-11-01"
    assert training["rounds"] == [f"2022-{month:02d}-01" for month in (1, 3, 5, 7, 9, 11)]


def test_weights_are_relative_and_zero_leaves_out(panel: Panel) -> None:
    weight = np.random.default_rng(0).integers(0, 3, len(panel)).astype(float)
    one, thousand = (
        quick().fit(panel.X, panel.y, weight),
        quick().fit(panel.X, panel.y, 1024 * weight),
    )
    np.testing.assert_array_equal(one.margin(panel.X), thousand.margin(panel.X))
    used = weight > 0
    left = quick().fit(panel.X[used], panel.y[used], weight[used])
    np.testing.assert_array_equal(one.margin(panel.X), left.margin(panel.X))
    assert one.training_["unweighted"] == (weight == 0).sum()


def test_a_panel_brings_labels_weights_and_areas(panel: Panel) -> None:
    weighted = replace(panel, weight=pd.Series(np.arange(1.0, len(panel) + 1), index=panel.X.index))
    a = quick(columns=panel.columns, label=panel.label).fit(weighted)
    b = quick(columns=panel.columns, label=panel.label).fit(
        panel.X, panel.y, sample_weight=weighted.weight
    )
    assert np.array_equal(a.margin(panel), b.margin(panel.X))
    assert quick().fit(weighted).calibration_ == a.calibration_  # label and columns, too


def refused(panel: Panel) -> dict[str, tuple[Any, str, str]]:
    X, y = panel.X, panel.y
    return {
        "no target": (lambda: quick().fit(X), "requires y to be passed", "models.no_target"),
        "no label": (lambda: quick().fit(X, y * np.nan), "no row has a label", "models.no_rows"),
        "one class": (lambda: quick().fit(X, y * 0), "one class only", "models.one_class"),
        "one class weighted": (lambda: quick().fit(X, y, y), "one class only", "models.one_class"),
        "no weight": (lambda: quick().fit(X, y, y * 0), "weight above zero", "models.no_rows"),
        "three classes": (
            lambda: quick().fit(X, np.arange(len(X)) % 3),
            "Only binary",
            "models.target",
        ),
        "numbers": (
            lambda: quick().fit(X, y + 0.5 * (y.index.codes[0] % 7)),
            "label type",
            "models.target",
        ),
        "short y": (
            lambda: quick().fit(X, y.to_numpy()[:-1]),
            "X has 5600 rows, y has 5599",
            "models.length",
        ),
        "other keys": (
            lambda: quick().fit(X, y.iloc[::-1]),
            r"pass y\.loc\[X\.index\]",
            "models.index",
        ),
        "negative weight": (
            lambda: quick().fit(X, y, -y),
            "not one finite weight",
            "models.weight",
        ),
        "short area": (lambda: quick().fit(X, y, area=["a"]), "area has 1", "models.length"),
    }


@pytest.mark.parametrize(
    "case",
    [
        "no target",
        "no label",
        "one class",
        "one class weighted",
        "no weight",
        "three classes",
        "numbers",
        "short y",
        "other keys",
        "negative weight",
        "short area",
    ],
)
def test_what_cannot_be_fitted_says_why(panel: Panel, case: str) -> None:
    act, message, code = refused(panel)[case]
    with pytest.raises(ModelError, match=message) as error:
        act()
    assert error.value.code == code
    assert error.value.next_step


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"kind": "lightgmb"},
            "unknown kind 'lightgmb'.*Allowed: lightgbm, .*did you mean 'lightgbm'",
        ),
        ({"seeds": 0}, "seeds is 0.*Allowed: a whole number of at least 1"),
        ({"subsample": 1.5}, "subsample is 1.5"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'"),
        (
            {"directions": {"rent_now": 1}},
            "'rent_now', which is no column.*did you mean 'rent__now__'",
        ),
        ({"directions": {"rent__now__": 2}}, "the direction of 'rent__now__' is 2"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused(
    panel: Panel, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        RiskClassifier(**{"kind": "logistic", **params}).fit(panel.X, panel.y)


def test_directions_of_columns_left_out_of_x_are_no_error(panel: Panel) -> None:
    model = make_classifier(panel, "logistic").fit(panel.X[["rent__now__", "tenure"]], panel.y)
    assert model.n_features_in_ == 2


@pytest.mark.parametrize("name", ["y", "sample_weight", "area"])
def test_values_of_other_rows_are_refused_whatever_the_index(
    panel: Panel, name: str, mended: Note
) -> None:
    X, y = panel.X.reset_index(drop=True), panel.y.reset_index(drop=True)
    parts = {"y": y, "sample_weight": y + 1, "area": X["tenure"].astype(object)}
    mixed = X.sample(frac=1, random_state=0)
    in_order = {key: part.loc[mixed.index] for key, part in parts.items()}
    with pytest.raises(ModelError, match=rf"the index of {name} is not that of X") as error:
        quick().fit(mixed, **in_order | {name: parts[name]})
    assert f"{name}.to_numpy()" in str(error.value)

    as_arrays = {key: part.to_numpy() for key, part in in_order.items()}
    margin = quick().fit(mixed, **in_order).margin(mixed)
    assert np.array_equal(margin, quick().fit(mixed, **as_arrays).margin(mixed))
    mended(
        "rows",
        tried=f"fit, {name} in another order than X",
        before="fitted by position, on values of other rows",
        now=f"refused: {error.value.code}",
    )


def test_areas_of_other_rows_are_refused_when_scoring(panel: Panel) -> None:
    X, y = panel.X.reset_index(drop=True), panel.y.reset_index(drop=True)
    area = pd.Series(np.where(X["rent__now__"] > 1, "north", "south"))
    model = quick(kind="area_rate").fit(X, y, area=area)
    mixed = X.sample(frac=1, random_state=0)
    with pytest.raises(ModelError, match="the index of area is not that of X"):
        model.predict_proba(mixed, area=area)
    told = pd.Series(model.margin(mixed, area=area.loc[mixed.index]), mixed.index)
    assert np.array_equal(told.sort_index(), model.margin(X, area=area))


def test_a_failed_fit_leaves_the_fitted_model(panel: Panel) -> None:
    model = quick().fit(panel.X, panel.y)
    before = model.margin(panel.X)
    with pytest.raises(RiskmodelError):
        model.fit(panel.X[["rent__now__"]], panel.y * 0)
    assert np.array_equal(model.margin(panel.X), before)


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "longest_arrears"])
def test_a_panel_without_columns_is_refused(panel: Panel, kind: str, mended: Note) -> None:
    empty = replace(panel, X=panel.X[[]], columns=())
    with pytest.raises(ModelError, match="no column") as caught:
        make_classifier(empty, kind).fit(empty)
    assert caught.value.code == "models.no_features"
    before = "ZeroDivisionError, or a TypeError of numpy"
    mended("errors", tried=f"features without a column, {kind}", before=before, now=caught.value)
