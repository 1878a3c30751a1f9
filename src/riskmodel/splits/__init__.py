"""Train and test rows: by time, by household, or by area and time."""

from riskmodel.splits.by_group import LEFT_OUT_GROUPS, GroupSplit
from riskmodel.splits.by_time import NOT_THE_FUTURE, HouseholdSplit, TemporalSplit

Split = TemporalSplit | HouseholdSplit | GroupSplit

__all__ = [
    "LEFT_OUT_GROUPS",
    "NOT_THE_FUTURE",
    "GroupSplit",
    "HouseholdSplit",
    "Split",
    "TemporalSplit",
]
