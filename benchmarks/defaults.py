"""What default features bring beyond single indicators: counts over a family of life, area rates.

`kinds`, which are a default: of each family, how many of its indicators were seen within a window.
`sums`: how many facts of them. `area rate`: the share of crises among the area's households in
earlier rounds whose labels were final on the day, shrunk to that of all areas as 50 households. All
of them only rise, and each is added to the features of single indicators.

On simulated households they are judged by expectations over the exact chances, as shares of the
ceiling, on the same worlds with and without; on the studies by the test rows. A difference is in
standard errors of itself: over worlds, or over households.

    python benchmarks/defaults.py                              # 2 worlds of 2,000 households
    python benchmarks/defaults.py --households 5_000 --worlds 8
    python benchmarks/defaults.py --worlds 0 --studies gsoep_poverty nyc_evictions
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from ceiling import shares, simulated, world_of
from studies import JUDGED, STUDIES, case_of

import riskmodel as rm
from riskmodel.evaluation import scores_of
from riskmodel.evaluation.panel_rows import scored_rows
from riskmodel.keys import as_days
from riskmodel.metrics import METRICS, clustered_se
from riskmodel.panel import Column

PRIOR = 50.0
New = dict[str, pd.Series]


def counts_of_families(panel: rm.Panel) -> dict[tuple[str, str], list[str]]:
    """Return the counts of risky indicators by family and window, of two indicators or more."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for column in panel.columns:
        if column.aggregate == "count" and column.direction == 1:
            family = panel.catalogue[column.indicator].family
            found[family, column.window].append(column.name)
    return {key: names for key, names in found.items() if len(names) > 1}


def without_kinds(panel: rm.Panel) -> rm.Panel:
    """Return the panel with columns of single indicators, and attributes, alone."""
    kept = tuple(column for column in panel.columns if not column.codes)
    return replace(panel, X=panel.X[[column.name for column in kept]], columns=kept)


def kinds(panel: rm.Panel) -> New:
    return {column.name: panel.X[column.name] for column in panel.columns if column.codes}


def sums(panel: rm.Panel) -> New:
    of = counts_of_families(panel).items()
    return {f"{a}__sum__{w}": panel.X[names].sum(axis=1) for (a, w), names in of}


def area_rate(panel: rm.Panel) -> New:
    """Return each row's rate of its area, missing in rounds before any label is final."""
    if panel.area is None or panel.label is None or panel.y is None:
        return {}
    day, area, y = as_days(panel.as_of), panel.area.astype(object).to_numpy(), panel.y.to_numpy()
    final_on = panel.label.matures_on(day)
    rate = pd.Series(np.nan, panel.X.index)
    for today in np.unique(day):
        is_known = (final_on <= today) & ~np.isnan(y)
        if is_known.any():
            overall = y[is_known].mean()
            past = pd.Series(y[is_known]).groupby(area[is_known]).agg(["sum", "count"])
            shrunk = (past["sum"] + PRIOR * overall) / (past["count"] + PRIOR)
            now = day == today
            rate[now] = pd.Series(area[now]).map(shrunk).fillna(overall).to_numpy()
    return {"area__past_rate": rate} if rate.notna().any() else {}


Sets = Mapping[str, Callable[[rm.Panel], New]]
SETS: Sets = {"kinds": kinds, "sums": sums, "area rate": area_rate}


def with_more(panel: rm.Panel, new: New) -> rm.Panel:
    """Return the panel with further columns, of which more means more risk."""
    if not new:
        return panel
    X = pd.concat([panel.X, pd.DataFrame(new).astype(np.float32)], axis=1)
    return replace(panel, X=X, columns=(*panel.columns, *(Column(n, direction=1) for n in new)))


def scores(train: rm.Panel, test: rm.Panel, kind: str) -> pd.DataFrame:
    return scores_of(rm.make_classifier(train, kind=kind).fit(train), test)


def on_world(households: int, seed: int, kind: str, sets: Sequence[str]) -> pd.DataFrame:
    """Return what each set of features adds to the shares of the ceiling; the first line is both.

    The columns are the set, and the two shares without it or what it adds to them.
    """
    records, panel = simulated(households, seed)
    found = {}
    for name in ["without", *sets]:
        new = SETS[name](panel) if name in SETS else {}
        data = world_of(records, with_more(without_kinds(panel), new))
        found[name] = shares(data, scores(data.train, data.test, kind)["margin"].to_numpy())
        print(f"  world {seed}, {kind}, {name}: {np.round(found[name], 4)}", flush=True)
    table = pd.DataFrame(found, index=["AUC gain", "P@1 %"]).T
    table.iloc[1:] -= table.iloc[0]
    return table


def summary(found: list[pd.DataFrame]) -> pd.DataFrame:
    """Return for each set the mean of what it adds, and its standard error over worlds."""
    by_set = pd.concat(found).groupby(level=0, sort=False)
    return by_set.agg(["mean", "sem"])


def on_study(name: str, kind: str) -> pd.DataFrame:
    """Return what each set that adds a column does to a study's figures, in standard errors."""
    case = case_of(name)
    single, lines = without_kinds(case.panel), []
    own = None
    for what, make in {"without": lambda _: {}, **SETS}.items():
        new = make(case.panel)
        if what != "without" and not new:
            print(f"  {name}: {what} adds no column", flush=True)
            continue
        train, test = case.split.last(with_more(single, new))
        rows = scored_rows(scores(train, test, kind), test, case.capacity)
        own = rows if own is None else own
        for metric in map(METRICS.__getitem__, JUDGED):
            gain = metric.estimate(rows) - metric.estimate(own)
            error = clustered_se(metric.influence(rows) - metric.influence(own), own.household)
            in_errors = gain / error if error > 0 else 0.0
            lines.append((name, what, metric.name, metric.estimate(rows), in_errors))
    return pd.DataFrame(lines, columns=["study", "set", "metric", "value", "gain in errors"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--households", type=int, default=2_000)
    parser.add_argument("--worlds", type=int, default=2)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kind", default="lightgbm", choices=["lightgbm", "logistic", "blend"])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--studies", nargs="*", default=[], choices=STUDIES)
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.worlds)
    found = [on_world(given.households, seed, given.kind, given.sets) for seed in seeds]
    if found:
        print(f"\n{len(found)} worlds of {given.households:,}\n{summary(found).round(4)}")
    for name in given.studies:
        print(on_study(name, given.kind).round(4).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
