"""Who gets which columns of a book: officers, carriers and the caller by AI, by channel."""

from __future__ import annotations

from typing import NamedTuple

from riskmodel.records.contact_words import (
    NOT_EXECUTED,
    NOT_REACHED,
    NOT_TOLD,
    REFUSED,
    RESULTS,
)
from riskmodel.records.service_words import SIGNS, URGENT

ROW_ID, PLAN = "contact_id", "plan_id"
GIVEN = (
    ROW_ID,
    "household_id",
    "name",
    "address",
    "phone",
    "topics",
    "attempts",
    "call_back",
    "due_by",
    "due_week",
    PLAN,
)
"""What a book says of a row, before its answers."""
DAY, RESULT, REASON, SUPPORT = CHOICES = ("contact_date", "result", "reason", "support")
ANSWERS = (*CHOICES, *SIGNS)
"""What a book asks of a row."""
AI_CALL = "ai_call"
MACHINE = {AI_CALL: {ROW_ID: "id", "phone": "number"}}
"""Channels whose file a machine reads, and what it calls a column; others go by their own names."""


class Audience(NamedTuple):
    """Who makes the contacts of a channel, and what their book holds.

    Attributes
    ----------
    given : tuple of str
        Columns that say whom to turn to, and when.
    results : tuple of str
        The results that they can tell; who gives no verdict has none to choose.
    choices : tuple of str
        Which of `CHOICES` they answer.
    signs : tuple of str
        The signs that they are asked for.
    sees_reasons : bool
        Whether they may read why the household is on the plan.
    seen_by : str
        What the table of signs calls them.
    """

    given: tuple[str, ...]
    results: tuple[str, ...] = RESULTS
    choices: tuple[str, ...] = CHOICES
    signs: tuple[str, ...] = URGENT
    sees_reasons: bool = True
    seen_by: str = "officer"


_OFFICER = Audience((ROW_ID, "household_id", "name", "address", "phone", "due_by"))
_CARRIER = Audience(
    given=(ROW_ID, "name", "address", "due_week"),
    results=(NOT_TOLD, REFUSED, NOT_REACHED, NOT_EXECUTED),
    choices=(DAY, RESULT, REASON),
    signs=SIGNS,
    sees_reasons=False,
    seen_by="carrier",
)
_AI = Audience(
    given=(ROW_ID, "phone", "topics", "attempts", "call_back"),
    sees_reasons=False,
    seen_by=AI_CALL,
)
AUDIENCES = {
    AI_CALL: _AI,
    "call": _OFFICER,
    "text_message": _OFFICER._replace(sees_reasons=False),
    "mail": _CARRIER,
    "mail_carrier": _CARRIER,
    "visit": _OFFICER._replace(signs=SIGNS),
    "office": _OFFICER,
    "online": _OFFICER,
}
"""By channel; `contact_words.CHANNELS` are its keys."""
