"""A small panel whose outcomes have a known cause, and a model of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import riskmodel as rm


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    households, rounds = 400, 8
    who, when = np.repeat(np.arange(households), rounds), np.tile(np.arange(rounds), households)
    frailty = rng.normal(size=households)[who]
    arrears = rng.poisson(np.exp(0.6 * frailty))
    income = rng.normal(size=len(who)) - 0.5 * frailty
    truth = expit(0.6 * arrears - 0.5 * income + 0.8 * frailty - 2.5)
    return pd.DataFrame(
        {
            "id": [f"h{i:03d}" for i in who],
            "date": rm.rounds("2023-01-01", "2024-03-01", every="2M")[when],
            "arrears": arrears.astype(float),
            "income": np.where(rng.random(len(who)) < 0.05, np.nan, income),
            "truth": truth,
            "crisis": (rng.random(len(who)) < truth).astype(float),
            "area": np.array(["north", "south", "west"])[who % 3],
            "type": np.where(who % 4 == 0, "single", "family"),
        }
    )


@pytest.fixture(scope="session")
def panel(frame: pd.DataFrame) -> rm.Panel:
    return rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="date",
        y="crisis",
        features=["arrears", "income"],
        groups=["type"],
        area="area",
        label=rm.Label("crisis", window="2M"),
        directions={"arrears": 1, "income": -1},
    )


@pytest.fixture(scope="session")
def truth(frame: pd.DataFrame, panel: rm.Panel) -> pd.Series:
    return frame.set_axis(panel.X.index)["truth"]


@pytest.fixture(scope="session")
def model(panel: rm.Panel) -> rm.RiskClassifier:
    return rm.make_classifier(panel, kind="logistic").fit(panel)
