"""How data comes in: the tables, their contract, and what becomes of bad rows."""

from riskmodel.records.contract import Records
from riskmodel.records.ingesting import Ingested, ingest
from riskmodel.records.opening import open_store
from riskmodel.records.pruning import prune_store
from riskmodel.records.quarantined_cells import quarantined_cells
from riskmodel.records.read import read_records
from riskmodel.records.store_deliveries import Deliveries, deliveries
from riskmodel.records.undoing import undo
from riskmodel.records.undone import Undone

__all__ = [
    "Deliveries",
    "Ingested",
    "Records",
    "Undone",
    "deliveries",
    "ingest",
    "open_store",
    "prune_store",
    "quarantined_cells",
    "read_records",
    "undo",
]
