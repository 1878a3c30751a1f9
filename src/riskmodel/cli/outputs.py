"""What the shell writes: tables of a run, and a round's list."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.evaluation import Evaluation
from riskmodel.scoring import ScoreList, without_formulas

ENDINGS = (".csv", ".xlsx", ".parquet")


def calibration_table(evaluation: Evaluation) -> str:
    """Return predicted against observed shares, as text."""
    shown = evaluation.reliability[["predicted", "observed", "low", "high", "rows"]]
    title = "Predicted against observed shares, with 95 % intervals"
    return f"{title}\n{shown.round(4).to_string(index=False)}"


def save_tables(folder: str | None, **tables: pd.DataFrame) -> None:
    """Write the tables of a run into a folder, if one is given."""
    if folder is None:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        without_formulas(table).to_csv(
            Path(folder) / f"{name}.csv", index=False, encoding="utf-8-sig"
        )


def output_of(written: str) -> Path:
    """Return where the list goes, in a folder that exists."""
    path = Path(written)
    if path.suffix not in ENDINGS:
        raise ConfigError(
            f"{path.name} has no known ending",
            code="cli.output",
            allowed=ENDINGS,
            next_step="write output=round.csv",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_list(listed: ScoreList, path: Path, *, whole: bool = False) -> Path:
    """Write a round's list, or all scored rows if `whole`; not at all rather than in part.

    CSV has the byte-order mark that Korean spreadsheets look for.
    """
    if path.suffix == ".parquet":
        return listed.to_parquet(path, whole=whole)
    if path.suffix == ".xlsx":
        return listed.to_excel(path, whole=whole)
    return listed.to_csv(path, encoding="utf-8-sig", whole=whole)
