"""A gate of a promotion as one object: what it checks, its threshold, and its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.metrics import ScoredRows


class Verdict(StrEnum):
    """The outcome of a gate.

    Not identified: the labels do not tell the figure. Too few: they do, within an interval that is
    too wide for the margin.
    """

    PASS = "pass"
    REFUSE = "refuse"
    NOT_IDENTIFIED = "not identified"
    TOO_FEW = "too few"


class NamedRows(NamedTuple):
    """The rows judged, scored and listed by one model.

    Attributes
    ----------
    name : str
    rows : ScoredRows
    """

    name: str
    rows: ScoredRows


class Conduct(NamedTuple):
    """What is known of how a version came to be judged.

    Attributes
    ----------
    published_by, promoted_by : str
        Empty where nobody wrote down who published.
    account : str
        The account of who promotes: a version may have been published under it without a name.
    published_as, promoted_as : str
        The users whom a server named; empty where none did.
    asked_before : int
        How many other versions of the name were judged on the same outcomes before.
    questions : int or None
        The questions about leaks on the card; None where none were asked.
    """

    published_by: str = ""
    promoted_by: str = ""
    account: str = ""
    published_as: str = ""
    promoted_as: str = ""
    asked_before: int = 0
    questions: int | None = None


class Agreement(NamedTuple):
    """How far two fits of one recipe on the same rows agree, which differ in their seed alone.

    Attributes
    ----------
    lists : float
        Share of the list that both list.
    reasons : float
        Mean share of the listed households' top reasons that both give; NaN where they give none.
    """

    lists: float
    reasons: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """The evidence that gates check; but for the last two fields it is made of scored rows.

    Attributes
    ----------
    table : DataFrame
        The comparisons: one row per opponent and metric (see `Promotion.table`).
    rows : ScoredRows or None
        The rows judged, as the version scores and lists them.
    champion : NamedRows or None
        The same rows by the present champion; None where there is none.
    groups : DataFrame or None
        The groups of these rows, one column per kind of group.
    agreement : Agreement or None
        Of two fits; None where no second one was made.
    conduct : Conduct
    """

    table: pd.DataFrame
    rows: ScoredRows | None = None
    champion: NamedRows | None = None
    groups: pd.DataFrame | None = None
    agreement: Agreement | None = None
    conduct: Conduct = field(default_factory=Conduct)


class Range(NamedTuple):
    """The thresholds that make sense for a gate, both ends among them.

    Attributes
    ----------
    low, high : float
    is_whole : bool
        Whether only whole numbers do.

    Examples
    --------
    >>> str(Range(-1, 1)), str(Range(0, is_whole=True)), str(Range(1, 2, is_whole=True))
    ('a number from -1 to 1', 'a whole number of 0 or more', 'a whole number from 1 to 2')
    >>> Range(1, 2, is_whole=True).nearest(1.5)
    2.0
    """

    low: float = -math.inf
    high: float = math.inf
    is_whole: bool = False

    def nearest(self, threshold: float) -> float:
        """Return the threshold of the range that is nearest to a finite number."""
        near = min(max(threshold, self.low), self.high)
        return float(round(near) if self.is_whole else near)

    def holds(self, threshold: float) -> bool:
        """Tell whether a finite number is one of the range."""
        return self.nearest(threshold) == threshold

    def __str__(self) -> str:
        number = "a whole number" if self.is_whole else "a number"
        if math.isinf(self.high):
            return f"{number} of {self.low:g} or more" if math.isfinite(self.low) else number
        return f"{number} from {self.low:g} to {self.high:g}"


ANY = Range()


class Refusal(NamedTuple):
    """How a promotion is refused.

    Attributes
    ----------
    code : str
        Of the error.
    allowed, next_step : str
        See `riskmodel.RiskmodelError`.
    """

    code: str
    allowed: str
    next_step: str


class Finding(NamedTuple):
    """The result of a check.

    Attributes
    ----------
    figure : float
        The figure that is compared with the threshold.
    verdict : Verdict
    measured : tuple of str
        Everything that was measured, in words.
    reasons : tuple of str
        The reasons for a verdict other than pass.
    refusal : Refusal or None
        How a promotion is refused for these reasons, in place of the gate's own way.
    """

    figure: float
    verdict: Verdict
    measured: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes
    ----------
    name : str
        Its key in ``conf/gates`` and in `riskmodel.promote`.
    checks : str
        What it checks, for people.
    threshold : float or None
        The value that its figure is compared with, unless another is given; None where it is not
        asked.
    check : callable
        Returns the finding on the evidence at a threshold.
    refusals : mapping of Verdict to Refusal
        How a promotion is refused under each verdict other than pass.
    allowed : Range
        The thresholds that make sense.
    is_in_table : bool
        Whether its figures stand in the promotion's table; else its result is printed in a line.
    of_agreement : bool
        Whether it needs a second fit.
    """

    name: str
    checks: str
    threshold: float | None
    check: Callable[[Evidence, float], Finding]
    refusals: Mapping[Verdict, Refusal]
    allowed: Range = ANY
    is_in_table: bool = False
    of_agreement: bool = False

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.name.replace("_", " ")

    def result(self, evidence: Evidence) -> GateResult:
        """Return the gate's one result."""
        assert self.threshold is not None, "a gate that is not asked has no result"
        return GateResult(self, *self.check(evidence, self.threshold))


@dataclass(frozen=True)
class GateResult:
    """The result of one gate.

    Attributes
    ----------
    gate : Gate
    figure : float
        The figure that was compared with the gate's threshold.
    verdict : {"pass", "refuse", "not identified", "too few"}
    measured, reasons : tuple of str
        Everything that was measured, and the reasons for a verdict other than pass.
    refusal : Refusal or None
        As of the finding.
    """

    gate: Gate
    figure: float
    verdict: Verdict
    measured: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    refusal: Refusal | None = None

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {
            "gate": self.gate.name,
            "checks": self.gate.checks,
            "figure": None if np.isnan(self.figure) else float(self.figure),
            "threshold": self.gate.threshold,
            "verdict": str(self.verdict),
            "measured": list(self.measured),
            "reasons": list(self.reasons),
        }

    @property
    def is_told(self) -> bool:
        """Whether it is printed in a line: a pass whose figures stand in the table is not."""
        return not (self.gate.is_in_table and self.verdict == Verdict.PASS)

    def __str__(self) -> str:
        said = "; ".join(self.reasons or self.measured)
        return f"gate {self.gate.title}: {self.verdict}, {said}"
