"""Whom to contact at which chance of a crisis: the net benefit of scores over that threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.group_tables import Suppression
from riskmodel.evaluation.labelled_probabilities import LabelledProbabilities
from riskmodel.evaluation.text_tables import (
    TableCells,
    bracket,
    html_page,
    number,
    text_page,
)
from riskmodel.metrics import net_benefit, net_benefit_interval

THRESHOLDS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
COLUMNS = ["threshold", "contacted", "value", "low", "high", "everyone"]
ONE_HOUSEHOLD = "no interval: one household cannot tell how far households differ"
HEADER = ("contact from", "contacted", "net benefit", "95 % interval", "if all are contacted")


@dataclass(frozen=True, eq=False, repr=False)
class DecisionCurve:
    """The net benefit of contacting everyone whose probability is a threshold or more.

    Attributes
    ----------
    name : str
        The evaluation's.
    table : DataFrame
        One row per threshold: ``threshold``, ``contacted`` (share of the
        rows), ``value`` (net benefit in crises reached per 1,000 rows), ``low``,
        ``high``, ``everyone`` (the value if all are contacted; that of no contact is 0).
        An interval is NaN for rows of one household.
    left_out : int
        How many thresholds were asked for and are left out, since fewer households than `least`
        allows would lie between two of them, above the highest or below the lowest.
    rows, households : int
    least : str
        Below how many households, or households of a class (with a crisis, or without one),
        thresholds are left out; empty where none is.
    """

    name: str
    table: pd.DataFrame
    left_out: int
    rows: int
    households: int
    least: str = ""

    def frame(self) -> pd.DataFrame:
        """Return one row per threshold."""
        return self.table.copy()

    def __repr__(self) -> str:
        return text_page(self._title(), [self._cells()], [*self._closing()])

    def _repr_html_(self) -> str:
        return html_page(self._title(), [self._cells()], [*self._closing()])

    def _title(self) -> str:
        rows = f"{self.rows:,} rows of {self.households:,} households"
        return f"{self.name}: net benefit, crises reached per 1,000 rows; {rows}"

    def _cells(self) -> TableCells:
        rows = [
            (
                f"{100 * line['threshold']:.3g} %",
                f"{number(100 * line['contacted'])} %",
                number(line["value"]),
                bracket(line["low"], line["high"]),
                number(line["everyone"]),
            )
            for line in self.table.to_dict("records")
        ]
        return TableCells(HEADER, rows)

    def _closing(self) -> Iterator[str]:
        yield "contacting nobody has a net benefit of 0; a contact in vain costs t / (1 - t) crises"
        if self.households == 1:
            yield ONE_HOUSEHOLD
        if self.left_out:
            where = "between two, above the highest or below the lowest"
            yield f"thresholds left out, since {self.least} would lie {where}: {self.left_out}"


@door
def decision_curve(
    evaluation: Evaluation, *, thresholds: Sequence[float] | None = None
) -> DecisionCurve:
    """Return the net benefit of an evaluation's probabilities, over the threshold of a contact.

    Parameters
    ----------
    evaluation : Evaluation
        Of a model, or of a Series of probabilities.
    thresholds : list of float, optional
        Chances of a crisis from which a contact would be worth its cost, each above 0 and below 1.
        Default .01 to .5. At 0.05 one crisis reached is worth 19 contacts in vain.

    Returns
    -------
    DecisionCurve

    Raises
    ------
    PanelError
        For scores that are no probabilities.
    ConfigError
        For a threshold that is no number above 0 and below 1, or for none.

    Notes
    -----
    See `riskmodel.metrics.net_benefit`. Intervals are clustered by household. A curve tells the
    hits above each threshold, and so those between two. Thresholds are therefore told only where at
    least so many households lie between them, above the highest and below the lowest, as cells of
    the evaluation's tables must have: by default 10, of which 3 with a crisis and 3 without one
    (`evaluate(min_cell=...)`; 1 leaves none out).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from riskmodel import Panel, evaluate
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"id": range(2_000), "chance": rng.uniform(0, 0.3, 2_000)})
    >>> frame["crisis"] = (rng.random(2_000) < frame["chance"]).astype(float)
    >>> panel = Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="crisis")
    >>> decision_curve(
    ...     evaluate(panel.X["chance"], panel, probability=True), thresholds=[0.05, 0.1, 0.2]
    ... )
    chance: net benefit, crises reached per 1,000 rows; 2,000 rows of 2,000 households
    <BLANKLINE>
    contact from  contacted  net benefit  95 % interval  if all are contacted
    5 %           83.0 %     112          [96.1, 129]    109
    10 %          66.5 %     76.7         [60.8, 93.7]   59.4
    20 %          33.7 %     22.6         [8.98, 37.3]   -58.1
    <BLANKLINE>
    contacting nobody has a net benefit of 0; a contact in vain costs t / (1 - t) crises
    """
    asked = _checked(THRESHOLDS if thresholds is None else thresholds)
    rows = LabelledProbabilities.of(evaluation, code="decision_curve.scores")
    suppression = Suppression.of(evaluation.min_cell)
    told = _told(rows, asked, suppression)
    lines = [_line(rows, threshold) for threshold in told]
    return DecisionCurve(
        name=evaluation.name,
        table=pd.DataFrame(lines, columns=COLUMNS),
        left_out=len(asked) - len(told),
        rows=len(rows.y),
        households=rows.households,
        least="" if suppression.is_off else suppression.least,
    )


def _line(rows: LabelledProbabilities, threshold: float) -> dict[str, float]:
    contacted = (rows.probability >= threshold).astype(np.float64)
    given = (rows.y, contacted, rows.weight, threshold)
    value = net_benefit(*given)
    interval = net_benefit_interval(*given, rows.unit)
    everyone = net_benefit(rows.y, np.ones_like(rows.y), rows.weight, threshold)
    return {
        "threshold": threshold,
        "contacted": float(np.average(contacted, weights=rows.weight)),
        "value": 1000 * value,
        "low": 1000 * interval.low,
        "high": 1000 * interval.high,
        "everyone": 1000 * everyone,
    }


def _told(
    rows: LabelledProbabilities, thresholds: Sequence[float], suppression: Suppression
) -> list[float]:
    """Return the thresholds between which enough households lie, of both classes."""
    if suppression.is_off:
        return list(thresholds)
    told: list[float] = []
    above = np.inf
    for threshold in sorted(thresholds, reverse=True):
        between = (rows.probability >= threshold) & (rows.probability < above)
        below = rows.probability < threshold
        if _is_large(rows, between, suppression) and _is_large(rows, below, suppression):
            told.append(threshold)
            above = threshold
    return sorted(told)


def _is_large(
    rows: LabelledProbabilities, among: NDArray[np.bool_], suppression: Suppression
) -> bool:
    households = [
        len(np.unique(rows.unit[among & of_class]))
        for of_class in (among, rows.y == 1, rows.y == 0)
    ]
    least = (suppression.min_households, suppression.min_of_class, suppression.min_of_class)
    return all(count >= bar for count, bar in zip(households, least, strict=True))


def _checked(thresholds: Sequence[float]) -> list[float]:
    values = np.asarray(thresholds, dtype=object).ravel()
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(np.float64)
    bad = int((~((numbers > 0) & (numbers < 1))).sum())
    if bad or not len(numbers):
        what = (
            f"{bad} of {len(numbers)} thresholds are no chance" if bad else "no threshold is given"
        )
        raise ConfigError(
            what,
            code="decision_curve.threshold",
            place="thresholds",
            allowed="numbers above 0 and below 1",
            next_step="write 0.05 where one crisis reached is worth 19 contacts in vain",
        )
    return sorted(set(numbers.tolist()))
