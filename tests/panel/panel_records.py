"""Small records of events, states and readings, for the tests of this room."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riskmodel.records import Records

CATALOGUE = {
    "rent": {"direction": 1, "unit": "months", "minimum": 0},
    "power": {"direction": 1},
    "debt": {"direction": 1, "kind": "state", "unit": "months"},
    "income": {"direction": -1, "kind": "reading", "unit": "KRW"},
    "visit": {"direction": 0},
    "crisis": {"direction": 1},
}
ROUNDS = pd.DatetimeIndex(
    ["2023-06-30", "2023-08-31", "2023-10-31", "2023-12-31", "2024-02-29"]
).as_unit("s")


def events(seed: int = 0, n: int = 1500, households: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    code = rng.choice(list(CATALOGUE), n, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    day = np.where(code == "debt", rng.integers(0, 26, n) * 30, rng.integers(0, 800, n))
    event = np.datetime64("2022-05-01") + day.astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "household_id": rng.integers(0, households, n).astype(str),
            "code": code,
            "event_date": event,
            "known_date": event
            + np.where(code == "debt", 3, rng.integers(0, 90, n)).astype("timedelta64[D]"),
            "value": np.where(code == "power", np.nan, rng.integers(1, 9, n) / 2),
            "detail": rng.choice(["x", "y", None], n),
            "retracted_date": pd.to_datetime(
                np.where(
                    rng.random(n) < 0.05,
                    event + np.timedelta64(120, "D"),
                    np.datetime64("NaT", "D"),
                )
            ),
        }
    )


def attributes(households: int = 90) -> pd.DataFrame:
    ids = np.arange(households)
    return pd.DataFrame(
        {
            "household_id": np.tile(ids.astype(str), 2),
            "name": np.repeat(["gu", "size"], households),
            "text": [*np.where(ids % 3, "north", "south"), *[None] * households],
            "number": [*[np.nan] * households, *(1.0 + ids % 4)],
            "known_date": [
                *(np.datetime64("2022-01-01") + (10 * ids).astype("timedelta64[D]")),
                *[np.datetime64("NaT", "D")] * households,
            ],
        }
    )


def records(facts: pd.DataFrame | None = None, **changes: Any) -> Records:
    given = {
        "today": "2024-07-01",
        "catalogue": CATALOGUE,
        "attributes": attributes(),
        "groups": ("gu",),
        "area": "gu",
        "rounds": ROUNDS,
    }
    return Records.from_frames(events() if facts is None else facts, **{**given, **changes})
