"""From staged rows to the tables of records: what is used of everything ever delivered, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.records import declared, deliveries, facts, households
from riskmodel.records.ledger import Ledger
from riskmodel.records.manifest import Manifest
from riskmodel.records.people import link_to_households
from riskmodel.records.tables import SCHEMAS, conform


@dataclass(frozen=True)
class Settlement:
    """What records hold, as queries of one engine.

    Attributes
    ----------
    tables : mapping of str to str
        SQL of each table's rows, in order.
    plain : mapping of str to pyarrow.Table
        The small tables, made without SQL.
    catalogue : Catalogue
    quarantine, counts, links : DataFrame
    """

    tables: Mapping[str, str]
    plain: Mapping[str, pa.Table]
    catalogue: Catalogue
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
    links = link_to_households(ledger)
    ledger.check_shares()
    households.settle_attributes(ledger)
    households.settle_contacts(ledger)
    facts.settle_events(ledger, manifest.since, manifest.today)
    ledger.settle_zeros(manifest.since, manifest.today)
    seen = [code for (code,) in ledger.con.execute(facts.CODES).fetchall()]
    catalogue = manifest.catalogue.with_codes(sorted({*named, *seen, *declared.settle_tables(ledger, manifest)}))
    tables = {"events": facts.events_sql(ledger, catalogue)} | {
        name: ledger.settled_rows(name) for name in ("attributes", "members", "contacts") if name in ledger.staged
    }
    _check_complete(manifest, catalogue, named)
    declared.check_declared(manifest, catalogue, named)
    delivered, unmatched = deliveries.all_deliveries(ledger, manifest)
    told = {"coverage": declared.coverage(ledger, manifest), "deliveries": delivered}
    declared.warn_of_areas(ledger, manifest, told)
    plain = told | {"unmatched": unmatched}
    return Settlement(
        {name: _typed(name, sql) for name, sql in tables.items()},
        {name: conform(name, table) for name, table in plain.items()},
        catalogue,
        ledger.quarantine(),
        ledger.counts(),
        links,
    )


def _check_complete(manifest: Manifest, codes: Iterable[str], named: Iterable[str]) -> None:
    known, said = {*codes, "contacts"}, sorted({*manifest.catalogue, *named, "contacts"})
    for feed in manifest.complete_before:
        if feed not in known:
            raise ConfigError(
                f"unknown feed {feed!r}",
                place="complete_before",
                code="manifest.complete_before",
                allowed=said,
                next_step=did_you_mean(feed, said),
            )


def _typed(name: str, sql: str) -> str:
    kinds: dict[Any, str] = {pa.string(): "VARCHAR", pa.float64(): "DOUBLE", pa.int64(): "BIGINT", pa.date32(): "DATE"}
    columns = ", ".join(f"{field.name}::{kinds[field.type]} AS {field.name}" for field in SCHEMAS[name])
    return f"SELECT {columns} FROM ({sql})"
