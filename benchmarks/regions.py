"""What levels and slopes by region gain where regions differ, and cost where they do not.

3,000 households in 17 regions of unequal size have six rounds; the last is the test, which no fit
has seen. Log losses are expectations over the exact chances, in thousandths above those of the
chances themselves. The region is not told at all, or is a column like others, or is given as
`region=`, which should be better where regions differ, and nowhere worse by more than 1.

    python benchmarks/regions.py              # 3 worlds
    python benchmarks/regions.py --worlds 10
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy.special import expit

import riskmodel as rm

REGIONS = 17
ROUNDS = rm.rounds("2023-01-01", "2023-11-01", every="2M")
SPREADS = {"no difference": (0.0, 0.0), "levels": (0.5, 0.0), "levels and slopes": (0.5, 0.25)}
NUMBERS = ["arrears", "income"]


def world(seed: int, households: int, level_spread: float, slope_spread: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    region = rng.choice(REGIONS, households, p=rng.dirichlet(np.full(REGIONS, 1.5)))
    level = rng.normal(0, level_spread, REGIONS)
    slope = np.exp(rng.normal(0, slope_spread, REGIONS))
    who = np.repeat(np.arange(households), len(ROUNDS))
    frailty = rng.normal(size=households)[who]
    arrears = rng.poisson(np.exp(0.7 * frailty))
    income = rng.normal(size=len(who)) - 0.5 * frailty
    told = slope[region][who] * (0.5 * arrears - 0.4 * income)
    chance = expit(-3.6 + told + 0.5 * frailty + level[region][who])
    return pd.DataFrame(
        {
            "id": [f"h{i:04d}" for i in who],
            "date": np.tile(ROUNDS, households),
            "arrears": arrears.astype(float),
            "income": income,
            "province": [f"p{number:02d}" for number in region[who]],
            "y": (rng.random(len(who)) < chance).astype(float),
            "chance": chance,
        }
    )


def panel_of(frame: pd.DataFrame, features: list[str]) -> rm.Panel:
    return rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="date",
        y="y",
        features=features,
        categories=[name for name in features if name not in NUMBERS],
        directions={"arrears": 1, "income": -1},
        label=rm.Label("crisis", window="2M"),
    )


def excess(frame: pd.DataFrame, kind: str, features: list[str], region: str | None) -> float:
    panel = panel_of(frame, features)
    chance = frame["chance"].set_axis(panel.X.index)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(train, kind=kind, seeds=1, region=region).fit(train)
    exact = chance.loc[test.X.index].to_numpy()
    return 1e3 * (log_loss(model.predict_proba(test)[:, 1], exact) - log_loss(exact, exact))


def log_loss(told: np.ndarray, exact: np.ndarray) -> float:
    return float(-np.mean(exact * np.log(told) + (1 - exact) * np.log(1 - told)))


def compared(
    kind: str, spreads: tuple[float, float], seeds: range, households: int = 3_000
) -> pd.DataFrame:
    with_region = [*NUMBERS, "province"]
    lines = []
    for seed in seeds:
        frame = world(seed, households, *spreads)
        lines.append(
            {
                "not told": excess(frame, kind, NUMBERS, None),
                "a column": excess(frame, kind, with_region, None),
                "region=": excess(frame, kind, with_region, "province"),
            }
        )
    return pd.DataFrame(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", default=["lightgbm", "logistic"])
    given = parser.parse_args()
    for name, spreads in SPREADS.items():
        for kind in given.kinds:
            found = compared(kind, spreads, range(given.worlds))
            worst = (found["region="] - found["not told"]).max()
            means = ", ".join(f"{column} {mean:.2f}" for column, mean in found.mean().items())
            print(f"{name}, {kind}: {means}; against not told at worst {worst:+.2f}", flush=True)


if __name__ == "__main__":
    main()
