"""The model card, written from evidence; no blanks."""

from riskmodel.card.evidence import judged_rounds, rounds_of_twin, write_card
from riskmodel.card.record import ModelCard

__all__ = ["ModelCard", "judged_rounds", "rounds_of_twin", "write_card"]
