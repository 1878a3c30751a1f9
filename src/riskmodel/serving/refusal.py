"""The one error of the reader."""

from __future__ import annotations

import sys
from typing import Any


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


def _is_found(module: str) -> bool:
    """Tell whether an import finds a module, be it loaded already or not."""
    package = module.partition(".")[0]
    return any(finder.find_spec(package, None) is not None for finder in sys.meta_path)
