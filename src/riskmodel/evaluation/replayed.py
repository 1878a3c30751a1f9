"""Whether the panel that is judged is the one that could have been built on the round's day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.errors import RiskmodelError
from riskmodel.evaluation.leaks import LeakQuestion, Leaks
from riskmodel.few import is_small
from riskmodel.keys import as_days
from riskmodel.recipes import panel_by_recipe
from riskmodel.records.known_on import are_small, known_on

if TYPE_CHECKING:
    from riskmodel.panel import Panel
    from riskmodel.records import Records

CODE = "leaks.replay"
NO_RECORDS = "the backtest against a replay: the panel does not hold its records"
CHOSEN = "the backtest against a replay: the rows of the panel were chosen, by no cohort"
LARGE = "the backtest against a replay: the records have more than five million events"


def replayed(panel: Panel) -> Leaks:
    """Build the newest round again, from the records as they were known on its day, and compare.

    Parameters
    ----------
    panel : Panel
        The rows judged.

    Returns
    -------
    Leaks
        A question for each column that has another cell then, or that the recipe does not make.
    """
    records, recipe = panel._records, panel.recipe
    if records is None or recipe is None:
        return Leaks(unasked=(NO_RECORDS,))
    if recipe.feed_volumes is None:
        return Leaks(unasked=(CHOSEN,))
    if not are_small(records):
        return Leaks(unasked=(LARGE,))
    day = as_days(panel.as_of).max()
    newest = panel[as_days(panel.as_of) == day]
    return Leaks(tuple(_asked(newest, records, day)), len(panel.X.columns))


def _asked(newest: Panel, records: Records, day: np.datetime64) -> Iterator[LeakQuestion]:
    assert newest.recipe is not None
    recipe = replace(newest.recipe, label=None)
    try:
        then = panel_by_recipe(recipe, known_on(records, day), [str(day)])
    except RiskmodelError as error:
        yield LeakQuestion(CODE, f"round {day}, which cannot be built from them ({error.code})")
        return
    is_there = newest.X.index.isin(then.X.index)
    if not is_there.all():
        yield _question(f"who is in the cohort of {day}", int((~is_there).sum()))
    rows = newest.X.index[is_there]
    now, past = newest.X.loc[rows], then.X.reindex(rows)
    for name in now.columns:
        # a column that the recipe does not make is another one in every row
        differ = _differing(now[name], past[name]) if name in past else len(rows)
        if differ:
            yield _question(str(name), differ)


def _question(about: str, cells: int) -> LeakQuestion:
    return LeakQuestion(CODE, about, float("nan") if is_small(cells) else float(cells))


def _differing(now: pd.Series, past: pd.Series) -> int:
    """Return how many cells differ; two that are missing do not."""
    if isinstance(now.dtype, pd.CategoricalDtype):
        now, past = now.astype("object"), past.astype("object")
    is_other = (now != past) & ~(now.isna() & past.isna())
    return int(is_other.sum())
