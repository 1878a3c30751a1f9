"""What a memory is worth: twelve closed rounds with and without a cool-off, in paired worlds.

    python benchmarks/closed_rounds.py --preset korea --worlds 10

A model is fitted once, on the records of another service, and scores each round. Every policy turns
to as many households a round, by a call and then a visit: those of the highest scores (none),
without those of a verdict in the last three rounds and less than two new kinds of indicator since
(cool-off), less than one (new kind), whatever came since (kept), without those of a verdict in the
last six and no new family of indicators (new family), or of any verdict (never again), or as the
cool-off with a tenth of the places drawn at random (exploring). A household is needy if it is acute
or in crisis when it is met; a spell is a run of such rounds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel.datasets import OpenService, open_service
from riskmodel.service import apply_rules

# the plain preset has no service of its own: half of the confirmed are supported
SERVICE: dict[str, dict[str, object]] = {"default": {"support": 0.5}, "korea": {}}
STEPS = ("ai_call", "visit")
UNMET = ("not_reached", "not_executed")
EXPLORED = 0.1
OF_MODEL = 1_000
Policy = Callable[[OpenService, pd.Series, int], pd.Index]


def none(service: OpenService, score: pd.Series, places: int) -> pd.Index:  # noqa: ARG001
    """Turn to those of the highest scores."""
    return score.nlargest(places).index


def cooling_off(span: str, *lifted_by: str) -> Policy:
    """Return the policy that leaves alone who had a verdict lately, unless something lifts it."""
    rules = rm.OutreachRules.read({"cool_off": {"span": span, "lifted_by": list(lifted_by)}})

    def policy(service: OpenService, score: pd.Series, places: int) -> pd.Index:
        records, day = service.records, service.as_of
        listed = pd.DataFrame({"household_id": score.index, "score": score.to_numpy()})
        history = rm.contact_history(records, day)
        frame = apply_rules(listed.assign(as_of_date=day), records, rules, history, day)
        return score[(frame["rule"] != "cool_off").to_numpy()].nlargest(places).index

    return policy


def never_again(service: OpenService, score: pd.Series, places: int) -> pd.Index:
    """Leave out who ever had a verdict."""
    history = rm.contact_history(service.records, service.as_of)
    read = history.loc[history["verdict_date"].notna(), "household_id"]
    return score.drop(read, errors="ignore").nlargest(places).index


def exploring(service: OpenService, score: pd.Series, places: int) -> pd.Index:
    """Draw a tenth of the places from all whom the list of the cool-off leaves."""
    drawn = round(EXPLORED * places)
    certain = COOL_OFF(service, score, places - drawn)
    rest = score.index.drop(certain)
    rng = np.random.default_rng(service.round)
    return certain.append(pd.Index(rng.choice(rest, drawn, replace=False)))


COOL_OFF = cooling_off("6M", "two_new_kinds")
POLICIES: dict[str, Policy] = {
    "none": none,
    "cool-off": COOL_OFF,
    "new kind": cooling_off("6M", "new_kind"),
    "new family": cooling_off("12M", "new_family"),
    "kept": cooling_off("6M"),
    "never again": never_again,
    "exploring": exploring,
}
# each with what it is held against
COMPARED = (
    *((name, "none") for name in ("cool-off", "new kind", "new family", "kept", "never again")),
    *((name, "never again") for name in ("cool-off", "new family", "kept")),
    ("exploring", "cool-off"),
)


def model_of(preset: str, households: int) -> rm.RiskClassifier:
    """Fit the model on the records of another service of the same kind."""
    service = open_service(households, preset=preset, random_state=OF_MODEL, **SERVICE[preset])
    records = service.records
    panel = rm.build_panel(records, rounds=records.rounds[-7:-4], label=records.label)
    return rm.make_classifier(panel, "logistic", random_state=0).fit(panel)


def scores(model: rm.RiskClassifier, service: OpenService) -> pd.Series:
    """Score all households on the present morning."""
    panel = rm.build_panel(service.records, rounds=[service.records.rounds[-1]])
    chance = np.asarray(model.predict_proba(panel))[:, 1]
    return pd.Series(chance, panel.X.index.get_level_values(0))


def followed(
    service: OpenService, policy: Policy, model: rm.RiskClassifier, capacity: float, households: int
) -> dict[str, float]:
    """Carry all rounds out by a policy and return its figures."""
    made = []
    while not service.is_closed:
        chosen = policy(service, scores(model, service), round(capacity * households))
        plan = pd.DataFrame(
            {
                "household_id": np.repeat(chosen, len(STEPS)),
                "channel": list(STEPS) * len(chosen),
                "step": list(range(1, len(STEPS) + 1)) * len(chosen),
            }
        )
        made.append(service.go(plan))
    return figures(service, pd.concat(made))


def figures(service: OpenService, contacts: pd.DataFrame) -> dict[str, float]:
    """Count who was met, who of them was needy, and the spells of need that were reached."""
    planned = contacts.drop_duplicates(["household_id", "as_of_date"])
    met = contacts[~contacts["result"].isin(UNMET)]
    met = met.drop_duplicates(["household_id", "as_of_date"])
    need = service.truth["need"].unstack()
    started = need.eq(1) & need.shift(1, axis=1).ne(1)
    spell = started.cumsum(axis=1)
    where = [need.index.get_indexer(met["household_id"]), need.columns.get_indexer(met.as_of_date)]
    needy = need.to_numpy()[tuple(where)] == 1
    reached = pd.DataFrame({"household": where[0], "spell": spell.to_numpy()[tuple(where)]})[needy]
    return {
        "planned": len(planned),
        "met": len(met),
        "different": met["household_id"].nunique(),
        "needy": reached["household"].nunique(),
        "spells": len(reached.drop_duplicates()),
        "precision": float(needy.mean()),
    }


def worlds(
    preset: str, number: int, households: int, rounds: int, capacity: float, policies: list[str]
) -> Iterator[pd.DataFrame]:
    """Yield the figures of each world, one row per policy."""
    model = model_of(preset, households)
    for seed in range(number):
        opened = open_service(
            households, n_rounds=rounds, preset=preset, random_state=seed, **SERVICE[preset]
        )
        rows = {
            name: followed(opened.fork(), POLICIES[name], model, capacity, households)
            for name in policies
        }
        yield pd.DataFrame(rows).T


def told(figure: pd.Series) -> str:
    """Return mean, standard error and range of a figure over worlds."""
    error = figure.std() / np.sqrt(len(figure))
    return f"{figure.mean():+.3f} (SE {error:.3f}, {figure.min():+.3f} to {figure.max():+.3f})"


def main() -> None:
    """Print the figures of each world, their means, and what the policies differ by."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="default", choices=list(SERVICE))
    parser.add_argument("--worlds", dest="number", type=int, default=10)
    parser.add_argument("--households", type=int, default=8_000)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--capacity", type=float, default=0.02)
    parser.add_argument("--policies", nargs="+", default=list(POLICIES), choices=list(POLICIES))
    given = parser.parse_args()
    made = []
    for one in worlds(**vars(given)):
        print(f"world {len(made)}\n{one.round(3).to_string()}", flush=True)
        made.append(one)
    table = pd.concat(made, keys=range(len(made)), names=["world", "policy"])
    mean = table.groupby("policy", sort=False).mean()
    print(f"\n{given.preset}: means of {len(made)} worlds\n{mean.round(3).to_string()}\n")
    by = {name: table.xs(name, level="policy") for name in given.policies}
    for name, base in COMPARED:
        if not {name, base} <= set(by):
            continue
        for figure in ("needy", "spells"):
            gain = by[name][figure] / by[base][figure] - 1
            print(f"{figure}, {name} against {base}: {told(gain)}")
        difference = by[name]["precision"] - by[base]["precision"]
        print(f"precision, {name} less {base}: {told(difference)}")


if __name__ == "__main__":
    main()
