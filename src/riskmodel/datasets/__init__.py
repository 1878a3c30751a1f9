"""Simulated households with known truth: records, labels, and the best figures that anyone could reach."""

from riskmodel.datasets.households import make_households
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.truth import Ceiling, ceiling
from riskmodel.datasets.world import PRESETS, World

__all__ = ["Ceiling", "Layers", "PRESETS", "World", "ceiling", "make_households"]
