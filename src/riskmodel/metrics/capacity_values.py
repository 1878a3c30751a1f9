"""Which values are a capacity: shares and counts, for all or by area, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np

from riskmodel.errors import ConfigError
from riskmodel.metrics.groups import group_names

Number: TypeAlias = float | int

_PERCENT = re.compile(r"\s*(\d{1,2}(?:\.\d+)?)\s*%\s*", re.ASCII)


def checked_mapping(capacity: Mapping[str, object]) -> dict[str, Number]:
    """Return the capacity of each area, each checked; none and two of one area are refused."""
    if not capacity:
        raise _refused("an empty mapping is no capacity", "capacity", "name the areas")
    areas = group_names(list(capacity)).tolist()
    if len(set(areas)) < len(areas):
        twice = next(area for area in areas if areas.count(area) > 1)
        raise _refused(f"area {twice!r} has two capacities", "capacity", "give each area one")
    values = (
        checked_number(value, place=f"capacity[{area!r}]", least=0)
        for area, value in capacity.items()
    )
    return dict(zip(areas, values, strict=True))


def checked_number(value: object, place: str, least: int = 1) -> Number:
    """Return a share as float and a count as int."""
    is_count = isinstance(value, Integral) and not isinstance(value, bool)
    number: Any = value
    if is_count and int(number) >= least:
        return int(number)
    if _is_real(value) and (0 < number < 1 or number == least == 0):
        return 0 if number == 0 else _share(number)
    raise _refused(*_advice(value, place))


def _share(value: Any) -> float:
    # numpy's float32 of 0.07 is a little more than 0.07; what is meant is what it prints
    return float(str(value)) if isinstance(value, np.floating) else float(value)


def _is_real(value: Any) -> bool:
    # numpy's bool is no Real, Python's is
    return isinstance(value, Real) and not isinstance(value, (bool, Integral))


def _advice(value: Any, place: str) -> tuple[str, str, str]:
    if _is_real(value) and value == 1:
        return (
            f"{value!r} can mean everyone or one household",
            place,
            "write 1 for one household per round, or the number of the cohort for everyone",
        )
    # a text, or a column of a table, may hold cells
    is_shown = value is None or isinstance(value, (bool, np.bool_, Real))
    refusal = (
        f"{value!r} is no capacity" if is_shown else f"a {type(value).__name__} is no capacity"
    )
    if _is_real(value) and 1 < value < float("inf"):
        return refusal, place, f"write {int(value)} for so many per round"
    share = _percent(value)
    if share is not None:
        return refusal, place, f"write {share} for {value.strip()}"
    return refusal, place, "write 0.02 for two in a hundred, or 40 for forty per round"


def _percent(value: object) -> float | None:
    """Return the share that a text such as ``2%`` means."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    share = Decimal(0) if found is None else Decimal(found[1]) / 100
    return float(share) or None


def _refused(what: str, place: str, next_step: str) -> ConfigError:
    return ConfigError(
        what,
        code="capacity.value",
        place=place,
        allowed="a share above 0 and below 1, or a whole number of at least 1",
        next_step=next_step,
    )
