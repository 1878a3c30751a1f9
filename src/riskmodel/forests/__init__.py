"""Boosters as tables: LightGBM's text into paths, paths into exact margins and contributions; or it raises."""

from riskmodel.forests.coalitions import summed
from riskmodel.forests.path_tables import PathTables, audit, count_background
from riskmodel.forests.paths import MAX_TESTS
from riskmodel.forests.tables import Arrays, Background, compile_tables

__all__ = [
    "PathTables",
    "Background",
    "count_background",
    "compile_tables",
    "summed",
    "audit",
    "Arrays",
    "MAX_TESTS",
]
