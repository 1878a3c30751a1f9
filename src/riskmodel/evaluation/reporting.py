"""How late outcomes become known: the share of a window's outcomes that a label counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation.corrected_rates import rate_of
from riskmodel.evaluation.delayed_facts import AGENCY, ALL, OTHERS, DelayedFacts
from riskmodel.evaluation.text_tables import TableCells, html_page, number, text_page
from riskmodel.keys import DateLike, Days, Span, as_days
from riskmodel.metrics import Floats
from riskmodel.metrics.truncated_delays import DelayCurve
from riskmodel.panel import Label

if TYPE_CHECKING:
    from riskmodel.panel import Panel
    from riskmodel.records import Records

IN_TIME = 0.95
LONGEST_MATURITY = 24


@dataclass(frozen=True, eq=False, repr=False)
class ReportingDelays:
    """How late the outcomes of a label become known.

    Attributes
    ----------
    label : Label
    today : datetime64[D]
        The day before which the outcomes are complete.
    rounds : ndarray of datetime64[D]
    by : str
        The recorded value by which delays are told apart; empty for none.
    curves : mapping of str to DelayCurve
        By value of `by`, and of all facts under ``"all"``: by days since an event.
    label_curves : mapping of str to DelayCurve
        The same of labels of 1: by days since their window closed.
    differing : DataFrame
        One row per recorded value that was looked at: `by`, `p_value` of one distribution of delays
        whatever it is, and `differs`.
    """

    label: Label
    today: np.datetime64
    rounds: Days
    by: str
    curves: Mapping[str, DelayCurve]
    label_curves: Mapping[str, DelayCurve]
    differing: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row per curve: facts, days until shares are known, and what a label counts.

        ``counted`` is the share of labels of 1 that are known to be 1 by the label's maturity, of
        those known within the longest delay; ``se`` its standard error.
        """
        lines = []
        for name, curve in self.curves.items():
            days = {f"days_{part:.0%}": curve.days_until(part) for part in (0.5, 0.9, 0.95)}
            own = {"by": name, "facts": curve.facts, **days, "longest": curve.longest}
            share, se = self._counted(name, self.label)
            lines.append({**own, "counted": share, "se": se})
        return pd.DataFrame(lines).set_index("by")

    def maturity(self, share: float = IN_TIME) -> str | None:
        """Return the least maturity, in months, by which a share of the labels of 1 is known.

        It is a share of those known within the longest delay; None where two years are too few.

        Raises
        ------
        ConfigError
            For a share that is not above 0 and below 1.
        """
        if not (isinstance(share, Real) and 0 < share < 1):
            raise ConfigError(
                f"share={share!r} is no share of the labels of 1",
                code="reporting.share",
                allowed="a number above 0 and below 1",
                next_step="write for instance maturity(0.95)",
            )
        for months in range(LONGEST_MATURITY + 1):
            label = replace(self.label, maturity=f"{months}M")
            if self._counted(ALL, label)[0] >= share:
                return f"{months}M"
        return None

    def counted(self, panel: Panel) -> pd.Series:
        """Return the share of labels of 1 that each row's label counts, by the row's own value.

        Its logarithm is the offset of a model of rare outcomes on the log scale: the chance of a
        label of 1 is the chance of an outcome times this share.

        Parameters
        ----------
        panel : Panel
            With a label of the same outcome and window, of any maturity.

        Raises
        ------
        PanelError
            For another label, or a panel that lacks the groups of `by`.
        """
        return pd.Series(self._by_row(panel)[0], index=panel.X.index, name="counted")

    def rates(self, panel: Panel, odds_ratio: float = 1.0) -> pd.DataFrame:
        """Return the share of rows with an outcome, in each round whose window has closed.

        Parameters
        ----------
        panel : Panel
            With a label of the same outcome and window, of any maturity.
        odds_ratio : float, default 1.0
            By which factor the odds of being counted may differ from what delays say, as a hidden
            severity makes them differ.

        Returns
        -------
        DataFrame
            By round, and of all: rows, `observed` (the share of labels of 1), `counted`,
            `estimated` (observed / counted) with its 95 % interval `low` and `high`, and `lowest`
            and `highest`: the ends of the interval at the odds ratio.

        Notes
        -----
        An outcome that is rare makes the chance of a label of 1 proportional to the share counted;
        where delays are told apart, the rate is the sum of the values' own rates by their rows.
        The interval is on the log scale and adds the relative errors of both. What becomes known
        after the longest delay is in no figure.
        """
        counted, error = self._by_row(panel)
        assert panel.y is not None
        rows = np.flatnonzero(panel.y.notna())
        y, share, error = panel.y.to_numpy(np.float64)[rows], counted[rows], error[rows]
        weight = np.ones(len(y)) if panel.weight is None else panel.weight.to_numpy()[rows]
        unit = pd.factorize(panel.independent_units[rows])[0]

        day = as_days(panel.as_of)[rows]
        parts: dict[object, np.ndarray] = {d: np.flatnonzero(day == d) for d in np.unique(day)}
        parts[ALL] = np.arange(len(y))
        lines = [
            {"as_of_date": name} | rate_of(y[p], share[p], error[p], weight[p], unit[p], odds_ratio)
            for name, p in parts.items()
        ]
        return pd.DataFrame(lines).set_index("as_of_date")

    def __repr__(self) -> str:
        return text_page(self._title(), [self._cells()], [*self._closing()])

    def _repr_html_(self) -> str:
        return html_page(self._title(), [self._cells()], [*self._closing()])

    def _title(self) -> str:
        facts = self.curves[ALL].facts
        return f"{self.label.name}: how late {facts:,} outcomes were known before {self.today}"

    def _cells(self) -> TableCells:
        header = ["", "facts", "50 %", "90 %", "95 %", "counted", "se"]
        rows = [
            [str(name), f"{line['facts']:,.0f}"]
            + [f"{line[f'days_{part}']:.0f} days" for part in ("50%", "90%", "95%")]
            + [number(line["counted"]), number(line["se"])]
            for name, line in self.frame().iterrows()
        ]
        return TableCells(header, rows)

    def _closing(self) -> Iterator[str]:
        longest = self.label_curves[ALL].longest
        yield (
            f"counted: the share of labels of 1 known by maturity ({self.label.maturity}), of "
            f"those known within {longest} days; what takes longer is in no figure"
        )
        if (maturity := self.maturity()) is not None:
            yield f"a maturity of {maturity} counts {IN_TIME:.0%} of them"
        for line in self.differing[self.differing["differs"]].itertuples():
            if line.by != self.by:
                yield (
                    f"the delay differs by {line.by} (p = {line.p_value:.2g}): tell it apart by "
                    f"by={line.by!r}"
                )

    def _label_of(self, panel: Panel) -> Label:
        own = panel.label
        if own is None or replace(own, maturity=self.label.maturity) != self.label:
            raise PanelError(
                "the panel has another label than the one whose delays these are",
                code="reporting.label",
                allowed=f"{self.label.name}, of any maturity",
                next_step="give the panel that label: panel.with_label(label)",
            )
        return own

    def _by_row(self, panel: Panel) -> tuple[Floats, Floats]:
        """Return the share counted of each row, and its error."""
        label = self._label_of(panel)
        names = pd.Index(list(self.label_curves))
        told = np.array([self._counted(name, label) for name in names])
        share, error = told[names.get_indexer(pd.Index(self._values(panel)))].T
        return share, error

    def _counted(self, name: str, label: Label) -> tuple[float, float]:
        """Return the share counted by a label's maturity, over the rounds, and its error."""
        curve = self.label_curves[name]
        ends = Span.parse(label.window).after(self.rounds)
        days = (label.matures_on(self.rounds) - ends).astype(np.int64)
        error = np.where(days >= curve.longest, 0.0, curve.se[np.minimum(days, curve.longest)])
        return float(curve.at(days).mean()), float(error.mean())

    def _values(self, panel: Panel) -> np.ndarray:
        if not self.by:
            return np.full(len(panel), ALL)
        if panel.groups is None or self.by not in panel.groups:
            raise PanelError(
                f"delays are told apart by {self.by!r}, and the panel has no such group",
                code="reporting.group",
                next_step=f"name it under groups: of the records, or leave by={self.by!r} out",
            )
        values = panel.groups[self.by].astype(object).to_numpy()
        others = OTHERS if OTHERS in self.curves else ALL
        return np.where(pd.Index(values).isin(list(self.curves)), values, others)


