"""Boosters as tables: trees become paths, and paths become exact margins and contributions."""

from riskmodel.forests.coalitions import summed
from riskmodel.forests.forest import starts
from riskmodel.forests.lightgbm_text import parse_lightgbm
from riskmodel.forests.path_tables import PathTables, audit, count_background
from riskmodel.forests.paths import MAX_TESTS
from riskmodel.forests.table_filling import Arrays, Background
from riskmodel.forests.trees import BoosterTrees, Tree

__all__ = [
    "PathTables",
    "Background",
    "count_background",
    "BoosterTrees",
    "Tree",
    "parse_lightgbm",
    "summed",
    "audit",
    "starts",
    "Arrays",
    "MAX_TESTS",
]
