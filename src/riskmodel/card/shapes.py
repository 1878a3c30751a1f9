"""What a section of the card may hold: a text, a list of texts, facts by name, rows of facts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from riskmodel.errors import RegistryError


def check_shape(section: str, declared: str, given: object) -> None:
    """Refuse a section that does not hold what its field is declared as.

    Parameters
    ----------
    section : str
    declared : str
        ``"str"``, ``"tuple[str, ...]"``, ``"Facts"`` or ``"Table"``.
    given : object

    Raises
    ------
    RegistryError
        The section and what it may hold are named, and never what it holds.
    """
    is_of_shape, allowed = _SHAPES[declared]
    if not is_of_shape(given):
        raise RegistryError(
            f"{section} of the model card is not what the card can hold (it is of type "
            f"{type(given).__name__})",
            code="card.shape",
            allowed=allowed,
            next_step=f"correct {section}",
        )


def _is_text(given: object) -> bool:
    return isinstance(given, str)


def _are_texts(given: object) -> bool:
    return isinstance(given, tuple | list) and all(map(_is_text, given))


def _are_facts(given: object) -> bool:
    return isinstance(given, Mapping) and all(
        isinstance(name, str) and _is_fact(value) for name, value in given.items()
    )


def _are_rows(given: object) -> bool:
    return isinstance(given, tuple | list) and all(map(_are_facts, given))


def _is_fact(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_fact, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int) or _are_facts(value)


_FACTS = "facts by name, such as {'who': 'households'}: texts, numbers, lists and mappings of them"
_SHAPES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "str": (_is_text, "a text"),
    "tuple[str, ...]": (_are_texts, "a list of texts"),
    "Facts": (_are_facts, _FACTS),
    "Table": (_are_rows, f"a list of {_FACTS}"),
}
