"""The simulated world as tables of records: events, attributes, members, contacts and coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.datasets.contacts import READERS, STRATA
from riskmodel.datasets.course import Block, Ints
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.layer_checks import CHANNELS
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.schedule import Schedule
from riskmodel.datasets.simulate import Simulated
from riskmodel.datasets.times import Times
from riskmodel.datasets.world import TYPES
from riskmodel.keys import HOUSEHOLD, Days, as_days
from riskmodel.records.table_schemas import RESULTS

PERSONS = ((1, 2), (1, 2), (2, 6))
ATTEMPT_EVERY, MANAGER_AFTER, REPORTED_AFTER = 14, 7, 3


def events(simulated: Simulated, schedule: Schedule) -> pa.Table:
    """Return all facts that were known before today."""
    facts, emission = Facts.joined(simulated.facts), simulated.times.emission[0]
    block = simulated.population.block
    event, known = schedule.dates(facts, emission, block.stream("days"))
    table = pa.table(
        {
            HOUSEHOLD: _texts(block.ids, facts.household),
            "code": _texts(emission.codes, facts.code),
            "event_date": pa.array(event),
            "known_date": pa.array(known),
            "value": pa.array(facts.value, from_pandas=True),
        }
    )
    return table.filter(known < as_days(schedule.today))


def attributes(simulated: Simulated, schedule: Schedule) -> pa.Table:
    """Return where each household is registered, since when that is known, and its type."""
    people = simulated.population
    household, period = np.arange(len(people)), np.zeros(len(people), dtype=int)
    moved = np.argwhere(simulated.area[1:] != simulated.area[:-1])
    household = np.concatenate([household, moved[:, 1]])
    period = np.concatenate([period, moved[:, 0] + 1])
    area, known = simulated.area[period, household], _registered(schedule, period, people.block)
    names = {
        level: name[people.block.areas][area]
        for level, name in people.block.geography.levels.items()
    }
    parts = [
        _attribute(people.block, level, household, known, name) for level, name in names.items()
    ]
    everybody = np.arange(len(people))
    parts.append(
        _attribute(
            people.block,
            "household_type",
            everybody,
            known[: len(people)],
            np.array(TYPES)[people.type],
        )
    )
    table = pa.concat_tables(parts)
    return table.filter(pc.less(table["known_date"], as_days(schedule.today).item()))


def members(simulated: Simulated, schedule: Schedule) -> pa.Table:
    """Return one row per person and dwelling: from when, to when, and when that became known."""
    people = simulated.population
    ids, (least, most) = people.block.ids, np.array(PERSONS)[people.type].T
    size = people.block.stream("members").integers(least, most)
    spells = _spells(simulated, schedule)
    row = np.repeat(np.arange(len(spells)), size[spells["number"]])
    person = np.arange(len(row)) - np.searchsorted(row, row) + 1
    number = spells["number"].to_numpy()[row]
    return pa.table(
        {
            "person_id": pa.array(
                np.char.add(np.char.replace(ids[number], "H", "P"), np.char.mod("-%d", person))
            ),
            HOUSEHOLD: pa.array(ids[number]),
            "dwelling_id": pa.array(
                np.char.add(
                    np.char.replace(ids[number], "H", "D"),
                    np.char.mod("-%d", spells["dwelling"].to_numpy()[row]),
                )
            ),
            **{
                name: pa.array(spells[name].to_numpy().astype("datetime64[D]")[row])
                for name in ("from_date", "to_date", "known_date")
            },
        }
    )


def contacts(simulated: Simulated, schedule: Schedule) -> pa.Table | None:
    """Return every attempt of the service and what came of it."""
    rows = simulated.contacts
    if rows is None:
        return None
    block, start = simulated.population.block, schedule.starts[rows.period]
    first_day = block.stream("contact days").integers(0, 10, len(simulated.population))[
        rows.household
    ]
    wait = ATTEMPT_EVERY * (rows.attempt - 1) + MANAGER_AFTER * (rows.reader > 0)
    day = start + (first_day + wait).astype("timedelta64[D]")
    known = day + np.timedelta64(REPORTED_AFTER, "D")
    table = pa.table(
        {
            HOUSEHOLD: _texts(block.ids, rows.household),
            "as_of_date": pa.array(start),
            "channel": _texts(CHANNELS, rows.channel),
            "attempt": pa.array(rows.attempt),
            "contact_date": pa.array(day),
            "probability": pa.array(rows.probability),
            "stratum": _texts(STRATA, rows.stratum),
            "reader": _texts(READERS, rows.reader),
            "result": _texts(RESULTS, rows.result),
            "known_date": pa.array(known),
        }
    )
    return table.filter(known < as_days(schedule.today))


def coverage(times: Times, layers: Layers, schedule: Schedule) -> pd.DataFrame:
    """Return since when each feed is delivered, with a gap where one fails."""
    starts, changed = schedule.starts, times.changed
    rows: list[tuple[str, Any, Any]] = []
    for code in times.emission[0].codes:
        opens = starts[times.opens.get(code, 0)]
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


def _registered(schedule: Schedule, period: Ints, block: Block) -> Days:
    """Return when an address became known: from the start, or late in the round after the move."""
    late = block.stream("registration").integers(0, 59, len(period)).astype("timedelta64[D]")
    return np.where(
        period == 0,
        schedule.starts[0],
        schedule.starts[np.minimum(period + 1, len(schedule))] + late,
    )


def _attribute(block: Block, name: str, household: Ints, known: Days, text: np.ndarray) -> pa.Table:
    return pa.table(
        {
            HOUSEHOLD: _texts(block.ids, household),
            "name": pa.array([name] * len(household)),
            "known_date": pa.array(known),
            "text": pa.array(text),
        }
    )


def _spells(simulated: Simulated, schedule: Schedule) -> pd.DataFrame:
    """Return one row a household and dwelling, as far as known by today."""
    n = len(simulated.population)
    moved = np.argwhere(simulated.area[1:] != simulated.area[:-1])
    number = np.concatenate([np.arange(n), moved[:, 1]])
    period = np.concatenate([np.zeros(n, dtype=int), moved[:, 0] + 1])
    known = _registered(schedule, period, simulated.population.block)
    spells = pd.DataFrame(
        {
            "number": number,
            "from_date": schedule.starts[period].astype("datetime64[s]"),
            "known_date": known.astype("datetime64[s]"),
        }
    )[known < as_days(schedule.today)].sort_values(["number", "from_date"])
    of_one = spells.groupby("number")
    return spells.assign(to_date=of_one["from_date"].shift(-1), dwelling=of_one.cumcount() + 1)


def _texts(names: Any, number: Ints) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(number, pa.int32()), pa.array(names)).cast(
        pa.string()
    )
