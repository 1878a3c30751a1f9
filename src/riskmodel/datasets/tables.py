"""The simulated world as tables of records: events, attributes, members, contacts and coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.datasets.course import AREAS_PER_DISTRICT, Ints, stream
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.layers import CHANNELS, Layers
from riskmodel.datasets.schedule import TODAY, Schedule
from riskmodel.datasets.service import READERS, RESULTS, STRATA
from riskmodel.datasets.simulate import Simulated
from riskmodel.datasets.world import TYPES
from riskmodel.keys import HOUSEHOLD, Days, as_days

PERSONS = ((1, 2), (1, 2), (2, 6))
ATTEMPT_EVERY, MANAGER_AFTER, REPORTED_AFTER = 14, 7, 3


def household_ids(n: int) -> np.ndarray:
    """Return the ids of households 1 to n."""
    return np.char.mod("H%07d", np.arange(1, n + 1))


def events(simulated: Simulated, schedule: Schedule, random_state: int) -> pa.Table:
    """Return all facts that were known before today."""
    facts, emission = Facts.joined(simulated.facts), simulated.times.emission[0]
    event, known = schedule.dates(facts, emission, random_state)
    table = pa.table({
        HOUSEHOLD: _texts(household_ids(len(simulated.population)), facts.household),
        "code": _texts(emission.codes, facts.code),
        "event_date": pa.array(event),
        "known_date": pa.array(known),
        "value": pa.array(facts.value, from_pandas=True),
    })
    return table.filter(known < as_days(TODAY))


def attributes(simulated: Simulated, schedule: Schedule, random_state: int) -> pa.Table:
    """Return where each household is registered, since when that is known, and its type."""
    people = simulated.population
    household, period = np.arange(len(people)), np.zeros(len(people), dtype=int)
    moved = np.argwhere(simulated.area[1:] != simulated.area[:-1])
    household = np.concatenate([household, moved[:, 1]])
    period = np.concatenate([period, moved[:, 0] + 1])
    area, known = simulated.area[period, household], _registered(schedule, period, random_state)
    sigungu = np.char.mod("S%02d", area // AREAS_PER_DISTRICT + 1)
    quarter = np.char.mod("-%d", area % AREAS_PER_DISTRICT + 1)
    parts = [
        _attribute("sigungu", household, known, sigungu),
        _attribute("area", household, known, np.char.add(sigungu, quarter)),
        _attribute(
            "household_type", np.arange(len(people)), known[: len(people)], np.array(TYPES)[people.type]
        ),
    ]
    return pa.concat_tables(parts).filter(pa.array(np.concatenate([known, known, known[: len(people)]]) < _today()))


def members(simulated: Simulated, schedule: Schedule, random_state: int) -> pd.DataFrame:
    """Return one row a person and dwelling."""
    people = simulated.population
    rng = stream(random_state, "members")
    least, most = np.array(PERSONS)[people.type].T
    size = rng.integers(least, most)
    ids = household_ids(len(people))
    spells = _spells(simulated, schedule, random_state)
    persons = np.repeat(np.arange(len(people)), size)
    frame = pd.DataFrame({
        "person_id": np.char.mod("P%08d", np.arange(1, len(persons) + 1)), "number": persons,
    }).merge(spells, on="number")
    frame[HOUSEHOLD] = ids[frame["number"]]
    return frame.drop(columns="number")


def contacts(simulated: Simulated, schedule: Schedule, random_state: int) -> pa.Table | None:
    """Return every attempt of the service and what came of it."""
    found = simulated.contacts
    if found is None:
        return None
    start = schedule.starts[found.period]
    first_day = stream(random_state, "contact days").integers(0, 10, len(simulated.population))[found.household]
    wait = ATTEMPT_EVERY * (found.attempt - 1) + MANAGER_AFTER * (found.reader > 0)
    day = start + (first_day + wait).astype("timedelta64[D]")
    known = day + np.timedelta64(REPORTED_AFTER, "D")
    table = pa.table({
        HOUSEHOLD: _texts(household_ids(len(simulated.population)), found.household),
        "as_of_date": pa.array(start),
        "channel": _texts(CHANNELS, found.channel),
        "attempt": pa.array(found.attempt),
        "contact_date": pa.array(day),
        "probability": pa.array(found.probability),
        "stratum": _texts(STRATA, found.stratum),
        "reader": _texts(READERS, found.reader),
        "result": _texts(RESULTS, found.result),
        "known_date": pa.array(known),
    })
    return table.filter(known < as_days(TODAY))


def coverage(simulated: Simulated, layers: Layers, schedule: Schedule) -> pd.DataFrame:
    """Return since when each feed is delivered, with a gap where one fails."""
    starts, changed = schedule.starts, simulated.times.changed
    rows: list[tuple[str, Any, Any]] = []
    for code in simulated.times.emission[0].codes:
        opens = starts[changed if code in layers.new_indicator else 0]
        if code not in (layers.outage or {}):
            rows.append((code, opens, None))
            continue
        back = changed + (layers.outage or {})[code]
        rows.append((code, opens, starts[changed]))
        if back < len(schedule):
            rows.append((code, starts[back], None))
    frame = pd.DataFrame(rows, columns=["feed", "from_date", "to_date"])
    frame["area"] = None
    return frame.astype({"from_date": "datetime64[s]", "to_date": "datetime64[s]"})


def _registered(schedule: Schedule, period: Ints, random_state: int) -> Days:
    """Return when an address became known: from the start, or late in the round after the move."""
    late = stream(random_state, "registration").integers(0, 59, len(period)).astype("timedelta64[D]")
    return np.where(period == 0, schedule.starts[0], schedule.starts[np.minimum(period + 1, len(schedule))] + late)


def _attribute(name: str, household: Ints, known: Days, text: np.ndarray) -> pa.Table:
    return pa.table({
        HOUSEHOLD: _texts(household_ids(int(household.max()) + 1), household),
        "name": pa.array([name] * len(household)),
        "known_date": pa.array(known),
        "text": pa.array(text),
    })


def _spells(simulated: Simulated, schedule: Schedule, random_state: int) -> pd.DataFrame:
    """Return one row a household and dwelling: since when, until when, and since when that is known."""
    n = len(simulated.population)
    moved = np.argwhere(simulated.area[1:] != simulated.area[:-1])
    number = np.concatenate([np.arange(n), moved[:, 1]])
    period = np.concatenate([np.zeros(n, dtype=int), moved[:, 0] + 1])
    known = _registered(schedule, period, random_state)
    spells = pd.DataFrame({
        "number": number, "from_date": schedule.starts[period].astype("datetime64[s]"),
        "known_date": known.astype("datetime64[s]"),
        "dwelling_id": np.char.mod("D%08d", np.arange(1, len(number) + 1)),
    })[known < _today()]
    left = spells.sort_values("from_date").groupby("number")["from_date"].shift(-1)
    return spells.assign(to_date=left)


def _texts(names: Any, number: Ints) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(number, pa.int32()), pa.array(names)).cast(pa.string())


def _today() -> np.datetime64:
    return np.datetime64(as_days(TODAY))
