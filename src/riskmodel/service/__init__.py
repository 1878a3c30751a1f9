"""What stands around the list: what was done before, who is turned to, by which channel."""

from riskmodel.service.case_review import CaseReview, review
from riskmodel.service.history_of_contacts import contact_history
from riskmodel.service.outreach_plan import Outreach

__all__ = ["CaseReview", "Outreach", "contact_history", "review"]
