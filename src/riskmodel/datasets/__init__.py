"""Simulated households with known truth: records, a service to carry out plans, best figures."""

from riskmodel.datasets.funnel import Funnel, funnel
from riskmodel.datasets.households import make_households
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.open_service import OpenService, open_service
from riskmodel.datasets.presets import PRESETS
from riskmodel.datasets.service_layers import ServiceLayers
from riskmodel.datasets.truth import KNOWN_ATTRIBUTES, Ceiling, ceiling
from riskmodel.datasets.world import World

__all__ = [
    "Ceiling",
    "Funnel",
    "KNOWN_ATTRIBUTES",
    "Layers",
    "OpenService",
    "PRESETS",
    "ServiceLayers",
    "World",
    "ceiling",
    "funnel",
    "make_households",
    "open_service",
]
