"""What an entry says of its deliveries: on which day they came, and what a file sent anew means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from riskmodel.errors import ConfigError, RecordsError

REPLACES, ADDS = "replaces", "adds"
MEANINGS: dict[object, str] = {
    REPLACES: "the rows of the file that it no longer holds are retracted on the delivery's day",
    ADDS: "its rows stand beside those that the file held before",
}


def pattern_in(keys: Mapping[str, object]) -> str | None:
    """Return the pattern that finds a delivery's day in the names of files."""
    written = keys.get("delivered_on")
    return str(written["match"]) if isinstance(written, Mapping) and "match" in written else None


def check_delivery(keys: Mapping[str, object], place: str) -> None:
    """Refuse what an entry says of its deliveries where it has no meaning."""
    written = keys.get("delivered_on")
    if isinstance(written, Mapping) and ("column" in written) == ("match" in written):
        raise ConfigError(
            "delivered_on names neither a column nor a pattern, or both",
            place=place,
            code="manifest.delivered_on",
            allowed="delivered_on: COLUMN, or delivered_on: {match: PATTERN}",
            next_step="keep one of column and match",
        )
    if pattern_in(keys) is not None:
        _check_pattern(keys, place)
    if "redelivered" in keys:
        _check_redelivered(keys, place)


def _check_pattern(keys: Mapping[str, object], place: str) -> None:
    if "file" not in keys or "query" in keys:
        raise _no_meaning("a pattern for the names of files", "names no file or has a query", place)
    with suppress(re.error):
        if re.compile(pattern_in(keys) or "").groups <= 1:
            return
    raise ConfigError(
        "match is no regular expression with at most one group",
        place=f"{place}.delivered_on",
        code="manifest.match",
        allowed=r"such as rent-(\d{8})\.csv",
        next_step="put the day in brackets, and a backslash before ( and [ that are meant",
    )


def _check_redelivered(keys: Mapping[str, object], place: str) -> None:
    if keys["redelivered"] not in MEANINGS:
        raise ConfigError(
            "redelivered is neither replaces nor adds",
            place=place,
            code="manifest.redelivered",
            allowed=[f"{word}: {meaning}" for word, meaning in MEANINGS.items()],
            next_step="write redelivered: replaces, or redelivered: adds",
        )
    if "file" not in keys or ("query" in keys and keys["redelivered"] == REPLACES):
        raise _no_meaning("redelivered", "names no file or has a query", place)


def _no_meaning(what: str, why: str, place: str) -> ConfigError:
    return ConfigError(
        f"{what} has no meaning where the source {why}",
        place=place,
        code="manifest.no_meaning",
        next_step="leave it out, or give delivered_on a column",
    )


def day_texts(pattern: str, files: Iterable[str]) -> dict[str, str]:
    """Return what a pattern finds in the names of files: its group if it has one.

    Examples
    --------
    >>> day_texts(r"rent-(?=2024)(.+)[.]csv", ["rent-20240105.csv"])
    {'rent-20240105.csv': '20240105'}
    """
    found = {file: re.search(pattern, file) for file in files}
    return {file: match[match.re.groups] or "" for file, match in found.items() if match}


def check_names(pattern: str | None, files: Iterable[str], place: str) -> None:
    """Refuse a file whose name does not hold the day of its delivery.

    Raises
    ------
    RecordsError
        Which names the file.
    """
    for file in files:
        if pattern is not None and re.search(pattern, file) is None:
            raise RecordsError(
                f"the name of {file!r} holds no day of delivery",
                place=place,
                code="records.delivered_on",
                allowed="names in which delivered_on: {match: ...} finds a day",
                next_step="rename the file, or correct the pattern",
            )
