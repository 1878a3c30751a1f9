"""The simulated world as tables of records: events, attributes, members, contacts and coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.datasets.contacts import READERS, STRATA
from riskmodel.datasets.course import Block, Ints
from riskmodel.datasets.emission import Emission
from riskmodel.datasets.facts import Facts
from riskmodel.datasets.layer_checks import CHANNELS
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.schedule import Schedule
from riskmodel.datasets.simulate import Simulated
from riskmodel.datasets.times import Times
from riskmodel.datasets.world import TYPES, Floats
from riskmodel.keys import HOUSEHOLD, Days, as_days
from riskmodel.records.contact_words import RESULTS, SUPPORTS

PERSONS = ((1, 2), (1, 2), (2, 6))
ATTEMPT_EVERY, MANAGER_AFTER, REPORTED_AFTER = 14, 7, 3


class _FeedSpan(NamedTuple):
    """A span of time in which a feed is delivered."""

    feed: str
    from_date: np.datetime64
    to_date: np.datetime64 | None


class _Homes(NamedTuple):
    """The homes of households: everybody's first, then one per move, with its first round."""

    household: Ints
    period: Ints


def events(simulated: Simulated, schedule: Schedule) -> pa.Table:
    """Return all facts that were known before today."""
    table = facts_of_all_rounds(simulated, schedule)
    return table.filter(pc.less(table["known_date"], as_days(schedule.today).item()))


def facts_of_all_rounds(simulated: Simulated, schedule: Schedule) -> pa.Table:
    """Return all facts of a simulation, those that become known later among them."""
    facts = Facts.joined(simulated.facts)
    block = simulated.population.block
    rng = block.stream("days")
    shares = rng.random(len(facts)), rng.random(len(facts))
    return dated_facts(facts, simulated.times.emission[0], schedule, block, shares)


def dated_facts(
    facts: Facts,
    emission: Emission,
    schedule: Schedule,
    block: Block,
    shares: tuple[Floats, Floats],
) -> pa.Table:
    """Return facts as rows of events; `shares` are the numbers behind their two dates."""
    event, known = schedule.dates(facts, emission, *shares)
    return pa.table(
        {
            HOUSEHOLD: names_of(block.ids, facts.household),
            "code": names_of(emission.codes, facts.code),
            "event_date": pa.array(event),
            "known_date": pa.array(known),
            "value": pa.array(facts.value, from_pandas=True),
        }
    )


def attributes(simulated: Simulated, schedule: Schedule) -> pa.Table:
    """Return where each household is registered, since when that is known, and its type."""
    people = simulated.population
    block = people.block
    home = _homes(simulated)
    area = simulated.area[home.period, home.household]
    known = _registered(schedule, home.period, block)
    parts = []
    for level, names in block.geography.levels.items():
        name = names[block.areas][area]
        parts.append(_attribute(block, level, home.household, known, name))

    # The first rows of `home` are everybody's first home.
    everybody = np.arange(len(people))
    types = np.array(TYPES)[people.type]
    parts.append(_attribute(block, "household_type", everybody, known[: len(people)], types))
    table = pa.concat_tables(parts)
    return table.filter(pc.less(table["known_date"], as_days(schedule.today).item()))


def members(simulated: Simulated, schedule: Schedule) -> pa.Table:
    """Return one row per person and dwelling: from when, to when, and when that became known."""
    people = simulated.population
    least, most = np.array(PERSONS)[people.type].T
    size = people.block.stream("members").integers(least, most)
    spells = _spells(simulated, schedule)

    # Each spell in a dwelling has one row per person.
    row = np.repeat(np.arange(len(spells)), size[spells["number"]])
    person = np.arange(len(row)) - np.searchsorted(row, row) + 1
    dwelling = spells["dwelling"].to_numpy()[row]
    ids = people.block.ids[spells["number"].to_numpy()[row]]
    days = {
        name: pa.array(spells[name].to_numpy().astype("datetime64[D]")[row])
        for name in ("from_date", "to_date", "known_date")
    }
    return pa.table(
        {
            "person_id": pa.array(_derived_ids(ids, "P", person)),
            HOUSEHOLD: pa.array(ids),
            "dwelling_id": pa.array(_derived_ids(ids, "D", dwelling)),
            **days,
        }
    )


