"""Why a label is missing, in the words that a panel prints."""

from __future__ import annotations

from riskmodel.records.contact_words import NO_VERDICT, NOT_TOLD

IMMATURE, UNSEEN, NOT_CONTACTED, LATE = "immature", "not seen", "not contacted", "verdict too late"
NOT_DELIVERED, NOT_MATCHED = "outcome not delivered", "household not matched"
EARLIER, NO_EARLIER = "had one before", "had none before"
OTHER_READER = "verdict of another reader"
WORDS = {word: word.replace("_", " ") for word in NO_VERDICT} | {NOT_TOLD: "verdict not told"}
REASONS = (
    IMMATURE,
    EARLIER,
    NO_EARLIER,
    NOT_DELIVERED,
    NOT_MATCHED,
    UNSEEN,
    NOT_CONTACTED,
    *WORDS.values(),
    OTHER_READER,
    LATE,
)
