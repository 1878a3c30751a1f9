"""From staged rows to the tables of records: what is used of everything ever delivered, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from riskmodel.indicators import Catalogue
from riskmodel.records import facts, households
from riskmodel.records.ledger import Ledger
from riskmodel.records.manifest import Manifest
from riskmodel.records.people import link_people
from riskmodel.records.tables import SCHEMAS, conform


@dataclass(frozen=True)
class Settlement:
    """What records hold, as queries of one engine.

    Attributes
    ----------
    tables : mapping of str to str
        SQL of each table's rows, in order.
    catalogue : Catalogue
    coverage : pyarrow.Table
    quarantine, counts, links : DataFrame
    """

    tables: Mapping[str, str]
    catalogue: Catalogue
    coverage: pa.Table
    quarantine: pd.DataFrame
    counts: pd.DataFrame
    links: pd.DataFrame


def settle(ledger: Ledger, manifest: Manifest, named: Iterable[str]) -> Settlement:
    """Settle all rows staged: people to households, facts to versions, and an account of every row.

    Parameters
    ----------
    ledger : Ledger
    manifest : Manifest
    named : iterable of str
        Codes that sources name, delivered or not.
    """
    households.settle_members(ledger)
    links = link_people(ledger)
    ledger.check_shares()
    households.settle_attributes(ledger)
    households.settle_contacts(ledger)
    facts.settle_events(ledger, manifest.since, manifest.today)
    seen = [code for (code,) in ledger.con.execute(facts.CODES).fetchall()]
    catalogue = manifest.catalogue.with_codes(sorted({*named, *seen}))
    tables = {"events": facts.events_sql(ledger, catalogue)} | {
        name: ledger.settled_rows(name) for name in ("attributes", "members", "contacts") if name in ledger.staged
    }
    covered = households.coverage(manifest, catalogue, named, facts.delivered_since(ledger))
    return Settlement(
        {name: _typed(name, sql) for name, sql in tables.items()},
        catalogue,
        conform("coverage", covered),
        ledger.quarantine(),
        ledger.counts(),
        links,
    )


def _typed(name: str, sql: str) -> str:
    kinds: dict[Any, str] = {pa.string(): "VARCHAR", pa.float64(): "DOUBLE", pa.int64(): "BIGINT", pa.date32(): "DATE"}
    columns = ", ".join(f"{field.name}::{kinds[field.type]} AS {field.name}" for field in SCHEMAS[name])
    return f"SELECT {columns} FROM ({sql})"
