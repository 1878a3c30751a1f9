"""Reads a published model and scores by numpy alone; it travels with the artefact and imports nothing of riskmodel."""

from riskmodel.serving.assembly import assembled_source
from riskmodel.serving.evaluators import EVALUATORS
from riskmodel.serving.language import LANGUAGES, Language
from riskmodel.serving.reason_writer import ReasonWriter
from riskmodel.serving.refusal import ServingError
from riskmodel.serving.scorer import Scorer, bands, percentile, read
from riskmodel.serving.verification import SCHEMA_VERSION

__all__ = [
    "EVALUATORS",
    "SCHEMA_VERSION",
    "LANGUAGES",
    "Language",
    "ReasonWriter",
    "Scorer",
    "ServingError",
    "assembled_source",
    "bands",
    "percentile",
    "read",
]
