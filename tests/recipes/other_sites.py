"""Records of another site, each different from those of the fit in one known way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

import riskmodel as rm
from riskmodel.indicators import Catalogue
from riskmodel.records.table_schemas import conform

LABEL = rm.Label("crisis", window="6M", maturity="2M")
FEATURES = rm.Features(
    [
        rm.Agg.count(["loan_overdue", "power_cut"], ["6M", "ever"]),
        rm.Agg.now(["nhi_arrears", "telecom_arrears"]),
        rm.Attribute("household_type"),
    ]
)
STATED = "another city, with ids of its own"


def panel_of(records: rm.Records, **changes: object) -> rm.Panel:
    """Return the rows of a site as its own service would build them."""
    wanted = {"label": LABEL, "features": FEATURES, **changes}
    return rm.build_panel(records, rounds=records.rounds, **wanted)


def with_table(records: rm.Records, name: str, table: pd.DataFrame) -> rm.Records:
    """Return records with one table replaced."""
    return records.replace(tables={**records.tables, name: conform(name, table)})


def with_indicator(records: rm.Records, code: str, **fields: object) -> rm.Records:
    """Return records that define one indicator otherwise."""
    indicators = (
        replace(one, **fields) if one.code == code else one for one in records.catalogue.values()
    )
    return records.replace(catalogue=Catalogue(tuple(indicators)))


def in_days(records: rm.Records, code: str) -> rm.Records:
    """Return records that deliver months as days, and say so."""
    events = records.events
    is_it = events["code"].eq(code)
    events.loc[is_it, "value"] = 30 * events.loc[is_it, "value"]
    return with_indicator(with_table(records, "events", events), code, unit="days")


def renamed_types(records: rm.Records, new: Callable[[pd.Series], pd.Series]) -> rm.Records:
    """Return records with other names for the types of households."""
    attributes = records.attributes
    is_type = attributes["name"].eq("household_type")
    attributes.loc[is_type, "text"] = new(attributes.loc[is_type, "text"])
    return with_table(records, "attributes", attributes)
