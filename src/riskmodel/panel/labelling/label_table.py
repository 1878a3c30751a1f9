"""Several labels of the same rows side by side: how often each is 1, 0 or missing, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class LabelTable:
    """Counts of labels on the same rows; prints itself.

    Attributes
    ----------
    table : DataFrame
        One row per label: ``1``, ``0``, the reasons for which some are missing, ``observed`` (the
        share of the mature rows that are 1 or 0) and ``rate`` (the share of 1 among these). 1, 0
        and the reasons add up to the rows.
    rows : int
    """

    table: pd.DataFrame
    rows: int

    @classmethod
    def of(cls, panels: Mapping[str, Any]) -> LabelTable:
        """Count the labels of panels that have the same rows."""
        counted = {name: _counts(panel) for name, panel in panels.items()}
        reasons = dict.fromkeys(reason for panel in panels.values() for reason in panel.missing)
        table = pd.DataFrame.from_dict(counted, orient="index")
        for reason in reasons:
            table[reason] = [panel.missing.get(reason, 0) for panel in panels.values()]
        order = ["1", "0", *reasons, "observed", "rate"]
        return cls(table[order].rename_axis("label"), max(map(len, panels.values()), default=0))

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


def _counts(panel: Any) -> dict[str, Any]:
    counts = panel.counts
    seen, mature = counts["positive"] + counts["negative"], len(panel) - counts["immature"]
    return {
        "1": counts["positive"],
        "0": counts["negative"],
        "observed": seen / mature if mature else float("nan"),
        "rate": counts["positive"] / seen if seen else float("nan"),
    }
