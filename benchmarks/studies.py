"""How far each kind of model stands behind the best one on the five studies, with paired errors.

The kinds are fitted on the rows before a study's test; a mean of several is the mean of their
margins. Each is judged on the test rows by its area under the curve, its average precision, and its
precision at the study's capacity. `behind` is the best one's figure less its own, in standard
errors of the paired difference by household. `p` is Holm's, over all of these differences of one
kind: "behind" stands where it is below that of two standard errors.

    python benchmarks/studies.py                                   # the small ones
    python benchmarks/studies.py --studies gsoep_poverty gsoep_entry nyc_evictions \
        uci_new_arrears uci_default
"""

from __future__ import annotations

import argparse
import time
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

import riskmodel as rm
from riskmodel.cli.configs import compose
from riskmodel.cli.studies import panel_of, read, split_of
from riskmodel.evaluation import scores_of
from riskmodel.evaluation.panel_rows import scored_rows
from riskmodel.metrics import METRICS, Capacity, clustered_se
from riskmodel.splits import Split

STUDIES = ("gsoep_poverty", "gsoep_entry", "nyc_evictions", "uci_new_arrears", "uci_default")
SMALL = ("gsoep_entry", "uci_new_arrears")
SINGLE = ("lightgbm", "logistic", "ebm")
MEANS = {"blend": ("lightgbm", "logistic"), "mean of three": SINGLE}
JUDGED = ("auc", "average_precision", "precision")
TWO_ERRORS = 2 * norm.sf(2.0)


def margins(train: rm.Panel, test: rm.Panel) -> dict[str, pd.DataFrame]:
    """Return the scores of each kind and of each mean of kinds on the test rows."""
    found = {}
    for kind in SINGLE:
        start = time.process_time()
        found[kind] = scores_of(rm.make_classifier(train, kind=kind).fit(train), test)
        print(f"  {kind}: {time.process_time() - start:.0f} CPU s", flush=True)
    for name, members in MEANS.items():
        margin = np.mean([found[member]["margin"] for member in members], axis=0)
        found[name] = found["lightgbm"].assign(margin=margin, score=np.nan)
    return found


class Case(NamedTuple):
    """A study's panel, how it is split, and the capacity of its lists."""

    panel: rm.Panel
    split: Split
    capacity: Capacity


def case_of(name: str) -> Case:
    config = compose("train", [f"experiment={name}"])
    capacity = Capacity.parse(config["capacity"]["contacts"])
    return Case(panel_of(read(config), config), split_of(config["split"]), capacity)


def study(name: str) -> pd.DataFrame:
    """Return for each metric and kind its figure, and how far behind the best it is."""
    case = case_of(name)
    train, test = case.split.last(case.panel)
    scores = margins(train, test)
    rows = {kind: scored_rows(found, test, case.capacity) for kind, found in scores.items()}
    lines = []
    for metric in map(METRICS.__getitem__, JUDGED):
        value = {kind: metric.estimate(own) for kind, own in rows.items()}
        influence = {kind: metric.influence(own) for kind, own in rows.items()}
        best = max(value, key=value.__getitem__)
        for kind, own in rows.items():
            error = clustered_se(influence[best] - influence[kind], own.household)
            behind = 0.0 if kind == best else (value[best] - value[kind]) / error
            lines.append((name, metric.name, kind, value[kind], best, behind))
    columns = ["study", "metric", "kind", "value", "best", "behind"]
    return pd.DataFrame(lines, columns=columns)


def with_holm(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with p-values that allow for all differences of one kind together."""
    p = pd.Series(2 * norm.sf(table["behind"]), table.index)
    adjusted = p.groupby(table["kind"], sort=False).transform(holm).clip(upper=1.0)
    return table.assign(p=adjusted, verdict=np.where(adjusted < TWO_ERRORS, "behind", ""))


def holm(p: pd.Series) -> pd.Series:
    """Return the p-values of one family by Holm's steps.

    >>> holm(pd.Series([0.01, 0.5, 0.02])).tolist()
    [0.03, 0.5, 0.04]
    """
    in_order = p.sort_values()
    stepped = in_order * np.arange(len(p), 0, -1)
    return stepped.cummax().reindex(p.index)


def worst(table: pd.DataFrame) -> pd.DataFrame:
    """Return for each kind how often it is behind, and the worst of its differences."""
    by_kind = table.groupby("kind", sort=False)
    return by_kind.agg(
        behind=("verdict", lambda told: int((told == "behind").sum())),
        differences=("behind", "size"),
        worst=("behind", "max"),
        p=("p", "min"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", nargs="+", default=list(SMALL), choices=STUDIES)
    given = parser.parse_args()
    found = []
    for name in given.studies:
        print(name, flush=True)
        found.append(study(name))
        print(found[-1].round(4).to_string(index=False), flush=True)
    table = with_holm(pd.concat(found, ignore_index=True))
    print(f"\n{table[table['verdict'] == 'behind'].round(4).to_string(index=False)}")
    print(f"\n{worst(table).round(3).to_string()}")


if __name__ == "__main__":
    main()
