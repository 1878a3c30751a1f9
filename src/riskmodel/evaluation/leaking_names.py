"""Which columns are called as if they were the outcome, or came after the as-of date."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from riskmodel.evaluation.leaks import LeakQuestion, Leaks
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.texts import counted

if TYPE_CHECKING:
    from riskmodel.panel import Column, Panel

CODE = "leaks.name"
AFTER = ("after", "afterwards", "followup", "future", "later", "next", "post")
RESULT = ("outcome", "outcomes", "result", "results", "target", "targets")
LATER = frozenset([*AFTER, *RESULT])
LATER_KO = ("결과", "이후", "사후", "향후", "추후", "미래", "다음")
_WORDS = re.compile(r"[a-z]+")
_PARTS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def leaking_names(panel: Panel) -> Leaks:
    """Ask about columns by their names.

    Parameters
    ----------
    panel : Panel

    Returns
    -------
    Leaks

    Notes
    -----
    Asked about are names with a word such as "outcome", "result" or "after", and columns of the
    label's own code that no aggregate makes: an aggregate of it holds what was known before the
    as-of date, but an attribute or a column of a frame may hold the outcome itself. Columns in
    which fewer than 10 households differ are counted and not named.
    """
    outcome = frozenset() if panel.label is None else frozenset(panel.label.outcome)
    known = {column.name: column for column in panel.columns}
    names = [str(name) for name in panel.X.columns]
    asked = [name for name in names if _is_later(name, known.get(name), outcome)]
    rare = panel.rare_columns.intersection(asked) if asked else frozenset()
    told = tuple(LeakQuestion(CODE, name) for name in asked if name not in rare)
    differ = f"in which fewer than {MIN_HOUSEHOLDS} households differ"
    unasked = (f"the names of {counted(len(rare), 'column')} {differ}",) if rare else ()
    return Leaks(told, len(names), unasked)


def _is_later(name: str, column: Column | None, outcome: frozenset[str]) -> bool:
    is_aggregate = column is not None and bool(column.aggregate)
    if is_aggregate and column is not None and column.indicator in outcome:
        return False
    own = column.indicator if is_aggregate and column is not None else name
    words = frozenset(_WORDS.findall(_PARTS.sub("_", own).lower()))
    if words & LATER or any(word in own for word in LATER_KO):
        return True
    return not is_aggregate and any(_holds(own, code) for code in outcome)


def _holds(name: str, code: str) -> bool:
    """Tell whether a name is the code, or holds it as words of its own."""
    return re.search(rf"(?<![^\W_]){re.escape(code)}(?![^\W_])", name) is not None
