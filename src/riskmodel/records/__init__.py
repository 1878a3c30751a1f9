"""How data comes in: the tables, their contract, and what becomes of bad rows."""

from riskmodel.records.ingesting import Ingested, ingest
from riskmodel.records.read import read_records
from riskmodel.records.record import Records
from riskmodel.records.store import open_store

__all__ = ["Ingested", "Records", "ingest", "open_store", "read_records"]
