"""The model card, written from evidence; no blanks."""

from riskmodel.card.evaluation_sections import judged_rounds
from riskmodel.card.evidence import write_card
from riskmodel.card.judged_fit import windows_of
from riskmodel.card.model_card import Facts, ModelCard

__all__ = ["Facts", "ModelCard", "judged_rounds", "windows_of", "write_card"]
