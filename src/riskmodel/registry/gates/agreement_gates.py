"""Gates on two fits of one recipe that differ in their seed: their lists, and their reasons."""

from __future__ import annotations

import numpy as np

from riskmodel.registry.gates.gate import Evidence, Finding, Gate, Range, Refusal, Verdict

NO_SECOND_FIT = ("no second fit of the recipe was made",)
NOT_COMPARED = Finding(np.nan, Verdict.TOO_FEW, NO_SECOND_FIT, NO_SECOND_FIT)
UNSTABLE = Refusal(
    code="promote.unstable",
    allowed="two fits of one recipe that agree in at least this share",
    next_step="fit with more seeds (seeds=), or state an override and its reason",
)


def same_lists(evidence: Evidence, threshold: float) -> Finding:
    """Check that two fits list the same households: the share of the list that both have."""
    if evidence.agreement is None:
        return NOT_COMPARED
    share = evidence.agreement.lists
    return _judged(share, threshold, f"{share:.2f} of the list is on both of two fits'")


def same_reasons(evidence: Evidence, threshold: float) -> Finding:
    """Check that two fits give the listed the same top reasons."""
    if evidence.agreement is None:
        return NOT_COMPARED
    share = evidence.agreement.reasons
    if np.isnan(share):
        return Finding(share, Verdict.PASS, ("neither of two fits gives the listed a reason",))
    return _judged(share, threshold, f"{share:.2f} of the listed's top reasons are both fits'")


def _judged(share: float, threshold: float, words: str) -> Finding:
    if share < threshold:
        reason = f"{words}, and the threshold is {threshold:g}"
        return Finding(share, Verdict.REFUSE, (words,), (reason,))
    return Finding(share, Verdict.PASS, (words,))


_SHARE = Range(0, 1)
_REFUSALS = {Verdict.REFUSE: UNSTABLE, Verdict.TOO_FEW: UNSTABLE}
LISTS = Gate(
    name="list_overlap",
    checks="two fits of the recipe, of two seeds, list the same households to at least this share",
    threshold=None,
    check=same_lists,
    refusals=_REFUSALS,
    allowed=_SHARE,
    of_agreement=True,
)
REASONS = Gate(
    name="reason_overlap",
    checks="two fits of the recipe give the listed the same top reasons to at least this share",
    threshold=None,
    check=same_reasons,
    refusals=_REFUSALS,
    allowed=_SHARE,
    of_agreement=True,
)
