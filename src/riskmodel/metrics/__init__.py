"""How well scores rank, what a list reaches, whether probabilities are right; arrays only."""

from riskmodel.metrics.all_metrics import (
    BASE_RATE,
    METRICS,
    metrics_at_capacity,
    metrics_defined,
    metrics_used_in,
)
from riskmodel.metrics.area_names import LISTED_AREAS, areas_without_a_place, named_areas
from riskmodel.metrics.arrays import Floats, Ints, check_arrays
from riskmodel.metrics.calibration import (
    CalibrationFit,
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
from riskmodel.metrics.capacity import Capacity, CapacityLike
from riskmodel.metrics.cell_counts import CellCounts, Shown
from riskmodel.metrics.corp import BrierParts, Levels, brier_parts, share_as_large, wild_null
from riskmodel.metrics.crises_reached import CRISES_EXPECTED, CRISES_REACHED, crises_on_list
from riskmodel.metrics.curves import CapacityCurve, capacity_curve, first_listed
from riskmodel.metrics.disclosure import cells_to_hide, told_cells
from riskmodel.metrics.discrimination import (
    AVERAGE_PRECISION,
    auc,
    auc_influence,
    average_precision,
    average_precision_influence,
)
from riskmodel.metrics.effective_counts import EffectiveCounts
from riskmodel.metrics.groups import UNKNOWN, Groups, group_names
from riskmodel.metrics.intervals import (
    BY_CHANCE,
    UPPER,
    Interval,
    clustered_interval,
    clustered_se,
    clusters_of_rarer_class,
    scaled_interval,
    share_interval,
)
from riskmodel.metrics.list_metrics import (
    lift,
    lift_influence,
    precision,
    precision_influence,
    recall,
    recall_influence,
)
from riskmodel.metrics.low_rounds import low_rounds
from riskmodel.metrics.metric import (
    Metric,
    Observation,
    Use,
    households_listed_of_both_classes,
    households_of_both_classes,
    households_reached_and_missed,
)
from riskmodel.metrics.net_benefits import (
    benefit,
    net_benefit,
    net_benefit_influence,
    net_benefit_interval,
)
from riskmodel.metrics.pooled_areas import for_publication
from riskmodel.metrics.scored_rows import ScoredRows
from riskmodel.metrics.selection import (
    Cells,
    Selection,
    TieBounds,
    first_of_cells,
    inclusion_probability,
    rank_in_cells,
    select,
)
from riskmodel.metrics.shares_of_groups import SharesOfGroups
from riskmodel.metrics.simultaneous import joint_quantile
from riskmodel.metrics.unfilled import Unfilled

__all__ = [
    "BY_CHANCE",
    "UPPER",
    "Metric",
    "Observation",
    "Use",
    "METRICS",
    "BASE_RATE",
    "AVERAGE_PRECISION",
    "CRISES_REACHED",
    "CRISES_EXPECTED",
    "metrics_used_in",
    "metrics_at_capacity",
    "metrics_defined",
    "ScoredRows",
    "households_of_both_classes",
    "households_listed_of_both_classes",
    "households_reached_and_missed",
    "Capacity",
    "CapacityLike",
    "for_publication",
    "UNKNOWN",
    "Cells",
    "Selection",
    "TieBounds",
    "Unfilled",
    "select",
    "rank_in_cells",
    "first_of_cells",
    "inclusion_probability",
    "CapacityCurve",
    "capacity_curve",
    "first_listed",
    "precision",
    "precision_influence",
    "recall",
    "recall_influence",
    "lift",
    "lift_influence",
    "crises_on_list",
    "benefit",
    "net_benefit",
    "net_benefit_influence",
    "net_benefit_interval",
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
    "CalibrationFit",
    "calibration_slope",
    "calibration_intercept",
    "isotonic",
    "reliability_bins",
    "BrierParts",
    "brier_parts",
    "Levels",
    "wild_null",
    "share_as_large",
    "Interval",
    "clustered_interval",
    "share_interval",
    "clustered_se",
    "joint_quantile",
    "scaled_interval",
    "clusters_of_rarer_class",
    "low_rounds",
    "Groups",
    "EffectiveCounts",
    "SharesOfGroups",
    "CellCounts",
    "Shown",
    "cells_to_hide",
    "told_cells",
    "group_names",
    "check_arrays",
    "LISTED_AREAS",
    "areas_without_a_place",
    "named_areas",
    "Floats",
    "Ints",
]
