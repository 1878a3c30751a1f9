"""From staged rows to the tables of records: what is used of everything ever delivered, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.records.settling import declared, deliveries, facts
from riskmodel.records.settling.ledger import Ledger
from riskmodel.records.settling.people import link_to_households
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.tables import SCHEMAS, conform

_KNOWN = "PARTITION BY household_id, name ORDER BY known_date NULLS FIRST, text, number, source, file, row"
# Of an attribute, what was already so; a value that comes back is news.
_NO_NEWS = f"""row_number() OVER ({_KNOWN}) > 1 AND text IS NOT DISTINCT FROM lag(text) OVER ({_KNOWN})
    AND number IS NOT DISTINCT FROM lag(number) OVER ({_KNOWN})"""


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
    ledger.settle("members")
    links = link_to_households(ledger)
    ledger.check_shares()
    ledger.settle("attributes", _NO_NEWS)
    ledger.settle("contacts")
    facts.settle_events(ledger, manifest.since, manifest.today)
    ledger.settle_zeros(manifest.since, manifest.today)
    seen = [code for (code,) in ledger.con.execute(facts.CODES).fetchall()]
    catalogue = manifest.catalogue.with_codes(
        sorted({*named, *seen, *declared.settle_tables(ledger, manifest)})
    )
    tables = {"events": facts.events_sql(ledger, catalogue)} | {
        name: ledger.settled_rows(name)
        for name in ("attributes", "members", "contacts")
        if name in ledger.staged
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
    kinds: dict[Any, str] = {
        pa.string(): "VARCHAR",
        pa.float64(): "DOUBLE",
        pa.int64(): "BIGINT",
        pa.date32(): "DATE",
    }
    columns = ", ".join(
        f"{field.name}::{kinds[field.type]} AS {field.name}" for field in SCHEMAS[name]
    )
    return f"SELECT {columns} FROM ({sql})"
