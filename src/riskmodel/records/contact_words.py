"""The words of contacts: channels, what was found, support, and why nobody was met."""

from __future__ import annotations

CHANNELS = (
    "ai_call",
    "call",
    "text_message",
    "mail",
    "mail_carrier",
    "visit",
    "office",
    "online",
)
BY_A_HUMAN = ("call", "visit", "office")
"""Channels by which somebody of the service speaks with the household."""
VERDICTS = ("no_need", "need_confirmed")
"""What a reader says of a household that was met."""
NO_VERDICT = ("refused", "not_reached", "not_executed", "not_told")
"""What leaves a label missing; in the last the household was met and the verdict is not told."""
REFUSED, NOT_REACHED, NOT_EXECUTED, NOT_TOLD = NO_VERDICT
RESULTS = (*VERDICTS, *NO_VERDICT)
SUPPORTS = ("public_support", "basic_livelihood", "emergency_aid", "private_support")
"""What followed a verdict, and never unsays it; the second and third are kinds of the first."""
NONE = "none"
"""What a column of supports or of reasons may say for a blank."""
FOUND = (*RESULTS, *SUPPORTS)
"""The words of a column of results: a support alone leaves the verdict not told."""
# Whether each closes the household's contacts of the round, so that no further attempt is made.
REASONS = {
    "no_number": False,
    "wrong_number": False,
    "no_answer": False,
    "hung_up": False,
    "later": False,
    "refused": True,
    "moved": True,
    "in_hospital": False,
    "in_institution": True,
    "died": True,
    "empty": True,
    "signs_nobody_met": False,
    "no_common_language": False,
    "unsafe": False,
}
"""Why there is no verdict, or why a contact ended early."""


def closes(reason: str) -> bool:
    """Tell whether a reason closes the contacts of a household's round.

    Parameters
    ----------
    reason : str
        One of `REASONS`.

    Examples
    --------
    >>> closes("moved"), closes("signs_nobody_met")
    (True, False)
    """
    return REASONS[reason]
