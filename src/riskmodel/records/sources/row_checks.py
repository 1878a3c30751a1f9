"""The reasons that keep a row out, and the SQL that finds the first of them for each row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from riskmodel.records.engine import literal
from riskmodel.records.service_words import CLOSED
from riskmodel.records.sources import cell_sql

NO_ID = "no id"
ROUNDED_ID = "id or code that a program rounded"
MARKED_ID = "id or code with marks of thousands"
STYLED_ID = "id or code with raised, circled or otherwise styled characters"
NO_NAME = "no name of an attribute"
NO_DATE = "no usable date"
NO_HOUSEHOLD = "person in no known household on that day"
NO_RESIDENT = "dwelling of no known household on that day"
UNKNOWN_CODE = "unknown code"
UNKNOWN_RESULT = "result that no word is mapped to"
UNKNOWN_SUPPORT = "support that no word is mapped to"
TWO_SUPPORTS = "result and support name two kinds of support"
UNKNOWN_CHANNEL = "channel that no word is mapped to"
UNKNOWN_REASON = "reason that no word is mapped to"
UNKNOWN_BLIND = "neither blind nor not"
BEFORE_IT_CAME = "due, decided or answered before it came"
BEFORE_ROUND = "contact before its round"
KNOWN_BEFORE = "known before its contact or round"
AFTER_TODAY = "contact on or after today"
NO_ROUND = "month without exactly one round"
UNKNOWN_DELIVERED = "neither delivered nor missed"
NO_LIST = "no name of a list"
UNKNOWN_DRAWN = "neither drawn nor not drawn"
NO_CHANCE = "probability outside 0 to 1"
CHANCE_UNTOLD = "drawn, and without a probability"
CHANCE_OF_0 = "drawn, and of probability 0"
CHANCE_OF_1 = "not drawn, and of probability 1"
TWICE_IN_LIST = "household twice in one list of a round"
NO_PERIOD = "period that ends before it begins"
NO_NUMBER = "text for a number"
OUT_OF_RANGE = "value outside the catalogue's range"
CONTRADICTED = "another value in the same delivery, known on the same day"
DUPLICATE = "equal to another row in all columns"
RAGGED = "more or fewer cells than the header"


def unknown_word(table: str, column: str) -> str:
    """Return why a row is bad whose word in a column of a few words is none of them."""
    return f"{column} of {table} that no word is mapped to"


# In the order in which they count.
REASONS = (
    NO_ID,
    ROUNDED_ID,
    MARKED_ID,
    STYLED_ID,
    NO_NAME,
    NO_LIST,
    NO_DATE,
    UNKNOWN_CODE,
    UNKNOWN_RESULT,
    UNKNOWN_SUPPORT,
    TWO_SUPPORTS,
    UNKNOWN_REASON,
    UNKNOWN_BLIND,
    *(unknown_word(table, column) for table, column in CLOSED),
    NO_ROUND,
    UNKNOWN_DELIVERED,
    UNKNOWN_DRAWN,
    NO_PERIOD,
    BEFORE_IT_CAME,
    NO_NUMBER,
    NO_CHANCE,
    CHANCE_UNTOLD,
    CHANCE_OF_0,
    CHANCE_OF_1,
    OUT_OF_RANGE,
    DUPLICATE,
    UNKNOWN_CHANNEL,
    BEFORE_ROUND,
    KNOWN_BEFORE,
    AFTER_TODAY,
    NO_HOUSEHOLD,
    NO_RESIDENT,
    CONTRADICTED,
    TWICE_IN_LIST,
    RAGGED,
)

# What an id or a code cannot be, by the SQL that tells it.
FAULTS_OF_IDS = (
    (cell_sql.is_rounded, ROUNDED_ID),
    (cell_sql.is_marked, MARKED_ID),
    (cell_sql.is_styled, STYLED_ID),
)


@dataclass(frozen=True)
class Check:
    """One way for a row to be bad: when (SQL), why, and the name of the column to blame (SQL)."""

    fails: str
    reason: str
    blamed: str


def verdict(checks: Iterable[Check]) -> str:
    """Return the SQL of the columns `reason` and `blamed`; of several reasons, the first counts."""
    ordered = sorted(checks, key=lambda check: REASONS.index(check.reason))
    reasons = " ".join(f"WHEN {check.fails} THEN {literal(check.reason)}" for check in ordered)
    blamed = " ".join(f"WHEN {check.fails} THEN {check.blamed}" for check in ordered)
    return f"CASE {reasons} END AS reason, CASE {blamed} END::VARCHAR AS blamed"
