"""The one error of the reader."""

from __future__ import annotations

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
        """Pickle what it was made of, so that an error leaves a worker process as it was raised."""
        made_of = self.message, self.code, self.allowed, self.next_step
        return type(self), made_of, self.__dict__
