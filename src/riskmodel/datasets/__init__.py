"""Simulated households with known truth: records, labels, and the best figures possible."""

from riskmodel.datasets.funnel import Funnel, funnel
from riskmodel.datasets.households import make_households
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.presets import PRESETS
from riskmodel.datasets.truth import KNOWN_ATTRIBUTES, Ceiling, ceiling
from riskmodel.datasets.world import World

__all__ = [
    "Ceiling",
    "Funnel",
    "KNOWN_ATTRIBUTES",
    "Layers",
    "PRESETS",
    "World",
    "ceiling",
    "funnel",
    "make_households",
]
