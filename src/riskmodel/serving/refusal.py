"""The one error of the reader."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

MOST_NAMED = 8


class ServingError(ValueError):
    """A refusal with its code, what is allowed and the next step; it never holds a value of a row.

    Parameters
    ----------
    message : str
    code : str
    allowed, next_step : str, optional
    """

    def __init__(self, message: str, code: str, allowed: str = "", next_step: str = "") -> None:
        self.message = message
        self.code = code
        self.place = None
        self.allowed = allowed
        self.next_step = next_step
        sentences = [message]
        if allowed:
            sentences.append(f"Allowed: {allowed}")
        if next_step:
            sentences.append(f"Next: {next_step}")
        super().__init__(f"{'. '.join(sentences)}. [{code}]")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made of, so that an error leaves a worker process as it was raised.

        The code of a version that MLflow loads is no module that another process finds: there it
        arrives as the ValueError that it is, with the same text and fields.
        """
        if not _is_found(type(self).__module__):
            return ValueError, self.args, self.__dict__
        made_of = self.message, self.code, self.allowed, self.next_step
        return type(self), made_of, self.__dict__


def some_of(names: Sequence[str]) -> str:
    """Return names as a message tells them: the first few, and how many more there are.

    Examples
    --------
    >>> some_of(["rent", "power"])
    'rent, power'
    >>> some_of("abcdefghij")
    'a, b, c, d, e, f, g, h and 2 more'
    """
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _is_found(module: str) -> bool:
    """Tell whether an import finds a module, be it loaded already or not."""
    package = module.partition(".")[0]
    return any(finder.find_spec(package, None) is not None for finder in sys.meta_path)
