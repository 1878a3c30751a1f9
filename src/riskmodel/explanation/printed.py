"""How an explanation prints itself: what it is of, and one household's signed contributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.explanation.contents import is_keyed, is_of_one, name_of_row
from riskmodel.explanation.masking import folded, hidden_parts
from riskmodel.explanation.parts import FAMILY, FEATURE
from riskmodel.serving import ENGLISH

if TYPE_CHECKING:
    from riskmodel.explanation.explanation import Explanation

SHOWN = 10
LEAST_SHOWN = 0.0005


def head_of(one: Explanation) -> str:
    """Return what is explained, how, and what it is compared with."""
    rows = f"{len(one):,} rows"
    if is_of_one(one):
        rows = str(one.log_odds.index[0][0]) if is_keyed(one) else name_of_row(one)
    return (
        f"{rows} explained exactly ({one.method}), in log-odds of the crisis class\n"
        f"compared with {one.reference}: log-odds {one.base:.3f}"
        f"{_told_unseen(one)}"
    )


def table_of(one: Explanation) -> pd.DataFrame:
    """Return the signed contributions of one household, or the means of several."""
    if not is_of_one(one):
        return one.summary().head(SHOWN)
    days = one.log_odds.index.get_level_values(-1)
    titles = [str(day.date()) for day in days] if is_keyed(one) else ["contribution"]
    return _signed_table(one).set_axis(titles, axis=1)


def _told_unseen(one: Explanation) -> str:
    """Return by column how many rows hold a category that the model does not know."""
    if one.unseen is None:
        return ""
    hidden = hidden_parts(one, FEATURE)
    counts = pd.DataFrame(one.unseen.astype(int), columns=[c["name"] for c in one.columns])
    return "".join(
        f"\n{ENGLISH.note('unseen_category', rows=rows, column=name)}"
        for name, rows in folded(counts, hidden).sum().items()
        if rows
    )


def _signed_table(one: Explanation) -> pd.DataFrame:
    """Return each part's contributions to the rows of one household, down to sum and score.

    The largest parts have a row of their own, the others are summed. There is one column per row
    explained.
    """
    parts = _named_parts(one)
    largest = parts.abs().max(axis=1).sort_values(ascending=False, kind="stable")
    own = largest[largest >= LEAST_SHOWN].index[:SHOWN]
    others = parts.drop(index=own)
    ends = pd.DataFrame(
        {
            "base": one.base,
            "sum (log-odds)": one.log_odds.to_numpy(),
            "score": one.scores.to_numpy(),
        }
    ).T
    rest = others.sum().to_frame(ENGLISH.words["others"].format(number=len(others))).T
    return pd.concat([parts.loc[own], *([rest] if len(others) else []), ends])


def _named_parts(one: Explanation) -> pd.DataFrame:
    """Return one row per indicator's name, or per family, and one column per row explained."""
    if one.by == FAMILY:
        return one.contributions.T.set_axis(range(len(one)), axis=1)
    writer = one.reason_writer
    names = [writer.shown_name(k, "en", masked=True) for k in range(len(writer.keys))]
    totals = one.by_indicator(masked=False).to_numpy()
    return pd.DataFrame(totals.T, index=names).groupby(level=0).sum()
