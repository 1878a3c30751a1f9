"""Indicators, and the catalogue that holds them."""

from riskmodel.indicators.catalogue import Catalogue
from riskmodel.indicators.indicator import (
    CHOICES,
    FAMILIES,
    KINDS,
    MASKED,
    ROLL_UPS,
    SENSITIVITIES,
    Indicator,
    Kind,
    RollUp,
)
from riskmodel.indicators.names_apart import check_apart

__all__ = [
    "CHOICES",
    "FAMILIES",
    "KINDS",
    "MASKED",
    "ROLL_UPS",
    "SENSITIVITIES",
    "Catalogue",
    "Indicator",
    "Kind",
    "RollUp",
    "check_apart",
]
