"""Numbers that a simulation takes: whole, and at least so large."""

from __future__ import annotations

from numbers import Integral

from riskmodel.errors import ConfigError


def check_numbers(*numbers: tuple[str, object, int]) -> None:
    """Refuse the first of some arguments that is no whole number of at least its least value.

    Each is a name, its value and the least that it can be.
    """
    for what, value, least in numbers:
        if not isinstance(value, Integral) or int(value) < least:
            raise ConfigError(
                f"{what}={value!r} cannot be simulated",
                code=f"datasets.{what}",
                allowed=f"a whole number of at least {least}",
                next_step=f"give {what} as such a number",
            )


def check_capacity(capacity: float | None, n: int) -> None:
    """Refuse more contacts per area than there are households."""
    if capacity is not None and capacity > n:
        raise ConfigError(
            f"a capacity of {capacity} per area exceeds all {n} households",
            code="datasets.capacity",
            allowed=f"at most {n}, or a share",
            next_step="give the contacts of one area, such as 5, or a share",
        )
