"""Explanations: the exact contribution of each feature to a row's score, and reasons in words."""

from riskmodel.explanation.coalition_check import GroupGap, group_gap
from riskmodel.explanation.contents import contents_of
from riskmodel.explanation.differences import Difference, why
from riskmodel.explanation.explaining import explain, method_of, reference_of
from riskmodel.explanation.explanation import Explanation
from riskmodel.explanation.reason_stability import Stability, stability_of

__all__ = [
    "contents_of",
    "explain",
    "Explanation",
    "why",
    "Difference",
    "stability_of",
    "Stability",
    "group_gap",
    "GroupGap",
    "reference_of",
    "method_of",
]