@door
def reporting_delays(
    records: Records,
    label: Label,
    rounds: Iterable[DateLike] | pd.DatetimeIndex | None = None,
    by: str | None = None,
    *,
    longest: str | None = None,
) -> ReportingDelays:
    """Estimate how late the outcomes of a label become known.

    Parameters
    ----------
    records : Records
    label : Label
        Of events; verdicts come when a service asks.
    rounds : DatetimeIndex or list of dates, optional
        As-of dates; those whose window has not closed are left out. Default: the records' own.
    by : str, optional
        An attribute, such as the area, or ``"agency"``, by which delays are told apart; values of
        few facts are ``"others"``.
    longest : str, optional
        Span such as ``"8M"``, no shorter than the label's maturity; what takes longer is left out.
        Default: the longest delay that a
        hundred facts or more could have had.

    Returns
    -------
    ReportingDelays
        Also says by which of the records' groups the delay differs.

    Raises
    ------
    PanelError
        For verdicts of contacts, a label that counts several facts, records without rounds, an
        attribute that they do not have, or fewer than a hundred known outcomes.
    ConfigError
        For a longest delay below the label's maturity.

    Notes
    -----
    Outcomes not yet known are missing, and the younger an event, the more so: delays are
    right-truncated. The product-limit estimator in reverse time gives F(d) / F(longest)
    (`riskmodel.metrics.truncated_delays.delay_curve`): of single outcomes by days since their
    event, and of labels of 1 by days since their window closed. The latter is the former averaged
    over the days of a window on which its outcomes happen and the days on which reports come in,
    which need not be independent: files come once a month. A delay by a recorded value is found
    and can be told apart. One by what is hidden is not identified: `ReportingDelays.rates` bounds
    it.

    Examples
    --------
    >>> from riskmodel.datasets import make_households
    >>> records = make_households(3_000, random_state=0)
    >>> delays = reporting_delays(records, records.label)
    >>> delays.maturity()
    '2M'
    """
    facts = DelayedFacts.read(records, label, longest)
    days = _rounds(records, rounds)
    parts = facts.parts(by) if by else {}
    label_curves = facts.label_curves(label, days, parts)
    looked_at = dict.fromkeys([*records.groups, *filter(None, [records.area])])
    return ReportingDelays(
        label=label,
        today=facts.today,
        rounds=days,
        by=by if by and by != AGENCY else "",
        curves={ALL: facts.curve()}
        | {name: facts.curve(rows) for name, rows in parts.items() if name in label_curves},
        label_curves=label_curves,
        differing=facts.differing([*looked_at]),
    )


def _rounds(records: Records, rounds: Iterable[DateLike] | pd.DatetimeIndex | None) -> Days:
    chosen = records.rounds if rounds is None else pd.DatetimeIndex(list(rounds))
    if chosen is None:
        raise PanelError(
            "the records state no rounds, and labels are of rounds",
            code="reporting.rounds",
            next_step="give rounds=rm.rounds(START, END, every='2M')",
        )
    return as_days(chosen)
