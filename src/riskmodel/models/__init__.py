"""The classifier and the baselines that it must beat: monotone, calibrated on later rounds, additive."""

from riskmodel.models.calibration import Calibration, calibration_split
from riskmodel.models.classifier import KINDS, RiskClassifier
from riskmodel.models.encoding import Encoder
from riskmodel.models.factory import make_classifier, refit

__all__ = [
    "make_classifier",
    "RiskClassifier",
    "refit",
    "KINDS",
    "Calibration",
    "calibration_split",
    "Encoder",
]
