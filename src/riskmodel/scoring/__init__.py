"""One round: its list with rank, score, band and reasons, and the trace of any household."""

from riskmodel.scoring.folder_of_lists import Lists, is_unmade_folder, lists_in, prune_parts
from riskmodel.scoring.household_trace import Trace
from riskmodel.scoring.listing import score_round
from riskmodel.scoring.proposals import check_proposal_file
from riskmodel.scoring.reasons_of_some import reasons_of
from riskmodel.scoring.round_capacity import checked_capacity, recorded_capacity
from riskmodel.scoring.round_record import RoundRecord, sidecar_of
from riskmodel.scoring.score_list import ScoreList
from riskmodel.scoring.tracing import trace_household

__all__ = [
    "score_round",
    "check_proposal_file",
    "checked_capacity",
    "recorded_capacity",
    "ScoreList",
    "RoundRecord",
    "sidecar_of",
    "is_unmade_folder",
    "lists_in",
    "prune_parts",
    "reasons_of",
    "Lists",
    "trace_household",
    "Trace",
]
