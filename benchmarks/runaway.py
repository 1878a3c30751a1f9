"""Whether retraining on one's own verdicts runs away: shares of districts on the list and of need.

    python benchmarks/runaway.py --worlds 5

Capacity is national, the district is a feature, and the model is fitted anew before each round on
the verdicts so far; the first are those of a legacy list. It learns from the contacted alone
(verdicts), or counts everybody else as not in need (as none), each without and with a tenth of the
places drawn at random. Shown is the total variation between the districts' shares of the list and
of all need, three rounds together; chance is that of a list drawn from need itself, the best list
the one of the exact chances of a crisis.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

import riskmodel as rm
from riskmodel.datasets import OpenService, open_service

LAYERS: dict[str, object] = {"support": 0.5, "capacity": 0.02}
BEFORE, TOGETHER, EXPLORED = 8, 3, 0.1


class Learning(NamedTuple):
    """How a service learns and lists."""

    counts_others: bool
    explores: bool


WAYS = {
    "verdicts": Learning(counts_others=False, explores=False),
    "verdicts, exploring": Learning(counts_others=False, explores=True),
    "as none": Learning(counts_others=True, explores=False),
    "as none, exploring": Learning(counts_others=True, explores=True),
}


def columns_of(service: OpenService, rounds: pd.DatetimeIndex) -> pd.DataFrame:
    """Return what is known of all households in rounds, and one column per district."""
    records = service.records
    codes = [code for code in records.catalogue if records.catalogue[code].direction == 1]
    counts = [rm.Agg.count(code, window) for code in codes for window in ("12M", "4M")]
    X = rm.build_panel(records, rounds=rounds, features=rm.Features(counts)).X
    return X.join(pd.get_dummies(districts(service), dtype=float), on="household_id")


def districts(service: OpenService) -> pd.Series:
    """Return the district of each household."""
    attributes = service.records.attributes
    rows = attributes[attributes["name"] == "sigungu"]
    return rows.drop_duplicates("household_id").set_index("household_id")["text"]


def verdicts(contacts: pd.DataFrame, index: pd.MultiIndex) -> pd.Series:
    """Return the verdict on each row, missing where nobody was met."""
    read = contacts[contacts["result"].isin(["no_need", "need_confirmed"])]
    read = read.drop_duplicates(["household_id", "as_of_date"], keep="last")
    keys = pd.MultiIndex.from_frame(read[["household_id", "as_of_date"]])
    found = pd.Series(read["result"].eq("need_confirmed").to_numpy(dtype=float), keys)
    return found.reindex(index)


def listed_by(way: Learning, service: OpenService, places: int) -> list[pd.Index]:
    """Carry all rounds out and return their lists."""
    first = columns_of(service, service.records.rounds[:-1])
    parts, lists = [first], []
    rng = np.random.default_rng(0)
    while not service.is_closed:
        now = columns_of(service, service.records.rounds[-1:])
        rows = pd.concat(parts).fillna(0.0)
        y = verdicts(service.records.contacts, rows.index)
        if way.counts_others:
            y = y.fillna(0.0)
        known = y.notna().to_numpy()
        model = make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=1_000))
        model.fit(rows[known], y[known])
        score = model.predict_proba(now[rows.columns].fillna(0.0))[:, 1]
        ids = now.index.get_level_values(0)
        by_score = ids[np.argsort(-score, kind="stable")]
        drawn = round(EXPLORED * places) if way.explores else 0
        certain = by_score[: places - drawn]
        by_lot = rng.choice(by_score[places - drawn :], drawn, replace=False)
        lists.append(certain.append(pd.Index(by_lot)))
        service.go(pd.DataFrame({"household_id": lists[-1], "channel": "visit"}))
        parts.append(now)
    return lists


def shares(ids: pd.Index, place: pd.Series) -> pd.Series:
    """Return the share of each district."""
    return place[ids].value_counts(normalize=True).reindex(place.unique(), fill_value=0.0)


def distance(one: pd.Series, other: pd.Series) -> float:
    """Return the total variation between two distributions."""
    return float((one - other).abs().sum() / 2)


def distances(service: OpenService, lists: list[pd.Index]) -> dict[str, dict[int, float]]:
    """Return the total variation of the list, of the best one and of chance, by three rounds."""
    truth, place = service.truth, districts(service)
    days = truth.index.get_level_values(1).unique()[BEFORE:]
    need, chance = truth["need"].unstack()[days], truth["probability"].unstack()[days]
    rng = np.random.default_rng(0)
    found: dict[str, dict[int, float]] = {"list": {}, "best": {}, "chance": {}}
    for start in range(0, len(lists), TOGETHER):
        rounds = range(start, start + TOGETHER)
        needy = shares(
            pd.Index(np.concatenate([need.index[need[days[k]] == 1] for k in rounds])), place
        )
        own = pd.Index(np.concatenate([lists[k] for k in rounds]))
        best = [chance[days[k]].nlargest(len(lists[k])).index for k in rounds]
        drawn = rng.multinomial(len(own), needy, 200) / len(own)
        found["list"][start + 1] = distance(shares(own, place), needy)
        found["best"][start + 1] = distance(shares(pd.Index(np.concatenate(best)), place), needy)
        found["chance"][start + 1] = float(np.abs(drawn - needy.to_numpy()).sum(axis=1).mean() / 2)
    return found


def main() -> None:
    """Print the distances by three rounds, their means over worlds, and how much they grow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=5)
    parser.add_argument("--households", type=int, default=8_000)
    parser.add_argument("--rounds", type=int, default=12)
    given = parser.parse_args()
    rows = []
    for seed in range(given.worlds):
        opened = open_service(
            given.households,
            n_rounds=given.rounds,
            random_state=seed,
            n_before=BEFORE,
            **LAYERS,
        )
        for name, way in WAYS.items():
            service = opened.fork()
            lists = listed_by(way, service, round(0.02 * given.households))
            of_world = pd.DataFrame(distances(service, lists)).T.rename_axis("figure")
            rows.append(of_world.assign(world=seed, way=name).reset_index())
        print(pd.concat(rows).query("world == @seed and figure == 'list'"), flush=True)
    table = pd.concat(rows).set_index(["way", "figure", "world"])
    print(f"\nmeans of {given.worlds} worlds, from the first of three rounds on")
    print(table.groupby(["way", "figure"], sort=False).mean().round(3).to_string())
    growth = (table.iloc[:, -1] - table.iloc[:, 0]).unstack()
    error = growth.std(axis=1) / np.sqrt(given.worlds)
    print("\nlast less first")
    print(pd.DataFrame({"mean": growth.mean(axis=1), "se": error}).round(3).to_string())


if __name__ == "__main__":
    main()
