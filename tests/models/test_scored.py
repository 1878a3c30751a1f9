"""Each row's score, percentile, band and reasons do not depend on the other rows."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.errors import ConfigError
from riskmodel.models import RiskClassifier, make_classifier
from riskmodel.panel import Panel


@pytest.fixture(scope="module")
def model(panel: Panel) -> RiskClassifier:
    return make_classifier(panel, seeds=1, n_estimators=20).fit(panel)


def test_rows_keep_their_index_and_give_the_models_probability(
    model: RiskClassifier, panel: Panel
) -> None:
    rows = model.score_rows(panel[:30])
    assert list(rows) == ["score", "percentile", "band", "reasons", "weaker"]
    assert rows.index.equals(panel[:30].X.index)
    assert np.array_equal(rows["score"], model.predict_proba(panel[:30])[:, 1])


def test_one_row_alone_is_as_in_a_batch(model: RiskClassifier, panel: Panel) -> None:
    batch = model.score_rows(panel.X.head(10))
    for i in range(10):
        alone = model.score_rows(panel.X.iloc[[i]])
        assert alone["score"].iloc[0] == batch["score"].iloc[i]
        assert alone["reasons"].iloc[0] == batch["reasons"].iloc[i]


def test_a_model_that_is_not_published_has_no_percentile_and_no_band(
    model: RiskClassifier, panel: Panel
) -> None:
    rows = model.score_rows(panel.X.head(5))
    assert rows["percentile"].isna().all()
    assert rows["band"].isna().all()


def test_no_rows_give_no_rows(model: RiskClassifier, panel: Panel) -> None:
    assert len(model.score_rows(panel.X.head(0))) == 0


def test_an_array_is_scored_too() -> None:
    X = np.random.default_rng(0).normal(size=(400, 3))
    model = RiskClassifier(seeds=1, n_estimators=5).fit(X, X[:, 0] > 0.5)
    assert len(model.score_rows(X[:7])) == 7


@pytest.mark.parametrize(
    ("wrong", "code"), [({"lang": "fr"}, "models.lang"), ({"top": 0}, "models.top")]
)
def test_an_unknown_language_and_no_reasons_are_refused(
    model: RiskClassifier, panel: Panel, wrong: dict, code: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        model.score_rows(panel.X.head(2), **wrong)
    assert refusal.value.code == code
