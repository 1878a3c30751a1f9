"""Why a label is missing, in the words that a panel prints."""

from __future__ import annotations

from riskmodel.panel.labelling.verdicts import NO_VERDICT

IMMATURE, UNSEEN, NOT_CONTACTED, LATE = "immature", "not seen", "not contacted", "verdict too late"
NOT_DELIVERED, NOT_MATCHED = "outcome not delivered", "household not matched"
EARLIER, NO_EARLIER = "had one before", "had none before"
REASONS = (
    IMMATURE,
    EARLIER,
    NO_EARLIER,
    NOT_DELIVERED,
    NOT_MATCHED,
    UNSEEN,
    NOT_CONTACTED,
    *(word.replace("_", " ") for word in NO_VERDICT),
    LATE,
)
