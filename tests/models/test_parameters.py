"""Every number that a fit takes is checked before it, for every kind, in words of its range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mended import Note
from riskmodel.errors import ConfigError
from riskmodel.models import KINDS, RiskClassifier

X = np.random.default_rng(0).poisson(1.0, (300, 2)).astype(float)
Y = np.random.default_rng(1).random(300) < 0.1 + 0.2 * (X[:, 0] > 1)
WRONG: dict[str, tuple[list[Any], str]] = {
    "seeds": ([0, 1.5, True, None], "a whole number of at least 1"),
    "n_estimators": ([0, 10.5, "9"], "a whole number of at least 1"),
    "num_leaves": ([1, 200_000], "a whole number from 2 to 131072"),
    "max_depth": ([0, -5, 2.5, "6", True, None], "a whole number of at least 1, or -1 for no"),
    "min_child_samples": ([0, -1, 1.5, "9"], "a whole number of at least 1, or None"),
    "colsample": ([0, 2, "a"], "a number from 0.001 to 1, or None"),
    "random_state": ([-1, 2**32, 1.5, "x"], "a whole number from 0 to 4294967295, or None"),
    "n_jobs": ([0, -2, 1.5], "a whole number of at least 1, or -1 for all processors, or None"),
    "l2": ([-1, "a", float("nan")], "a number of at least 0"),
}
BEFORE = {
    "max_depth": "0 and -5 taken for no limit, 2.5 and None an error of LightGBM",
    "min_child_samples": "0 taken, the others an error of LightGBM",
    "colsample": "an error of LightGBM",
    "random_state": "a raw ValueError",
    "n_jobs": "1.5 an error of LightGBM, the others taken",
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("kind", KINDS)
def test_a_number_outside_of_its_range_is_refused_with_the_range(
    kind: str, name: str, mended: Note
) -> None:
    values, allowed = WRONG[name]
    for value in values:
        with pytest.raises(ConfigError, match=f"^{name} is ") as refusal:
            RiskClassifier(kind=kind, **{name: value}).fit(X, Y)
        assert refusal.value.code == "models.parameter"
        assert allowed in str(refusal.value)
    mended(
        "friction",
        tried=f"{name} of {', '.join(map(repr, values))}, {kind}",
        before=BEFORE.get(name, "refused as a number from 1 to inf"),
        now=refusal.value.allowed,
    )


@pytest.mark.parametrize(
    "right",
    [
        {"max_depth": -1},
        {"max_depth": np.int64(3)},
        {"min_child_samples": 1},
        {"colsample": 1},
        {"n_jobs": -1},
        {"random_state": None},
        {"random_state": np.random.RandomState(0)},
    ],
)
def test_what_a_range_allows_besides_is_fitted(right: dict[str, Any]) -> None:
    model = RiskClassifier(**{"seeds": 1, "n_estimators": 3, "n_jobs": 1, **right}).fit(X, Y)
    assert model.predict_proba(X).shape == (300, 2)
