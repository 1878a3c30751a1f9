"""What verdicts of some rows say of a list: what is identified, by which chances, and bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.evaluation.text_tables import bracket, number
from riskmodel.metrics import METRICS, Floats, Interval, ScoredRows
from riskmodel.metrics.selective import (
    VERDICT_FIGURES,
    Overlap,
    SelectiveRows,
    Sign,
    VerdictFigure,
    contacts_for_half_width,
    overlap,
    ratio_of,
    tipping_odds_ratio,
    verdict_bounds,
    verdict_estimate,
)

ASSUMED_ODDS = 3.0
COLUMNS = [
    "metric", "value", "low", "high", "low_here", "high_here", "identified", "why_not",
    "more_contacts", "least", "greatest", "low_by_odds", "high_by_odds",
]  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class SelectiveReport:
    """What the verdicts of those contacted say of a candidate's list.

    Attributes
    ----------
    table : DataFrame
        One row per metric: ``metric``, ``value``, ``low`` and ``high`` (for lists like it),
        ``low_here`` and ``high_here`` (for this list), ``identified``, ``why_not``,
        ``more_contacts`` (random ones, that would identify it), and, for those with bounds, between
        what the figure lies without assumptions (``least``, ``greatest``) and where the odds of
        those not known differ by a factor of up to 3 (``low_by_odds``, ``high_by_odds``, with
        their sampling error).
    overlap : Overlap
        How far the recorded chances cover the list.
    unknown : float
        Share of the rows without a verdict.
    rows : SelectiveRows
        Personal: never published.
    """

    table: pd.DataFrame
    overlap: Overlap
    unknown: float
    rows: SelectiveRows = field(repr=False)

    @classmethod
    def of(cls, scored: ScoredRows) -> SelectiveReport:
        """Return that of scored rows of which some have a verdict."""
        rows = scored.selective
        assert rows is not None, "made of selective rows only"
        lines = [
            _line(name, rows)
            for name, figure in VERDICT_FIGURES.items()
            if rows.probability is not None or not figure.needs_probabilities
        ]
        return cls(
            table=pd.DataFrame(lines, columns=COLUMNS),
            overlap=overlap(rows.listed, rows.drawn_chance, rows.reach_chance, rows.known),
            unknown=float(1 - rows.known.mean()),
            rows=rows,
        )

    def bounds(
        self, metric: str, odds_ratio: float | None = None, sign: Sign = "either"
    ) -> Interval:
        """Return between which values a metric lies, with the sampling error of the ends.

        Parameters
        ----------
        metric : {"precision", "recall", "base_rate"}
        odds_ratio : float, optional
            By which factor the odds of a verdict of 1 may differ between rows that are not known
            and like rows that are; without one nothing is assumed.
        sign : {"either", "lower", "higher"}
            Whether the odds of those not known can be lower only, higher only, or either.

        Returns
        -------
        Interval

        Notes
        -----
        Where the metric is identified, those not known are the drawn who were not reached. Where it
        is not, they are all without a verdict, drawn or not: caseworkers who list may know more
        than the records.
        """
        return verdict_bounds(_bounded(metric), self.rows, odds_ratio, sign)

    def tipping(self, metric: str, reference: float, sign: Sign = "either") -> float:
        """Return the least odds ratio at which the bounds no longer rule out a value."""
        return tipping_odds_ratio(lambda ratio: self.bounds(metric, ratio, sign), reference)

    def contacts_for(self, metric: str, half_width: float) -> int:
        """Return how many random contacts bring a metric's interval for this list to a half-width.

        They are drawn from all rows that were not certain to be drawn, in place of the arm at hand.
        """
        part, whole, _ = VERDICT_FIGURES[_known(metric)].parts(self.rows)
        figure = part if whole is None else ratio_of(part, whole)
        rows = self.rows
        return contacts_for_half_width(
            half_width,
            figure.by_label,
            rows.expected,
            rows.drawn_chance,
            rows.reach_chance,
            _excess(figure.by_label, rows),
        )

    def frame(self) -> pd.DataFrame:
        """Return one row per metric."""
        return self.table.copy()

    def lines(self) -> Iterator[str]:
        """Yield it as sentences."""
        yield (
            "every figure says confirmed by the reader if contacted, not in need; it assumes that "
            "reach does not depend on need among rows that are alike in the records; crises "
            "expected are what the scores say, no estimate from verdicts"
        )
        yield (
            f"{100 * self.unknown:.1f} % of the rows have no verdict; positives are those "
            "confirmed among the others, and no share of the rows"
        )
        yield self._of_overlap()
        bounded = self.table[self.table["least"].notna()]
        for line in bounded.to_dict("records"):
            without = bracket(line["least"], line["greatest"])
            by_odds = bracket(line["low_by_odds"], line["high_by_odds"])
            who = "drawn but not reached" if line["identified"] else "without a verdict"
            yield (
                f"{METRICS[line['metric']].heading}: {without} without assumptions, {by_odds} if "
                f"the odds of those {who} differ by a factor of up to {number(ASSUMED_ODDS)} "
                "(each with its sampling error)"
            )

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _of_overlap(self) -> str:
        found = self.overlap
        return (
            f"of {found.places:,.0f} places {found.certain:,.0f} were certain to be drawn, "
            f"{found.without_chance:,.0f} had no chance; the others promise "
            f"{found.promised:,.0f} verdicts. {found.known:,.0f} are known, worth "
            f"{found.effective:,.0f} of equal weight; the heaviest has "
            f"{100 * found.largest:.0f} % of the weight"
        )


def _line(name: str, rows: SelectiveRows) -> dict[str, object]:
    figure = VERDICT_FIGURES[name]
    like_it, here = (
        verdict_estimate(figure, rows, estimand) for estimand in ("lists like it", "this list")
    )
    found = like_it.identification
    line: dict[str, object] = {
        "metric": name,
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


def _excess(by_label: Floats, rows: SelectiveRows) -> float:
    """Return how much more the known verdicts vary around what was expected than its chances say.

    At least 1: chances fitted on few verdicts tell the rows of a list too little apart.
    """
    arm = rows.known & (rows.drawn_chance < 1)
    m = rows.expected[arm]
    parts = by_label[arm] ** 2 / (rows.drawn_chance[arm] * rows.reach_chance[arm])
    said = float(parts @ (m * (1 - m)))
    seen = float(parts @ (rows.verdict[arm] - m) ** 2)
    return max(seen / said, 1.0) if said > 0 else 1.0


def _known(metric: str) -> str:
    if metric not in VERDICT_FIGURES:
        raise ConfigError(
            f"{metric!r} is no figure of verdicts",
            code="evaluation.verdict_figure",
            allowed=list(VERDICT_FIGURES),
            next_step="choose one of them",
        )
    return metric


def _bounded(metric: str) -> VerdictFigure:
    figure = VERDICT_FIGURES[_known(metric)]
    if not figure.bounds:
        raise ConfigError(
            f"{metric!r} has no bounds",
            code="selective.no_bounds",
            allowed=[name for name, each in VERDICT_FIGURES.items() if each.bounds],
            next_step="bound one of these; an AUC is refused, since its bounds are the solution of "
            "no simple problem",
        )
    return figure
