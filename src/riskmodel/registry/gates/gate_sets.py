"""The gates of a promotion, and the sets of their thresholds, which conf/gates repeats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from numbers import Real
from typing import NamedTuple

from riskmodel.errors import RegistryError, did_you_mean
from riskmodel.registry.backend.version import Version
from riskmodel.registry.gates.agreement_gates import LISTS, REASONS
from riskmodel.registry.gates.calibration_gate import CALIBRATION
from riskmodel.registry.gates.comparison_gates import COMPARED
from riskmodel.registry.gates.conduct_gates import ASKED, PEOPLE, QUESTIONS
from riskmodel.registry.gates.gate import Gate, GateResult, Verdict
from riskmodel.registry.gates.group_gate import GROUPS

GATES = (*COMPARED, CALIBRATION, GROUPS, LISTS, REASONS, QUESTIONS, PEOPLE, ASKED)
TOO_FEW_KEY, PASSES, REFUSES = "too_few", "pass", "refuse"
DEFAULT = "default"
Thresholds = Mapping[str, float | str | None]

KOREA: Thresholds = {
    "auc": -0.02,
    "average_precision": -0.02,
    "precision": -0.02,
    "calibration": 0.25,
    "group_recall": -0.3,
    "list_overlap": 0.7,
    "reason_overlap": 0.7,
    "leak_questions": 0,
    "people": 2,
    "asked_before": 5,
    TOO_FEW_KEY: REFUSES,
}


class GateSet(NamedTuple):
    """The gates that a promotion asks.

    Attributes
    ----------
    gates : tuple of Gate
    refuses_too_few : bool
        Whether too few to tell is a reason to refuse.
    """

    gates: tuple[Gate, ...]
    refuses_too_few: bool

    @property
    def told(self) -> str:
        """In what it differs from the default set, in words; empty where it does not."""
        usual = default_thresholds()
        given = {gate.name: gate.threshold for gate in self.gates}
        changed = [f"{name} {value:g}" for name, value in given.items() if value != usual[name]]
        changed += ["too few refused"] * self.refuses_too_few
        return ", ".join(changed)

    @property
    def needs_second_fit(self) -> bool:
        """Whether a gate compares two fits of the recipe."""
        return any(gate.of_agreement for gate in self.gates)


def default_thresholds() -> dict[str, float | str | None]:
    """Return the default set: the threshold of each gate, None where it is not asked.

    Examples
    --------
    >>> default_thresholds()["auc"], default_thresholds()["people"]
    (-0.04, None)
    """
    return {gate.name: gate.threshold for gate in GATES} | {TOO_FEW_KEY: PASSES}


def sets_of_gates() -> dict[str, Thresholds]:
    """Return by name the threshold of each gate, and whether the verdict *too few* passes."""
    return {DEFAULT: default_thresholds(), "korea": KOREA}


def gates_with(given: str | Thresholds | None) -> GateSet:
    """Return a set of gates by its name, or the default one with some thresholds replaced.

    Raises
    ------
    RegistryError
        For an unknown set or gate, a threshold that is no number or makes no sense for its gate,
        or one taken away.
    """
    thresholds = {**default_thresholds(), **_given(given)}
    asked = [
        replace(gate, threshold=float(threshold))
        for gate in GATES
        if isinstance(threshold := thresholds[gate.name], (int, float))
    ]
    return GateSet(tuple(asked), thresholds[TOO_FEW_KEY] == REFUSES)


def _given(given: str | Thresholds | None) -> Thresholds:
    if given is None:
        return {}
    if isinstance(given, str):
        sets = sets_of_gates()
        if given not in sets:
            raise RegistryError(
                f"unknown set of gates {given!r}",
                code="promote.gate",
                allowed=sets,
                next_step=did_you_mean(given, sets),
            )
        return sets[given]
    if not isinstance(given, Mapping):
        raise RegistryError(
            f"gates is a {type(given).__name__}",
            code="promote.gate",
            allowed="the name of a set, or a mapping of gates to thresholds",
            next_step=f"write gates={_numbers(default_thresholds())}, the defaults",
        )
    for name, threshold in given.items():
        _check(name, threshold)
    return given


def _check(name: str, threshold: object) -> None:
    known = default_thresholds()
    if name not in known:
        raise RegistryError(
            f"unknown gate {name!r}",
            code="promote.gate",
            allowed=known,
            next_step=did_you_mean(name, known),
        )
    if name == TOO_FEW_KEY:
        if threshold not in (PASSES, REFUSES):
            raise RegistryError(
                f"{TOO_FEW_KEY} is neither {PASSES} nor {REFUSES}",
                code="promote.threshold",
                allowed=(PASSES, REFUSES),
                next_step=f"write {TOO_FEW_KEY}={PASSES}, the default",
            )
        return
    if threshold is None and known[name] is None:
        return
    (allowed,) = [gate.allowed for gate in GATES if gate.name == name]
    number = _finite(threshold)
    if number is not None and allowed.holds(number):
        return
    what, near = "is not a number", f"{name}={known[name]}, the default"
    if number is not None:
        what = f"is {number:g}"
        near = f"{name}={allowed.nearest(number):g}, the nearest that is allowed"
    raise RegistryError(
        f"the threshold of gate {name} {what}",
        code="promote.threshold",
        place=f"gates.{name}",
        allowed=f"{allowed}{', or none' if known[name] is None else ''}",
        next_step=f"write {near}; what one version is let through is an override with its reason",
    )


def _finite(threshold: object) -> float | None:
    """Return a threshold as a number; None for what is none, a truth value among it."""
    if isinstance(threshold, bool) or not isinstance(threshold, Real):
        return None
    number = float(threshold)
    return number if math.isfinite(number) else None


def _numbers(thresholds: Thresholds) -> dict[str, float | str]:
    return {name: value for name, value in thresholds.items() if value is not None}


def stopping(results: Iterable[GateResult], *, refuses_too_few: bool) -> list[GateResult]:
    """Return the results for which a version is not promoted, what is refused first."""
    stops = [Verdict.REFUSE, Verdict.NOT_IDENTIFIED, *([Verdict.TOO_FEW] * refuses_too_few)]
    found = [result for result in results if result.verdict in stops]
    return sorted(found, key=lambda result: stops.index(result.verdict))


def refusal_of(version: Version, stopped: Iterable[GateResult]) -> RegistryError | None:
    """Return why a version is not promoted, None if nothing stopped it.

    The first of the results that stopped it names the code.
    """
    stopped = list(stopped)
    if not stopped:
        return None
    first = stopped[0]
    of_one_verdict = [result for result in stopped if result.verdict == first.verdict]
    reasons = "; ".join(reason for result in of_one_verdict for reason in result.reasons)
    return RegistryError(
        f"{version.name} version {version.version} is not promoted: {reasons}",
        **(first.refusal or first.gate.refusals[first.verdict])._asdict(),
    )
