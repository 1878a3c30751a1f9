"""Where verdicts of some do not do, in the simulator's layers: what is refused, what bounds hold.

    python benchmarks/selective_layers.py --worlds 100

Each world is drawn anew, with its service, its contacts and its verdicts. A candidate's list is
judged by `riskmodel.evaluate` from records alone; `truth.verdict` says what the reader would have
found in everybody. `lower` and `higher` say that the odds of those not known can only be so.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel.keys import as_days
from riskmodel.metrics import Capacity, select
from riskmodel.metrics.selective import Sign

FIGURES = ("base_rate", "precision", "recall")
LABEL = rm.Label("need_confirmed", "1M", "1M", observed_by="contacts")
FEATURES = rm.Features([rm.Agg.count("*", ["12M"])])
REACH = {"ai_call": 0.5, "mail_carrier": 0.3, "visit": 0.7}
ODDS_RATIO = 3.0
LISTED = 0.1


class Setting(NamedTuple):
    """Layers of a world, and to which side the odds of those not known may lie."""

    layers: dict[str, float]
    sign: Sign = "either"


SETTINGS = {
    "an arm that suffices": Setting({"capacity": 0.1, "random_share": 0.5}),
    "an arm too small by design": Setting({"capacity": 0.1, "random_share": 0.08}),
    "areas without an arm": Setting({"capacity": 0.04, "random_share": 0.08}),
    "private knowledge 1, no arm": Setting({"capacity": 0.1, "private": 1.0}, "lower"),
    "private knowledge 3, no arm": Setting({"capacity": 0.1, "private": 3.0}, "lower"),
    "reach that depends on need": Setting(
        {"capacity": 0.3, "random_share": 0.7, "hiding": 0.7}, "higher"
    ),
}


def lines_of(name: str, seed: int, households: int) -> Iterator[dict[str, object]]:
    """Yield one line per figure of a world."""
    setting = SETTINGS[name]
    records = rm.make_households(households, reach=REACH, random_state=seed, **setting.layers)
    panel = rm.build_panel(records, features=FEATURES, label=LABEL)
    assert records.truth is not None
    of_all = records.truth.reindex(panel.X.index)
    noise = np.random.default_rng(seed).normal(0, 0.7, len(of_all))
    odds = np.log(of_all["probability"] / (1 - of_all["probability"]))
    candidate = (odds + noise).rename("candidate")

    found = rm.evaluate(candidate, panel, LISTED)
    report = found.selective
    assert report is not None
    truth = _truth(of_all["verdict"].to_numpy(float), candidate.to_numpy(), panel)
    for line in (
        report.table.set_index("metric").loc[list(FIGURES)].reset_index().to_dict("records")
    ):
        figure = line["metric"]
        here = {"setting": name, "world": seed, "figure": figure, "truth": truth[figure]}
        yield {
            **here,
            "identified": line["identified"],
            "value": line["value"],
            "interval": _held(line["low"], line["high"], truth[figure], given=line["identified"]),
            "without": line["least"] <= truth[figure] <= line["greatest"],
            **{
                f"{kind} {sign}": value
                for sign in dict.fromkeys(("either", setting.sign))
                for kind, value in zip(
                    ("held", "width"), _bounded(report, figure, sign, truth[figure]), strict=True
                )
            },
        }


def _truth(verdict: np.ndarray, score: np.ndarray, panel: rm.Panel) -> dict[str, float]:
    listed = select(score, Capacity.parse(LISTED), as_days(panel.as_of)).inclusion
    return {
        "base_rate": float(verdict.mean()),
        "precision": float(listed @ verdict / listed.sum()),
        "recall": float(listed @ verdict / verdict.sum()),
    }


def _held(low: float, high: float, truth: float, *, given: bool) -> float:
    return float(low <= truth <= high) if given else np.nan


def _bounded(
    report: rm.evaluation.SelectiveReport, figure: str, sign: Sign, truth: float
) -> tuple[bool, float]:
    bounds = report.bounds(figure, ODDS_RATIO, sign)
    return bounds.low <= truth <= bounds.high, bounds.high - bounds.low


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--households", type=int, default=2_500)
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=SETTINGS)
    given = parser.parse_args()
    for name in given.settings:
        begun = time.process_time()
        lines = pd.DataFrame(
            line for seed in range(given.worlds) for line in lines_of(name, seed, given.households)
        )
        found = lines.drop(columns=["setting", "world"]).groupby("figure", sort=False).mean()
        print(f"\n{name}: {SETTINGS[name].layers}, {given.worlds} worlds")
        print(found.astype(float).round(3).to_string())
        print(f"{time.process_time() - begun:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
