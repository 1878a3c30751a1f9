"""explain: contributions on the calibrated log-odds that add up, for each kind of model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ModelError
from riskmodel.forests import PathTables, audit
from riskmodel.models import RiskClassifier, columns_of

KINDS = ("lightgbm", "logistic", "ebm", "blend", "indicator_count", "longest_arrears")


@pytest.mark.parametrize("kind", KINDS)
def test_base_and_contributions_add_up_to_the_models_log_odds(
    study: SimpleNamespace, kind: str
) -> None:
    model = study.models[kind]
    explanation = rm.explain(model, study.test)
    assert np.array_equal(explanation.log_odds, model.log_odds(study.test))
    assert (
        explanation.base + explanation.contributions.sum(axis=1) - explanation.log_odds
    ).abs().max() < 1e-9
    assert explanation.contributions.index.equals(study.test.X.index)
    assert list(explanation.unmasked) == list(study.test.X.columns)


@pytest.mark.parametrize("kind", KINDS)
def test_sums_by_indicator_and_by_family_lose_nothing(study: SimpleNamespace, kind: str) -> None:
    explanation = rm.explain(study.models[kind], study.test)
    total = explanation.contributions.sum(axis=1)
    for grouped in (explanation.by_indicator(), explanation.by_family()):
        assert (grouped.sum(axis=1) - total).abs().max() < 1e-12
    assert {"crisis", "loan_overdue", "household_type"} <= set(explanation.by_indicator())
    assert {"finance", "utilities", "insurance"} <= set(explanation.by_family())


def test_a_panel_and_its_frame_are_explained_alike(study: SimpleNamespace) -> None:
    model = study.models["lightgbm"]
    assert rm.explain(model, study.test).contributions.equals(
        rm.explain(model, study.test.X).contributions
    )


def test_rows_are_explained_one_by_one_as_in_a_batch(study: SimpleNamespace) -> None:
    model, X = study.models["lightgbm"], study.test.X.head(20)
    alone = pd.concat([rm.explain(model, X.iloc[[i]]).contributions for i in range(len(X))])
    assert alone.equals(rm.explain(model, X).contributions)


@pytest.mark.parametrize("kind", ["lightgbm", "logistic", "ebm"])
def test_the_base_is_the_mean_log_odds_of_the_rows_fitted_on(
    study: SimpleNamespace, kind: str
) -> None:
    model, fitted = study.models[kind], study.train[study.train.y.notna().to_numpy()]
    explanation = rm.explain(model, study.test)
    assert explanation.base == pytest.approx(model.log_odds(fitted).mean(), abs=1e-9)
    assert explanation.method == "interventional"
    for text in (repr(explanation), explanation._repr_html_()):
        assert f"mean of the {len(fitted):,} rows" in text


@pytest.mark.parametrize("kind", ["lightgbm", "logistic", "ebm"])
def test_what_the_model_keeps_explains_as_the_rows_themselves_would(
    study: SimpleNamespace, kind: str
) -> None:
    model, fitted = study.models[kind], study.train[study.train.y.notna().to_numpy()]
    kept, given = rm.explain(model, study.test), rm.explain(model, study.test, background=fitted)
    assert (kept.contributions - given.contributions).abs().max(axis=None) < 1e-12
    other = rm.explain(model, study.test, background=study.test)
    assert other.base == pytest.approx(model.log_odds(study.test).mean(), abs=1e-9)


def test_the_background_holds_counts_and_no_row(study: SimpleNamespace) -> None:
    background = study.models["lightgbm"].background_
    assert background.rows == study.models["lightgbm"].training_["rows"]
    assert background.counts.ndim == 1
    assert (background.counts <= background.rows).all()


@pytest.mark.parametrize("depth", [-1, 9])
def test_only_trees_too_deep_by_choice_are_explained_by_their_paths(
    study: SimpleNamespace, depth: int
) -> None:
    model = RiskClassifier(seeds=1, n_estimators=5, max_depth=depth, n_jobs=1).fit(
        study.train.X, study.train.y
    )
    explanation = rm.explain(model, study.test)
    assert model.background_ is None
    assert explanation.method == "path-dependent"
    assert "path-dependent" in repr(explanation)
    assert "path-dependent" in explanation._repr_html_()
    narrow = RiskClassifier(seeds=1, n_estimators=5, max_depth=depth, n_jobs=1).fit(
        study.train.X.iloc[:, :8], study.train.y
    )
    assert rm.explain(narrow, study.test.X.iloc[:, :8]).method == "interventional"


def test_a_linear_model_has_its_closed_form(study: SimpleNamespace) -> None:
    model, X = study.models["logistic"], study.test.X
    fitted = study.train[study.train.y.notna().to_numpy()]
    explanation = rm.explain(model, X)
    a, j = model.core_.arrays, list(X).index("telecom_arrears__now__ever")
    numbers = [np.log1p(panel.X.iloc[:, j].to_numpy(dtype=float)) for panel in (study.test, fitted)]
    slope = model.calibration_.slope * a["weight"][j] / a["scale"][j]
    expected = slope * (numbers[0] - np.nanmean(numbers[1]))
    assert np.abs(explanation.unmasked.iloc[:, j] - expected).max() < 1e-9


def test_an_indicator_counted_gives_one_to_the_columns_that_show_it(study: SimpleNamespace) -> None:
    model = study.models["indicator_count"]
    found = rm.explain(model, study.test).by_indicator() / model.calibration_.slope
    shown = study.test.X[["loan_overdue__count__6M", "loan_overdue__count__ever"]].gt(0).any(axis=1)
    assert np.allclose(found["loan_overdue"], shown.astype(float))


def test_the_longest_arrears_get_all_of_the_score(study: SimpleNamespace) -> None:
    found = rm.explain(study.models["longest_arrears"], study.test).contributions
    assert (found.ne(0).sum(axis=1) <= 1).all()
    longest = study.test.X[["nhi_arrears__now__ever", "telecom_arrears__now__ever"]].max(axis=1)
    assert (found.sum(axis=1) > 0).equals(longest > 0)


def test_an_area_rate_has_no_contributions(study: SimpleNamespace) -> None:
    lucky = np.random.default_rng(0).random(len(study.train)) < 0.5
    area = np.where(lucky | (study.train.y == 1), "north", "south")
    model = RiskClassifier(kind="area_rate").fit(study.train.X, study.train.y, area=area)
    with pytest.raises(ModelError, match="not a function of the features") as refusal:
        rm.explain(model, study.test)
    others = [kind for kind in rm.models.KINDS if kind != "area_rate"]
    assert refusal.value.allowed == ", ".join(others)


def test_an_array_is_explained_too() -> None:
    X = np.random.default_rng(0).normal(size=(400, 3))
    model = RiskClassifier(seeds=1, n_estimators=5).fit(X, X[:, 0] > 0.5)
    assert list(rm.explain(model, X[:5]).contributions) == ["x0", "x1", "x2"]


def test_tables_are_compiled_once(study: SimpleNamespace) -> None:
    model = study.models["lightgbm"]
    assert model.tables() is model.tables()
    assert isinstance(PathTables.from_arrays(model.tables()).base, float)


def test_the_audit_raises_above_its_tolerance_and_on_nothing() -> None:
    phi = np.array([[1.0, 2.0], [0.5, 0.5]])
    audit(1.0, phi, np.array([4.0, 2.0 + 9e-7]))
    for off in (2e-6, np.nan):
        with pytest.raises(ModelError, match="1 of 2 rows"):
            audit(1.0, phi, np.array([4.0, 2.0 + off]))


def test_columns_hold_the_vocabulary_and_the_directions(study: SimpleNamespace) -> None:
    columns = {c["name"]: c for c in columns_of(study.models["lightgbm"])}
    assert columns["household_type"]["categories"] == list(
        study.models["lightgbm"].vocabulary_["household_type"]
    )
    assert columns["loan_overdue__count__6M"]["direction"] == 1
    assert columns["loan_overdue__count__6M"]["window"] == "6M"


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # shap's own, while it is imported
def test_the_tidy_frame_and_shaps_own_object_hold_the_same(study: SimpleNamespace) -> None:
    explanation = rm.explain(study.models["lightgbm"], study.test.X.head(7))
    tidy, shaps = explanation.frame(masked=False), explanation.to_shap(masked=False)
    n_features = study.test.X.shape[1]
    assert list(tidy) == [
        "household_id",
        "as_of_date",
        "feature",
        "indicator",
        "value",
        "contribution",
    ]
    assert np.array_equal(
        tidy["contribution"].to_numpy().reshape(7, n_features), explanation.unmasked
    )
    assert np.array_equal(shaps.values, explanation.unmasked)
    assert np.allclose(shaps.base_values + shaps.values.sum(axis=1), explanation.log_odds)
