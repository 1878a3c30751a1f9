"""Features of 200 columns on 6 rounds from unsorted Parquet, against a well-written pandas loop.

Each contender runs in a process of its own. CPU seconds are those of the measured part, with
compiled code and libraries loaded; memory is the peak of the process. The loop stops at a long
table, where ours emits the matrix.

    python benchmarks/features.py [--events 2_000_000]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

CODES = [f"code_{i:02d}" for i in range(20)]
ROUNDS = pd.to_datetime([f"2025-{month:02d}-01" for month in (1, 3, 5, 7, 9, 11)])
MONTHS = (1, 3, 6, 12)


def generate(path: Path, n_events: int, *, text_ids: bool) -> None:
    """Write skewed histories of 3 years in the order of arrival.

    A household has 20 events in the mean; lags reach half a year.
    """
    rng = np.random.default_rng(7)
    n = n_events // 20
    share = np.cumsum(rng.gamma(0.8, 1.0, n))
    household = np.minimum(np.searchsorted(share / share[-1], rng.random(n_events)), n - 1).astype(
        np.int32
    )
    weight = 1 / np.arange(1, 21) ** 0.7
    code = rng.choice(20, n_events, p=weight / weight.sum()).astype(np.int8)
    event = rng.integers(19_297, 20_393, n_events).astype(np.int32)
    slow = rng.random(n_events)
    lag = np.where(
        slow < 0.6, rng.integers(0, 8, n_events), rng.integers(15, 181, n_events)
    ).astype(np.int32)
    value = np.floor(rng.lognormal(11.5, 1.0, n_events) / 100) * 100
    order = np.argsort(event + lag, kind="stable")
    ids = pa.array(household[order])
    if text_ids:
        ids = pa.DictionaryArray.from_arrays(ids, np.char.mod("H%07d", np.arange(n))).cast(
            pa.string()
        )
    table = pa.table(
        {
            "household_id": ids,
            "code": pa.DictionaryArray.from_arrays(pa.array(code[order]), CODES).cast(pa.string()),
            "event_date": pa.array(event[order]).cast(pa.date32()),
            "known_date": pa.array((event + lag)[order]).cast(pa.date32()),
            "value": value[order],
            "detail": pa.nulls(n_events, pa.string()),
            "retracted_date": pa.nulls(n_events, pa.date32()),
        }
    )
    pq.write_table(table, path, compression="zstd", row_group_size=1_000_000)


def run_riskmodel(path: Path, _: int) -> None:
    """Stream the blocks of the matrix."""
    from riskmodel.indicators import Catalogue
    from riskmodel.panel import Agg, Features, feature_blocks
    from riskmodel.records import Records

    features = Features(
        [
            Agg.count("*", ["1M", "3M", "6M", "12M", "ever"]),
            Agg.sum("*", ["3M", "12M"]),
            Agg.max("*", "12M"),
            Agg.recency("*"),
            Agg.trend("*", "6M"),
        ]
    )
    catalogue = Catalogue.read({code: {"direction": 1, "unit": "KRW"} for code in CODES})
    first = pd.DataFrame({"household_id": ["a"], "code": CODES[0], "event_date": ["2024-01-01"]})
    small = Records.from_frames(first, today="2026-01-01", catalogue=catalogue)
    list(feature_blocks(small, ROUNDS, features=features))
    stored = small.replace(tables={**small.tables, "events": path})
    measure(lambda: sum(len(block) for block in feature_blocks(stored, ROUNDS, features=features)))


def run_pandas(path: Path, _: int) -> None:
    """Group each round's visible events by household and indicator, one window after the other."""

    def loop() -> int:
        events = pd.read_parquet(
            path, columns=["household_id", "code", "event_date", "known_date", "value"]
        )
        events = events.astype(
            {"code": "category", "event_date": "datetime64[s]", "known_date": "datetime64[s]"}
        )
        groups, rows = ["household_id", "code"], 0
        for as_of in ROUNDS:
            seen = events[(events["known_date"] < as_of) & (events["event_date"] < as_of)]
            by_group = seen.groupby(groups, observed=True)
            table = by_group.agg(count_ever=("value", "size"), last=("event_date", "max"))
            for months in MONTHS:
                inside = seen[seen["event_date"] >= as_of - pd.DateOffset(months=months)]
                values = inside.groupby(groups, observed=True)["value"]
                table[f"count_{months}M"] = values.size()
                if months in (3, 12):
                    table[f"sum_{months}M"] = values.sum()
                if months == 12:
                    table["max_12M"] = values.max()
            table = table.fillna(0)
            table["recency"] = np.exp2(-(as_of - table["last"]).dt.days / 180)
            table["trend_6M"] = 2 * table["count_3M"] - table["count_6M"]
            rows += len(table)
        return rows

    measure(loop)


def measure(work) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    rows = work()
    print(
        json.dumps(
            {
                "rows": rows,
                "cpu_s": time.process_time() - cpu,
                "wall_s": time.perf_counter() - wall,
                "peak_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def alone(task: str, path: Path, events: int) -> str:
    """Run one task in a process of its own.

    The parent stays small, since a child's peak begins with its parent's.
    """
    command = [
        sys.executable,
        __file__,
        "--run",
        task,
        "--path",
        str(path),
        "--events",
        str(events),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def contend(contender: str, path: Path, events: int) -> dict[str, float]:
    return json.loads(alone(contender, path, events).splitlines()[-1])


TASKS = {
    "integer": lambda path, events: generate(path, events, text_ids=False),
    "text": lambda path, events: generate(path, events, text_ids=True),
    "riskmodel": run_riskmodel,
    "pandas": run_pandas,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=lambda text: int(text.replace("_", "")), default=2_000_000)
    parser.add_argument("--run", choices=list(TASKS))
    parser.add_argument("--path", type=Path)
    parser.add_argument("--without-pandas", action="store_true")
    asked = parser.parse_args()
    if asked.run:
        TASKS[asked.run](asked.path, asked.events)
        return
    with tempfile.TemporaryDirectory() as folder:
        lines = {}
        for kind in ("integer", "text"):
            path = Path(folder) / f"{kind}.parquet"
            alone(kind, path, asked.events)
            lines[f"riskmodel, {kind} ids"] = contend("riskmodel", path, asked.events)
            if kind == "integer" and not asked.without_pandas:
                lines["pandas loop, integer ids"] = contend("pandas", path, asked.events)
            path.unlink()
    table = pd.DataFrame(lines).T
    table["CPU, times ours"] = table["cpu_s"] / table["cpu_s"].iloc[0]
    table["memory, times ours"] = table["peak_MB"] / table["peak_MB"].iloc[0]
    print(
        f"features: {asked.events:,} events, {asked.events // 20:,} households, "
        "6 rounds, 200 columns"
    )
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()
