"""Wide deliveries of 47 indicators appended to a store one by one, against one load of them all.

Each job runs in a process of its own; memory is the peak of that process. One household in twenty
has an indicator in a round, all others have a zero. The benchmark checks that both records are
equal.

    python benchmarks/ingesting.py [--households 100_000] [--without-load]
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

MONTHS = ("2024-01-31", "2024-03-31", "2024-05-31", "2024-07-31", "2024-09-30", "2024-11-30")
CODES = [f"indicator_{number:02d}" for number in range(47)]


def generate(folder: Path, households: int) -> None:
    """Write one Parquet file a round, one row a household."""
    rng = np.random.default_rng(0)
    ids = pa.array(np.char.mod("H%07d", np.arange(households)))
    for month in MONTHS:
        columns = {"id": ids, "month": pa.array([month] * households)}
        for code in CODES:
            there = rng.random(households) < 0.05
            columns[code] = pa.array(
                np.where(there, rng.integers(1, 24, households), 0).astype(np.int16)
            )
        pq.write_table(pa.table(columns), folder / f"{month}.parquet", compression="zstd")


def manifest(files: str) -> dict[str, object]:
    """Return the manifest of some files."""
    entry = {
        "file": files,
        "household_id": "id",
        "event_date": "month",
        "known_date": {"lag": "10D"},
        "values": CODES,
    }
    catalogue = {code: {"kind": "state"} for code in CODES}
    return {"name": "national", "today": "2025-01-01", "catalogue": catalogue, "events": [entry]}


def run(job: str, folder: Path) -> None:
    """Do one job, and print what it took."""
    import riskmodel as rm

    store, load = folder / "store", folder / "load"
    cpu, wall = time.process_time(), time.perf_counter()
    if job == "load":
        records = rm.ingest(manifest("deliveries/*.parquet"), load, root=folder).records
    else:
        records = rm.ingest(manifest("come/*.parquet"), store, root=folder).records
    told = {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
        "peak_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "digest": records.digest if job in ("load", MONTHS[-1]) else "",
    }
    print(json.dumps(told))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--households", type=int, default=100_000)
    parser.add_argument("--without-load", action="store_true")
    parser.add_argument("--job")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.job:
        run(given.job, given.folder)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        for part in ("deliveries", "come"):
            (folder / part).mkdir()
        generate(folder / "deliveries", given.households)
        jobs = [*MONTHS, *([] if given.without_load else ["load"])]
        print(f"{given.households:,} households x {len(CODES)} indicators x {len(MONTHS)} rounds")
        print(f"{'delivery':12} {'CPU s':>8} {'wall s':>8} {'peak MB':>8}")
        digests = []
        for job in jobs:
            if job in MONTHS:
                shutil.copy(folder / "deliveries" / f"{job}.parquet", folder / "come")
            command = [sys.executable, __file__, "--job", job, "--folder", name]
            told = json.loads(
                subprocess.run(
                    command, check=True, capture_output=True, text=True
                ).stdout.splitlines()[-1]
            )
            print(
                f"{job:12} {told['cpu_s']:8.1f} {told['wall_s']:8.1f} {told['peak_MB']:8.0f}",
                flush=True,
            )
            digests += [told["digest"]] if told["digest"] else []
        size = sum(file.stat().st_size for file in (folder / "store").rglob("*") if file.is_file())
        print(
            f"store {size / 1e6:,.0f} MB"
            + ("" if given.without_load else f"; equal: {len(set(digests)) == 1}")
        )


if __name__ == "__main__":
    main()
