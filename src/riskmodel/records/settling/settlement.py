"""From staged rows to the tables of records: what is used of all deliveries, in a fixed order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.records.blank_results import blank_results
from riskmodel.records.bounds import bounds_of_sources
from riskmodel.records.engine import identifier
from riskmodel.records.matches import HOUSEHOLD_TABLES, matches_of_sources
from riskmodel.records.open_ends import open_ends
from riskmodel.records.rare_codes import FREQUENT
from riskmodel.records.settling.contact_checks import check_contacts
from riskmodel.records.settling.declared_coverage import coverage
from riskmodel.records.settling.drawn_contacts import with_chances_of_lists
from riskmodel.records.settling.fact_versions import find_contradictions, settle_events
from riskmodel.records.settling.feed_checks import (
    check_feeds,
    settle_feed_tables,
    warn_of_empty_areas,
)
from riskmodel.records.settling.first_written import first_written, look_alikes
from riskmodel.records.settling.known_deliveries import all_deliveries
from riskmodel.records.settling.lags import Lags
from riskmodel.records.settling.residents import link_to_households
from riskmodel.records.settling.roll_up import events_sql
from riskmodel.records.settling.staged_rows import StagedRows, good_table
from riskmodel.records.settling.table_versions import settle_versions
from riskmodel.records.settling.wide_deliveries import Bounds
from riskmodel.records.sources.entry_rules import FEED_TABLES
from riskmodel.records.sources.manifest import Manifest
from riskmodel.records.table_schemas import SCHEMAS, SERVICE_TABLES, conform

_OF_FEEDS = (*FEED_TABLES, "unmatched")
# what a source of a frame has for a file
_FRAME = "frame"
_TYPES: dict[Any, str] = {
    pa.string(): "VARCHAR",
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
    pa.date32(): "DATE",
    pa.bool_(): "BOOLEAN",
}


@dataclass(frozen=True)
class Settlement:
    """What records hold, as queries of one engine.

    Attributes
    ----------
    queries : mapping of str to str
        SQL of the rows of the large tables, in order.
    tables : mapping of str to pyarrow.Table
        The small tables.
    catalogue : Catalogue
    quarantine, counts, links, look_alikes, spellings, bounds, matches, open_ends, \
    blank_results : DataFrame
    by_batch : mapping of int to mapping of str to int
        How many staged rows of each batch have which status.
    """

    queries: Mapping[str, str]
    tables: Mapping[str, pa.Table]
    catalogue: Catalogue
    quarantine: pd.DataFrame
    counts: pd.DataFrame
    links: pd.DataFrame
    look_alikes: pd.DataFrame
    spellings: pd.DataFrame
    bounds: pd.DataFrame
    matches: pd.DataFrame
    open_ends: pd.DataFrame
    blank_results: pd.DataFrame
    by_batch: Mapping[int, Mapping[str, int]]


def settle(rows: StagedRows, manifest: Manifest, named: Iterable[str]) -> Settlement:
    """Settle all staged rows: link people to households, find versions of facts, count every row.

    Parameters
    ----------
    rows : StagedRows
    manifest : Manifest
    named : iterable of str
        Codes that sources name, delivered or not.
    """
    named = set(named)
    find_contradictions(rows, manifest.since, manifest.today)
    check_contacts(rows, manifest)
    for table in ("members", "attributes", "contacts", "lists", *SERVICE_TABLES, "unmatched"):
        settle_versions(rows, table)
    lags = Lags(tuple(manifest.of("events")), manifest.catalogue)
    in_tables = settle_feed_tables(rows, manifest.entries, lags)
    links = link_to_households(rows)
    rows.check_shares()
    used = settle_events(rows)
    rows.count_zeros(manifest.since, manifest.today)
    catalogue = manifest.catalogue.with_codes(sorted({*named, *used, *in_tables}))
    catalogue = catalogue.calling_rare(_rare_codes(rows, manifest, catalogue))
    shown = catalogue.known
    _check_known("complete_before", manifest.complete_before, {*catalogue, "contacts"}, shown)
    _check_known("accept_feeds", manifest.accept_feeds, catalogue, shown)
    check_feeds(manifest.entries, manifest.area, catalogue, shown)
    return Settlement(
        queries=_queries(rows, catalogue),
        tables=_feed_tables(rows, manifest, lags),
        catalogue=catalogue,
        quarantine=rows.quarantine(),
        counts=rows.counts(),
        links=links,
        look_alikes=look_alikes(rows),
        spellings=first_written(rows),
        bounds=_bounds(rows, manifest),
        matches=_matches(rows),
        by_batch=rows.by_batch(),
        open_ends=open_ends((source.name, source.open_ends) for source in rows.sources),
        blank_results=blank_results((source.name, source.blank_results) for source in rows.sources),
    )


def _rare_codes(rows: StagedRows, manifest: Manifest, catalogue: Catalogue) -> set[str]:
    """Return the codes that the data alone name and that fewer than 10 households have."""
    written = {code for entry in manifest.entries for code in entry.codes or ()}
    unwritten = set(catalogue).difference(manifest.catalogue, written)
    if not unwritten:
        return unwritten
    frequent = rows.con.execute(FREQUENT.format(events="good_events")).fetchall()
    return unwritten.difference(code for (code,) in frequent)


def _bounds(rows: StagedRows, manifest: Manifest) -> pd.DataFrame:
    titles = [source.title for source in rows.sources]
    return bounds_of_sources(
        rows.con,
        "good_events",
        titles,
        manifest.since,
        manifest.today,
        manifest.complete_before,
    )


def _matches(rows: StagedRows) -> pd.DataFrame:
    """Return how many households of each source stand in another, sources of one file as one."""
    first: dict[tuple[str, tuple[str, ...]], str] = {}
    titles = []
    for own in rows.sources:
        origin = (own.title,) if own.files == (_FRAME,) else own.files
        titles.append(first.setdefault((own.table, origin), own.title))
    title = rows.text_of_source(titles, "source")
    good = {name: good_table(name) for name in HOUSEHOLD_TABLES} | {"events": "good_events"}
    ids = " UNION ALL ".join(
        f"SELECT {title} AS name, household_id FROM {identifier(good[name])}"
        for name in HOUSEHOLD_TABLES
        if name in {"events", *rows.tables}
    )
    return matches_of_sources(rows.con, ids).rename_axis("source")


def _queries(rows: StagedRows, catalogue: Catalogue) -> dict[str, str]:
    roll_ups = {code: own.roll_up for code, own in catalogue.items() if own.roll_up is not None}
    queries = {"events": events_sql(roll_ups)}
    for name in ("attributes", "members", "contacts", "lists", *SERVICE_TABLES):
        if name in rows.tables:
            queries[name] = rows.settled_rows(name)
    if {"contacts", "lists"} <= rows.tables:
        queries["contacts"] = with_chances_of_lists(rows, queries["contacts"])
    return {name: _typed(name, sql) for name, sql in queries.items()}


def _feed_tables(rows: StagedRows, manifest: Manifest, lags: Lags) -> dict[str, pa.Table]:
    """Return coverage, deliveries and unmatched households, where any source tells of them."""
    entries, area = manifest.entries, manifest.area
    is_told = any(entry.table in _OF_FEEDS for entry in entries)
    if not is_told and not any(source.wide_lags for source in rows.sources):
        return {}
    bounds = Bounds(manifest.since, manifest.today)
    known = all_deliveries(rows, entries, lags, bounds, area)
    described = {"coverage": coverage(rows, entries), "deliveries": known.deliveries}
    warn_of_empty_areas(rows, area, described)
    tables = described | {"unmatched": _unmatched(rows, known.unmatched)}
    return {name: conform(name, table) for name, table in tables.items()}


def _unmatched(rows: StagedRows, seen: pd.DataFrame) -> pd.DataFrame | pa.Table:
    """Return the unmatched households: those of a table, else those seen in wide tables."""
    if "unmatched" not in rows.tables:
        return seen
    return rows.con.sql(rows.settled_rows("unmatched")).to_arrow_table()


def _check_known(
    key: str, feeds: Iterable[str], known: Collection[str], shown: Iterable[str]
) -> None:
    """Refuse a feed under a key of the manifest that is none of the records'."""
    allowed = sorted({*shown} | ({"contacts"} & set(known)))
    for feed in feeds:
        if feed not in known:
            raise ConfigError(
                f"unknown feed {feed!r}",
                place=key,
                code=f"manifest.{key}",
                allowed=allowed,
                next_step=did_you_mean(feed, allowed),
            )


def _typed(name: str, sql: str) -> str:
    columns = [
        f"{identifier(field.name)}::{_TYPES[field.type]} AS {identifier(field.name)}"
        for field in SCHEMAS[name]
    ]
    return f"SELECT {', '.join(columns)} FROM ({sql})"
