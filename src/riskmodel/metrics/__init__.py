"""Pure arrays in, numbers out: how well scores rank, what a list reaches, whether probabilities come true."""

from riskmodel.metrics.arrays import Floats, Ints, check_arrays
from riskmodel.metrics.calibration import (
    brier,
    calibration_intercept,
    calibration_slope,
    isotonic,
    log_error,
    log_loss,
    log_odds,
    mean_influence,
    reliability_bins,
    squared_error,
)
from riskmodel.metrics.capacity import UNKNOWN, Capacity, CapacityLike
from riskmodel.metrics.curves import CapacityCurve, capacity_curve
from riskmodel.metrics.discrimination import (
    auc,
    auc_influence,
    average_precision,
    average_precision_influence,
)
from riskmodel.metrics.groups import Group, by_group
from riskmodel.metrics.intervals import Interval, clustered_interval, clustered_se, rarer
from riskmodel.metrics.list_metrics import (
    lift,
    lift_influence,
    precision,
    precision_influence,
    recall,
    recall_influence,
)
from riskmodel.metrics.selection import (
    Cells,
    Selection,
    TieBounds,
    first_of_cells,
    inclusion_probability,
    rank_in_cells,
    select,
)

__all__ = [
    "Capacity",
    "CapacityLike",
    "UNKNOWN",
    "Cells",
    "Selection",
    "TieBounds",
    "select",
    "rank_in_cells",
    "first_of_cells",
    "inclusion_probability",
    "CapacityCurve",
    "capacity_curve",
    "precision",
    "precision_influence",
    "recall",
    "recall_influence",
    "lift",
    "lift_influence",
    "auc",
    "auc_influence",
    "average_precision",
    "average_precision_influence",
    "brier",
    "log_loss",
    "squared_error",
    "log_error",
    "mean_influence",
    "log_odds",
    "calibration_slope",
    "calibration_intercept",
    "isotonic",
    "reliability_bins",
    "Interval",
    "clustered_interval",
    "clustered_se",
    "rarer",
    "Group",
    "by_group",
    "check_arrays",
    "Floats",
    "Ints",
]
