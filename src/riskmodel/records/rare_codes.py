"""The codes that so few households have that they may name one of them."""

from __future__ import annotations

from collections.abc import Iterable

from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.records.engine import Relation, query

FREQUENT = f"""
    SELECT code
    FROM {{events}}
    GROUP BY code
    HAVING count(DISTINCT household_id) >= {MIN_HOUSEHOLDS}
"""


def rare_codes(events: Relation, codes: Iterable[str]) -> set[str]:
    """Return those of some codes that fewer than 10 households have."""
    wanted = set(codes)
    if not wanted:
        return wanted
    return wanted.difference(query(events, FREQUENT.format(events="source"))["code"])
