"""The cost of a log of deliveries by area: reading it, and building a panel with it.

Both are compared with the same records without a log. A round's log has a row for each feed, area
and month; 3 % of the deliveries did not come. CPU seconds, in one process.

    python benchmarks/areas.py [--areas 250] [--feeds 47] [--months 36]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd

import riskmodel as rm

HOUSEHOLDS, EVENTS = 20_000, 600_000
FIRST = pd.Timestamp("2021-01-31")


def frames(areas: int, feeds: int, months: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return events, homes and a log of deliveries."""
    rng = np.random.default_rng(0)
    ids = np.arange(HOUSEHOLDS)
    homes = pd.DataFrame(
        {"id": ids.astype(str), "gu": np.char.mod("gu %d", ids % areas), "on": "2020-12-01"}
    )
    days = pd.to_timedelta(rng.integers(0, 30 * months, EVENTS), unit="D")
    events = pd.DataFrame(
        {
            "id": rng.integers(0, HOUSEHOLDS, EVENTS).astype(str),
            "code": np.char.mod("feed %d", rng.integers(0, feeds, EVENTS)),
            "day": pd.Timestamp("2021-01-01") + days,
        }
    )
    names = ([f"feed {k}" for k in range(feeds)], [f"gu {k}" for k in range(areas)])
    ends = pd.date_range(FIRST, periods=months, freq="ME")
    log = pd.MultiIndex.from_product([*names, ends], names=["feed", "gu", "day"]).to_frame(
        index=False
    )
    came = np.where(rng.random(len(log)) < 0.03, "no", "yes")
    return events, homes, log.assign(known=log["day"] + pd.Timedelta(days=10), came=came)


def measured(manifest: dict[str, Any], rounds: pd.DatetimeIndex) -> dict[str, float]:
    """Return the CPU seconds of reading and of the panel, and the share of missing cells."""
    start = time.process_time()
    records = rm.read_records(manifest)
    read = time.process_time()
    panel = rm.build_panel(
        records, rounds=rounds, label=rm.Label("feed 0", window="3M", maturity="1M")
    )
    built = time.process_time()
    return {
        "read": read - start,
        "panel": built - read,
        "missing": float(panel.X.isna().to_numpy().mean()),
    }


def main() -> None:
    """Print a row with the log and one without."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("areas", 250), ("feeds", 47), ("months", 36)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    events, homes, log = frames(asked.areas, asked.feeds, asked.months)
    today = FIRST + pd.DateOffset(months=asked.months)
    plain = {
        "today": str(today.date()),
        "area": "gu",
        "events": [
            {
                "frame": events,
                "household_id": "id",
                "code": {"column": "code"},
                "event_date": "day",
                "known_date": {"lag": "10D"},
            }
        ],
        "attributes": [
            {"frame": homes, "household_id": "id", "known_date": "on", "columns": {"gu": "gu"}}
        ],
    }
    told = {
        "frame": log,
        "feed": {"column": "feed"},
        "area": {"column": "gu"},
        "event_date": "day",
        "known_date": "known",
        "delivered": "came",
    }
    last = today - pd.DateOffset(months=6)
    rounds = rm.rounds(str((last - pd.DateOffset(months=16)).date()), str(last.date()), every="2M")
    measured(plain, rounds)  # compiles
    rows = {f"a log of {len(log):,} deliveries": measured({**plain, "deliveries": [told]}, rounds)}
    rows["without a log"] = measured(plain, rounds)
    print(pd.DataFrame(rows).T.round(3).to_string())


if __name__ == "__main__":
    main()
