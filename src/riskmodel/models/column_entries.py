"""The columns of a model in plain data: what is published of them, and what reasons are written from."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from riskmodel.panel.specs.aggregates import wording_of

if TYPE_CHECKING:
    from riskmodel.models.protocol import RiskModel
    from riskmodel.panel.specs.feature_columns import Column


class ColumnEntry(TypedDict):
    """One column as ``features.json`` holds it.

    Attributes
    ----------
    name, indicator, aggregate, window, direction, categories
        Those of the `Column`.
    way, rank, evidence
        How a reason words the column, as `wording_of` gives it.
    """

    name: str
    indicator: str
    aggregate: str
    window: str
    direction: int
    categories: list[str] | None
    way: str
    rank: int
    evidence: str


def columns_of(model: RiskModel) -> list[ColumnEntry]:
    """Return one entry per column of a model, in the order of the fit."""
    return [_entry(column, model) for column in model.columns_]


def _entry(column: Column, model: RiskModel) -> ColumnEntry:
    indicator = model.catalogue_.get(column.indicator)
    kind = None if indicator is None else indicator.kind
    wording = wording_of(column.aggregate, kind, column.direction)
    return ColumnEntry(
        name=column.name,
        indicator=column.indicator,
        aggregate=column.aggregate,
        window=column.window,
        direction=column.direction,
        categories=None if column.categories is None else list(column.categories),
        way=wording.way,
        rank=wording.rank,
        evidence=wording.evidence,
    )
