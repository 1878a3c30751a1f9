"""The truth of simulated rounds as a table: hidden states, exact chances, labels and verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riskmodel.datasets.simulate import Simulated, labels, labels_unsupported
from riskmodel.datasets.world import ACUTE, STATES, Floats
from riskmodel.keys import KEYS


def truth_table(
    simulated: Simulated,
    rows: range,
    rounds: pd.DatetimeIndex,
    chances: Floats | None,
    *,
    closed: int | None = None,
    has_readers: bool,
) -> pd.DataFrame:
    """Return one row per household and round.

    Parameters
    ----------
    simulated : Simulated
    rows : range
        Numbers of the rounds.
    rounds : DatetimeIndex
        Their dates.
    chances : ndarray of float, shape (n_rounds, n), or None
        The exact chances, where there are any.
    closed : int, optional
        How many of the first rounds have a label; default: all.
    has_readers : bool
        Whether a service works, so that there are verdicts.
    """
    closed = len(rows) if closed is None else closed
    y = np.full((len(rows), len(simulated.population)), np.nan)
    y[:closed] = labels(simulated, rows[:closed])
    state = pd.Categorical.from_codes(
        simulated.course[rows].T.ravel(), pd.Index(STATES), ordered=True
    )
    columns: dict[str, Any] = {"state": state}
    if chances is not None:
        columns["probability"] = chances.T.ravel()
    columns["y"] = y.T.ravel()
    if has_readers:
        in_round = simulated.course[rows.start + 1 : rows.stop + 1]
        columns["need"] = (in_round >= ACUTE).T.ravel().astype(float)
        columns["verdict"] = simulated.confirms[rows].T.ravel().astype(float)
    if any(simulated.times.support):
        columns["y_unsupported"] = labels_unsupported(simulated, rows).T.ravel().astype(float)
    index = pd.MultiIndex.from_product([simulated.population.block.ids, rounds], names=KEYS)
    return pd.DataFrame(columns, index=index)
