"""What the shell writes: tables of a run, and a round's list."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel.disks import check_makeable, on_disk
from riskmodel.errors import ConfigError
from riskmodel.evaluation import Evaluation, reliability
from riskmodel.scoring import ScoreList, check_proposal_file
from riskmodel.spreadsheets import without_formulas

ENDINGS = (".csv", ".xlsx", ".parquet")
NOT_OBSERVED = (
    "Where no share stands, the chances of contact of those rows do not identify it, or few "
    "households are in it; the card says which"
)
_MODE = re.compile("0?[67][0-7][0-7]")


def calibration_table(evaluation: Evaluation) -> str:
    """Return predicted against observed shares, and the test of both, as text."""
    shown = evaluation.reliability[["predicted", "observed", "low", "high", "rows"]]
    title = "Predicted against observed shares, with 95 % intervals"
    table = shown.round(4).to_string(index=False)
    shares = f"{title}\n{table}"
    if evaluation.selective is not None:
        blank = shown["observed"].isna().any()
        return f"{shares}\n{NOT_OBSERVED}" if blank else shares
    return f"{shares}\n{reliability(evaluation).verdict}"


def save_tables(folder: str | None, **tables: pd.DataFrame) -> None:
    """Write the tables of a run into a folder, if one is given."""
    if folder is None:
        return
    with on_disk(folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            path = Path(folder) / f"{name}.csv"
            without_formulas(table).to_csv(path, index=False, encoding="utf-8-sig")


@dataclass(frozen=True)
class ListTarget:
    """Where a round's list goes, and what it may replace.

    Attributes
    ----------
    file : Path, optional
        Default: named after the model and the round.
    folder : Path
        Of the default file.
    whole : bool
        Whether all scored households are written instead of the listed ones.
    overwrite : bool
    mode : int
    """

    file: Path | None
    folder: Path
    whole: bool
    overwrite: bool
    mode: int

    @classmethod
    def of(cls, output: str | None, mode: str, *, whole: bool, overwrite: bool) -> ListTarget:
        """Read what a configuration says, or refuse it before any work is done."""
        allowed = mode_of(mode)
        file, folder = _file_and_folder(output)
        check_makeable(folder)
        return cls(file, folder, whole, overwrite, allowed)

    def write(self, listed: ScoreList) -> Path:
        """Write a list; not at all rather than in part.

        CSV has the byte-order mark that Korean spreadsheets look for.
        """
        record = listed.record
        path = self.file or self.folder / f"{record.model.name}_{record.as_of}.csv"
        with on_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        rules: Any = {"whole": self.whole, "overwrite": self.overwrite, "mode": self.mode}
        if path.suffix == ".parquet":
            return listed.to_parquet(path, **rules)
        if path.suffix == ".xlsx":
            return listed.to_excel(path, **rules)
        return listed.to_csv(path, encoding="utf-8-sig", **rules)

    def check_proposal(self, file: str) -> None:
        """Refuse a proposal's file before any work is done: no CSV or Parquet, or the list's."""
        check_proposal_file(Path(file), self.file)

    def propose(self, listed: ScoreList, file: str) -> Path:
        """Write every household's chance beside a list."""
        return listed.to_proposal(file, overwrite=self.overwrite, mode=self.mode)


def mode_of(written: str) -> int:
    """Return the mode of a file as it is written in the shell.

    Examples
    --------
    >>> oct(mode_of("0640"))
    '0o640'
    """
    if not _MODE.fullmatch(written):
        raise ConfigError(
            "mode is no mode of a file that its owner reads and writes",
            code="cli.mode",
            allowed=["0600", "0640", "0660", "and other octal digits"],
            next_step="write mode=0640 to share the list with the group",
        )
    return int(written, base=8)


def _file_and_folder(written: str | None) -> tuple[Path | None, Path]:
    """Return the file that is named, if any, and the folder in which it or the default lies."""
    path = Path(written or ".")
    if path.is_dir() or (written or "").endswith(("/", os.sep)):
        return None, path
    if path.suffix not in ENDINGS:
        raise ConfigError(
            f"{path.name} has no known ending",
            code="cli.output",
            allowed=[*ENDINGS, "a folder, which ends with /"],
            next_step="write output=round.csv",
        )
    return path, path.parent
