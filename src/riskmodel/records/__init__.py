"""How data comes in: the tables, their contract, and what becomes of bad rows."""

from riskmodel.records.tables import Records

__all__ = ["Records"]
