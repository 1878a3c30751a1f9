"""How data comes in: the tables, their contract, and what becomes of bad rows."""

from riskmodel.records.read import read_records
from riskmodel.records.tables import Records

__all__ = ["Records", "read_records"]
