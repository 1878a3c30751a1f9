"""What verdicts of some rows say of a list: what is identified, by which chances, and bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

from riskmodel.evaluation.text_tables import bracket, number
from riskmodel.evaluation.verdict_lines import (
    ASSUMED_ODDS,
    COLUMNS,
    NET_BENEFIT,
    bounded,
    known,
    line_of,
)
from riskmodel.metrics import METRICS, Floats, Interval, ScoredRows
from riskmodel.metrics.selective import (
    VERDICT_FIGURES,
    Overlap,
    SelectiveRows,
    Sign,
    contacted_from,
    contacts_for_half_width,
    net_benefit_figure,
    overlap,
    tipping_odds_ratio,
    verdict_bounds,
)

THRESHOLDS = (0.02, 0.05, 0.1, 0.2)


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
            line_of(figure, rows)
            for figure in VERDICT_FIGURES.values()
            if rows.probability is not None or not figure.needs_probabilities
        ]
        return cls(
            table=pd.DataFrame(lines, columns=COLUMNS),
            overlap=overlap(rows.listed, rows.drawn_chance, rows.reach_chance, rows.known),
            unknown=float(1 - rows.known.mean()),
            rows=rows,
        )

    def bounds(
        self,
        metric: str,
        odds_ratio: float | None = None,
        sign: Sign = "either",
        *,
        threshold: float | None = None,
    ) -> Interval:
        """Return between which values a metric lies, with the sampling error of the ends.

        Parameters
        ----------
        metric : {"precision", "recall", "base_rate", "net_benefit"}
        odds_ratio : float, optional
            By which factor the odds of a verdict of 1 may differ between rows that are not known
            and like rows that are; without one nothing is assumed.
        sign : {"either", "lower", "higher"}
            Whether the odds of those not known can be lower only, higher only, or either.
        threshold : float, optional
            Of the net benefit: the chance from which on a contact is worth its cost. Everyone with
            such a probability counts as contacted.

        Returns
        -------
        Interval

        Notes
        -----
        Where the metric is identified, those not known are the drawn who were not reached. Where it
        is not, they are all without a verdict, drawn or not: caseworkers who list may know more
        than the records.
        """
        if metric == NET_BENEFIT and threshold is not None:
            rows = contacted_from(self.rows, threshold)
            return verdict_bounds(net_benefit_figure(threshold), rows, odds_ratio, sign)
        return verdict_bounds(bounded(metric), self.rows, odds_ratio, sign)

    def tipping(
        self,
        metric: str,
        reference: float,
        sign: Sign = "either",
        *,
        threshold: float | None = None,
    ) -> float:
        """Return the least odds ratio at which the bounds no longer rule out a value."""
        return tipping_odds_ratio(
            lambda ratio: self.bounds(metric, ratio, sign, threshold=threshold), reference
        )

    def net_benefit(self, thresholds: Sequence[float] = THRESHOLDS) -> pd.DataFrame:
        """Return the net benefit of contacting everyone from a probability on.

        Parameters
        ----------
        thresholds : sequence of float
            Chances from which on a contact is worth its cost, each above 0 and below 1.

        Returns
        -------
        DataFrame
            One row per threshold: ``threshold``, ``contacted`` (share of the rows), and the columns
            of `table`. Values are verdicts of 1 reached, less contacts in vain at the odds of the
            threshold, per row; that of no contact is 0.

        Raises
        ------
        RiskmodelError
            For scores that are no probabilities, and thresholds that are none.
        """
        lines = []
        for threshold in thresholds:
            rows = contacted_from(self.rows, threshold)
            share = float(rows.weight @ rows.listed / rows.weight.sum())
            line = line_of(net_benefit_figure(threshold), rows)
            lines.append({"threshold": threshold, "contacted": share, **line})
        return pd.DataFrame(lines, columns=["threshold", "contacted", *COLUMNS])

    def contacts_for(self, metric: str, half_width: float) -> int:
        """Return how many random contacts bring a metric's interval for this list to a half-width.

        They are drawn from all rows that were not certain to be drawn, in place of the arm at hand.
        """
        rows = self.rows
        figure = VERDICT_FIGURES[known(metric)].of(rows)
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
