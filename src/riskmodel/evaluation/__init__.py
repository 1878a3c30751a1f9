"""Judges models: evaluate one, backtest many, compare two, every figure with its interval."""

from riskmodel.evaluation.comparison import Comparison, compare
from riskmodel.evaluation.judgement import evaluate
from riskmodel.evaluation.record import Evaluation
from riskmodel.evaluation.rolling import Backtest, backtest
from riskmodel.evaluation.scores import scores_of

__all__ = [
    "evaluate",
    "Evaluation",
    "backtest",
    "Backtest",
    "compare",
    "Comparison",
    "scores_of",
]
