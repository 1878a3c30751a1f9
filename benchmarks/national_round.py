"""A national round: 5M households x 80 features, scored by the default model.

Score, band and the reasons of the listed go to Parquet. Rows come in blocks, as from a feature
store, and are never all in memory; making them is not counted. The list's candidates (the best so
far) are kept, and when the last block is in, the listed are explained in words.

    python benchmarks/national_round.py [--rows 5_000_000] [--share 0.02] [--everyone]

With ``--everyone`` each block's contributions are computed for all rows in the same pass, too.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import riskmodel as rm
from explanation import households
from riskmodel.explanation import explain
from riskmodel.forests import PathTables
from riskmodel.indicators import Catalogue
from riskmodel.models import KINDS, margin_of
from riskmodel.panel import Column
from riskmodel.scoring import Reference

BLOCK = 100_000
FIT = 10_000
CODES = [f"indicator {i:02}" for i in range(36)]
COLUMNS = [
    Column(f"x{j}", CODES[j % 36], "count" if j < 40 else "sum", "ever", 0) for j in range(72)
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--everyone", action="store_true")
    asked = parser.parse_args()
    model = fitted()
    with tempfile.TemporaryDirectory() as folder:
        spent, listed = score_all(model, asked, Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
    wall, cpu = spent
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(listed.head(3).to_string())
    print(
        f"{asked.rows:,} rows x 80 features, {len(listed):,} listed: "
        f"{wall:.0f} s wall, {cpu:.0f} CPU s, ",
        end="",
    )
    print(
        f"{memory:.2f} GB, {size:.0f} MB of Parquet"
        f"{', contributions of everyone' if asked.everyone else ''}"
    )


def fitted() -> rm.RiskClassifier:
    """The default model (4 x 150 trees) on 10,000 of such households."""
    X, y = blocks_of(FIT, 1), households(FIT, 1)[1]
    columns = (
        *COLUMNS,
        *(Column(f"x{j}", categories=tuple(X.iloc[:, j].cat.categories)) for j in range(72, 80)),
    )
    return rm.make_classifier(columns=columns, n_jobs=1).fit(X, y)


def blocks_of(n: int, seed: int) -> pd.DataFrame:
    """A block of rows as a frame: numbers float32, eight categories."""
    found = households(n, seed)[0]
    frame = pd.DataFrame(found[:, :72].astype("float32"), columns=[c.name for c in COLUMNS])
    levels = {f"x{j}": pd.Categorical(found[:, j].astype(int).astype(str)) for j in range(72, 80)}
    return frame.assign(**levels)


def stored(rows: int) -> Iterator[tuple[int, pd.DataFrame]]:
    for number, first in enumerate(range(0, rows, BLOCK)):
        yield first, blocks_of(min(BLOCK, rows - first), number + 2)


def score_all(
    model: rm.RiskClassifier, asked: argparse.Namespace, folder: Path
) -> tuple[tuple[float, float], pd.DataFrame]:
    arrays, calibration = model.tables(), model.calibration_
    tables = PathTables.from_arrays(arrays)
    reference = Reference.of(
        margin_of(KINDS["lightgbm"], arrays, model.encode(blocks_of(FIT, 1)), asked.threads)
    )
    room, wall, cpu = int(np.ceil(asked.share * asked.rows)), 0.0, 0.0
    best, margins, writer = pd.DataFrame(), np.zeros(0), None
    for first, block in stored(asked.rows):
        start = time.perf_counter(), time.process_time()
        matrix = model.encode(block)
        if asked.everyone:
            margin, _ = tables.evaluate(matrix, asked.threads)
        else:
            margin = tables.margin(matrix, asked.threads)
        score = 1 / (1 + np.exp(-calibration.log_odds(margin)))
        ids = np.arange(first, first + len(block))
        told = {
            "household_id": ids,
            "margin": margin,
            "score": score,
            "band": reference.band(margin),
        }
        table = pa.table(told | {"percentile": reference.percentile(margin)})
        writer = writer or pq.ParquetWriter(folder / "scores.parquet", table.schema)
        writer.write_table(table)
        # of equal margins the earlier id comes first, as on a list
        joined = np.concatenate([margins, margin])
        kept = np.sort(np.argsort(-joined, kind="stable")[:room])
        best = pd.concat([best, block.set_axis(ids)]).iloc[kept]
        margins = joined[kept]
        wall, cpu = wall + time.perf_counter() - start[0], cpu + time.process_time() - start[1]
    assert writer is not None
    writer.close()
    start = time.perf_counter(), time.process_time()
    listed = _reasons(model, best.iloc[np.argsort(-margins, kind="stable")])
    listed.to_parquet(folder / "listed.parquet")
    return (wall + time.perf_counter() - start[0], cpu + time.process_time() - start[1]), listed


def _reasons(model: rm.RiskClassifier, best: pd.DataFrame) -> pd.DataFrame:
    catalogue = Catalogue.read({code: {"en": code, "ko": code} for code in CODES})
    found = replace(explain(model, best), catalogue=catalogue)
    return found.reasons(top=3).assign(score=found.scores)


if __name__ == "__main__":
    main()
