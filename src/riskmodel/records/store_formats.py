"""Logs of stores of older formats, as this version reads them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeAlias

Values: TypeAlias = dict[str, Any]
"""What `store.json` holds, as plain values."""
FORMAT = 6
"""The format that this version writes."""
OLDER = (2, 3, 4, 5)
"""The formats that the next ingest brings to this one."""
KEEPS_DIGESTS = 5
"""The format from which on a store keeps the digests of all that it held."""
# What the log of format 2 called what is known of a source.
_NAMES_IN_2 = {
    "source": "name",
    "cells": "counts_cells",
    "linked_by": "owner_column",
    "wide": "wide_lags",
    "none": "zeros",
    "tells": "identity",
}


def migrated(values: Values) -> Values:
    """Return the log of an older format in this one.

    Rows that format 2 or 3 staged have other columns: all files of such a store must be judged
    again. Those of format 4 and 5 may stay as they are; their contacts are read as
    `riskmodel.records.older_contacts` does.

    Parameters
    ----------
    values : dict
        What `store.json` holds.
    """
    began_as = values.get("began_as", values["format"])
    if values["format"] == 2:
        values = _from_2(values)
    if values["format"] == 3:
        values = _from_3(values)
    if values["format"] == 4:
        values = _from_4(values)
    return _from_5(values) | {"began_as": began_as}


def _from_2(values: Values) -> Values:
    batches = []
    for delivery in values["deliveries"]:
        sources = [
            {_NAMES_IN_2.get(key, key): value for key, value in account.items()}
            for account in delivery["accounts"]
        ]
        named = {"codes": delivery["named"], "sources": sources}
        batches.append({key: delivery[key] for key in ("folder", "files")} | named)
    rest = {key: values[key] for key in ("manifest", "tables", "settled_by")}
    return {**rest, "format": 3, "batches": batches, "tables_before": values["before"]}


def _from_3(values: Values) -> Values:
    batches = [
        {**batch, "judged_by": dict.fromkeys(batch["files"], "")} for batch in values["batches"]
    ]
    return {**values, "format": 4, "batches": batches}


def _from_4(values: Values) -> Values:
    """Return a log of format 4 in the next: its deliveries came before `today`."""
    day = date.fromisoformat(values["manifest"]["today"]) - timedelta(days=1)
    batches = []
    for number, batch in enumerate(values["batches"], start=1):
        codes = batch["codes"]
        told = {key: value for key, value in batch.items() if key != "codes"}
        unknown: dict[str, Any] = {"judged_by": {}, "months": {}, "dropped": []}
        sources = [{**source, "codes": codes} for source in batch["sources"]]
        batches.append({**unknown, **told, "day": str(day), "number": number, "sources": sources})
        batches[-1]["files"] = {
            title: {f"{key.split(' ')[0]} {name}": name for key, name in files.items()}
            for title, files in batch["files"].items()
        }
    return {**values, "format": 5, "batches": batches}


def _from_5(values: Values) -> Values:
    """Return a log of format 5 in this one: its tables must be settled again."""
    return {**values, "format": FORMAT, "settled_by": ""}
