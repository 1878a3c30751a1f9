"""Explanations: trees into path tables, tables into exact contributions, contributions into reasons; or it raises."""

from riskmodel.explanation.evaluators import columns_of, model_tables
from riskmodel.explanation.explained import Explanation, explain
from riskmodel.explanation.path_tables import PathTables, count_background
from riskmodel.explanation.tables import Background, compile_tables

__all__ = [
    "explain",
    "Explanation",
    "PathTables",
    "Background",
    "count_background",
    "compile_tables",
    "model_tables",
    "columns_of",
]
