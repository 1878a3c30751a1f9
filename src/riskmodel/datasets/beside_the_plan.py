"""What reaches a service beside its plans: self-referrals, and the list of another service."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.datasets.carrying_out import Customs
from riskmodel.datasets.course import Flags, Ints
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.schedule import Schedule
from riskmodel.datasets.simulate import Simulated
from riskmodel.datasets.world import Floats
from riskmodel.records.service_words import OTHER_SERVICE
from riskmodel.records.table_schemas import conform

SECOND_LIST = "second"
OTHERS_ASK, NOT_ON_FILE, YEAR = 0.05, 0.89, 6
NEED_IS_KNOWN = 10.0
# days of a round: when others list, and within how many somebody may ask for help
LISTED_ON, ASKS_WITHIN = 14, 55
CASE_ROUNDS = 3


def tables_beside(
    simulated: Simulated, customs: Customs, schedule: Schedule, period: int, need: Flags
) -> dict[str, pa.Table]:
    """Return what comes to a service in a round beside its plan, by the name of the table."""
    area, tables = simulated.area[period], {}
    if customs.layers.self_referral:
        tables["referrals"] = _referrals(simulated, customs, schedule, period, need)
    if customs.layers.second_list:
        tables["lists"], tables["cases"] = _second_list(customs, schedule, period, area, need)
    return tables


def are_on_file(facts: tuple[Facts, ...], outcome: int, n: int) -> Flags:
    """Return who has an indicator of the last twelve months that is known by now, shape (n,)."""
    seen = np.zeros(n, dtype=bool)
    for age, of_round in enumerate(reversed(facts[-YEAR:])):
        is_known = (of_round.lag <= age) & (of_round.code != outcome)
        seen[of_round.household[is_known]] = True
    return seen


def referral_chances(need: Flags, on_file: Flags, chance: float) -> Floats:
    """Return the chance that each household refers itself, shape (n,).

    Those not on file are `NOT_ON_FILE` of those who do, as far as there are enough of them.
    """
    asks = chance * np.where(need, 1.0, OTHERS_ASK)
    share = np.where(on_file, 1 - NOT_ON_FILE, NOT_ON_FILE)
    of_part = np.where(on_file, asks[on_file].sum(), asks[~on_file].sum())
    return np.minimum(asks * share * asks.sum() / np.maximum(of_part, 1e-12), 1.0)


def _referrals(
    simulated: Simulated, customs: Customs, schedule: Schedule, period: int, need: Flags
) -> pa.Table:
    block, draws = customs.people.block, customs.draws
    outcome = len(simulated.times.emission[period].codes) - 1
    on_file = are_on_file(simulated.facts[:period], outcome, block.n)
    chance = referral_chances(need, on_file, customs.layers.self_referral)
    who = np.flatnonzero(draws.uniform("self-referral", period) < chance)
    wait = np.floor(ASKS_WITHIN * draws.uniform("day of self-referral", period)[who])
    received = schedule.starts[period] + wait.astype("timedelta64[D]")
    names = block.geography.levels["area"][block.areas]
    frame = pd.DataFrame(
        {
            "household_id": block.ids[who],
            "referred_by": "self",
            "received": received,
            "area": names[simulated.area[period][who]],
        }
    )
    return conform("referrals", frame)


def _second_list(
    customs: Customs, schedule: Schedule, period: int, area: Ints, need: Flags
) -> tuple[pa.Table, pa.Table]:
    block, share = customs.people.block, customs.layers.second_list
    known = np.where(need, NEED_IS_KNOWN, 1.0)
    chance = np.minimum(share * known / known.mean(), 1.0)
    who = np.flatnonzero(customs.draws.uniform("second list", period) < chance)
    start = schedule.starts[period]
    day = start + np.timedelta64(LISTED_ON, "D")
    names = block.geography.levels["area"][block.areas]
    lists = pd.DataFrame(
        {
            "household_id": block.ids[who],
            "as_of_date": start,
            "list": SECOND_LIST,
            "known_date": day,
            "area": names[area[who]],
            "probability": chance[who],
            "drawn": True,
        }
    )
    cases = pd.DataFrame(
        {
            "household_id": block.ids[who[need[who]]],
            "kind": OTHER_SERVICE,
            "service": SECOND_LIST,
            "from_date": day,
            "to_date": schedule.starts[period + CASE_ROUNDS],
        }
    )
    return conform("lists", lists), conform("cases", cases)
