"""How data comes in: the tables, their contract, and what becomes of bad rows."""

from riskmodel.records.contract import Records
from riskmodel.records.ingesting import Ingested, ingest
from riskmodel.records.opening import open_store
from riskmodel.records.read import read_records

__all__ = ["Ingested", "Records", "ingest", "open_store", "read_records"]
