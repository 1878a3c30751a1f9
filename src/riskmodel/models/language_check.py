"""The checks of `lang` and `top`, which every function with reasons makes."""

from __future__ import annotations

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.serving import LANGUAGES, is_number_of_reasons


def check_language(lang: str) -> None:
    """Refuse a language in which no reasons are written.

    Raises
    ------
    ConfigError
        The languages are listed.
    """
    if not isinstance(lang, str) or lang not in LANGUAGES:
        raise ConfigError(
            f"unknown language {lang!r}",
            code="models.lang",
            allowed=LANGUAGES,
            next_step=did_you_mean(lang, LANGUAGES),
        )


def language_of(lang: str | None, own: str) -> str:
    """Return the language asked for, or a model's own where none is.

    Raises
    ------
    ConfigError
        For a language in which no reasons are written.
    """
    chosen = own if lang is None else lang
    check_language(chosen)
    return chosen


def check_top(top: int) -> None:
    """Refuse a number of reasons that is not 1 or more.

    Raises
    ------
    ConfigError
    """
    if not is_number_of_reasons(top):
        raise ConfigError(
            f"top is {top!r}", code="models.top", allowed="1, 2, 3, ...", next_step="ask for 3"
        )
