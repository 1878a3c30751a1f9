"""The values that layers of the simulation take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

CHANNELS = ("ai_call", "mail_carrier", "visit")


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Check:
    """Which values are accepted.

    Attributes
    ----------
    accepts : callable
        Whether a value is accepted.
    allowed : str
        What is accepted, in words.
    normal : callable
        The form in which the simulation reads a value.
    """

    accepts: Callable[[Any], bool]
    allowed: str
    normal: Callable[[Any], Any] = _unchanged


def is_share(value: object) -> bool:
    """Tell whether a value is a share from 0 to 1."""
    return isinstance(value, Real) and 0 <= float(value) <= 1


def _is_share_or_by_year(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return is_share(value)
    return bool(value) and all(map(is_share, value.values()))


def _is_capacity(value: Any) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    is_share = isinstance(value, float) and 0 < value <= 1
    return value is None or is_number or is_share


def _is_skill(value: Any) -> bool:
    return value is None or (len(value) == 2 and all(map(is_share, value)))


def _is_reach(value: Any) -> bool:
    if value is None:
        return True
    return set(value) == set(CHANNELS) and all(map(is_share, value.values()))


def _codes(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


SHARE = Check(is_share, "a share from 0 to 1")
SHARE_OR_BY_YEAR = Check(_is_share_or_by_year, "a share from 0 to 1, or by year")
AT_LEAST_0 = Check(
    lambda value: isinstance(value, Real) and float(value) >= 0, "a number of at least 0"
)
NUMBER = Check(lambda value: isinstance(value, Real), "a number")
ROUND = Check(lambda value: value is None or isinstance(value, Integral), "the number of a round")
FLAG = Check(lambda value: isinstance(value, bool), "true or false")
CAPACITY = Check(_is_capacity, "a share of an area's households or a number per area")
SKILL = Check(_is_skill, "a pair of sensitivity and specificity, each from 0 to 1")
REACH = Check(_is_reach, f"a chance for each of {', '.join(CHANNELS)}")
CODES = Check(lambda codes: all(isinstance(code, str) for code in codes), "codes", _codes)
ROUNDS_BY_CODE = Check(
    lambda value: all(rounds >= 1 for rounds in (value or {}).values()),
    "codes with at least 1 round each",
    lambda value: value or None,
)
