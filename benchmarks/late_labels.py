"""Late labels: rates of windows that have just closed and delays, beside the truth.

    python benchmarks/late_labels.py --households 40_000 --worlds 5

Each world stands as on its ninth round, when the windows of six rounds have closed: half of the
crises are known in the round in which they happen, a quarter one round later, and so on. What
became known later tells the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from riskmodel import Cohort, Label, Panel, Records, build_panel, make_households
from riskmodel.datasets import World
from riskmodel.evaluation import ReportingDelays, reporting_delays
from riskmodel.keys import as_days
from riskmodel.panel import Agg, Features
from riskmodel.records.known_on import known_on

WORLD = World(reporting=(0.5, 0.25, 0.15, 0.1))
LABEL = Label("crisis", "6M", "2M")
TYPE, ODDS = "household_type", 3.0
LAYERS: Mapping[str, Mapping[str, float]] = {
    "alike": {},
    "by type": {"late_by_type": 1.0},
    "by severity": {"late_by_severity": 1.5},
}


def panel_of(records: Records, rounds: pd.DatetimeIndex, maturity: str) -> Panel:
    """Return all households of some rounds, with labels of a maturity."""
    few = Features([Agg.count("nhi_arrears", "12M")])
    return build_panel(records, rounds, replace(LABEL, maturity=maturity), Cohort(listed=True), few)


def error_of_delays(delays: ReportingDelays, records: Records) -> float:
    """Return the largest error of the distribution of delays."""
    longest = delays.curves["all"].longest
    crises = records.events.query("code == 'crisis'")
    is_old = crises["event_date"] < pd.Timestamp(records.today) - pd.Timedelta(days=longest + 1)
    late = (crises["known_date"] - crises["event_date"]).dt.days[is_old]
    known = np.cumsum(np.bincount(late, minlength=longest + 1)[: longest + 1])
    return float(np.abs(delays.curves["all"].share - known / known[-1]).max())


def lines_of(n: int, seed: int, name: str) -> Iterator[dict[str, object]]:
    """Yield one line for all rows, and for each part of them."""
    records = make_households(n, n_rounds=12, preset=WORLD, random_state=seed, **LAYERS[name])
    stood = known_on(records, as_days(records.rounds[8]))
    young = panel_of(stood, records.rounds[:6], "0M")
    truth = panel_of(records, records.rounds[:6], "8M").y.to_numpy()
    assert young.groups is not None
    state = records.truth["state"].loc[young.X.index].to_numpy()
    types = young.groups[TYPE].to_numpy()
    parts = {"all": np.ones(len(young), bool)}
    parts |= {kind: types == kind for kind in np.unique(types)}
    parts |= {f"hidden: {z}": state == z for z in ("stable", "strained", "acute")}
    for by in (None, TYPE):
        delays = reporting_delays(stood, LABEL, by=by)
        flagged = ", ".join(delays.differing.query("differs")["by"])
        for part, rows in parts.items():
            line, rate = delays.rates(young[rows], ODDS).loc["all"], truth[rows].mean()
            yield {
                "delay": name,
                "told apart": by or "",
                "part": part,
                "naive": line["observed"] / rate,
                "ratio": line["estimated"] / rate,
                "held": line["low"] <= rate <= line["high"],
                "bounded": line["lowest"] <= rate <= line["highest"],
                "error of delays": error_of_delays(delays, records),
                "flagged": flagged == TYPE,
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=40_000)
    parser.add_argument("--worlds", type=int, default=5)
    given = parser.parse_args()
    lines = [
        line
        for name in LAYERS
        for seed in range(given.worlds)
        for line in lines_of(given.households, seed, name)
    ]
    table = pd.DataFrame(lines).groupby(["delay", "told apart", "part"], sort=False).mean()
    print(f"{given.worlds} worlds of {given.households:,} households; means, odds ratio {ODDS:g}")
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
