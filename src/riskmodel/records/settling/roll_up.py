"""The used events in their total order, those of people rolled up over their household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskmodel.records.engine import literals
from riskmodel.records.table_schemas import SCHEMAS, TOTAL_ORDER

# The value of the household's fact, by rule.
_VALUES = {"any": "NULL::DOUBLE", "sum": "sum(value)", "max": "max(value)"}
_IN_TIME = "PARTITION BY household_id, code, event_date ORDER BY day"

_CHOSEN = """
    SELECT *
    FROM facts
    WHERE is_linked
        AND list_contains({codes}, code)
        AND (retracted_date IS NULL OR retracted_date > known_date)
"""
# The days on which a fact becomes known or is retracted.
_CHANGES = """
    SELECT household_id, code, event_date, known_date AS day
    FROM chosen
    UNION
    SELECT household_id, code, event_date, retracted_date
    FROM chosen
    WHERE retracted_date IS NOT NULL
"""
_DAYS = f"""
    SELECT *, lead(day) OVER ({_IN_TIME}) AS until
    FROM changes
"""
# What stands from each of these days until the next.
_HELD = """
    SELECT
        household_id,
        code,
        event_date,
        day,
        until,
        {value} AS value,
        CASE WHEN count(DISTINCT detail) = 1 THEN min(detail) END AS detail
    FROM days
    JOIN chosen USING (household_id, code, event_date)
    WHERE known_date <= day AND (retracted_date IS NULL OR retracted_date > day)
    GROUP BY household_id, code, event_date, day, until
"""
# A version begins after a gap, and where value or detail changes.
_COMPARED = f"""
    SELECT
        *,
        lag(until) OVER ({_IN_TIME}) IS DISTINCT FROM day
            OR value IS DISTINCT FROM lag(value) OVER ({_IN_TIME})
            OR detail IS DISTINCT FROM lag(detail) OVER ({_IN_TIME}) AS is_new
    FROM held
"""
_NUMBERED = f"""
    SELECT *, sum(is_new::INTEGER) OVER ({_IN_TIME}) AS version
    FROM compared
"""
_VERSIONS = """
    SELECT
        household_id,
        code,
        event_date,
        min(day) AS known_date,
        any_value(value) AS value,
        any_value(detail) AS detail,
        CASE WHEN bool_or(until IS NULL) THEN NULL ELSE max(until) END AS retracted_date
    FROM numbered
    GROUP BY household_id, code, event_date, version
"""


def events_sql(roll_ups: Mapping[str, str]) -> str:
    """Return the SQL of the events that are used, in the total order.

    Parameters
    ----------
    roll_ups : mapping of str to str
        Of some codes, the rule that makes one fact per household and day out of those of its
        people.
    """
    names = ", ".join(SCHEMAS["events"].names)
    is_rolled_up = f"is_linked AND list_contains({literals(roll_ups)}, code)"
    parts = [f"SELECT {names} FROM facts WHERE NOT ({is_rolled_up})"]
    for rule in sorted(set(roll_ups.values())):
        codes = [code for code, own in roll_ups.items() if own == rule]
        parts.append(f"SELECT {names} FROM ({_rolled_up_sql(rule, codes)})")
    order = ", ".join((*TOTAL_ORDER, "retracted_date"))
    return f"{' UNION ALL '.join(parts)} ORDER BY {order}"


def _rolled_up_sql(rule: str, codes: Sequence[str]) -> str:
    """Return the SQL of one fact per household, code and day, in its versions."""
    return f"""
        WITH chosen AS ({_CHOSEN.format(codes=literals(codes))}),
        changes AS ({_CHANGES}),
        days AS ({_DAYS}),
        held AS ({_HELD.format(value=_VALUES[rule])}),
        compared AS ({_COMPARED}),
        numbered AS ({_NUMBERED})
        {_VERSIONS}
    """
