"""The classifier and the baselines that it must beat: monotone, calibrated on later rounds, additive."""

from riskmodel.models.calibration import Calibration, calibration_split
from riskmodel.models.classifier import KINDS, RiskClassifier
from riskmodel.models.columns import columns_of
from riskmodel.models.encoding import Encoder
from riskmodel.models.factory import make_classifier, refit
from riskmodel.models.protocol import RiskModel
from riskmodel.models.reference import Reference
from riskmodel.models.training import Training

__all__ = [
    "make_classifier",
    "RiskClassifier",
    "refit",
    "KINDS",
    "Calibration",
    "calibration_split",
    "Encoder",
    "columns_of",
    "Reference",
    "RiskModel",
    "Training",
]
