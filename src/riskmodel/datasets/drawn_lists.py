"""The service's lists as a table of records: all households of each round, drawn or not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from riskmodel.datasets.contacts import STRATA
from riskmodel.datasets.layer_checks import CHANNELS
from riskmodel.datasets.schedule import Schedule
from riskmodel.datasets.service import first_channel
from riskmodel.datasets.simulate import Simulated
from riskmodel.keys import HOUSEHOLD, as_days

NAME = "service"
_MOST = np.iinfo(np.int64).max


def lists(simulated: Simulated, schedule: Schedule) -> pa.Table | None:
    """Return the lists of the rounds before today, None without a service."""
    if not simulated.lists:
        return None
    starts, block = schedule.starts, simulated.population.block
    rounds = [one for one in simulated.lists if starts[one.period] < as_days(schedule.today)]
    # one row per household, and its rounds one after the other
    period = [one.period for one in rounds]
    certain = np.stack([one.certain for one in rounds], axis=1).ravel()
    is_listed = certain | np.stack([one.drawn for one in rounds], axis=1).ravel()
    probability = np.stack([one.probability for one in rounds], axis=1).ravel()
    n_rows, seed = len(certain), block.seed
    day = pa.array(np.tile(starts[period], block.n))
    stratum = np.where(certain, *STRATA)
    channel = CHANNELS[first_channel(simulated.layers)]
    return pa.table(
        {
            HOUSEHOLD: pa.array(np.repeat(block.ids, len(rounds))),
            "as_of_date": day,
            "list": pa.repeat(NAME, n_rows),
            "known_date": day,
            "area": pa.array(_areas(simulated)[simulated.area[period].T.ravel()]),
            "stratum": pa.array(stratum, mask=probability == 0),
            "probability": pa.array(probability),
            "drawn": pa.array(is_listed),
            "seed": pa.repeat(pa.scalar(seed if seed <= _MOST else None, pa.int64()), n_rows),
            "channel": pa.array(np.full(n_rows, channel), mask=~is_listed),
        }
    )


def _areas(simulated: Simulated) -> np.ndarray:
    block = simulated.population.block
    return np.asarray(block.geography.levels["area"][block.areas])
