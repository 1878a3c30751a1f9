"""What rows hold of each indicator, by name, and what it contributed; what is hidden is summed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskmodel.errors import ModelError
from riskmodel.explanation.parts import FEATURE
from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.models import check_language
from riskmodel.serving import LANGUAGES, ReasonWriter

if TYPE_CHECKING:
    from riskmodel.explanation.explanation import Explanation


def contents_of(
    one: Explanation, lang: str, *, masked: bool, undelivered: Collection[str] = ()
) -> pd.DataFrame:
    """Return what one row holds of each indicator, and what that contributed.

    Parameters
    ----------
    one : Explanation
        Of one row, by feature or by indicator. By indicator it is not known which window carries
        most of a contribution, and a content is that of the shortest window.
    lang : str
    masked : bool
        Whether sensitive indicators are one row, "sensitive information".
    undelivered : collection of str
        Indicators that are known not to have been delivered, where no value shows it.

    Returns
    -------
    DataFrame
        By the indicator's name: ``content``, ``contribution`` (log-odds), and ``label``, which is
        the content, with the name where the content does not hold it.

    Raises
    ------
    ModelError
        For an explanation of no or several rows.
    """
    _require_one_row(one)
    check_language(lang)
    writer, words = one.reason_writer, LANGUAGES[lang].words
    phi = one.unmasked.to_numpy()[0] if one.by == FEATURE else np.zeros(len(writer.columns))
    nothing = {words[key] for key in ("absent", "undelivered", "no_value", "unseen")}
    is_unseen = one.unseen_keys()[0]
    rows = []
    for k, name in enumerate(_names(writer, lang, masked=masked)):
        is_hidden = masked and writer.hides(k)
        content = "" if is_hidden else writer.content(k, one.matrix[0], phi, lang)
        if content == words["no_value"] and is_unseen[k]:
            content = words["unseen"]
        if content == words["no_value"] and writer.keys[k] in undelivered:
            content = words["undelivered"]
        label = f"{name}: {content}" if content in nothing else content or name
        rows.append({"name": name, "content": content, "label": label})

    totals = one.by_indicator(masked=False).iloc[0].to_numpy()
    table = pd.DataFrame(rows).assign(contribution=totals)
    summed = {"content": "first", "label": "first", "contribution": "sum"}
    return table.groupby("name", sort=False).agg(summed)


def name_of_row(one: Explanation, i: int = 0) -> str:
    """Return the household and date of a row, or its place where it has none."""
    key: Any = one.log_odds.index[i]
    if not is_keyed(one):
        return f"row {key}"
    household, day = key
    return f"{household} on {pd.Timestamp(day).date()}"


def is_keyed(one: Explanation) -> bool:
    """Return whether rows are named by household and date."""
    return list(one.log_odds.index.names) == [HOUSEHOLD, AS_OF]


def is_of_one(one: Explanation) -> bool:
    """Return whether all rows are of one household, on one date or several."""
    households = one.log_odds.index.get_level_values(0)
    return len(one) == 1 or (is_keyed(one) and households.nunique() == 1)


def _names(writer: ReasonWriter, lang: str, *, masked: bool) -> list[str]:
    return [writer.shown_name(k, lang, masked=masked) for k in range(len(writer.keys))]


def _require_one_row(one: Explanation) -> None:
    if len(one) != 1:
        raise ModelError(
            f"an explanation of {len(one)} rows is not one score",
            code="explanation.one_row",
            allowed="explanations of one row each",
            next_step="choose it: explanation[0], or explanation.household(household_id, as_of)",
        )
