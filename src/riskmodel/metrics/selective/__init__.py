"""Figures where only the verdicts of some are known: estimated, bounded or refused."""

from riskmodel.metrics.selective.bounding import (
    FigureBounds,
    LabelBounds,
    Sign,
    figure_bounds,
    interval_of_bounds,
    labels_by_odds_ratio,
    labels_without_assumptions,
    tipping_odds_ratio,
)
from riskmodel.metrics.selective.bounds_of_verdicts import verdict_bounds
from riskmodel.metrics.selective.identified import Ground, Identification, identification
from riskmodel.metrics.selective.overlap_report import (
    Overlap,
    contacts_for_half_width,
    overlap,
)
from riskmodel.metrics.selective.pseudo_calibration import (
    pseudo_calibration_intercept,
    pseudo_calibration_slope,
    pseudo_reliability,
)
from riskmodel.metrics.selective.pseudo_figures import (
    Figure,
    listed_precision,
    listed_recall,
    prevalence,
    pseudo_brier,
    pseudo_log_loss,
    pseudo_net_benefit,
    ratio_of,
)
from riskmodel.metrics.selective.pseudo_labels import (
    check_chances,
    check_known,
    pseudo_labels,
    sensitivity_labels,
    shifted_odds,
)
from riskmodel.metrics.selective.pseudo_ranking import pseudo_auc, pseudo_average_precision
from riskmodel.metrics.selective.selective_rows import SelectiveRows
from riskmodel.metrics.selective.two_way import (
    Spread,
    spread_of_lists_like_it,
    spread_of_this_list,
)
from riskmodel.metrics.selective.verdict_figures import (
    ESTIMANDS,
    VERDICT_FIGURES,
    Estimand,
    VerdictEstimate,
    VerdictFigure,
    verdict_estimate,
)
from riskmodel.metrics.selective.verdict_intervals import (
    ShareOf,
    interval_of_share,
    symmetric_interval,
)
from riskmodel.metrics.selective.verdict_net_benefit import contacted_from, net_benefit_figure

__all__ = [
    "ESTIMANDS",
    "VERDICT_FIGURES",
    "Estimand",
    "Figure",
    "FigureBounds",
    "Ground",
    "Identification",
    "LabelBounds",
    "Overlap",
    "SelectiveRows",
    "ShareOf",
    "Sign",
    "Spread",
    "VerdictEstimate",
    "VerdictFigure",
    "check_chances",
    "check_known",
    "contacted_from",
    "contacts_for_half_width",
    "figure_bounds",
    "identification",
    "interval_of_bounds",
    "interval_of_share",
    "labels_by_odds_ratio",
    "labels_without_assumptions",
    "listed_precision",
    "listed_recall",
    "net_benefit_figure",
    "overlap",
    "prevalence",
    "pseudo_auc",
    "pseudo_average_precision",
    "pseudo_brier",
    "pseudo_calibration_intercept",
    "pseudo_calibration_slope",
    "pseudo_labels",
    "pseudo_log_loss",
    "pseudo_net_benefit",
    "pseudo_reliability",
    "ratio_of",
    "sensitivity_labels",
    "shifted_odds",
    "spread_of_lists_like_it",
    "spread_of_this_list",
    "symmetric_interval",
    "tipping_odds_ratio",
    "verdict_bounds",
    "verdict_estimate",
]
