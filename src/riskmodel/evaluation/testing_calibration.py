"""Whether probabilities are right: the Brier score in parts, a test, and a curve with its band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.labelled_probabilities import LabelledProbabilities
from riskmodel.evaluation.text_tables import (
    TableCells,
    html_lines,
    html_table,
    number,
    text_table,
)
from riskmodel.metrics import (
    BrierParts,
    Floats,
    Ints,
    Levels,
    clusters_of_rarer_class,
    share_as_large,
    wild_null,
)
from riskmodel.metrics.corp import DRAWS
from riskmodel.metrics.intervals import LEAST

LEVEL, LEAST_DRAWS = 0.05, 19
HEADER = ("part of the Brier score", "value", "if the probabilities are right")
OFTEN = "right probabilities often show as much miscalibration"
RARELY = "right probabilities rarely show as much miscalibration"
NO_TEST = f"no test: it rests on fewer than {LEAST} households with or without the outcome"


@dataclass(frozen=True, eq=False, repr=False)
class Reliability:
    """The parts of a Brier score, the test of its miscalibration, and the curve behind them.

    Attributes
    ----------
    name : str
        The evaluation's.
    miscalibration, discrimination, uncertainty : float
        The Brier score is miscalibration - discrimination + uncertainty.
    miscalibration_by_chance : float
        Its mean where the probabilities are right.
    p_value : float
        How often right probabilities show at least as much miscalibration; NaN where fewer than
        five households have the outcome, or do not have it.
    ece, ece_by_chance : float
        The expected calibration error: the mean distance of predicted and observed shares over
        the bins of `reliability_bins`; and its mean where the probabilities are right, without
        which it says nothing.
    curve : DataFrame
        predicted, observed (the isotonic recalibration), low and high: where 95 % of curves of
        right probabilities lie, at each point. It follows single rows, so that it is for readers of
        the records; no card holds it.
    rows, households, draws : int
    """

    name: str
    miscalibration: float
    discrimination: float
    uncertainty: float
    miscalibration_by_chance: float
    p_value: float
    ece: float
    ece_by_chance: float
    curve: pd.DataFrame
    rows: int
    households: int
    draws: int

    @property
    def brier(self) -> float:
        """The Brier score."""
        return self.miscalibration - self.discrimination + self.uncertainty

    def frame(self) -> pd.DataFrame:
        """Return one row per part: part, value, by_chance (its mean for right probabilities)."""
        chance = {
            "miscalibration": self.miscalibration_by_chance,
            "expected_calibration_error": self.ece_by_chance,
        }
        values = {
            "miscalibration": self.miscalibration,
            "discrimination": self.discrimination,
            "uncertainty": self.uncertainty,
            "brier": self.brier,
            "expected_calibration_error": self.ece,
        }
        lines = [(part, value, chance.get(part, np.nan)) for part, value in values.items()]
        return pd.DataFrame(lines, columns=["part", "value", "by_chance"])

    def __repr__(self) -> str:
        return "\n".join([self._title(), "", text_table(*self._cells()), "", self.verdict])

    def _repr_html_(self) -> str:
        return html_lines([self._title()]) + html_table(*self._cells()) + html_lines([self.verdict])

    @property
    def verdict(self) -> str:
        """What the test says, in words."""
        if np.isnan(self.p_value):
            return NO_TEST
        said = RARELY if self.p_value <= LEVEL else OFTEN
        return f"p = {self.p_value:.3f} ({self.draws} draws): {said}"

    def _title(self) -> str:
        return f"{self.name}: {self.rows:,} rows of {self.households:,} households"

    def _cells(self) -> TableCells:
        parts, values, by_chance = (column.tolist() for _, column in self.frame().items())
        rows = [
            (_title_of(part), number(value), _mean(mean))
            for part, value, mean in zip(parts, values, by_chance, strict=True)
        ]
        return TableCells(HEADER, rows)


@door
def reliability(
    evaluation: Evaluation, *, draws: int = DRAWS, random_state: int = 0
) -> Reliability:
    """Test whether the probabilities of an evaluation are right, and show where they are not.

    Parameters
    ----------
    evaluation : Evaluation
        Of a model, or of a Series of probabilities.
    draws : int, default 199
        Outcomes drawn as they could be, were the probabilities right.
    random_state : int, default 0

    Returns
    -------
    Reliability

    Raises
    ------
    PanelError
        For scores that are no probabilities.
    ConfigError
        For fewer than 19 draws, by which no p-value is as small as 0.05.

    Notes
    -----
    The curve is the isotonic regression of the outcome on the probability: no bins are chosen. What
    it gains in Brier score is the miscalibration [1]_. Chance alone makes that greater than 0, so
    that it stands beside outcomes drawn around the probabilities, with one random sign for all rows
    of a household (`riskmodel.metrics.wild_null`).

    References
    ----------
    .. [1] Dimitriadis, Gneiting, Jordan (2021), PNAS 118, e2016191118.
       doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from riskmodel import Panel, evaluate
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"id": range(2_000), "chance": rng.uniform(0, 0.3, 2_000)})
    >>> frame["crisis"] = (rng.random(2_000) < frame["chance"]).astype(float)
    >>> panel = Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="crisis")
    >>> reliability(evaluate(panel.X["chance"] * 1.5, panel, probability=True))
    chance: 2,000 rows of 2,000 households
    <BLANKLINE>
    part of the Brier score     value    if the probabilities are right
    miscalibration              0.00789  0.00197 on average
    discrimination              0.00935
    uncertainty                 0.130
    Brier score                 0.128
    expected calibration error  0.0710   0.0186 on average
    <BLANKLINE>
    p = 0.005 (199 draws): right probabilities rarely show as much miscalibration
    """
    _check_draws(draws)
    rows = LabelledProbabilities.of(evaluation, code="reliability.scores").by_probability()
    levels = Levels.of(rows.probability, rows.weight)
    curve = levels.curve(rows.y)
    parts = levels.parts(rows.y, curve)
    points = levels.points()
    null = wild_null(levels, rows.y, rows.unit, points, draws, random_state)
    return Reliability(
        name=evaluation.name,
        **parts._asdict(),
        miscalibration_by_chance=float(null.miscalibration.mean()),
        p_value=_p_value(rows, parts, null.miscalibration),
        ece=levels.ece(rows.y),
        ece_by_chance=float(null.ece.mean()),
        curve=_drawn(levels, curve, points, null.curves),
        rows=len(rows.y),
        households=rows.households,
        draws=draws,
    )


def _check_draws(draws: int) -> None:
    if draws < LEAST_DRAWS:
        raise ConfigError(
            f"{draws} draws allow no p-value as small as {LEVEL}",
            code="reliability.draws",
            allowed=f"{LEAST_DRAWS} draws or more",
            next_step=f"leave draws out for {DRAWS}",
        )


def _p_value(rows: LabelledProbabilities, parts: BrierParts, by_chance: Floats) -> float:
    if clusters_of_rarer_class(rows.unit, rows.y == 1, rows.y == 0) < LEAST:
        return float("nan")
    return share_as_large(parts.miscalibration, by_chance)


def _drawn(levels: Levels, curve: Floats, points: Ints, by_chance: Floats) -> pd.DataFrame:
    low, high = np.quantile(by_chance, [LEVEL / 2, 1 - LEVEL / 2], axis=0).clip(0, 1)
    return pd.DataFrame(
        {
            "predicted": levels.probability[points],
            "observed": curve[points],
            "low": low,
            "high": high,
        }
    )


def _title_of(part: str) -> str:
    return "Brier score" if part == "brier" else part.replace("_", " ")


def _mean(by_chance: float) -> str:
    return "" if np.isnan(by_chance) else f"{number(by_chance)} on average"
