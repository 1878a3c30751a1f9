"""What fewer than ten households have is counted, never named; counts below ten are not told."""

from __future__ import annotations

from collections.abc import Collection, Iterable

MIN_HOUSEHOLDS = 10
"""What fewer households have in common may name one of them."""

FEW = f"fewer than {MIN_HOUSEHOLDS}"


def named(names: Iterable[str], rare: Collection[str], noun: str, plural: str = "") -> list[str]:
    """Return the names that a message may show, and how many others there are.

    Parameters
    ----------
    names : iterable of str
    rare : collection of str
        Those of fewer than 10 households.
    noun, plural : str
        What the names are of; by default the plural has an s.

    Examples
    --------
    >>> named(["rent", "fire"], [], "code")
    ['rent', 'fire']
    >>> named(["rent", "visit to Kim", "fire"], ["visit to Kim"], "code")
    ['rent', 'fire', 'and 1 code of fewer than 10 households']
    """
    every = list(names)
    shown = [name for name in every if name not in rare]
    number = len(every) - len(shown)
    if not number:
        return shown
    what = noun if number == 1 else plural or f"{noun}s"
    return [*shown, f"{'and ' if shown else ''}{number:,} {what} of {FEW} households"]


def is_small(count: int) -> bool:
    """Tell whether a count is of so few that it may tell of one of them; nobody is none.

    Examples
    --------
    >>> [is_small(count) for count in (0, 1, 9, 10)]
    [False, True, True, False]
    """
    return 0 < count < MIN_HOUSEHOLDS


def told(count: int) -> int | str:
    """Return a count as it may be told.

    Examples
    --------
    >>> told(0), told(9), told(10)
    (0, 'fewer than 10', 10)
    """
    return FEW if is_small(count) else count


def told_text(count: int) -> str:
    """Return a count as it may be told, with marks of thousands.

    Examples
    --------
    >>> told_text(3), told_text(1_200)
    ('fewer than 10', '1,200')
    """
    return FEW if is_small(count) else f"{count:,}"
