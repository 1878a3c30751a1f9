"""Plots of results; the only package that imports matplotlib."""

from riskmodel.displays.beeswarm import BeeswarmDisplay
from riskmodel.displays.capacity_curve import CapacityDisplay
from riskmodel.displays.decision_curve import DecisionCurveDisplay
from riskmodel.displays.dependence import DependenceDisplay
from riskmodel.displays.group_shares import GroupsDisplay
from riskmodel.displays.reliability import ReliabilityDisplay
from riskmodel.displays.stability import StabilityDisplay
from riskmodel.displays.waterfall import WaterfallDisplay

__all__ = [
    "BeeswarmDisplay",
    "CapacityDisplay",
    "DecisionCurveDisplay",
    "DependenceDisplay",
    "GroupsDisplay",
    "ReliabilityDisplay",
    "StabilityDisplay",
    "WaterfallDisplay",
]
