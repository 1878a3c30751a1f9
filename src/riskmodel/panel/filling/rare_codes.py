"""Codes that came with the data alone, and that so few households have that they may name one."""

from __future__ import annotations

from riskmodel.indicators import Catalogue
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS
from riskmodel.records import Records
from riskmodel.records.engine import query


def count_rare_codes(records: Records, used: Catalogue) -> int:
    """Count the codes in use of which no catalogue says anything and few households have a fact.

    Parameters
    ----------
    records : Records
    used : Catalogue
        Of the codes that a panel is made of.

    Returns
    -------
    int
        How many of them fewer than 10 households have.
    """
    undeclared = used.undeclared
    if not undeclared:
        return 0

    frequent = query(
        records.relation("events"),
        """
        SELECT code
        FROM source
        WHERE list_contains($codes::VARCHAR[], code)
        GROUP BY code
        HAVING count(DISTINCT household_id) >= $least
        """,
        codes=undeclared,
        least=MIN_HOUSEHOLDS,
    )
    return len(undeclared) - len(frequent)
