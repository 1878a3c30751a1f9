"""Explanations: what a model's tables give each feature of a row, in figures and in words; exact, or it raises."""

from riskmodel.explanation.evaluators import columns_of, model_tables
from riskmodel.explanation.explained import Explanation, explain

__all__ = ["explain", "Explanation", "model_tables", "columns_of"]
