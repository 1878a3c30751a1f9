"""How many households can be contacted: one object, parsed and checked once, at the door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.metrics.area_names import named_areas
from riskmodel.metrics.capacity_values import Number, checked_mapping, checked_number
from riskmodel.metrics.groups import UNKNOWN
from riskmodel.serving import OTHER

_LAST_BIT = 1e-9


@dataclass(frozen=True)
class Capacity:
    """How many households can be contacted in a round.

    Make one with `Capacity.parse`, which checks it.

    Attributes
    ----------
    value : float, int or dict
        Below 1, a share of each round's cohort, rounded up. A whole number, that many households
        per round. A mapping, one of either for each area; 0 lists no household of that area.
        Areas that the mapping does not name share that of ``"other"``, if it has one.
    """

    value: Number | Mapping[str, Number]

    @classmethod
    def parse(cls, value: CapacityLike) -> Capacity:
        """Return a checked capacity.

        Parameters
        ----------
        value : float, int, mapping or Capacity

        Returns
        -------
        Capacity

        Raises
        ------
        ConfigError
            For anything but a share between 0 and 1, a whole number from 1, or a mapping of these.

        Examples
        --------
        >>> Capacity.parse(0.02)
        Capacity(0.02)
        >>> Capacity.parse({"north": 40, "south": 0})
        Capacity({'north': 40, 'south': 0})
        >>> Capacity.parse(1.0)
        Traceback (most recent call last):
        ...
        riskmodel.errors.ConfigError: capacity: 1.0 can mean everyone or one household. Allowed: a \
share above 0 and below 1, or a whole number of at least 1. Next: write 1 for one household per \
round, or the number of the cohort for everyone. [capacity.value]
        """
        if isinstance(value, Capacity):
            return value
        if isinstance(value, Mapping):
            return cls(checked_mapping(value))
        return cls(checked_number(value, place="capacity"))

    @property
    def is_by_area(self) -> bool:
        """Whether each area has its own capacity."""
        return isinstance(self.value, Mapping)

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that have a capacity of their own."""
        return tuple(self.values_by_area)

    @property
    def values_by_area(self) -> Mapping[str, Number]:
        """The number of each area; none where all share one."""
        return self.value if isinstance(self.value, Mapping) else {}

    def pooled(self, areas: NDArray[np.str_]) -> NDArray[np.str_]:
        """Return by which name of this capacity each area counts: its own, or ``"other"``."""
        if OTHER not in self.areas:
            return areas
        return np.where(np.isin(areas, self.areas), areas, OTHER)

    def slots(self, households: int, area: str | None = None) -> int:
        """Return how many of a round's (or an area's) households can be listed.

        Examples
        --------
        >>> Capacity.parse(0.07).slots(100), Capacity.parse(0.07).slots(101)
        (7, 8)
        >>> Capacity.parse({"north": 40}).slots(30, "north")
        30
        """
        return min(_slots(self._of(area), households), households)

    def exceeds(self, households: int, area: str | None = None) -> bool:
        """Tell whether a round (or an area) has more slots than households.

        Examples
        --------
        >>> Capacity.parse(31).exceeds(30), Capacity.parse(0.99).exceeds(30)
        (True, False)
        """
        return _slots(self._of(area), households) > households

    def times(self, multiple: float) -> Capacity:
        """Return a multiple of this capacity; a count is rounded up, and a share is at most 1.

        Examples
        --------
        >>> Capacity.parse({"north": 5, "south": 0.5}).times(1.5)
        Capacity({'north': 8, 'south': 0.75})
        """
        if isinstance(self.value, Mapping):
            return Capacity({area: _times(each, multiple) for area, each in self.value.items()})
        return Capacity(_times(self.value, multiple))

    def check_areas(self, known: Iterable[str] | None, shown: Iterable[str] | None = None) -> None:
        """Refuse an area that is not known.

        Parameters
        ----------
        known : iterable of str or None
            The areas of the records or the panel; None where they name none.
        shown : iterable of str, optional
            Those that the message may name, since many households live there; by default all.

        Raises
        ------
        ConfigError
        """
        if not self.is_by_area:
            return
        if known is None:
            raise _no_areas()
        areas = set(known)
        names = {*areas, UNKNOWN, OTHER}
        may_be_named = names - {UNKNOWN, OTHER} if shown is None else names & {*shown}
        unknown = [area for area in self.areas if area not in names]
        if unknown:
            raise ConfigError(
                f"{unknown[0]!r} is no area of these households",
                code="capacity.area",
                place="capacity",
                allowed=named_areas(sorted(areas - {UNKNOWN}), may_be_named) or UNKNOWN,
                next_step=did_you_mean(unknown[0], [*sorted(may_be_named), UNKNOWN]),
            )

    def check_covers(self, areas: Iterable[str] | None, shown: Iterable[str] | None = None) -> None:
        """Refuse households of an area that has no capacity.

        Parameters
        ----------
        areas : iterable of str or None
            Those that have a household; None where the households have no area.
        shown : iterable of str, optional
            Those that the message may name, since many households live there; by default all.
        """
        if not self.is_by_area:
            return
        if areas is None:
            raise _no_areas()
        present = set(areas)
        missing = sorted(present - set(self.areas))
        may_be_named = present if shown is None else {*shown, UNKNOWN}
        if missing:
            raise ConfigError(
                f"{len(missing)} of {len(present)} areas have no capacity: "
                f"{named_areas(missing, may_be_named)}",
                code="capacity.area",
                place="capacity",
                allowed="one number for each area, 0 where no household can be contacted",
                next_step="add the areas; 'other' stands for all that are not named",
            )

    def empty_areas(self, areas: Iterable[str]) -> list[str]:
        """Return the areas that have a capacity but no household."""
        present = {*areas, UNKNOWN, OTHER}
        return [area for area in self.areas if area not in present]

    def note(self, areas: Iterable[str], names: Iterable[str]) -> str:
        """Name the areas that have a capacity but no household; empty where there is none.

        Parameters
        ----------
        areas : iterable of str
            Those that have a household.
        names : iterable of str
            Those that may be named; others are counted.
        """
        empty = self.empty_areas(areas)
        if not empty:
            return ""
        return f"areas with a capacity but without households here: {named_areas(empty, names)}"

    def __str__(self) -> str:
        """Say it in words: ``2 % of each round``, ``40 per round``, ``by area``."""
        if isinstance(self.value, Mapping):
            return "by area"
        if isinstance(self.value, int):
            return f"{self.value} per round"
        return f"{100 * self.value:.3g} % of each round"

    def __repr__(self) -> str:
        return f"Capacity({self.value!r})"

    def _of(self, area: str | None) -> Number:
        if not isinstance(self.value, Mapping):
            return self.value
        assert area is not None, "a capacity by area needs the area"
        return self.value[area]


CapacityLike: TypeAlias = Number | Mapping[str, Number] | Capacity
"""What a capacity is parsed from."""


def _slots(value: Number, households: int) -> int:
    if isinstance(value, int):
        return value
    # a share is rounded up, but not for the last bit of the product
    return int(np.ceil(value * households - _LAST_BIT))


def _times(value: Number, multiple: float) -> Number:
    product = value * multiple
    if isinstance(value, int):
        return int(np.ceil(product - _LAST_BIT))
    return min(float(product), 1.0)


def _no_areas() -> ConfigError:
    return ConfigError(
        "capacity is given by area, but the households have none",
        code="capacity.area",
        next_step="name the area of the records, or give one number for all",
    )
