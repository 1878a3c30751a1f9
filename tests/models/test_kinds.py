"""A kind is one file: a booster of another make needs only a kind and a parser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

import riskmodel as rm
from riskmodel.errors import ConfigError, ModelError
from riskmodel.forests import BoosterTrees, Tree
from riskmodel.forests.trees import DEFAULT_LEFT, NAN_MISSING
from riskmodel.models import BASELINES, KINDS, RiskClassifier, make_classifier
from riskmodel.models.cross_fit import by_folds
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.kind import TREES, Kind, Range
from riskmodel.models.kinds import check_ranges
from riskmodel.models.tree_core import TreeCore
from riskmodel.panel import Panel

TRIAL = "hist_gradient_boosting"


def parse_hist_gradient_boosting(booster: HistGradientBoostingClassifier) -> BoosterTrees:
    """Read scikit-learn's nodes: the parser of the trial kind."""
    start = float(booster._baseline_prediction.ravel()[0])
    rows = int(booster._predictors[0][0].nodes[0]["count"])
    constant = Tree([], [], [], [], [], [], [], [start], [rows])
    grown = [_tree(predictor.nodes) for (predictor,) in booster._predictors]
    return BoosterTrees(booster.n_features_in_, (constant, *grown))


def _tree(nodes: NDArray[Any]) -> Tree:
    split, leaf = np.flatnonzero(nodes["is_leaf"] == 0), np.flatnonzero(nodes["is_leaf"])
    child = {int(i): k for k, i in enumerate(split)} | {int(i): ~k for k, i in enumerate(leaf)}
    inner, leaves = nodes[split], nodes[leaf]
    missing = np.where(inner["missing_go_to_left"], DEFAULT_LEFT, 0)
    return Tree(
        feature=inner["feature_idx"].tolist(),
        threshold=inner["num_threshold"].tolist(),
        decision=(NAN_MISSING << 2 | missing).tolist(),
        left=[child[int(i)] for i in inner["left"]],
        right=[child[int(i)] for i in inner["right"]],
        count=inner["count"].tolist(),
        bitsets=[],
        leaf_value=leaves["value"].tolist(),
        leaf_count=leaves["count"].tolist(),
    )


@dataclass(frozen=True, eq=False)
class Histograms(TreeCore):
    booster: HistGradientBoostingClassifier

    def margin(
        self, matrix: Floats, area: NDArray[Any] | None = None, *, threads: int = 0
    ) -> Floats:
        return self.booster.decision_function(matrix.astype(np.float64))

    def trees(self) -> list[BoosterTrees]:
        return [parse_hist_gradient_boosting(self.booster)]

    @property
    def longest_path(self) -> int:
        return self.booster.max_depth


def fit_histograms(rows: Rows, settings: FitSettings) -> Histograms:
    booster = HistGradientBoostingClassifier(
        max_iter=settings.params["n_estimators"],
        max_depth=4,
        monotonic_cst=list(settings.directions),
        early_stopping=False,
        random_state=settings.seeds[0] % 2**31,
    )
    return Histograms(booster.fit(rows.matrix.astype(np.float64), rows.y.astype(int)))


@pytest.fixture(scope="module", autouse=True)
def trial_kind() -> Iterator[Kind]:
    kind = Kind(name=TRIAL, fit=by_folds(fit_histograms), evaluator=TREES)
    KINDS[TRIAL] = kind
    yield kind
    del KINDS[TRIAL]


@pytest.fixture(scope="module")
def model(panel: Panel, trial_kind: Kind) -> RiskClassifier:
    return make_classifier(panel, trial_kind.name, n_estimators=30).fit(panel)


def test_it_is_fitted_and_calibrated_as_every_kind(model: RiskClassifier, panel: Panel) -> None:
    assert model.calibration_.source.startswith("household folds (3) of rounds")
    assert model.predict_proba(panel)[:, 1].mean() == pytest.approx(panel.y.mean(), abs=0.03)


def test_its_tables_give_its_margin_bit_for_bit(model: RiskClassifier, panel: Panel) -> None:
    from riskmodel.models import margin_of

    matrix = model.encode(panel)
    by_tables = margin_of(KINDS[TRIAL], model.tables(), matrix, 1)
    assert np.array_equal(by_tables, model.margin(panel))


