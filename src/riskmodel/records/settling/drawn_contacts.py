"""The probability of contacts, taken from the list on which their household stood."""

from __future__ import annotations

from riskmodel.errors import RecordsError
from riskmodel.records.engine import identifier
from riskmodel.records.settling.staged_rows import StagedRows, good_table
from riskmodel.texts import counted

# probabilities are written with some digits, and a list may have more of them than contacts have
_ALIKE = 1e-6


def with_chances_of_lists(rows: StagedRows, contacts: str) -> str:
    """Return the SQL of contacts, each with the probability of its household's list in its round.

    A household on several lists of a round keeps what the contact says, and so does one that its
    list could not draw.

    Parameters
    ----------
    rows : StagedRows
        With settled contacts and lists.
    contacts : str
        The SQL of the contacts, in order.

    Raises
    ------
    RecordsError
        For contacts that say another probability than the list.
    """
    chances = f"""
        SELECT household_id, as_of_date, any_value(probability) AS chance
        FROM {identifier(good_table("lists"))}
        WHERE NOT is_repeated
        GROUP BY household_id, as_of_date
        HAVING count(*) = 1
    """
    joined = f"({contacts}) AS c LEFT JOIN ({chances}) AS l USING (household_id, as_of_date)"
    differ = (
        f"SELECT count(*) FILTER (abs(probability - chance) > {_ALIKE}), count(*) FROM {joined}"
    )
    (other, n) = rows.con.execute(differ).fetchall()[0]
    if other:
        raise RecordsError(
            f"{other:,} of {counted(n, 'contact')} have another probability than the list on which "
            "their household stands in that round",
            place="contacts, probability",
            code="records.two_probabilities",
            allowed="the probability of the list, or none: contacts take it from the list",
            next_step="leave probability out of contacts, or correct the file that is wrong",
        )
    return f"""
        SELECT c.* REPLACE (coalesce(nullif(l.chance, 0), c.probability) AS probability)
        FROM {joined}
        ORDER BY ALL
    """
