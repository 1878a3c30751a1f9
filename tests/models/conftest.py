"""What the tests of the models share."""

from __future__ import annotations

import numpy as np
import pytest
from known_truth import simulated

from riskmodel.panel import Panel


@pytest.fixture(scope="session")
def panel() -> Panel:
    return simulated(700)


@pytest.fixture(scope="session")
def plain() -> tuple[np.ndarray, np.ndarray]:
    """Return an array with missing values and the outcomes drawn from it."""
    rng = np.random.default_rng(3)
    X = rng.poisson(1.5, (1500, 5)).astype(float)
    y = (rng.random(1500) < 1 / (1 + np.exp(2.5 - X[:, 0] - 0.5 * X[:, 1]))).astype(int)
    X[rng.random(X.shape) < 0.05] = np.nan
    return X, y
