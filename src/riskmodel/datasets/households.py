"""Simulated households as records: made in seconds, with the exact chance of every label."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.datasets.beliefs import MATURITY, WINDOW, crisis_chances, outcomes
from riskmodel.datasets.course import AREAS_PER_DISTRICT, Ints, Population, live, settle
from riskmodel.datasets.emission import OUTCOME, Emission, catalogue, emission
from riskmodel.datasets.facts import Facts, record
from riskmodel.datasets.schedule import MONTHS, TODAY, Schedule
from riskmodel.datasets.world import STATES, TYPES, World
from riskmodel.datasets.world import preset as find_preset
from riskmodel.errors import ConfigError
from riskmodel.keys import HOUSEHOLD, KEYS, as_days
from riskmodel.panel import Label
from riskmodel.records import Records

LABEL = Label(OUTCOME, window=f"{WINDOW * MONTHS}M", maturity=f"{MATURITY * MONTHS}M")


def make_households(
    n: int = 5_000, n_rounds: int = 18, preset: str | World = "default", random_state: int = 0
) -> Records:
    """Make records of simulated households whose chance of crisis is known.

    Households drift between four hidden states (stable, strained, acute, crisis); 47 indicators of 21 agencies speak of
    them, more or less clearly and with each agency's delay. The outcome ``crisis`` marks that a household *enters* the
    state, as confirmed by caseworkers, some of it late.

    Parameters
    ----------
    n : int, default 5_000
        Number of households.
    n_rounds : int, default 18
        Number of rounds in ``records.rounds``: every two months, all with a mature label. A year of records
        precedes the first.
    preset : {"default", "easy", "hard"} or World
        How loudly the records speak of the hidden state.
    random_state : int, default 0
        Same number, same records, byte for byte.

    Returns
    -------
    Records
        With ``rounds``, ``label`` (crisis within 6 months, mature after 2) and ``truth``: by (household_id,
        as_of_date) the hidden ``state`` in the round just past, the exact ``probability`` of the label given what was
        visible, and the label ``y``.

    Notes
    -----
    The probability is exact on the grid of ``records.rounds`` for everybody, given *all* that was visible of a
    household. So it stays exact in any cohort that is chosen by what was visible: the default cohort, or
    ``Cohort(exclude={"crisis": "6M"})``, which leaves out households seen to be in crisis lately. Nobody can leave
    out those whose crisis is not yet known; they stay, with the chance that they enter anew.

    Examples
    --------
    >>> records = make_households(200, n_rounds=14, random_state=1)
    >>> len(records.rounds), records.label.window
    (14, '6M')
    >>> list(records.truth.columns)
    ['state', 'probability', 'y']
    """
    world = _checked(n, n_rounds, preset, random_state)
    schedule = Schedule(int(n_rounds))
    emitted = emission(world)
    people = settle(world, int(n), random_state)
    course = live(people, len(schedule), random_state)
    facts = record(people, course, emitted, random_state)
    ids = np.char.mod("H%07d", np.arange(1, len(people) + 1))
    since = schedule.starts[0]
    return Records.from_frames(
        name="simulated households",
        catalogue=catalogue(),
        today=as_days(TODAY),
        since=since,
        events=_events(facts, schedule, emitted, ids, random_state),
        attributes=_attributes(people, ids, since),
        coverage=_coverage(emitted, since),
        groups=("household_type", "area"),
        area="area",
        rounds=schedule.rounds,
        label=LABEL,
        truth=_truth(people, course, facts, emitted, schedule, ids),
    )


def _checked(n: Any, n_rounds: Any, name: str | World, random_state: Any) -> World:
    for what, value, least in (("n", n, 1), ("n_rounds", n_rounds, 1), ("random_state", random_state, 0)):
        if not isinstance(value, Integral) or value < least:
            raise ConfigError(
                f"{what}={value!r} cannot be simulated", code=f"datasets.{what}",
                allowed=f"a whole number of at least {least}", next_step=f"give {what} as such a number",
            )
    return find_preset(name)


def _events(
    facts: Facts, schedule: Schedule, emission: Emission, ids: np.ndarray, random_state: int
) -> pa.Table:
    event, known = schedule.dates(facts, emission, random_state)
    table = pa.table({
        HOUSEHOLD: _texts(ids, facts.household),
        "code": _texts(emission.codes, facts.code),
        "event_date": pa.array(event),
        "known_date": pa.array(known),
        "value": pa.array(facts.value, from_pandas=True),
    })
    return table.filter(known < as_days(TODAY))


def _attributes(people: Population, ids: np.ndarray, since: np.datetime64) -> pd.DataFrame:
    sigungu = np.char.mod("S%02d", people.district + 1)
    texts = {
        "sigungu": sigungu,
        "area": np.char.add(np.char.add(sigungu, "-"), np.char.mod("%d", people.area % AREAS_PER_DISTRICT + 1)),
        "household_type": np.array(TYPES)[people.type],
    }
    return pd.concat([
        pd.DataFrame({HOUSEHOLD: ids, "name": name, "known_date": since, "text": text, "number": np.nan})
        for name, text in texts.items()
    ], ignore_index=True)


def _coverage(emission: Emission, since: np.datetime64) -> pd.DataFrame:
    return pd.DataFrame({
        "feed": emission.codes, "area": None, "from_date": since.astype("datetime64[s]"),
        "to_date": np.full(len(emission.codes), "NaT", dtype="datetime64[s]"),
    })


def _truth(
    people: Population, course: np.ndarray, facts: Facts, emission: Emission, schedule: Schedule, ids: np.ndarray
) -> pd.DataFrame:
    chances = np.stack([p for _, p in crisis_chances(people, facts, emission, schedule.as_of)], axis=1)
    past = course[schedule.as_of].T
    return pd.DataFrame(
        {
            "state": pd.Categorical.from_codes(past.ravel(), pd.Index(STATES), ordered=True),
            "probability": chances.ravel(),
            "y": outcomes(facts, emission, len(people), schedule.as_of).T.ravel().astype(float),
        },
        index=pd.MultiIndex.from_product([ids, schedule.rounds], names=KEYS),
    )


def _texts(names: Any, number: Ints) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(number, pa.int32()), pa.array(names)).cast(pa.string())
