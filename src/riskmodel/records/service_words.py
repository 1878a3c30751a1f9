"""The words of what comes with a service: requests, referrals, other services' cases, and signs."""

from __future__ import annotations

DUE_DAYS = {"objection": 10, "refusal": 10, "explanation": 10, "number_notice": 30}
"""Kinds of request, and after how many days each is due.

An objection is one to being listed, a refusal one of decisions or contacts of this kind, an
explanation a wish to know why. The last is no request of the household's: it must be told within 30
days that its telephone number was obtained.
"""
OBJECTION, REFUSAL, EXPLANATION, NUMBER_NOTICE = REQUESTS = tuple(DUE_DAYS)
UPHELD, REJECTED, WITHDRAWN, ANSWERED = OUTCOMES = ("upheld", "rejected", "withdrawn", "answered")
NOT_LISTED, NO_AI_CALL, BY_HUMAN, CORRECTED = EFFECTS = (
    "not_listed",
    "no_ai_call",
    "by_human",
    "corrected",
)
"""What a request that holds changes: the household leaves the lists, gets no AI call, is judged by
a human alone, or what is on record of it was corrected."""
REFERRERS = (
    "self",
    "family",
    "neighbour",
    "council_member",
    "landlord",
    "carrier",
    "meter_reader",
    "volunteer",
    "school",
    "clinic",
    "police",
    "other",
)
PUBLIC_CARE, OTHER_SERVICE = CASES = ("public_care", "other_service")
"""Whose case a household is: of public care, or of another service that has a name of its own."""
URGENT = ("suicide", "violence", "fire")
"""Signs that go to a human the same day, in whatever channel they were told."""
SENSITIVE = ("suicide", "violence")
"""Signs that are named as sensitive information only, where indicators of them are."""
SIGNS = (
    *URGENT,
    "piled_up_mail",
    "bottles",
    "smell",
    "rubbish",
    "no_light",
    "no_heating",
    "meter_still",
    "nobody_answers",
    "unwell",
    "looks_empty",
)
"""What somebody saw or was told, without a verdict."""
SEERS = (
    "carrier",
    "meter_reader",
    "volunteer",
    "council_member",
    "officer",
    "ai_call",
    "neighbour",
    "family",
    "other",
)
CLOSED = {
    ("requests", "kind"): REQUESTS,
    ("requests", "outcome"): OUTCOMES,
    ("requests", "effect"): EFFECTS,
    ("referrals", "referred_by"): REFERRERS,
    ("cases", "kind"): CASES,
    ("signs", "sign"): SIGNS,
    ("signs", "seen_by"): SEERS,
}
"""The columns of these tables that hold one of a few words, by table and name."""
