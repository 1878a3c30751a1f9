"""The columns of a model in plain data: what is published of them, and what reasons are written from."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from riskmodel.panel.specs.aggregates import wording_of

if TYPE_CHECKING:
    from riskmodel.models.protocol import RiskModel
    from riskmodel.panel.specs.columns import Column


def columns_of(model: RiskModel) -> list[dict[str, Any]]:
    """Return one mapping per column of a model, in the order of the fit, as ``features.json`` holds them.

    Returns
    -------
    list of dict
        ``name``, ``indicator``, ``aggregate``, ``window``, ``direction`` and ``categories``; and how a reason words
        the column, as `wording_of` gives it: ``way``, ``rank`` and ``evidence``.
    """
    return [_entry(column, model) for column in model.columns_]


def _entry(column: Column, model: RiskModel) -> dict[str, Any]:
    indicator = model.catalogue_.get(column.indicator)
    kind = None if indicator is None else indicator.kind
    wording = wording_of(column.aggregate, kind, column.direction)
    categories = None if column.categories is None else list(column.categories)
    return asdict(column) | {"categories": categories} | wording._asdict()
