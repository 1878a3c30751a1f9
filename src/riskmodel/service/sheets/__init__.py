"""The books that a plan becomes, and what comes back in them."""

from riskmodel.service.sheets.handed_out import HandOut
from riskmodel.service.sheets.handing_out import hand_out
from riskmodel.service.sheets.returning import Returned, returned

__all__ = ["HandOut", "Returned", "hand_out", "returned"]
