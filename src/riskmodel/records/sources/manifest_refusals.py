"""The texts of a manifest's refusals: what is wrong and where, what is allowed, the next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from riskmodel.days import YEARS_ALLOWED, is_of_other_year
from riskmodel.errors import ConfigError
from riskmodel.keys import SPAN_ADVICE, SPANS_ALLOWED
from riskmodel.records.sources.manifest_schema import (
    NO_COLUMN_OR_LAG,
    NO_REASON,
    PERSONAL_REASON,
    TABLES,
)
from riskmodel.schema import values
from riskmodel.schema.refusals import (
    MISSING_KEY,
    NO_MAPPING,
    UNKNOWN_KEY,
    Fault,
    keys_of,
    place_of,
    unknown_key,
    value_at,
)

MANIFEST = "manifest"


def refusal_in(
    written: Mapping[str, object], door: str = MANIFEST
) -> Callable[[Fault], ConfigError]:
    """Return what makes the refusal of a fault in a manifest, or in the arguments of a door."""
    return lambda fault: _refusal(fault, written, door)


def _refusal(fault: Fault, written: Mapping[str, object], door: str) -> ConfigError:
    place = place_of(fault.parent) or door
    if fault.kind == UNKNOWN_KEY:
        return unknown_key(fault, "manifest.key", place)
    if fault.kind == NO_MAPPING:
        return _no_entry(fault)
    if fault.kind == NO_COLUMN_OR_LAG:
        return no_column(fault.key, place_of(fault.path))
    if fault.kind == MISSING_KEY:
        return _missing(fault, place)
    if fault.kind == values.NO_SHARE:
        return _no_share(place)
    if fault.kind == values.NO_DAY:
        return _no_day(fault, value_at(written, fault.path))
    if fault.kind == values.NO_SPAN:
        return _no_span(fault.key, value_at(written, fault.path), place)
    if fault.kind == values.REPEATED:
        return _repeated(fault)
    if fault.kind == NO_REASON:
        return _no_reason()
    if fault.kind == PERSONAL_REASON:
        return _personal_reason()
    if fault.path == ("complete_before",):
        return _no_feeds(place)
    return _no_shape(fault, value_at(written, fault.path), place)


def _no_entry(fault: Fault) -> ConfigError:
    return ConfigError(
        "an entry is a mapping of keys",
        place=place_of(fault.path),
        code="manifest.entry",
        allowed=keys_of(TABLES[str(fault.path[0])]),
        next_step="write it as - {key: value, ...}",
    )


def _missing(fault: Fault, place: str) -> ConfigError:
    if fault.key == "column":
        return no_column(str(fault.parent[-1]), place)
    return missing(fault.key, place)


def missing(key: str, place: str) -> ConfigError:
    """Return the refusal of a mapping without one of its keys."""
    return ConfigError(
        f"{key} is missing", place=place, code="manifest.missing", next_step=f"add {key}: ..."
    )


def no_column(key: str, place: str) -> ConfigError:
    """Return the refusal of a mapping that names no column."""
    return ConfigError(
        f"{key} names no column",
        place=place,
        code="manifest.missing",
        allowed=f"{key}: {{column: NAME}}",
        next_step="add column: NAME",
    )


def _no_share(place: str) -> ConfigError:
    return ConfigError(
        "max_quarantined is no share",
        place=place,
        code="manifest.max_quarantined",
        allowed="a number from 0 to 1",
        next_step="write 0.05 for 5 %",
    )


def _no_day(fault: Fault, written: object) -> ConfigError:
    is_text = values.shape_of(written) == values.NAME
    named = f"{fault.key} {str(written)!r}" if is_text else fault.key
    return no_day(named, str(written), place_of(fault.parent) or None)


def no_day(named: str, written: str, place: str | None) -> ConfigError:
    """Return the refusal of what is no day, or a day of a year that cannot be meant."""
    if is_of_other_year(written):
        return ConfigError(
            f"{named} is a day of a year that cannot be meant",
            place=place,
            code="keys.date",
            allowed=YEARS_ALLOWED,
            next_step="correct the year",
        )
    return ConfigError(
        f"{named} is not a date",
        place=place,
        code="keys.date",
        allowed="a day such as 2024-05-01",
        next_step="write the date as YYYY-MM-DD",
    )


def _no_span(key: str, written: object, place: str) -> ConfigError:
    named = f"{key} {str(written)!r}" if values.shape_of(written) == values.NAME else key
    return ConfigError(
        f"{named} is not a length of time",
        place=place,
        code="keys.span",
        allowed=SPANS_ALLOWED,
        next_step=SPAN_ADVICE,
    )


def _repeated(fault: Fault) -> ConfigError:
    return ConfigError(
        "two keys look the same",
        place=place_of(fault.path) or MANIFEST,
        code="manifest.repeated",
        allowed="each key once",
        next_step="keep one of the two",
    )


def _no_feeds(place: str) -> ConfigError:
    return ConfigError(
        "complete_before names no feed",
        place=place,
        code="manifest.complete_before",
        allowed="complete_before: {feed: day}",
        next_step="write today: for the day before which all feeds are complete",
    )


def _no_reason() -> ConfigError:
    return ConfigError(
        "accept_feeds gives no reason",
        place=MANIFEST,
        code="manifest.accept_feeds",
        allowed="accept_feeds: {feed: reason}",
        next_step="write beside each feed why it is accepted; every list shows it",
    )


def _personal_reason() -> ConfigError:
    return ConfigError(
        "a reason of accept_feeds holds a number, an address or a path of a person",
        place=MANIFEST,
        code="manifest.accept_feeds",
        allowed="a reason in words",
        next_step="take it out: every list shows the reason",
    )


def is_a_list(key: str, place: str) -> ConfigError:
    """Return the refusal of a list where one name or day is meant."""
    return ConfigError(
        f"{key} is a list",
        place=place,
        code="manifest.shape",
        allowed="one name or day, or {column: NAME}",
        next_step="write an entry for each of them",
    )


def _no_shape(fault: Fault, written: object, place: str) -> ConfigError:
    if (
        values.LIST not in fault.shapes
        and values.NAME in fault.shapes
        and values.shape_of(written) == values.LIST
    ):
        return is_a_list(fault.key, place)
    neither = "neither " if len(fault.shapes) > 1 else "not "
    return ConfigError(
        f"{fault.key} is {neither}{' nor '.join(fault.shapes)}",
        place=place,
        code="manifest.shape",
        allowed=fault.shapes,
        next_step=f"see {fault.key} in docs/manifest.md",
    )
