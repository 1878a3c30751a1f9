"""How often the interval of every figure holds its true value, in twelve settings that are known.

Households differ in a frailty that no score knows, and keep a part of their score from round to
round. The truth of a setting is the figure of 150,000 households; counts of crises are scaled to
those of the setting. An interval of 95 % should hold it in at least 93 % of repetitions, less two
Monte Carlo errors. Figures of the list must always have an interval; others are refused where they
rest on fewer than five households, and how often they are given stands beside the coverage.

    python benchmarks/intervals.py                      # 100 repetitions
    python benchmarks/intervals.py --repetitions 1_000
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from riskmodel.metrics import (
    METRICS,
    Capacity,
    Interval,
    ScoredRows,
    net_benefit,
    net_benefit_interval,
    select,
)

POPULATION = 150_000
BAR = 0.93
THRESHOLDS = (0.05, 0.1)


class Setting(NamedTuple):
    """Households, rounds, the level of the log-odds, the list of a round, how scores behave.

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
    "1,000 x 1, 2 %, list of 25 with two hits": Setting(1_000, 1, -5.4, 25),
    "2,000 x 1, 2 %, list of 25": Setting(2_000, 1, -5.4, 25),
    "5,000 x 1, 1 %, list of 100": Setting(5_000, 1, -6.2, 100),
    "5,000 x 1, 6 %, list of 250": Setting(5_000, 1, -4.0, 250),
    "500 x 6, 4 %, lasting list of 25": Setting(500, 6, -4.5, 25, lasting=1.0),
    "1,000 x 6, 3 %, list of 50": Setting(1_000, 6, -5.0, 50),
    "2,000 x 3, 3 %, list of 100": Setting(2_000, 3, -5.0, 100),
    "2,000 x 6, 3 %, coarse ties, list of 100": Setting(2_000, 6, -5.0, 100, steps=1),
    "500 x 6, 6 %, coarse ties, list of 25": Setting(500, 6, -4.0, 25, steps=1),
}


class Figure(NamedTuple):
    """A figure of some rows, and its interval."""

    name: str
    value: float
    interval: Interval


def drawn(setting: Setting, households: int, rng: np.random.Generator) -> ScoredRows:
    """Draw households with their rounds; the score's own probabilities are roughly right."""
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
    selection = select(score, listed, rounds)
    return ScoredRows.of(y, np.ones_like(y), expit(setting.base + score), household, selection)


def figures_of(rows: ScoredRows) -> Iterator[Figure]:
    """Yield every metric, and the net benefit at two thresholds."""
    for metric in METRICS.values():
        value = metric.estimate(rows)
        yield Figure(metric.name, value, metric.interval(value, metric.influence(rows), rows))
    assert rows.probability is not None
    for threshold in THRESHOLDS:
        contacted = (rows.probability >= threshold).astype(float)
        given = (rows.y, contacted, rows.weight, threshold)
        value = net_benefit(*given)
        interval = net_benefit_interval(*given, rows.household)
        yield Figure(f"net benefit from {threshold:g}", value, interval)


def truth_of(
    setting: Setting, rng: np.random.Generator, population: int = POPULATION
) -> dict[str, float]:
    """Return the figures of a large population; counts as those of the setting's households."""
    rows = drawn(setting, population, rng)
    counts = setting.households / population
    scale = {"crises_reached": counts, "crises_expected": counts}
    return {figure.name: figure.value * scale.get(figure.name, 1) for figure in figures_of(rows)}


def coverage(
    setting: Setting, repetitions: int, seed: int = 0, population: int = POPULATION
) -> pd.DataFrame:
    """Return by figure its true value, how often an interval was given and held it, its width."""
    rng = np.random.default_rng(seed)
    truth = truth_of(setting, rng, population)
    lines = []
    for _ in range(repetitions):
        for name, _, interval in figures_of(drawn(setting, setting.households, rng)):
            lines.append(
                {
                    "figure": name,
                    "given": np.isfinite(interval.low),
                    "held": interval.low <= truth[name] <= interval.high,
                    "width": interval.high - interval.low,
                }
            )
    table = pd.DataFrame(lines)
    by_figure = table.groupby("figure", sort=False)
    given = table[table["given"]].groupby("figure", sort=False)
    return pd.DataFrame(
        {
            "truth": pd.Series(truth),
            "given": by_figure["given"].mean(),
            "held": given["held"].mean(),
            "width": given["width"].mean(),
        }
    )


def least(repetitions: int | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the bar less two Monte Carlo errors."""
    return np.asarray(BAR - 2 * np.sqrt(BAR * (1 - BAR) / np.asarray(repetitions)))


def too_low(found: pd.DataFrame, repetitions: int) -> list[str]:
    """Return the figures that are held too seldom, by how often they were given."""
    given = (found["given"] * repetitions).to_numpy(np.float64)
    is_low = (given > 0) & (found["held"] < least(np.maximum(given, 1)))
    return found.index[is_low].tolist()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    repetitions = (given := parser.parse_args()).repetitions
    print(f"bar {BAR} less two Monte Carlo errors: {least(repetitions):.4f}", flush=True)
    every = {}
    for name in given.settings:
        every[name] = coverage(SETTINGS[name], repetitions)
        low = too_low(every[name], repetitions)
        print(f"\n{name}\n{every[name].round(4).to_string()}", flush=True)
        print(f"too low: {', '.join(low) or 'none'}", flush=True)
    together = pd.concat(every)
    print(f"\nat least held: {together['held'].min():.3f}, given {together['given'].min():.3f}")


if __name__ == "__main__":
    main()
