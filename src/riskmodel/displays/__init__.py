"""Pictures made from records; the only room that knows matplotlib."""

from riskmodel.displays.capacity_curve import CapacityDisplay
from riskmodel.displays.reliability import ReliabilityDisplay
from riskmodel.displays.waterfall import WaterfallDisplay

__all__ = ["CapacityDisplay", "ReliabilityDisplay", "WaterfallDisplay"]
