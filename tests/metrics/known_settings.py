"""Twelve settings in which the true value of every figure is known: how often intervals hold it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from riskmodel import metrics
from riskmodel.evaluation.estimates import estimates_of
from riskmodel.metrics import Capacity, Observation, ScoredRows

POPULATION = 150_000


class Setting(NamedTuple):
    """Households, rounds, the share in crisis, the list of a round and how scores behave.

    `steps` rounds scores to so many steps a unit, which makes ties; `lasting` is the part of a
    score that a household keeps from round to round, 1 for a list that never changes.
    """

    households: int
    rounds: int
    base: float
    listed: int
    steps: int | None = None
    lasting: float = 0.7


SETTINGS = {
    "500 x 1, 5 %, list of 25": Setting(500, 1, -4.5, 25),
    "500 x 1, 10 %, list of 25": Setting(500, 1, -3.3, 25),
    "500 x 1, 10 %, list of 50": Setting(500, 1, -3.3, 50),
    "1,000 x 1, 2 %, list of 50": Setting(1_000, 1, -5.4, 50),
    "2,000 x 1, 2 %, list of 25": Setting(2_000, 1, -5.4, 25),
    "5,000 x 1, 1 %, list of 100": Setting(5_000, 1, -6.2, 100),
    "5,000 x 1, 6 %, list of 250": Setting(5_000, 1, -4.0, 250),
    "500 x 6, 4 %, lasting list of 25": Setting(500, 6, -4.5, 25, lasting=1.0),
    "1,000 x 6, 3 %, list of 50": Setting(1_000, 6, -5.0, 50),
    "2,000 x 3, 3 %, list of 100": Setting(2_000, 3, -5.0, 100),
    "2,000 x 6, 3 %, coarse ties, list of 100": Setting(2_000, 6, -5.0, 100, steps=1),
    "500 x 6, 6 %, coarse ties, list of 25": Setting(500, 6, -4.0, 25, steps=1),
}


def drawn(setting: Setting, households: int, rng: np.random.Generator) -> ScoredRows:
    """Draw households with their rounds; the score's own probabilities are right on average."""
    household = np.repeat(np.arange(households), setting.rounds)
    lasting = rng.normal(size=households)[household]
    passing = rng.normal(size=len(household))
    score = setting.lasting * lasting + (1 - setting.lasting) * passing
    frailty = 1.5 * rng.normal(size=households)[household]
    y = (rng.random(len(household)) < expit(setting.base + 1.2 * score + frailty)).astype(float)
    if setting.steps:
        score = np.round(score * setting.steps) / setting.steps

    listed = Capacity(setting.listed / setting.households)
    rounds = np.tile(np.arange(setting.rounds), households)
    selection = metrics.select(score, listed, rounds)
    return ScoredRows.of(y, np.ones_like(y), expit(setting.base + score), household, selection)


def coverage(setting: Setting, repetitions: int, seed: int = 0) -> pd.DataFrame:
    """Return by metric its true value, how often an interval was given, and held it, its width."""
    rng = np.random.default_rng(seed)
    whole = drawn(setting, POPULATION, rng)
    truth = {one.metric.name: one.value for one in estimates_of(whole, Observation.COMPLETE)}
    lines = []
    for _ in range(repetitions):
        rows = drawn(setting, setting.households, rng)
        for one in estimates_of(rows, Observation.COMPLETE):
            found = one.interval(rows)
            lines.append(
                {
                    "metric": one.metric.name,
                    "given": np.isfinite(found.low),
                    "held": found.low <= truth[one.metric.name] <= found.high,
                    "width": found.high - found.low,
                }
            )
    table = pd.DataFrame(lines)
    by_metric = table.groupby("metric", sort=False)
    given = table[table["given"]].groupby("metric", sort=False)
    return pd.DataFrame(
        {
            "truth": pd.Series(truth),
            "given": by_metric["given"].mean(),
            "held": given["held"].mean(),
            "width": given["width"].median(),
        }
    )