def contacts(simulated: Simulated, schedule: Schedule) -> pa.Table | None:
    """Return every attempt of the service and its result."""
    rows = simulated.contacts
    if rows is None:
        return None
    block = simulated.population.block
    start = schedule.starts[rows.period]
    first_days = block.stream("contact days").integers(0, 10, len(simulated.population))
    first_day = first_days[rows.household]
    wait = ATTEMPT_EVERY * (rows.attempt - 1) + MANAGER_AFTER * (rows.reader > 0)
    day = start + (first_day + wait).astype("timedelta64[D]")
    known = day + np.timedelta64(REPORTED_AFTER, "D")
    table = pa.table(
        {
            HOUSEHOLD: names_of(block.ids, rows.household),
            "as_of_date": pa.array(start),
            "channel": names_of(CHANNELS, rows.channel),
            "attempt": pa.array(rows.attempt),
            "contact_date": pa.array(day),
            "probability": pa.array(rows.probability),
            "stratum": names_of(STRATA, rows.stratum),
            "reader": names_of(READERS, rows.reader),
            "result": names_of(RESULTS, rows.result),
            "known_date": pa.array(known),
            "support": names_of((*SUPPORTS, None), rows.support % (len(SUPPORTS) + 1)),
        }
    )
    return table.filter(known < as_days(schedule.today))


def coverage(times: Times, layers: Layers, schedule: Schedule) -> pd.DataFrame:
    """Return since when each feed is delivered, with a gap where one fails."""
    starts, changed = schedule.starts, times.changed
    outages = layers.outage or {}
    spans: list[_FeedSpan] = []
    for code in times.emission[0].codes:
        opens = starts[times.opens.get(code, 0)]
        if code not in outages:
            spans.append(_FeedSpan(code, opens, None))
            continue
        spans.append(_FeedSpan(code, opens, starts[changed]))
        back = changed + outages[code]
        if back < len(schedule):
            spans.append(_FeedSpan(code, starts[back], None))
    frame = pd.DataFrame(spans, columns=_FeedSpan._fields)
    frame["area"] = None
    return frame.astype({"from_date": "datetime64[s]", "to_date": "datetime64[s]"})


def _homes(simulated: Simulated) -> _Homes:
    n = len(simulated.population)
    moved = np.argwhere(simulated.area[1:] != simulated.area[:-1])
    household = np.concatenate([np.arange(n), moved[:, 1]])
    period = np.concatenate([np.zeros(n, dtype=int), moved[:, 0] + 1])
    return _Homes(household, period)


def _derived_ids(ids: np.ndarray, letter: str, number: Ints) -> np.ndarray:
    """Return ids such as P0001-2 for households such as H0001."""
    return np.char.add(np.char.replace(ids, "H", letter), np.char.mod("-%d", number))


def _registered(schedule: Schedule, period: Ints, block: Block) -> Days:
    """Return when an address became known: from the start, or late in the round after the move."""
    late = block.stream("registration").integers(0, 59, len(period)).astype("timedelta64[D]")
    after_move = schedule.starts[np.minimum(period + 1, len(schedule))]
    return np.where(period == 0, schedule.starts[0], after_move + late)


def _attribute(block: Block, name: str, household: Ints, known: Days, text: np.ndarray) -> pa.Table:
    return pa.table(
        {
            HOUSEHOLD: names_of(block.ids, household),
            "name": pa.array([name] * len(household)),
            "known_date": pa.array(known),
            "text": pa.array(text),
        }
    )


def _spells(simulated: Simulated, schedule: Schedule) -> pd.DataFrame:
    """Return one row per household and dwelling, as far as known by today."""
    home = _homes(simulated)
    known = _registered(schedule, home.period, simulated.population.block)
    homes = pd.DataFrame(
        {
            "number": home.household,
            "from_date": schedule.starts[home.period].astype("datetime64[s]"),
            "known_date": known.astype("datetime64[s]"),
        }
    )
    spells = homes[known < as_days(schedule.today)].sort_values(["number", "from_date"])
    of_one = spells.groupby("number")
    return spells.assign(to_date=of_one["from_date"].shift(-1), dwelling=of_one.cumcount() + 1)


def names_of(names: Sequence[str | None] | np.ndarray, number: Ints) -> pa.Array:
    """Return the names that belong to numbers."""
    positions = pa.array(number, pa.int32())
    return pa.DictionaryArray.from_arrays(positions, pa.array(names)).cast(pa.string())
