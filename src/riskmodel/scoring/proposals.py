"""A round's list as a proposal: every household's chance, in the schema of the table `lists`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.records.table_schemas import SCHEMAS
from riskmodel.scoring.ranking import RANDOM
from riskmodel.spreadsheets import without_formulas

PROPOSED = "list"
SUFFIXES = (".csv", ".parquet")


def proposal(table: pd.DataFrame, model: str, name: str) -> pd.DataFrame:
    """Return one row per scored household, by household.

    A household that was not drawn stands in the stratum from which it could have been; one that
    could not be stands in none.

    Parameters
    ----------
    table : DataFrame
        Of a `ScoreList`.
    model : str
        Its title.
    name : str
        What the list is called.
    """
    could_be = table["inclusion_probability"] > 0
    stratum = table["stratum"].astype(object).fillna(RANDOM).where(could_be, None)
    columns = {
        HOUSEHOLD: table[HOUSEHOLD],
        AS_OF: table[AS_OF],
        "list": name,
        "known_date": table[AS_OF],
        "area": table.get("area"),
        "stratum": stratum,
        "probability": table["inclusion_probability"],
        "drawn": table["listed"],
        "seed": table["seed"],
        "model": model,
        "score": table["score"],
        "rank": table["rank"],
        "percentile": table["percentile"],
        "band": table["band"],
    }
    rows = pd.DataFrame(columns, index=table.index).sort_values(HOUSEHOLD, ignore_index=True)
    assert set(rows) <= set(SCHEMAS["lists"].names)
    return rows


def check_proposal_file(path: Path, lists: Path | None = None) -> None:
    """Refuse a file that is no CSV or Parquet by its name, or the file of the list itself.

    Raises
    ------
    ConfigError
    """
    if path.suffix not in SUFFIXES:
        raise ConfigError(
            f"a proposal is not written as {path.suffix or 'a file without an ending'}",
            code="scoring.proposal_file",
            allowed=SUFFIXES,
            next_step="name the file so, such as chances.csv",
        )
    if lists is not None and path.resolve() == lists.resolve():
        raise ConfigError(
            "the list and its proposal have one file",
            code="scoring.proposal_file",
            allowed="a file of its own for every household's chance",
            next_step="name another, such as proposal=chances.csv",
        )


def write_proposal(rows: pd.DataFrame, part: Path) -> None:
    """Write a proposal as Parquet where the file's name ends so, else as CSV."""
    if part.suffix == ".parquet":
        rows.to_parquet(part, index=False)
    else:
        without_formulas(rows).to_csv(part, index=False)
