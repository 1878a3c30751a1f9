"""What a consumer of a version waits for: one row, a batch with reasons, and columns from tables.

CPU seconds in one process and with one thread, the least of several repeats. The model is the
default one with its default columns. Beside our code stands what MLflow adds around it, and beside
numpy alone the same evaluation compiled by numba, which a published version does not need. Columns
are made from the tables of as many households as there are rows, and beside stands the panel.

    python benchmarks/serving.py [--rows 20_000] [--households 2_500]
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel import serving
from riskmodel.forests import PathTables
from riskmodel.registry.backend.connection import silence
from riskmodel.registry.publishing.pyfunc import save_pyfunc
from riskmodel.registry.reading.loaded_model import LoadedModel

ONE_ROW_MS, BATCH_S, ROWS_OF_THE_BAR = 5.0, 2.0, 20_000


def cost(run: Callable[[], object], repeats: int = 3, times: int = 1) -> float:
    """CPU seconds of a call, the least of some repeats after a first one."""
    run()
    found = []
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(times):
            run()
        found.append((time.process_time() - start) / times)
    return min(found)


def published(folder: Path, households: int) -> pd.DataFrame:
    """Save the default model into a folder, and return the rows of its panel."""
    records = rm.make_households(households, random_state=1)
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(records, rounds=records.rounds, label=label)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel).fit(train)
    rm.save(model, rm.evaluate(model, test, capacity=0.05), folder)
    return panel.X


def main() -> None:
    """Publish, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS_OF_THE_BAR)
    parser.add_argument("--households", type=int, default=2_500)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, silence():
        folder = Path(temporary) / "artefact"
        X = published(folder, asked.households)
        package = save_pyfunc(Path(temporary) / "model", folder, LoadedModel.read(folder))
        report(folder, package, pd.concat([X] * (1 + asked.rows // len(X))).head(asked.rows))
        report_columns(folder, asked.rows)


def report(folder: Path, package: Path, rows: pd.DataFrame) -> None:
    """Print what one row and the batch cost, and the shares of it."""
    import mlflow.pyfunc

    scorer, in_mlflow = serving.read(folder), mlflow.pyfunc.load_model(str(package))
    one = rows.iloc[[0]]
    ours = 1000 * cost(lambda: scorer.score(one), times=20)
    whole = 1000 * cost(lambda: in_mlflow.predict(one), times=20)
    print(f"default model, {rows.shape[1]} columns, {len(scorer.tables['steps']):,} groups")
    print(f"one row: {ours:.1f} ms in our code (bar {ONE_ROW_MS:.0f}), {whole:.1f} ms in MLflow")

    matrix = scorer.matrix(rows).X
    tables = PathTables.from_arrays(scorer.tables)
    by_numpy = cost(lambda: scorer.contributions(matrix))
    by_numba = cost(lambda: tables.evaluate(matrix))
    batch = cost(lambda: scorer.score(rows))
    in_all = cost(lambda: in_mlflow.predict(rows), repeats=1)
    print(
        f"{len(rows):,} rows with reasons: {batch:.2f} CPU s "
        f"(bar {BATCH_S * len(rows) / ROWS_OF_THE_BAR:.1f}), {in_all:.2f} in MLflow"
    )
    print(
        f"of these, margins and contributions: {by_numpy:.2f} by numpy alone, {by_numba:.2f} by "
        f"numba: {by_numpy / by_numba:.1f} times"
    )


def report_columns(folder: Path, households: int) -> None:
    """Print what the columns of a round cost: from arrays, from CSV files, and by the panel."""
    scorer, records = serving.read(folder), rm.make_households(households, random_state=2)
    names = ("events", "coverage", "deliveries", "unmatched", "members")
    frames = {name: records.frame(name) for name in names}
    tables = {
        name: {column: _plain(frame[column]) for column in frame} for name, frame in frames.items()
    }
    with tempfile.TemporaryDirectory() as csv:
        for name, frame in frames.items():
            frame.to_csv(Path(csv) / f"{name}.csv", index=False)
        read = serving.read_tables(csv)
    day = records.rounds[-1]
    features = LoadedModel.read(folder).recipe_.features
    by_numpy = cost(lambda: serving.features(scorer, tables, day))
    by_csv = cost(lambda: serving.features(scorer, read, day))
    by_panel = cost(lambda: rm.build_panel(records, [day], label=None, features=features))
    print(
        f"{len(scorer.columns)} columns of {households:,} households and {len(frames['events']):,} "
        f"facts: {by_numpy:.2f} CPU s by numpy alone ({by_csv:.2f} from the texts of CSV files), "
        f"{by_panel:.2f} by the panel"
    )


def _plain(column: pd.Series) -> np.ndarray:
    """Return a column as numpy has it: texts as objects, None where there is none."""
    if column.dtype.kind in "fibM":
        return column.to_numpy()
    return column.astype(object).where(column.notna(), None).to_numpy()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
