"""The one family of errors: each names its code, the place, what is allowed and the next step."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any
from unicodedata import normalize


class RiskmodelError(ValueError):
    """A refusal, with its code, place, what is allowed and the next step.

    Parameters
    ----------
    message : str
        What is wrong, naming the thing. Never a cell value: it may be personal.
    code : str
        Stable, machine-readable name of the refusal, such as ``"records.missing_column"``.
    place : str, optional
        The place of the fault: a file, a row number, a column, a configuration key.
    allowed : str or iterable of str, optional
        What would have been accepted.
    next_step : str, optional
        What the user can do now.

    Examples
    --------
    >>> error = RiskmodelError("unknown code 'rnt'", code="catalogue.unknown",
    ...                        allowed=["rent", "fire"], next_step="did you mean 'rent'?")
    >>> print(error)
    unknown code 'rnt'. Allowed: rent, fire. Next: did you mean 'rent'? [catalogue.unknown]
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        code: str,
        place: str | None = None,
        allowed: str | Iterable[str] | None = None,
        next_step: str | None = None,
    ) -> None:
        self.code = code
        self.place = place
        self.allowed = (
            allowed if allowed is None or isinstance(allowed, str) else ", ".join(map(str, allowed))
        )
        self.next_step = next_step
        parts = [message if place is None else f"{place}: {message}"]
        if self.allowed is not None:
            parts.append(f"Allowed: {self.allowed or 'nothing'}")
        if next_step is not None:
            parts.append(f"Next: {next_step}")
        super().__init__(f"{' '.join(_sentence(part) for part in parts)} [{code}]")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle text and fields, so that an error leaves a worker process as it was raised."""
        return _as_raised, (type(self), self.args, self.__dict__)


def _as_raised(
    kind: type[RiskmodelError], args: tuple[Any, ...], fields: dict[str, Any]
) -> RiskmodelError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


def _sentence(part: str) -> str:
    return part if part.endswith((".", "?")) else f"{part}."


class DiskError(RiskmodelError):
    """A disk that is full, read-only, closed to the account or failing (exit code 1)."""


class ConfigError(RiskmodelError):
    """A configuration, manifest or argument that is wrong (exit code 2)."""

    exit_code = 2


class RecordsError(RiskmodelError):
    """Records that cannot be used as they are (exit code 3)."""

    exit_code = 3


class PanelError(RiskmodelError):
    """Rounds, cohorts, labels or splits that the records cannot carry (exit code 4)."""

    exit_code = 4


class ModelError(RiskmodelError):
    """A model that cannot be fitted, explained or scored (exit code 5)."""

    exit_code = 5


class RegistryError(RiskmodelError):
    """A version that cannot be published, verified, promoted or loaded (exit code 6)."""

    exit_code = 6


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the advice for a misspelled name: the nearest known ones.

    Examples
    --------
    >>> did_you_mean("boroug", ["borough", "zip"])
    "did you mean 'borough'?"
    >>> did_you_mean("xyz", ["borough", "zip"])
    'use one of the allowed names'

    Words of Hangul are compared by their letters, so that one wrong letter of a short word is few.

    >>> did_you_mean("강넘", ["서초", "강남"])
    "did you mean '강남'?"
    """
    near = nearest(name, known)
    return (
        f"did you mean {' or '.join(map(repr, near))}?" if near else "use one of the allowed names"
    )


def nearest(name: str, known: Iterable[str], share: float = 0.6) -> list[str]:
    """Return the one or two known names that share so many letters with a misspelled one."""
    by_letters = {_letters(str(one)): str(one) for one in known}
    near = get_close_matches(_letters(str(name)), by_letters, n=2, cutoff=share)
    return [by_letters[one] for one in near]


def _letters(name: str) -> str:
    """Return a name letter by letter: a syllable of Hangul is two or three letters."""
    return normalize("NFD", name)
