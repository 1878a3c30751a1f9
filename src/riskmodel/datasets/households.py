"""Simulated households as records: made in seconds, with the exact chance of every label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from riskmodel.datasets import record_tables
from riskmodel.datasets.beliefs import are_exact, crisis_chances, require_known
from riskmodel.datasets.course import Block, blocks
from riskmodel.datasets.descriptions import describe
from riskmodel.datasets.drawn_lists import lists
from riskmodel.datasets.geography import Geography, geography_of
from riskmodel.datasets.layer import with_layers
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.number_checks import check_capacity, check_numbers
from riskmodel.datasets.parquet_parts import (
    Description,
    empty_folder,
    records_in,
    records_of,
    write_part,
)
from riskmodel.datasets.presets import find_preset
from riskmodel.datasets.schedule import Schedule
from riskmodel.datasets.simulate import Simulated, simulate
from riskmodel.datasets.times import Times, times
from riskmodel.datasets.truth_table import truth_table
from riskmodel.datasets.world import World
from riskmodel.keys import as_days
from riskmodel.records import Records


def make_households(
    n: int = 5_000,
    n_rounds: int = 14,
    preset: str | World = "default",
    random_state: int = 0,
    *,
    folder: str | Path | None = None,
    **layers: object,
) -> Records:
    """Make records of simulated households whose chance of crisis is known.

    Households drift between four hidden states (stable, strained, acute, crisis). 47 indicators of
    21 agencies depend on the state, more or less strongly, and each agency has its own delay. The
    outcome ``crisis`` marks that a household *enters* the last state. Caseworkers confirm it, some
    of them late.

    Parameters
    ----------
    n : int, default 5_000
        Number of households.
    n_rounds : int, default 14
        Number of rounds in ``records.rounds``: every two months, all with a mature label. A year of
        records precedes the first.
    preset : {"default", "easy", "hard", "korea"} or World
        How strongly the records depend on the hidden state; ``"korea"`` brings its own catalogue,
        geography, calendar and layers, of which each may be given anew, and ``capacity=None``
        leaves the service out.
    random_state : int, default 0
        Same number, same records, byte for byte, in a folder or not.
    folder : path, optional
        An empty or new folder: tables and truth are written there as Parquet, block by block in
        bounded memory, and the records only point to them; ``records.truth`` is None then, and its
        rows lie in ``folder/truth``.
    **layers
        A service that selects and contacts, changing times, failing feeds and more, each one
        argument: see `riskmodel.datasets.Layers`. What is left out is off and changes nothing.

    Returns
    -------
    Records
        With ``rounds``, ``label`` (crisis within 6 months, mature after 2) and ``truth``: by
        (household_id, as_of_date) the hidden ``state`` in the round just past, the exact
        ``probability`` of the label given what was visible, and the label ``y``. Where households
        are supported, the probability is that of ``y_unsupported``: the label if no household had
        been supported from that date on. Where a service works, ``need`` tells who is acute or in
        crisis in the round that opens, and ``verdict`` what its first reader finds in the contacted
        and would find in everybody else.

    Notes
    -----
    The probability is exact on the grid of ``records.rounds`` for everybody, given *all* that was
    visible of a household. So it stays exact in any cohort that is chosen by what was visible: the
    default cohort, or ``Cohort(exclude={"crisis": "6M"})``, which leaves out households seen to be
    in crisis lately. Households whose crisis is not yet known cannot be left out; they stay, with
    the chance that they enter anew. There are three exceptions: ``private`` knowledge makes
    being listed itself a sign, ``hiding`` makes being reached one, and ``late_by_severity`` the
    delay of a crisis. The probability ignores these signs; ``truth.attrs["exact"]`` is False then.

    Examples
    --------
    >>> records = make_households(200, n_rounds=14, random_state=1)
    >>> len(records.rounds), records.label.window
    (14, '6M')
    >>> list(records.truth.columns)
    ['state', 'probability', 'y']
    """
    check_numbers(("n", n, 1), ("n_rounds", n_rounds, 1), ("random_state", random_state, 0))
    chosen = find_preset(preset)
    world = chosen.world
    in_use = Layers.of(chosen.with_layers(layers), world.service)
    check_capacity(in_use.capacity, n)
    require_known(in_use)
    schedule, geography = Schedule(int(n_rounds), world.today), geography_of(world, int(n))
    scene = _Scene(world, in_use, schedule, times(world, in_use, schedule))
    parts = scene.parts(blocks(int(n), int(random_state), geography))
    description = scene.description(geography)
    if folder is not None:
        return _written(Path(folder), parts, description)
    return _held(list(parts), description, exact=are_exact(in_use))


class _Part(NamedTuple):
    """The tables and the truth of one block."""

    tables: dict[str, pa.Table | None]
    truth: pd.DataFrame


class _Scene(NamedTuple):
    """All that the blocks have in common."""

    world: World
    layers: Layers
    schedule: Schedule
    times: Times

    def parts(self, parts: list[Block]) -> Iterator[_Part]:
        """Simulate block by block."""
        for block in tqdm(parts, desc="simulating households", delay=2, disable=None):
            first_list = self.schedule.as_of.start
            simulated = simulate(self.world, self.times, self.layers, block, first_list)
            rows = self.schedule.as_of
            chances = np.stack([one.chance for one in crisis_chances(simulated, self.layers, rows)])
            has_readers = simulated.contacts is not None
            truth = truth_table(
                simulated, rows, self.schedule.rounds, chances, has_readers=has_readers
            )
            yield _Part(self._tables(simulated), truth)

    def description(self, geography: Geography) -> Description:
        """Return what the records hold beside their tables."""
        coverage = record_tables.coverage(self.times, self.layers, self.schedule)
        return describe(
            self.world,
            geography,
            self.schedule,
            coverage,
            today=as_days(self.world.today),
            rounds=self.schedule.rounds,
        )

    def _tables(self, simulated: Simulated) -> dict[str, pa.Table | None]:
        has_members = self.layers.members
        return {
            "events": record_tables.events(simulated, self.schedule),
            "attributes": record_tables.attributes(simulated, self.schedule),
            "members": record_tables.members(simulated, self.schedule) if has_members else None,
            "contacts": record_tables.contacts(simulated, self.schedule),
            "lists": lists(simulated, self.schedule),
        }


def _written(folder: Path, parts: Iterator[_Part], description: Description) -> Records:
    """Write block by block; return records that point to the files."""
    path = empty_folder(folder)
    for number, part in enumerate(parts):
        write_part(path, number, part.tables, part.truth)
    return records_in(path, description)


def _held(parts: list[_Part], description: Description, *, exact: bool) -> Records:
    """Return records in memory."""
    truth = parts[0].truth if len(parts) == 1 else pd.concat([part.truth for part in parts])
    truth.attrs["exact"] = exact
    tables = {name: _joined(parts, name) for name in parts[0].tables}
    return records_of(tables, description, truth)


def _joined(parts: list[_Part], name: str) -> pa.Table | None:
    tables = [part.tables[name] for part in parts if part.tables[name] is not None]
    return pa.concat_tables(tables) if tables else None


# The function itself takes `**layers`: a preset's layer gives way only to one that was passed.
make_households.__signature__ = with_layers(make_households, Layers)  # type: ignore[attr-defined]
