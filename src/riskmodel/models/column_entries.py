"""The columns of a model as plain data, for publishing and for wording reasons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from riskmodel.indicators import Catalogue
from riskmodel.panel.specs.aggregates import wording_of
from riskmodel.serving import ColumnEntry

if TYPE_CHECKING:
    from riskmodel.models.protocol import RiskModel
    from riskmodel.panel.specs.feature_columns import Column


def columns_of(model: RiskModel) -> list[ColumnEntry]:
    """Return one entry per column of a model, in the order of the fit."""
    return entries_of(model.columns_, model.catalogue_)


def entries_of(columns: Iterable[Column], catalogue: Catalogue) -> list[ColumnEntry]:
    """Return one entry per column, in their order."""
    return [_entry(column, catalogue) for column in columns]


def _entry(column: Column, catalogue: Catalogue) -> ColumnEntry:
    indicator = catalogue.get(column.indicator)
    kind = None if indicator is None else indicator.kind
    wording = wording_of(column.aggregate, kind, column.direction)
    entry = ColumnEntry(
        name=column.name,
        indicator=column.indicator,
        aggregate=column.aggregate,
        window=column.window,
        direction=column.direction,
        categories=None if column.categories is None else list(column.categories),
        way=wording.way,
        rank=wording.rank,
        evidence=wording.evidence,
        blank=wording.blank,
    )
    if column.family:
        entry["family"], entry["codes"] = column.family, list(column.codes)
    return entry
