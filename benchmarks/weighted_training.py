"""Training on the verdicts of those contacted: weighed by recorded chances, unweighted, or as 0.

    python benchmarks/weighted_training.py                      # one world of 2,500 households
    python benchmarks/weighted_training.py --worlds 20 --layer private=2

In each world a service lists by its old rule and draws an arm at random. One model is fitted on the
verdicts of the first rounds in several ways, and each draws its list in the last rounds among all
households. `precision` is the share of the list that the reader would confirm if it were contacted,
expected over the reader's error; `level` is the mean predicted chance over the share confirmed of
all. Differences are paired by world, with their standard error. A fit that is refused, because what
it learnt does not rank households held out, is counted and stands in no difference.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel.errors import ModelError
from riskmodel.keys import as_days
from riskmodel.metrics import Capacity, select
from riskmodel.models import chance_weights

LABEL = rm.Label("need_confirmed", "1M", "1M", observed_by="contacts")
FEATURES = rm.Features([rm.Agg.count("*", ["2M", "12M"])])
SENSITIVITY, SPECIFICITY = 0.85, 0.9
SERVICE = {
    "capacity": 0.15,
    "random_share": 0.25,
    "reach": {"ai_call": 0.5, "mail_carrier": 0.3, "visit": 0.7},
    "reader": (SENSITIVITY, SPECIFICITY),
}
KINDS = {"lightgbm": {"seeds": 1, "n_estimators": 60}, "logistic": {"l2": 100.0}}
NO_CAP = 1e9


class Way(NamedTuple):
    """Labels, weights and level of a fit."""

    y: pd.Series
    weight: np.ndarray | None = None
    level_for: str = "labelled"


def lines_of(
    seed: int, given: argparse.Namespace, layers: dict[str, object]
) -> Iterator[dict[str, object]]:
    """Yield one line per kind of model and way to fit it, of one world."""
    records = rm.make_households(
        given.households, n_rounds=given.rounds, random_state=seed, **{**SERVICE, **layers}
    )
    panel = rm.build_panel(records, features=FEATURES, label=LABEL)
    assert records.truth is not None
    need = records.truth["need"].reindex(panel.X.index).to_numpy(float)
    confirmed = np.where(need == 1, SENSITIVITY, 1 - SPECIFICITY)
    day = as_days(panel.as_of)
    is_test = day >= np.unique(day)[-given.test]
    train, later = panel[~is_test], panel[is_test]
    assert train.y is not None
    assert train.draws is not None

    known = train.y.notna().to_numpy()
    ways: dict[str, Way] = {
        "contacted": Way(train.y),
        "level for everyone": Way(train.y, level_for="everyone"),
        "not contacted as 0": Way(train.y.fillna(0.0)),
    }
    whole = chance_weights(train, NO_CAP)
    for cap in given.caps:
        weight = np.minimum(whole.weight.to_numpy(), cap)
        name = "weighted, no cap" if cap >= NO_CAP else f"weighted, cap {cap:g}"
        ways[name] = Way(train.y, weight)
    print(
        f"world {seed}: {known.sum()} verdicts, {whole.by_chance} by chance, "
        f"{int(train.y.sum())} confirmed; weighted as good as {whole.effective:.0f}",
        flush=True,
    )

    for kind in given.kinds:
        for name, way in ways.items():
            model = rm.make_classifier(train, kind, level_for=way.level_for, **KINDS[kind])
            line = {"world": seed, "kind": kind, "fit": name}
            try:
                model.fit(replace(train, y=way.y), sample_weight=way.weight)
            except ModelError:
                yield {**line, "refused": 1}
                continue
            listed = select(model.margin(later), Capacity.parse(0.02), day[is_test]).inclusion
            chance = 1 / (1 + np.exp(-model.log_odds(later)))
            yield {
                **line,
                "refused": 0,
                "precision": (listed * confirmed[is_test]).sum() / listed.sum(),
                "level": chance.mean() / confirmed[is_test].mean(),
                "log loss": _log_loss(chance, confirmed[is_test]),
            }


def _log_loss(chance: np.ndarray, confirmed: np.ndarray) -> float:
    """Return the expected log loss of everyone, in thousandths of a nat."""
    chance = np.clip(chance, 1e-9, 1 - 1e-9)
    each = confirmed * np.log(chance) + (1 - confirmed) * np.log(1 - chance)
    return float(-1_000 * each.mean())


def differences(lines: pd.DataFrame, against: str) -> pd.DataFrame:
    """Return by kind and fit the precision above another fit's, its error, and how often above."""
    wide = lines.pivot(index="world", columns=["kind", "fit"], values="precision")
    found = {}
    for kind in lines["kind"].unique():
        apart = wide[kind].sub(wide[kind][against], axis=0).drop(columns=against)
        se = apart.std() / np.sqrt(len(apart))
        found[kind] = pd.DataFrame(
            {"above": apart.mean(), "se": se, "worlds above": (apart > 0).sum()}
        )
    return pd.concat(found, names=["kind"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1)
    parser.add_argument("--households", type=int, default=2_500)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--test", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", default=["logistic"], choices=KINDS)
    parser.add_argument("--caps", type=float, nargs="+", default=[5.0, 20.0, NO_CAP])
    parser.add_argument("--layer", nargs="*", default=[], help="NAME=VALUE of make_households")
    given = parser.parse_args()
    layers = {
        name: ast.literal_eval(value) for name, value in (one.split("=", 1) for one in given.layer)
    }

    lines = pd.DataFrame(
        line for seed in range(given.worlds) for line in lines_of(seed, given, layers)
    )
    means = lines.groupby(["kind", "fit"], sort=False).agg(
        {"precision": "mean", "level": ["mean", "std"], "log loss": "mean", "refused": "sum"}
    )
    print(means.round(3).to_string())
    for against in ("contacted", "not contacted as 0"):
        print(f"\nprecision above that of {against}")
        print(differences(lines, against).round(4).to_string())


if __name__ == "__main__":
    main()
