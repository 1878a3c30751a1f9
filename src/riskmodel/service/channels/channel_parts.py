"""The parts of a channel: numbers by attribute, budgets, and what a household needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.serving import OTHER
from riskmodel.texts import plain_text

EACH_OTHER = "each_other"
"""What stands for each group that a budget does not name; `OTHER` is what they all share."""
PARTS_OF_A_MINUTE = 1000
"""Minutes are counted in thousandths, as whole numbers, so that no sum is over by its last bit."""
Numbers = Mapping[str, float]


MOST_OF_A_STEP = 10_080.0
"""Minutes: a week."""
MOST_OF_A_BUDGET = 1e9
"""Minutes: of ten thousand people for sixty years."""
MOST_STEPS = 1e6
"""For how many steps a prior may count."""


def amount(value: object, place: str, most: float = MOST_OF_A_BUDGET) -> float:
    """Return a number from 0 on: thousandths at least where it may be above 1, else a chance.

    Raises
    ------
    ConfigError
        For what is no number, a number below 0 or above `most`, NaN, and a number above 0 of which
        less than a thousandth would be counted as nothing.

    Examples
    --------
    >>> amount(2, "visit.minutes")
    2.0
    """
    least = 0.0 if most <= 1 else 1 / PARTS_OF_A_MINUTE
    number = _finite(value)
    if number is not None and (number == 0 or least <= number <= most):
        return round(number * PARTS_OF_A_MINUTE) / PARTS_OF_A_MINUTE if least else number
    raise ConfigError(
        "no number that can be meant",
        place=place,
        code="channels.number",
        allowed=f"0, or a number from {least:g} to {most:,.0f}"
        if least
        else "a number from 0 to 1",
        next_step="correct the number",
    )


def _finite(value: object) -> float | None:
    """Return a number; None for what is none, and for one that no number of minutes can be."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return None


@door
@dataclass(frozen=True)
class Budget:
    """The minutes of a round that there are for a channel, in the nation or in each group.

    Attributes
    ----------
    minutes : float or mapping of str to float
        The same for each group, or by the group's name. Each group that a mapping does not name has
        what it says for ``"each_other"``; or all of them share what it says for ``"other"``.
    by : str, optional
        ``"area"``, or an attribute of the records such as ``"post_office"``; none for the nation.

    Examples
    --------
    >>> budget = Budget({"north": 600, "each_other": 300}, by="area")
    >>> budget.of("north"), budget.of("south")
    (600, 300)
    """

    minutes: float | Numbers
    by: str | None = None

    def checked(self, place: str) -> Budget:
        """Return the budget with its numbers checked; see `amount`."""
        if not isinstance(self.minutes, Mapping):
            return Budget(amount(self.minutes, f"{place}.minutes"), self.by)
        if self.by is None:
            raise ConfigError(
                "minutes name groups, but not of what",
                place=place,
                code="channels.budget",
                allowed="by: area, or an attribute of the records",
                next_step="add by: to the budget, or write one number for the nation",
            )
        if {OTHER, EACH_OTHER} <= set(self.minutes):
            raise ConfigError(
                f"says both {EACH_OTHER!r} and {OTHER!r}",
                place=f"{place}.minutes",
                code="channels.budget",
                allowed=f"{EACH_OTHER!r}, the minutes of each group that is not named, or "
                f"{OTHER!r}, those that they all share",
                next_step="keep one of them",
            )
        if not self.minutes:
            raise ConfigError(
                "a budget names no groups",
                place=place,
                code="channels.budget",
                allowed="minutes for each group, or one number for all",
                next_step="write the minutes, 0 where nobody can be turned to",
            )
        return Budget(_amounts(self.minutes, f"{place}.minutes"), self.by)

    @property
    def named(self) -> Numbers:
        """The minutes of each group that is named, and those that all others share."""
        given = self.minutes if isinstance(self.minutes, Mapping) else {}
        return {group: minutes for group, minutes in given.items() if group != EACH_OTHER}

    def of(self, group: str) -> float:
        """Return the minutes of a group."""
        if not isinstance(self.minutes, Mapping):
            return self.minutes
        return self.minutes[group if group in self.minutes else EACH_OTHER]

    @property
    def pools_others(self) -> bool:
        """Whether groups that are not named share a budget."""
        return OTHER in self.named

    @property
    def has_others(self) -> bool:
        """Whether a group that is not named has minutes, of its own or shared."""
        return isinstance(self.minutes, Mapping) and bool({OTHER, EACH_OTHER} & {*self.minutes})


@door
@dataclass(frozen=True)
class Need:
    """What must hold of a household, or a channel is none for it.

    Attributes
    ----------
    attribute : str
        Of the records, as it was known on the morning of the round.
    one_of, none_of : tuple of str
        The values that it must be one of, or none of. With neither it must be known.
    if_unknown : bool, optional
        Whether a household of which it is not known passes; by default only with `none_of` alone.

    Examples
    --------
    >>> Need("hearing", none_of="deaf").if_unknown, Need("phone").if_unknown
    (True, False)
    """

    attribute: str
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    if_unknown: bool | None = None

    def __post_init__(self) -> None:
        for name in ("one_of", "none_of"):
            object.__setattr__(self, name, _texts(getattr(self, name)))
        if self.if_unknown is None:
            object.__setattr__(self, "if_unknown", bool(self.none_of) and not self.one_of)

    def checked(self, place: str) -> Need:
        """Return the need, or refuse one that asks for nothing."""
        if self.if_unknown and not (self.one_of or self.none_of):
            raise ConfigError(
                f"a need of {self.attribute!r} asks for nothing",
                place=place,
                code="channels.need",
                allowed="one_of, none_of, or that it is known",
                next_step="name the values, or leave out if_unknown",
            )
        return self


@door
@dataclass(frozen=True)
class Figure:
    """A number of a channel: the same for every household, or by the value of an attribute.

    Attributes
    ----------
    usual : float
        Where `values` does not name the household's.
    by : str, optional
        ``"area"`` or an attribute of the records.
    values : mapping of str to float
        By the attribute's value.

    Examples
    --------
    >>> Figure(0.4, by="household_type", values={"single": 0.3}).values["single"]
    0.3
    """

    usual: float
    by: str | None = None
    values: Numbers = field(default_factory=dict)

    def checked(self, place: str, most: float = MOST_OF_A_STEP) -> Figure:
        """Return the figure with its numbers checked; see `amount`."""
        if bool(self.values) != (self.by is not None):
            raise ConfigError(
                "values are named, but not of what"
                if self.values
                else f"a number by {self.by!r} names no values",
                place=place,
                code="channels.figure",
                allowed="both by: and values:, or one number",
                next_step="add what is missing, or write one number",
            )
        values = _amounts(self.values, f"{place}.values", most)
        return Figure(amount(self.usual, place, most), self.by, values)


def _amounts(named: Numbers, place: str, most: float = MOST_OF_A_BUDGET) -> Numbers:
    plain = {plain_text(str(name)): number for name, number in named.items()}
    return {name: amount(number, f"{place}[{name!r}]", most) for name, number in plain.items()}


def _texts(values: str | Iterable[str]) -> tuple[str, ...]:
    several = (values,) if isinstance(values, str) else tuple(values)
    return tuple(plain_text(str(value)) for value in several)
