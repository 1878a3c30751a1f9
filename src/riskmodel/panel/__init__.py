"""X, y and groups by household and date: cohort, features, label, and one pass over the facts."""

from riskmodel.panel.build import build_panel, feature_blocks
from riskmodel.panel.panel import Panel
from riskmodel.panel.recipe import Recipe
from riskmodel.panel.specs.cohort import Cohort
from riskmodel.panel.specs.feature_columns import Agg, Attribute, Column
from riskmodel.panel.specs.features import Features
from riskmodel.panel.specs.kinds_of_trouble import Kinds
from riskmodel.panel.specs.labels import Label

__all__ = [
    "Agg",
    "Attribute",
    "Cohort",
    "Column",
    "Features",
    "Kinds",
    "Label",
    "Panel",
    "Recipe",
    "build_panel",
    "feature_blocks",
]
