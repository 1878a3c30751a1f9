"""X, y and groups by household and date: cohort, features, label, and the one pass over the facts."""

from riskmodel.panel.aggregates import Agg, Attribute, Column
from riskmodel.panel.build import build_panel, feature_blocks
from riskmodel.panel.cohort import Cohort
from riskmodel.panel.features import Features
from riskmodel.panel.labels import Label
from riskmodel.panel.panel import Panel
from riskmodel.panel.recipe import Recipe

__all__ = [
    "Agg",
    "Attribute",
    "Cohort",
    "Column",
    "Features",
    "Label",
    "Panel",
    "Recipe",
    "build_panel",
    "feature_blocks",
]
