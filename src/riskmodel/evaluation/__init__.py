"""Evaluates models: evaluate one, backtest many, compare two; every metric has its interval."""

from riskmodel.evaluation.backtest_result import Backtest
from riskmodel.evaluation.backtesting import backtest
from riskmodel.evaluation.choice import Standing
from riskmodel.evaluation.comparing import compare
from riskmodel.evaluation.comparison import Comparison, Comparisons
from riskmodel.evaluation.decision_curves import DecisionCurve, decision_curve
from riskmodel.evaluation.evaluating import MIN_CELL, evaluate
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.floor_price import FloorPrice, floor_price
from riskmodel.evaluation.group_gaps import GroupGaps, group_gaps
from riskmodel.evaluation.leaks import LeakQuestion, Leaks
from riskmodel.evaluation.reach import Reach, Share
from riskmodel.evaluation.recalibrating import Recalibration, recalibrate, side_by_side
from riskmodel.evaluation.reporting import ReportingDelays, reporting_delays
from riskmodel.evaluation.scores import scores_of
from riskmodel.evaluation.stable_lists import ListStability, list_stability
from riskmodel.evaluation.tables_at_capacity import CapacityTables, capacity_tables
from riskmodel.evaluation.testing_calibration import Reliability, reliability
from riskmodel.evaluation.tipping import TippingPoint

__all__ = [
    "MIN_CELL",
    "evaluate",
    "Evaluation",
    "backtest",
    "Backtest",
    "Leaks",
    "LeakQuestion",
    "Standing",
    "Reach",
    "Share",
    "group_gaps",
    "GroupGaps",
    "floor_price",
    "FloorPrice",
    "compare",
    "Comparison",
    "Comparisons",
    "TippingPoint",
    "recalibrate",
    "Recalibration",
    "side_by_side",
    "reliability",
    "Reliability",
    "capacity_tables",
    "CapacityTables",
    "decision_curve",
    "DecisionCurve",
    "reporting_delays",
    "ReportingDelays",
    "list_stability",
    "ListStability",
    "scores_of",
]
