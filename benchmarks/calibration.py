"""Where a calibration's slope and level come from, on simulated households and on the studies.

A slope is fitted on margins of household folds, of all rounds or of the later ones; a level on the
same margins. Each is judged on the last round, which no fit has seen. On simulated households the
exact chances are regressed on the log-odds: the slope should be 1. Log loss stands against that of
the margin as it is, without a calibration; on simulated households it is that of the exact chances.

    python benchmarks/calibration.py                                # 2 worlds of 2,000 households
    python benchmarks/calibration.py --households 5_000 --worlds 20
    python benchmarks/calibration.py --worlds 0 --studies           # beside the real records
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import riskmodel as rm
from riskmodel.cli.configs import compose
from riskmodel.cli.studies import panel_of, read, split_of
from riskmodel.models import kind_of
from riskmodel.models.fit_data import FitData
from riskmodel.models.fit_rows import FitSettings, Rows
from riskmodel.models.folds import Folds
from riskmodel.models.inputs import FitInput
from riskmodel.models.likelihood import fit_logistic
from riskmodel.models.sigmoid import fit_intercept, fit_level, fit_slope, later_rounds

KINDS = ("lightgbm", "logistic")
STUDIES = ("gsoep_poverty", "gsoep_entry", "nyc_evictions", "uci_new_arrears", "uci_default")
COLUMNS = ["case", "kind", "folds", "slope of", "level of", "slope", "level", "log loss"]

Floats = NDArray[np.float64]


class Case(NamedTuple):
    """Rows to fit on, rows to judge on, and the exact chances or the outcomes of these."""

    name: str
    train: rm.Panel
    test: rm.Panel
    target: Floats


def world(households: int, seed: int) -> Case:
    records = rm.make_households(households, random_state=seed)
    panel = rm.build_panel(records, rounds=records.rounds, label=records.label)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    chance = records.truth.loc[test.X.index, "probability"].to_numpy()
    return Case(f"world {seed}", train, test, chance)


def study(name: str) -> Case:
    config = compose("train", [f"experiment={name}"])
    train, test = split_of(config["split"]).last(panel_of(read(config), config))
    labelled = test[test.y.notna().to_numpy()]
    return Case(name, train, labelled, labelled.y.to_numpy())


def read_rows(case: Case, kind: str) -> tuple[FitData, Rows, FitSettings]:
    """Return what `RiskClassifier.fit` gives to a kind."""
    model = rm.make_classifier(case.train, kind=kind)
    given = FitInput.of(case.train)
    data = FitData.read(given)
    seeds = tuple(range(model.seeds))
    return data, data.rows.labelled(), data.settings(given, None, model.get_params(), seeds)


def plans(rows: Rows, margin: Floats) -> Iterator[tuple[str, str, float, float]]:
    """Yield what slope and level are fitted on, and both."""
    weight = np.ones(len(rows))
    late, last = later_rounds(rows), later_rounds(rows, least=1)
    of_all = fit_slope(margin, rows.y, weight)
    of_late = fit_slope(margin[late], rows.y[late], weight[late])
    slopes = {"all rounds": of_all, "later": of_late, "mean": (of_all + of_late) / 2}
    for slope_of, slope in slopes.items():
        of_all = fit_level(slope * margin, rows.y, weight)
        of_late = fit_level(slope * margin[late], rows.y[late], weight[late])
        of_last = fit_level(slope * margin[last], rows.y[last], weight[last])
        yield slope_of, "all rounds", slope, of_all
        yield slope_of, "later", slope, of_late
        yield slope_of, "later, may be one", slope, of_last
        yield slope_of, "mean of all and later", slope, (of_all + of_late) / 2


def judged(case: Case, kind: str, folds: list[int]) -> pd.DataFrame:
    data, rows, settings = read_rows(case, kind)
    found = []
    for count in folds:
        core, held_out = kind_of(kind).fit(rows, settings, Folds.of(rows, 0, count))
        if kind == "logistic":  # the penalty is chosen once
            chosen = float(core.arrays["l2"])
            settings = replace(settings, params={**settings.params, "l2": chosen})
        margin = core.margin(data.encoder.matrix(case.test.X))
        raw = log_loss(margin, case.target)
        for slope_of, level_of, slope, level in plans(rows, held_out):
            log_odds = slope * margin + level
            excess = log_loss(log_odds, case.target) - raw
            found.append(
                (case.name, kind, count, slope_of, level_of, *line(log_odds, case.target), excess)
            )
    return pd.DataFrame(found, columns=COLUMNS)


def line(log_odds: Floats, target: Floats) -> tuple[float, float]:
    """Return the slope of the chances on the log-odds, and what their level lacks."""
    center, scale = log_odds.mean(), log_odds.std()
    weight = np.ones(len(target))
    fitted = fit_logistic(((log_odds - center) / scale)[:, None], target, weight)
    lacking = fit_intercept(log_odds, float(target.mean()), weight)
    return float(fitted.coefficients[0] / scale), lacking


def log_loss(log_odds: Floats, target: Floats) -> float:
    return float(np.mean(np.logaddexp(0, log_odds) - target * log_odds))


def summary(found: pd.DataFrame) -> pd.DataFrame:
    by_plan = found.groupby(["kind", "folds", "slope of", "level of"], sort=False)
    return by_plan.agg(
        slope=("slope", "mean"),
        sd=("slope", "std"),
        level=("level", "mean"),
        log_loss=("log loss", "mean"),
        worst=("log loss", "max"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--households", type=int, default=2_000)
    parser.add_argument("--worlds", type=int, default=2)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--folds", type=int, nargs="+", default=[3])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--studies", nargs="*", default=[], choices=STUDIES)
    parser.add_argument("--output", help="a CSV file for the figure of each case")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.worlds)
    cases = [lambda seed=seed: world(given.households, seed) for seed in seeds]
    cases += [lambda name=name: study(name) for name in given.studies]
    found = []
    for make in cases:
        case = make()
        for kind in given.kinds:
            start = time.process_time()
            found.append(judged(case, kind, given.folds))
            if given.output:
                pd.concat(found).to_csv(given.output, index=False)
            print(f"{case.name} {kind}: {time.process_time() - start:.1f} CPU s", flush=True)
    every = pd.concat(found)
    is_world = every["case"].str.startswith("world")
    for part in (every[is_world], every[~is_world]):
        if len(part):
            print(f"\n{part['case'].nunique()} cases\n{summary(part).round(4).to_string()}")


if __name__ == "__main__":
    main()
