"""Simulated panels whose outcomes follow a known rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.indicators import Catalogue
from riskmodel.panel import Agg, Attribute, Cohort, Column, Features, Label, Panel, Recipe

DATES = pd.date_range("2022-01-01", periods=8, freq="2MS")
LABEL = Label("crisis", window="4M", maturity="1M")
CATALOGUE = Catalogue.read(
    {
        "rent": {"kind": "state", "direction": 1, "unit": "months"},
        "power": {"kind": "event", "direction": 1},
        "visit": {"kind": "event"},
        "income": {"kind": "reading", "direction": -1},
    }
)
COLUMNS = (
    Column("rent__now__", "rent", "now", "", 1),
    Column("power__count__6M", "power", "count", "6M", 1),
    Column("power__count__ever", "power", "count", "ever", 1),
    Column("visit__count__ever", "visit", "count", "ever", 0),
    Column("income__last__ever", "income", "last", "ever", -1),
    Column("tenure", categories=("owned", "rented", "shared")),
)
FEATURES = Features(
    [Agg.now(["rent"]), Agg.count(["power", "visit"], ["6M", "ever"]), Attribute("tenure")]
)


def truth(X: pd.DataFrame) -> np.ndarray:
    """Return the log-odds by which the simulated outcomes are drawn."""
    income = X["income__last__ever"].fillna(2.0).to_numpy(np.float64)
    by_tenure = np.where(X["tenure"] == "rented", 0.7, 0.0)
    rent, power = X["rent__now__"].to_numpy(np.float64), X["power__count__6M"].to_numpy(np.float64)
    return -2.8 + 0.9 * np.log1p(rent) + 0.5 * power - 0.6 * income + by_tenure


def simulated(households: int, seed: int = 0, dates: pd.DatetimeIndex = DATES) -> Panel:
    """Return a panel of households on dates whose outcomes follow `truth`."""
    rng = np.random.default_rng(seed)
    n = households * len(dates)
    ids = [f"{i:05d}" for i in range(households)]
    index = pd.MultiIndex.from_product([ids, dates], names=["household_id", "as_of_date"])
    recent = rng.poisson(0.6, n)
    X = pd.DataFrame(
        {
            "rent__now__": rng.poisson(1.0, n) * rng.integers(1, 8, n),
            "power__count__6M": recent,
            "power__count__ever": recent + rng.poisson(1.0, n),
            "visit__count__ever": rng.poisson(2.0, n),
            "income__last__ever": np.where(rng.random(n) < 0.2, np.nan, rng.normal(2.0, 1.0, n)),
        },
        index=index,
    ).astype(np.float32)
    X["tenure"] = pd.Categorical(
        rng.choice(["owned", "rented", "shared"], n), ["owned", "rented", "shared"]
    )
    y = pd.Series((rng.random(n) < 1 / (1 + np.exp(-truth(X)))).astype(float), index=index)
    # the north has more of the households with many outcomes, so that an area tells of risk
    many = y.groupby(level=0).mean().to_numpy() > y.mean()
    anywhere = rng.choice(["north", "south", "east"], households)
    of_household = np.where(many & (rng.random(households) < 0.3), "north", anywhere)
    areas = pd.Categorical(np.repeat(of_household, len(dates)))
    recipe = Recipe(
        FEATURES,
        CATALOGUE,
        Cohort(),
        tuple(dates.astype(str)),
        label=LABEL,
        area="area",
        groups=("area",),
    )
    return Panel(
        X,
        y,
        groups=pd.DataFrame({"area": areas}, index=index),
        columns=COLUMNS,
        label=LABEL,
        recipe=recipe,
        round=pd.Series(index.get_level_values(1), index=index),
        area_name="area",
    )
