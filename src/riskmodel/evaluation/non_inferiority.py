"""What a difference of two models says: better, worse, level within a stated margin, or nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.evaluation.text_tables import number
from riskmodel.metrics import METRICS

WORSE, LEVEL, BETTER = "worse than", "level with", "better than"
NOT_TOLD = "not told apart from"


def with_verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of differences with their verdicts, and how much worse each could be.

    Parameters
    ----------
    table : DataFrame
        metric, and low and high: the interval of its difference.

    Returns
    -------
    DataFrame
        ``verdict``: better or worse where the whole interval says so; level where it lies above
        the metric's margin (`riskmodel.metrics.Metric.margin`), so that more than that much worse
        is ruled out; else not told, as where there is no interval. ``at_worst``: how much worse
        the first model could be, by the interval's end; 0 where it is better.
    """
    least, most = ends(table)
    margin = np.array([METRICS[name].margin for name in table["metric"]], dtype=float)
    choices = [most < 0, least > 0, least >= -margin]
    verdict = np.select(choices, [WORSE, BETTER, LEVEL], NOT_TOLD)
    return table.assign(verdict=verdict, at_worst=np.maximum(-least, 0.0))


def ends(table: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much better the first model is at least and at most, in each metric's direction.

    Below 0 it is worse.
    """
    more_is_better = np.array([METRICS[name].greater_is_better for name in table["metric"]], bool)
    low, high = (table[name].to_numpy(np.float64) for name in ("low", "high"))
    return np.where(more_is_better, low, -high), np.where(more_is_better, high, -low)


def at_worst_of(at_worst: float) -> str:
    """Return how much worse a model could be, in words; nothing where that is not known, or 0.

    Examples
    --------
    >>> at_worst_of(0.0189)
    'could be as much as 0.0189 worse'
    """
    return f"could be as much as {number(at_worst)} worse" if at_worst > 0 else ""
