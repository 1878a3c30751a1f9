"""Several labels of the same rows side by side: how often each is 1, 0 or missing, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd


class LabelCounts(NamedTuple):
    """How often one label is 1, 0 or missing.

    Attributes
    ----------
    rows, positive, negative, immature : int
    missing : mapping of str to int
        The missing labels by reason, the immature among them.
    tied : int
        Rows that are 1 although another verdict was given at the same time.
    """

    rows: int
    positive: int
    negative: int
    immature: int
    missing: Mapping[str, int]
    tied: int = 0

    def line(self) -> dict[str, float]:
        """Return the line of the table, without the reasons."""
        labelled = self.positive + self.negative
        mature = self.rows - self.immature
        return {
            "1": self.positive,
            "0": self.negative,
            "observed": labelled / mature if mature else float("nan"),
            "rate": self.positive / labelled if labelled else float("nan"),
        }


@dataclass(frozen=True, eq=False, repr=False)
class LabelTable:
    """Counts of labels on the same rows; prints itself.

    Attributes
    ----------
    table : DataFrame
        One row per label: ``1``, ``0``, the reasons for which some are missing, ``observed`` (the
        share of the mature rows that are 1 or 0) and ``rate`` (the share of 1 among these). 1, 0
        and the reasons add up to the rows. Where verdicts tied, ``tied`` counts the rows that are
        1 although another verdict was given at the same time.
    rows : int
    """

    table: pd.DataFrame
    rows: int

    @classmethod
    def of(cls, counts: Mapping[str, LabelCounts]) -> LabelTable:
        """Return the table of the counts of several labels on the same rows."""
        lines = {name: of_label.line() for name, of_label in counts.items()}
        table = pd.DataFrame.from_dict(lines, orient="index")
        reasons = list(dict.fromkeys(r for of_label in counts.values() for r in of_label.missing))
        for reason in reasons:
            table[reason] = [of_label.missing.get(reason, 0) for of_label in counts.values()]

        ordered = table[["1", "0", *reasons, "observed", "rate"]]
        tied = [of_label.tied for of_label in counts.values()]
        if any(tied):
            ordered = ordered.assign(tied=tied)
        rows = max((of_label.rows for of_label in counts.values()), default=0)
        return cls(ordered.rename_axis("label"), rows)

    def frame(self) -> pd.DataFrame:
        """Return one row per label."""
        return self.table.copy()

    def __repr__(self) -> str:
        return f"{self.rows:,} rows\n{self._shown().to_string()}"

    def _repr_html_(self) -> str:
        return f"<p>{self.rows:,} rows</p>{self._shown().to_html()}"

    def _shown(self) -> pd.DataFrame:
        shares = {name: self.table[name].map("{:.1%}".format) for name in ("observed", "rate")}
        return self.table.assign(**shares)
