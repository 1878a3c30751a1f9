"""The columns of a model in plain data: what is published of them, and what reasons are written from."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskmodel.models.protocol import RiskModel


def columns_of(model: RiskModel) -> list[dict[str, Any]]:
    """Return one mapping per column of a model, in the order of the fit, as ``features.json`` holds them."""
    return [
        asdict(column)
        | {"categories": None if column.categories is None else list(column.categories)}
        for column in model.columns_
    ]
