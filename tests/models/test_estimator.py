"""scikit-learn's own checks, on plain arrays: each row a household, one round."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from mended import Note
from riskmodel.errors import ModelError
from riskmodel.models import RiskClassifier, make_classifier
from riskmodel.panel import Panel

EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "weights are relative, and leaves and folds count rows: a row of weight 2 is not two rows"
    ),
    "check_classifiers_classes": (
        "words without positive= are refused: the alphabet does not know which class is the crisis"
    ),
}
NOISE = "the check fits noise on few rows, where some draws have a calibration slope <= 0: refused"


def expected_failures(model: RiskClassifier) -> dict[str, str]:
    return EXPECTED


CHECKED = ("lightgbm", "logistic", "blend")


@parametrize_with_checks(
    [RiskClassifier(kind=kind, seeds=2, n_estimators=20) for kind in CHECKED],
    expected_failed_checks=expected_failures,
)
def test_scikit_learns_checks(
    estimator: RiskClassifier, check: Callable[[RiskClassifier], None]
) -> None:
    try:
        check(estimator)
    except ModelError as refusal:
        if refusal.code != "models.calibration":
            raise
        pytest.xfail(NOISE)


def test_a_clone_fits_the_same_model(panel: Panel) -> None:
    model = RiskClassifier(seeds=1, n_estimators=20, columns=panel.columns, label=panel.label).fit(
        panel
    )
    again = clone(model).fit(panel)
    assert np.array_equal(model.margin(panel), again.margin(panel))
    assert model.calibration_ == again.calibration_


@pytest.mark.parametrize(
    "kind", ["lightgbm", "logistic", "blend", "indicator_count", "longest_arrears", "area_rate"]
)
def test_a_pickled_model_gives_the_same_margins(panel: Panel, kind: str) -> None:
    model = RiskClassifier(kind=kind, seeds=1, n_estimators=10, columns=panel.columns).fit(panel)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(model.margin(panel), again.margin(panel))


def test_cross_validation_takes_it(plain: tuple[np.ndarray, np.ndarray]) -> None:
    scores = cross_val_score(
        RiskClassifier(seeds=1, n_estimators=20), *plain, scoring="roc_auc", cv=3
    )
    assert (scores > 0.75).all()


def test_names_of_an_array_are_numbers(plain: tuple[np.ndarray, np.ndarray]) -> None:
    model = RiskClassifier(seeds=1, n_estimators=5).fit(*plain)
    assert model.feature_names_in_.tolist() == ["x0", "x1", "x2", "x3", "x4"]
    assert model.encode(plain[0]).dtype == np.float64


def test_the_repr_says_what_was_changed_and_fitted(panel: Panel, mended: Note) -> None:
    model = RiskClassifier(seeds=1, n_estimators=5)
    shown = "RiskClassifier(kind='lightgbm', seeds=1, n_estimators=5, random_state=0)"
    assert repr(model) == shown
    assert repr(RiskClassifier()) == "RiskClassifier(kind='lightgbm', seeds=4, random_state=0)"
    made = make_classifier(panel, "logistic", l2=2.0, directions={"x": 1}, positive="need")
    assert repr(made) == (
        "RiskClassifier(kind='logistic', seeds=4, l2=2.0, random_state=0, directions={'x': 1}, "
        "positive='need')"
    )
    mended("friction", tried="repr(model)", before="n_estimators=5 was not told", now=repr(model))
    assert "fitted on 5,600 rows" in repr(model.fit(panel))
    described = model.describe()
    assert described["rows"] == 5600
    assert described["rounds"] == 8
    assert described["missing"] == 0


def test_an_empty_frame_has_no_margins(panel: Panel) -> None:
    model = RiskClassifier(kind="logistic").fit(panel)
    assert len(model.predict_proba(panel.X.iloc[:0])) == 0
    assert isinstance(panel.X, pd.DataFrame)
