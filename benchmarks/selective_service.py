"""The Korean service: figures of a list by its random arm, beside the truth and the contacted's.

    python benchmarks/selective_service.py --households 30_000 --repetitions 100

Worlds of the Korean preset are made once. In each repetition the random arm of every area, who is
reached, and everybody's verdict are drawn again, with the chances of the service and the skill of
its first reader. Without an arm, as in the plain preset, every figure is refused.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
from selective import among_all, among_contacted, coverage
from sklearn.linear_model import LogisticRegression

from riskmodel import make_households
from riskmodel.datasets import PRESETS
from riskmodel.keys import KEYS
from riskmodel.metrics import Capacity, first_of_cells, select
from riskmodel.metrics.selective import (
    ESTIMANDS,
    VERDICT_FIGURES,
    SelectiveRows,
    verdict_estimate,
)

PRESET = "korea"
FIGURES = ("base_rate", "auc", "average_precision", "precision", "recall")
SENSITIVITY, SPECIFICITY = PRESETS[PRESET].layers["reader"]
REACHED, REACHED_IF_ISOLATED, ISOLATED = 0.82, 0.6, 0.25


class ServiceWorld:
    """Households of the Korean preset, with the service's list and a candidate's."""

    def __init__(
        self, households: int, rounds: int, capacity: float, random_share: float, seed: int
    ) -> None:
        records = make_households(
            households,
            n_rounds=rounds,
            preset=PRESET,
            capacity=capacity,
            random_share=random_share,
            random_state=seed,
        )
        truth = records.truth
        lists = records.lists.astype({"as_of_date": "datetime64[s]"}).set_index(KEYS)
        lists = lists.reindex(truth.index)
        rng = np.random.default_rng(seed)
        n = len(truth)
        self.need = truth["need"].to_numpy() == 1
        self.chance_if_drawn = np.where(self.need, SENSITIVITY, 1 - SPECIFICITY)
        self.probability = lists["probability"].to_numpy(dtype=np.float64)
        self.certain = self.probability == 1
        odds = np.log(truth["probability"] / (1 - truth["probability"])).to_numpy()
        noise = rng.normal(0, 0.7, (2, n))
        self.score, self.records = odds + noise[0], odds + noise[1]
        self.household = pd.factorize(truth.index.get_level_values(0))[0]
        self.round = pd.factorize(truth.index.get_level_values(1), sort=True)[0]
        area = pd.factorize(lists["area"])[0]
        self.area_round = np.unique(self.round * (area.max() + 1) + area, return_inverse=True)[1]
        drawn_by_arm = lists["drawn"].to_numpy(dtype=bool) & ~self.certain
        self.places = np.bincount(self.area_round, drawn_by_arm)
        isolated = rng.random(self.household.max() + 1) < ISOLATED
        self.reach = np.where(isolated, REACHED_IF_ISOLATED, REACHED)[self.household]
        self.list = select(self.score, Capacity.parse(capacity), self.round)
        self.share_listed = self.list.share_listed(np.ones(n))
        self.rng = np.random.default_rng(seed + 1_000)

    def rows(self) -> tuple[SelectiveRows, np.ndarray]:
        """Draw verdicts, arms and answers; return the rows, and everyone's verdict."""
        rng, n = self.rng, len(self.need)
        verdict = (rng.random(n) < self.chance_if_drawn).astype(np.float64)
        key = np.where(self.certain, 2.0, rng.random(n))
        drawn = self.certain | first_of_cells(key, self.area_round, self.places)
        known = drawn & (rng.random(n) < self.reach)
        reach_chance, expected = self._fitted(verdict, drawn, known)
        arm = known & ~self.certain
        last = arm & (self.round == self.round.max())
        return (
            SelectiveRows(
                verdict=np.where(known, verdict, np.nan),
                known=known,
                drawn=drawn,
                drawn_chance=self.probability,
                reach_chance=reach_chance,
                expected=expected,
                known_chance=np.full(n, known.mean()),
                weight=np.ones(n),
                score=self.score,
                probability=None,
                household=self.household,
                area_round=self.area_round,
                listed=self.list.inclusion,
                share_listed=self.share_listed,
                near_cut=self.list.near_cut,
                last_rate=float(verdict[last].mean()) if last.any() else float("nan"),
            ),
            verdict,
        )

    def _fitted(
        self, verdict: np.ndarray, drawn: np.ndarray, known: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        columns = np.column_stack([self.score, self.records, self.certain])
        reach, expected = np.empty(len(drawn)), np.empty(len(drawn))
        for fold in (0, 1):
            out = self.household % 2 == fold
            for found, among, values in (
                (reach, drawn & ~out, known),
                (expected, known & ~out, verdict),
            ):
                model = LogisticRegression(C=1e3).fit(columns[among], values[among])
                found[out] = model.predict_proba(columns[out])[:, 1]
        return reach, expected


def lines_of(world: ServiceWorld, number: int, repetitions: int) -> Iterator[dict[str, object]]:
    """Yield one line per repetition, figure and estimand."""
    for _ in range(repetitions):
        rows, verdict = world.rows()
        truth, contacted = among_all(rows, verdict), among_contacted(rows)
        for name in FIGURES:
            for estimand in ESTIMANDS:
                found = verdict_estimate(VERDICT_FIGURES[name], rows, estimand)
                yield {
                    "world": number,
                    "figure": name,
                    "estimand": estimand,
                    "identified": found.identification.identified,
                    "why": "; ".join(found.identification.reasons),
                    "value": found.value,
                    "low": found.interval.low,
                    "high": found.interval.high,
                    "truth": truth[name],
                    "contacted": contacted[name],
                }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--worlds", type=int, default=5)
    parser.add_argument("--capacity", type=float, default=0.02)
    parser.add_argument("--random-share", type=float, default=0.25)
    given = parser.parse_args()
    begun, lines = time.time(), []
    for number in range(given.worlds):
        world = ServiceWorld(
            given.households, given.rounds, given.capacity, given.random_share, number
        )
        print(f"world {number} after {time.time() - begun:.0f} s", flush=True)
        lines += lines_of(world, number, max(given.repetitions // given.worlds, 1))
    table = pd.DataFrame(lines)
    print(coverage(table).round(4).to_string())
    refused = table[~table["identified"]].groupby("figure")["why"].first()
    print("\n".join(f"{name}: {why}" for name, why in refused.items()) or "no figure is refused")
    print(f"{time.time() - begun:.0f} s")


if __name__ == "__main__":
    main()
