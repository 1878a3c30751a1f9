"""How often intervals of figures hold the truth where only the contacted have a verdict.

    python benchmarks/selective.py --repetitions 1000

Worlds of arrays whose chances are known. In each repetition the verdicts of everybody, the random
arm, and who is reached are drawn again; expectation and reach are fitted without the household's
own rows. Beside the estimates stand the figures among the contacted only.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from riskmodel.metrics import Capacity, auc, average_precision, precision, recall, select
from riskmodel.metrics.selective import (
    ESTIMANDS,
    VERDICT_FIGURES,
    SelectiveRows,
    Sign,
    verdict_bounds,
    verdict_estimate,
)
from riskmodel.metrics.selective.pseudo_labels import Bools

FIGURES = (
    "base_rate", "auc", "average_precision", "brier", "log_loss", "precision", "recall", "lift",
)  # fmt: skip
FOLDS = 2
LEAST_CHANCE = 0.02
NEED_OF_HIDDEN = 0.45


@dataclass(frozen=True)
class Setting:
    """A world of arrays.

    Attributes
    ----------
    households, rounds, areas : int
    capacity : float
        Share of a round that is contacted.
    random_share : float
        Share of these drawn at random from all others.
    private : float
        How much the caseworkers who list know beyond the records: 1, 2 and 3 let the odds of those
        not contacted be lower by factors of about 2, 3 and 4.
    reach_by_need : float
        How the log-odds to be reached move with a verdict of 1.
    """

    households: int = 5_000
    rounds: int = 6
    areas: int = 20
    capacity: float = 0.1
    random_share: float = 0.5
    private: float = 0.0
    reach_by_need: float = 0.0


class World:
    """Households of fixed chances, the service's score and a candidate's."""

    def __init__(self, setting: Setting, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n, rounds = setting.households, setting.rounds
        self.setting, self.rng = setting, np.random.default_rng(seed + 1_000)
        area = rng.integers(0, setting.areas, n)
        own = rng.normal(-3.3, 1.1, n) + rng.normal(0, 0.3, setting.areas)[area]
        self.household = np.tile(np.arange(n), rounds)
        self.round = np.repeat(np.arange(rounds), n)
        self.area_round = self.round * setting.areas + area[self.household]
        self.logit = own[self.household] + rng.normal(0, 0.5, n * rounds)
        noise = rng.normal(0, 1, (2, n * rounds))
        self.service_score = self.logit + 1.0 * noise[0]
        self.score = self.logit + 0.7 * noise[1]
        self.reach = expit(0.9 + 0.4 * noise[0])
        self.probability = expit(-3.3 + 0.7 * (self.score + 3.3))

    def rows(self) -> tuple[SelectiveRows, np.ndarray]:
        """Draw verdicts, contacts and answers; return the rows, and everyone's verdict."""
        setting, rng, n = self.setting, self.rng, len(self.logit)
        hidden = rng.normal(0, 1, n)
        chance = expit(self.logit + NEED_OF_HIDDEN * setting.private * hidden)
        verdict = (rng.random(n) < chance).astype(float)
        certain = select(
            self.service_score + setting.private * hidden,
            Capacity.parse(setting.capacity * (1 - setting.random_share)),
            self.round,
        ).listed()
        drawn_chance = np.ones(n)
        drawn = certain.copy()
        for day in range(setting.rounds):
            others = np.flatnonzero((self.round == day) & ~certain)
            arm = round(setting.capacity * setting.random_share * setting.households)
            drawn_chance[others] = arm / len(others)
            drawn[rng.choice(others, arm, replace=False)] = True
        reach = expit(np.log(self.reach / (1 - self.reach)) + setting.reach_by_need * verdict)
        known = drawn & (rng.random(n) < reach)

        selection = select(self.score, Capacity.parse(setting.capacity), self.round)
        reach_chance, expected, known_chance = self.fitted(verdict, drawn, known)
        arm = known & (drawn_chance < 1) & (self.round == setting.rounds - 1)
        return (
            SelectiveRows(
                verdict=np.where(known, verdict, np.nan),
                known=known,
                drawn=drawn,
                drawn_chance=drawn_chance,
                reach_chance=reach_chance,
                expected=expected,
                known_chance=np.maximum(known_chance, LEAST_CHANCE),
                weight=np.ones(n),
                score=self.score,
                probability=self.probability,
                household=self.household,
                area_round=self.area_round,
                listed=selection.inclusion,
                share_listed=selection.share_listed(np.ones(n)),
                near_cut=selection.near_cut,
                last_rate=float(verdict[arm].mean()) if arm.any() else float("nan"),
            ),
            verdict,
        )

    def fitted(
        self, verdict: np.ndarray, drawn: Bools, known: Bools
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the chances of reach, of a verdict of 1 and of any, fitted on other households."""
        columns = np.column_stack([self.service_score, self.score])
        reach, expected, any_verdict = np.empty((3, len(drawn)))
        for fold in range(FOLDS):
            out = self.household % FOLDS == fold
            for found, among, values in (
                (reach, drawn & ~out, known),
                (expected, known & ~out, verdict),
                (any_verdict, ~out, known),
            ):
                model = LogisticRegression(C=1e3).fit(columns[among], values[among])
                found[out] = model.predict_proba(columns[out])[:, 1]
        return reach, expected, any_verdict


def among_all(rows: SelectiveRows, verdict: np.ndarray) -> dict[str, float]:
    """Return every figure by the verdicts of everybody."""
    everyone = np.ones(len(rows))
    whole = replace(
        rows,
        verdict=verdict,
        known=everyone > 0,
        drawn=everyone > 0,
        drawn_chance=everyone,
        reach_chance=everyone,
    )
    return {
        name: figure.of(whole).value
        for name, figure in VERDICT_FIGURES.items()
        if rows.probability is not None or not figure.needs_probabilities
    }


def among_contacted(rows: SelectiveRows) -> dict[str, float]:
    """Return figures of the list among the contacted, as if nobody else were there."""
    some = rows.known
    y, listed, weight = rows.verdict[some], rows.listed[some], rows.weight[some]
    return {
        "base_rate": float(y.mean()),
        "auc": auc(y, rows.score[some]),
        "average_precision": average_precision(y, rows.score[some]),
        "precision": precision(y, listed, weight),
        "recall": recall(y, listed, weight),
    }


def repeated(setting: Setting, repetitions: int, worlds: int = 5, seed: int = 0) -> pd.DataFrame:
    """Return one line per repetition, figure and estimand: estimate, interval, truth."""
    lines = []
    for number in range(worlds):
        world = World(setting, seed + number)
        for _ in range(max(repetitions // worlds, 1)):
            rows, verdict = world.rows()
            truth, contacted = among_all(rows, verdict), among_contacted(rows)
            for name in FIGURES:
                for estimand in ESTIMANDS:
                    found = verdict_estimate(VERDICT_FIGURES[name], rows, estimand)
                    lines.append(
                        {
                            "world": number,
                            "figure": name,
                            "estimand": estimand,
                            "identified": found.identification.identified,
                            "value": found.value,
                            "low": found.interval.low,
                            "high": found.interval.high,
                            "truth": truth[name],
                            "contacted": contacted.get(name, np.nan),
                        }
                    )
    return pd.DataFrame(lines)


def coverage(lines: pd.DataFrame) -> pd.DataFrame:
    """Return by figure and estimand how often intervals held the truth, beside the contacted's.

    The truth of this list is its figure by everyone's verdicts; that of lists like it the mean of
    these over the repetitions of a world.
    """
    of_world = lines.groupby(["world", "figure", "estimand"])["truth"].transform("mean")
    truth = lines["truth"].where(lines["estimand"] == "this list", of_world)
    table = lines.assign(
        given=lines["low"].notna(),
        held=(lines["low"] <= truth) & (truth <= lines["high"]),
        width=lines["high"] - lines["low"],
        bias=lines["value"] - lines["truth"],
        truth=truth,
    )
    by = table[table["given"]].groupby(["figure", "estimand"], sort=False)
    found = by[["truth", "value", "bias", "held", "width", "contacted"]].mean()
    share = table.groupby(["figure", "estimand"], sort=False)[["identified", "given"]].mean()
    return share.join(found).rename(columns={"held": "coverage"})


def bounds_held(
    setting: Setting, repetitions: int, odds_ratio: float = 3.0, sign: Sign = "either"
) -> pd.DataFrame:
    """Return by figure how often it is identified, and how often bounds by odds hold the truth."""
    lines = []
    world = World(setting, seed=0)
    for _ in range(repetitions):
        rows, verdict = world.rows()
        truth = among_all(rows, verdict)
        for name in ("base_rate", "precision", "recall"):
            figure = VERDICT_FIGURES[name]
            found = verdict_estimate(figure, rows)
            none, point, wide = (
                verdict_bounds(figure, rows, ratio, sign) for ratio in (None, 1.0, odds_ratio)
            )
            lines.append(
                {
                    "figure": name,
                    "identified": found.identification.identified,
                    "without assumptions": none.low <= truth[name] <= none.high,
                    "at 1": point.low <= truth[name] <= point.high,
                    f"at {odds_ratio:g}": wide.low <= truth[name] <= wide.high,
                    "width": wide.high - wide.low,
                }
            )
    return pd.DataFrame(lines).groupby("figure", sort=False).mean()


HARD = {
    "an arm too small by design": (Setting(random_share=0.01), "either"),
    "no arm, private knowledge 1": (Setting(random_share=0.0, private=1.0), "lower"),
    "no arm, private knowledge 3": (Setting(random_share=0.0, private=3.0), "lower"),
    "reach that depends on need": (Setting(reach_by_need=-1.0), "higher"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--worlds", type=int, default=5)
    parser.add_argument("--households", type=int, default=Setting.households)
    given = parser.parse_args()
    setting = Setting(households=given.households)
    found = coverage(repeated(setting, given.repetitions, given.worlds))
    print(f"{setting}\n{found.round(4).to_string()}", flush=True)
    for name, (hard, sign) in HARD.items():
        held = bounds_held(hard, max(given.repetitions // 5, 5), sign=sign)
        print(f"\n{name}, odds {sign}\n{held.round(3).to_string()}", flush=True)


if __name__ == "__main__":
    main()
