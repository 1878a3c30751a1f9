"""A gate of a promotion as one object: what it checks, its threshold, and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.metrics import Capacity
from riskmodel.registry.holdout import HoldoutComparison


class Verdict(StrEnum):
    """The outcome of a gate."""

    PASS = "pass"
    REFUSE = "refuse"
    NOT_IDENTIFIED = "not identified"


class Evidence(NamedTuple):
    """The evidence that gates check.

    Attributes
    ----------
    holdout : HoldoutComparison
        The version, compared on rounds that it has not seen.
    table : DataFrame
        Its comparisons: one row per opponent and metric (see `Promotion.table`).
    capacity : float, int or mapping
        At which lists are compared.
    """

    holdout: HoldoutComparison
    table: pd.DataFrame
    capacity: Capacity


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
    threshold : float
        The value that its figure is compared with, unless another is given.
    check : callable
        Returns the finding on the evidence at a threshold.
    refusals : mapping of Verdict to Refusal
        How a promotion is refused under each verdict other than pass.
    is_in_table : bool
        Whether its figures stand in the promotion's table; else its result is printed in a line.
    """

    name: str
    checks: str
    threshold: float
    check: Callable[[Evidence, float], Finding]
    refusals: Mapping[Verdict, Refusal]
    is_in_table: bool = False

    def result(self, evidence: Evidence) -> GateResult:
        """Return the gate's one result."""
        return GateResult(self, *self.check(evidence, self.threshold))


@dataclass(frozen=True)
class GateResult:
    """The result of one gate.

    Attributes
    ----------
    gate : Gate
    figure : float
        The figure that was compared with the gate's threshold.
    verdict : {"pass", "refuse", "not identified"}
        Not identified means that the evidence does not suffice for pass or refuse.
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

    def __str__(self) -> str:
        return f"gate {self.gate.name}: {self.verdict}, {'; '.join(self.reasons or self.measured)}"
