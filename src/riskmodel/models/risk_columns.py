"""The columns of risk-raising indicators, from which the counting baselines are computed."""

from __future__ import annotations

from typing import NamedTuple

from riskmodel.models.fit_rows import FitSettings


class RiskColumn(NamedTuple):
    """A column of an indicator, and its position in the matrix."""

    indicator: str
    aggregate: str
    position: int


def risk_columns(settings: FitSettings, aggregates: tuple[str, ...]) -> list[RiskColumn]:
    """Return the columns of these aggregates whose indicators raise the risk.

    If there are none, the columns without a direction are returned.
    """
    position = {name: i for i, name in enumerate(settings.names)}
    columns = [
        RiskColumn(column.indicator, column.aggregate, position[column.name])
        for column in settings.columns
        if column.indicator and column.name in position and column.aggregate in aggregates
    ]
    raising = [c for c in columns if settings.directions[c.position] > 0]
    return raising or [c for c in columns if settings.directions[c.position] == 0]
