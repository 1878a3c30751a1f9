"""A version in Spark: a million rows with reasons by `spark_udf`, beside plain scoring.

The rows are those of a panel with the default columns, again and again. Both ways load the package
by MLflow. Plain scoring is one process over a tenth of the rows, told for all of them.

    python benchmarks/spark.py [--rows 1_000_000] [--cores 2] [--households 2_500]

It needs PySpark 4 (pip install 'pyspark>=4') and Java 17.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd

from riskmodel.registry.backend.connection import silence
from riskmodel.registry.publishing.pyfunc import save_pyfunc
from riskmodel.registry.reading.loaded_model import LoadedModel
from serving import published

BATCH = 20_000
ANSWER = "score double, band string, reasons_json string, impossible array<string>"


def main() -> None:
    """Publish, score in Spark, score plainly, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--households", type=int, default=2_500)
    asked = parser.parse_args()
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        print("not measured: pip install 'pyspark>=4', and Java 17")
        return
    with tempfile.TemporaryDirectory() as temporary, silence():
        folder = Path(temporary) / "artefact"
        X = published(folder, asked.households)
        package = save_pyfunc(Path(temporary) / "model", folder, LoadedModel.read(folder))
        batch = pd.concat([X] * (1 + BATCH // len(X))).head(BATCH).reset_index(drop=True)
        categories = batch.select_dtypes("category").columns
        batch = batch.astype(dict.fromkeys(categories, "object"))
        batch.to_parquet(Path(temporary) / "rows.parquet")
        print(f"default model, {X.shape[1]} columns, {asked.rows:,} rows", flush=True)
        print(in_spark(package, Path(temporary) / "rows.parquet", asked.rows, asked.cores))
        print(plainly(package, batch, asked.rows))


def in_spark(package: Path, rows: Path, number: int, cores: int) -> str:
    """Score in Spark, each batch as often as needed, and say how long it took."""
    import mlflow.pyfunc
    from pyspark.sql import SparkSession, functions

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = SparkSession.builder.master(f"local[{cores}]").config("spark.driver.memory", "4g")
    spark = session.config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    score = mlflow.pyfunc.spark_udf(spark, str(package), env_manager="local", result_type=ANSWER)
    table = spark.read.parquet(str(rows))
    again = spark.range(number // BATCH).repartition(4 * cores)
    answer = again.crossJoin(functions.broadcast(table)).select(
        score(functions.struct(*table.columns)).alias("answer")
    )
    began = time.perf_counter()
    found = answer.agg(
        functions.count("answer.score").alias("rows"),
        functions.sum(functions.length("answer.reasons_json")).alias("letters"),
    ).first()
    seconds = time.perf_counter() - began
    spark.stop()
    return f"spark_udf, {cores} cores: {found['rows']:,} rows with reasons in {seconds:.0f} s"


def plainly(package: Path, batch: pd.DataFrame, number: int) -> str:
    """Score a tenth of the rows in this process, and say how long all of them would take."""
    import mlflow.pyfunc

    model = mlflow.pyfunc.load_model(str(package))
    model.predict(batch.head(100))
    began, cpu, batches = time.perf_counter(), time.process_time(), max(1, number // BATCH // 10)
    for _ in range(batches):
        model.predict(batch)
    share = number / (batches * BATCH)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return f"plainly, one process: {share * seconds:.0f} s, of these {share * cpu:.0f} s of CPU"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
