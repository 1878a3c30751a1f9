"""Which columns describe the indicators that raise the risk: what the counting baselines are computed from."""

from __future__ import annotations

from typing import NamedTuple

from riskmodel.models.fit_rows import FitSettings


class RiskColumn(NamedTuple):
    """A column of an indicator, and its position in the matrix."""

    indicator: str
    aggregate: str
    position: int


def risk_columns(settings: FitSettings, aggregates: tuple[str, ...]) -> list[RiskColumn]:
    """Return the columns of these aggregates whose indicators raise the risk; all of them if none has a direction."""
    position = {name: i for i, name in enumerate(settings.names)}
    known = [
        column
        for column in settings.columns
        if column.indicator and column.name in position and column.aggregate in aggregates
    ]
    direction = {c.name: settings.directions[position[c.name]] for c in known}
    raising = [c for c in known if direction[c.name] > 0]
    chosen = raising or [c for c in known if direction[c.name] == 0]
    return [RiskColumn(c.indicator, c.aggregate, position[c.name]) for c in chosen]
