"""The classifier and its baselines: monotone, additive, calibrated on households held out."""

from riskmodel.models.accepted_rounds import accepted_days
from riskmodel.models.classifier import RiskClassifier
from riskmodel.models.column_entries import columns_of
from riskmodel.models.contributions import contributions_of, group_values_of, margin_of
from riskmodel.models.encoding import Encoder
from riskmodel.models.factory import check_parameters, make_classifier, refit
from riskmodel.models.identity import Identity
from riskmodel.models.inputs import Frame, features_of
from riskmodel.models.kinds import BASELINES, KINDS, kind_of
from riskmodel.models.kinds.blend import blended
from riskmodel.models.language_check import check_language, check_top, language_of
from riskmodel.models.left_out import LEFT_OUT
from riskmodel.models.protocol import RiskModel
from riskmodel.models.reference import Reference
from riskmodel.models.regional import Regions
from riskmodel.models.scored import ScoredByMargin, index_of, standing_of, undelivered_rows
from riskmodel.models.settings import Settings
from riskmodel.models.sigmoid import Calibration
from riskmodel.models.training import Training
from riskmodel.models.weights_by_chance import ChanceWeights, chance_weights

__all__ = [
    "make_classifier",
    "RiskClassifier",
    "RiskModel",
    "refit",
    "chance_weights",
    "ChanceWeights",
    "KINDS",
    "BASELINES",
    "LEFT_OUT",
    "blended",
    "kind_of",
    "Calibration",
    "accepted_days",
    "Encoder",
    "Frame",
    "Identity",
    "features_of",
    "columns_of",
    "contributions_of",
    "group_values_of",
    "margin_of",
    "Reference",
    "Regions",
    "ScoredByMargin",
    "standing_of",
    "undelivered_rows",
    "index_of",
    "Settings",
    "Training",
    "check_language",
    "language_of",
    "check_top",
    "check_parameters",
]
