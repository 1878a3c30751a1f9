"""What simulated records hold beside their tables: catalogue, days, groups, rounds, label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.datasets.content import OUTCOME, catalogue
from riskmodel.datasets.geography import Geography
from riskmodel.datasets.parquet_parts import Description
from riskmodel.datasets.schedule import MATURITY, MONTHS, WINDOW, Schedule
from riskmodel.datasets.world import World
from riskmodel.panel import Label

LABEL = Label((OUTCOME,), window=f"{WINDOW * MONTHS}M", maturity=f"{MATURITY * MONTHS}M")


def describe(
    world: World,
    geography: Geography,
    schedule: Schedule,
    coverage: pd.DataFrame,
    *,
    today: np.datetime64,
    rounds: pd.DatetimeIndex,
) -> Description:
    """Return the fields of records that are complete before `today`."""
    widest = next(iter(geography.levels))
    return {
        "name": "simulated households",
        "catalogue": catalogue(world.service),
        "today": today,
        "since": schedule.starts[0],
        "coverage": coverage,
        "groups": ("household_type", widest if world.service == "korea" else "area"),
        "area": "area",
        "rounds": rounds,
        "label": LABEL,
    }