def test_its_contributions_add_up_against_the_rows_of_the_fit(
    model: RiskClassifier, panel: Panel
) -> None:
    explanation = rm.explain(model, panel)
    assert explanation.method == "interventional"
    total = explanation.base + explanation.contributions.sum(axis=1)
    np.testing.assert_allclose(total, model.log_odds(panel), atol=1e-6)


def test_groups_can_be_its_players(model: RiskClassifier, panel: Panel) -> None:
    gap = rm.explanation.group_gap(model, panel, rows=32)
    assert gap.table["mean |sum|"].gt(0).any()


def test_a_row_gets_score_and_reasons_from_it(model: RiskClassifier, panel: Panel) -> None:
    rows = model.score_rows(panel.X.head(20), top=2)
    assert np.array_equal(rows["score"], model.predict_proba(panel.X.head(20))[:, 1])
    assert all(1 <= len(reasons) <= 2 for reasons in rows["reasons"])


def test_it_is_saved_and_opened_without_any_other_change(
    model: RiskClassifier, panel: Panel, tmp_path: Path
) -> None:
    last = panel[panel.X.index.get_level_values(1) == panel.as_of[-1]]
    early = panel[panel.X.index.get_level_values(1) <= panel.as_of[0]]
    judged = make_classifier(panel, TRIAL, n_estimators=5).fit(early)
    evaluation = rm.evaluate(judged, last)
    facts = {"population": {"who": "simulated rows"}, "data": {"digest": "none"}}
    opened = rm.open(rm.save(judged, evaluation, tmp_path / "trial", facts=facts))
    assert opened.kind == TRIAL
    assert np.array_equal(opened.margin(last), judged.margin(last))


def test_it_is_blended_with_another_kind_but_not_with_other_trees(panel: Panel) -> None:
    blend = make_classifier(panel, "blend", members=[TRIAL, "logistic"], n_estimators=5)
    assert blend.fit(panel).background_ is not None
    with pytest.raises(ConfigError, match="members names several kinds of trees"):
        make_classifier(panel, "blend", members=["lightgbm", TRIAL])


def test_baselines_are_the_kinds_that_say_so() -> None:
    assert BASELINES == ("logistic", "indicator_count", "longest_arrears", "area_rate")


def test_a_kind_stands_under_its_own_name() -> None:
    assert all(kind.name == name for name, kind in KINDS.items())


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.ranges])
def test_ranges_are_those_of_parameters_of_the_classifier(name: str) -> None:
    assert set(KINDS[name].ranges) <= set(RiskClassifier().get_params())


def test_a_kind_that_bounds_a_shared_parameter_bounds_it_for_itself_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    narrow = replace(KINDS["lightgbm"], name="narrow", ranges={"learning_rate": Range(0.5, 1)})
    monkeypatch.setitem(KINDS, "narrow", narrow)
    check_ranges(KINDS["lightgbm"], RiskClassifier().get_params())
    with pytest.raises(ConfigError, match="learning_rate is 0.04"):
        check_ranges(narrow, RiskClassifier().get_params())


def test_an_unknown_kind_lists_all(panel: Panel) -> None:
    with pytest.raises(ConfigError, match=TRIAL):
        make_classifier(panel, "xgboost")


def test_a_kind_without_tables_is_not_explained(panel: Panel) -> None:
    model = make_classifier(panel, "area_rate").fit(panel)
    with pytest.raises(ModelError, match="not a function of the features") as refusal:
        model.score_rows(panel)
    assert refusal.value.code == "explanation.kind"


@pytest.mark.parametrize("kind", [*KINDS])
@pytest.mark.parametrize("name", ["n_estimators", "num_leaves", "seeds"])
def test_whole_numbers_are_checked_for_every_kind(kind: str, name: str) -> None:
    usual = RiskClassifier(kind).get_params(deep=False)
    check_ranges(KINDS[kind], usual | {name: np.int64(3)})
    for value in (10.5, 10.0, True):
        with pytest.raises(ConfigError, match=f"{name} is {value}.*whole number"):
            check_ranges(KINDS[kind], usual | {name: value})
