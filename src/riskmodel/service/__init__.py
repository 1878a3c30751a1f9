"""What stands around the list: what was done before, who is turned to, by which channel."""

from riskmodel.service.case_review import CaseReview, review
from riskmodel.service.channels.allocation import Allocation, allocate, fill
from riskmodel.service.channels.channels import Channels
from riskmodel.service.channels.options import Options, options
from riskmodel.service.channels.prices import areas_without_room, prices
from riskmodel.service.channels.rostering import Roster, roster
from riskmodel.service.draw_audit import audit_draw
from riskmodel.service.drawing import Draw, draw, reserved_places
from riskmodel.service.history_of_contacts import contact_history
from riskmodel.service.outreach_files import CHANNELS_KEY
from riskmodel.service.outreach_plan import Outreach
from riskmodel.service.planning import outreach
from riskmodel.service.replanning import replan
from riskmodel.service.rules.applied_rules import apply_rules
from riskmodel.service.rules.outreach_rules import OutreachRules
from riskmodel.service.rules.owed_places import floor_needs
from riskmodel.service.rules.urgent_signs import urgent_frame
from riskmodel.service.sheets import HandOut, Returned, hand_out, returned

__all__ = [
    "CHANNELS_KEY",
    "Allocation",
    "CaseReview",
    "Channels",
    "Draw",
    "HandOut",
    "Options",
    "Outreach",
    "OutreachRules",
    "Returned",
    "Roster",
    "allocate",
    "apply_rules",
    "areas_without_room",
    "audit_draw",
    "contact_history",
    "draw",
    "fill",
    "floor_needs",
    "hand_out",
    "options",
    "outreach",
    "prices",
    "replan",
    "reserved_places",
    "returned",
    "review",
    "roster",
    "urgent_frame",
]
