"""One figure of verdicts as a line: its value, intervals, why it has none, and its bounds."""

from __future__ import annotations

from riskmodel.errors import ConfigError
from riskmodel.metrics.selective import (
    VERDICT_FIGURES,
    SelectiveRows,
    VerdictFigure,
    verdict_bounds,
    verdict_estimate,
)

ASSUMED_ODDS = 3.0
NET_BENEFIT = "net_benefit"
COLUMNS = [
    "metric", "value", "low", "high", "low_here", "high_here", "identified", "why_not",
    "more_contacts", "least", "greatest", "low_by_odds", "high_by_odds",
]  # fmt: skip


def line_of(figure: VerdictFigure, rows: SelectiveRows) -> dict[str, object]:
    """Return a figure of some rows under the names of `COLUMNS`."""
    like_it, here = (
        verdict_estimate(figure, rows, estimand) for estimand in ("lists like it", "this list")
    )
    found = like_it.identification
    line: dict[str, object] = {
        "metric": figure.name,
        "value": like_it.value,
        "low": like_it.interval.low,
        "high": like_it.interval.high,
        "low_here": here.interval.low,
        "high_here": here.interval.high,
        "identified": found.identified,
        "why_not": "; ".join(found.reasons),
        "more_contacts": found.more_contacts,
    }
    if figure.bounds:
        without, by_odds = (verdict_bounds(figure, rows, ratio) for ratio in (None, ASSUMED_ODDS))
        line |= {
            "least": without.low,
            "greatest": without.high,
            "low_by_odds": by_odds.low,
            "high_by_odds": by_odds.high,
        }
    return line


def known(metric: str) -> str:
    """Refuse what is no figure of verdicts."""
    if metric not in VERDICT_FIGURES:
        raise ConfigError(
            f"{metric!r} is no figure of verdicts",
            code="evaluation.verdict_figure",
            allowed=list(VERDICT_FIGURES),
            next_step="choose one of them",
        )
    return metric


def bounded(metric: str) -> VerdictFigure:
    """Return a figure that has bounds, or refuse."""
    if metric == NET_BENEFIT:
        raise ConfigError(
            "the net benefit has no threshold",
            code="selective.threshold",
            allowed="the chance from which a contact is worth its cost, above 0 and below 1",
            next_step="give threshold=",
        )
    figure = VERDICT_FIGURES[known(metric)]
    if not figure.bounds:
        raise ConfigError(
            f"{metric!r} has no bounds",
            code="selective.no_bounds",
            allowed=[*(name for name, each in VERDICT_FIGURES.items() if each.bounds), NET_BENEFIT],
            next_step="bound one of these; an AUC is refused, since its bounds are the solution of "
            "no simple problem",
        )
    return figure
