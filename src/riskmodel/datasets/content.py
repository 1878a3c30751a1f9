"""The YAML files beside this one: each service's indicators, agencies, geography and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import yaml

from riskmodel.indicators import Catalogue

OUTCOME = "crisis"
HOW_IT_ARISES = ("rate", "weight", "keep", "types", "months", "follows")
Entries = Mapping[str, Mapping[str, Any]]


class Content(TypedDict, total=False):
    """What the files say of a service.

    Attributes
    ----------
    agencies, indicators, outcome : mapping of name to entry
    provinces, funnel : mapping of name to entry
        Of Korea alone.
    """

    agencies: Entries
    indicators: Entries
    outcome: Entries
    provinces: Entries
    funnel: Entries


@cache
def content(service: str) -> Content:
    """Return the content of a service; Korea's file holds what differs from the plain one's."""
    plain = _read("indicators")
    if service == "plain":
        return plain
    own = _read(service)
    indicators = {
        code: {**entry, **own["indicators"].get(code, {})}
        for code, entry in plain["indicators"].items()
    }
    return {**plain, **own, "indicators": indicators}


def catalogue(service: str) -> Catalogue:
    """Return the catalogue of a service: 47 indicators and the outcome ``crisis``."""
    entries = {**content(service)["indicators"], **content(service)["outcome"]}
    return Catalogue.read({code: _as_catalogued(entry) for code, entry in entries.items()})


def codes_of(service: str, kinds: Sequence[str] = ("event", "state")) -> tuple[str, ...]:
    """Return a service's indicators of these kinds."""
    return tuple(
        code
        for code, entry in content(service)["indicators"].items()
        if entry.get("kind", "event") in kinds
    )


def _as_catalogued(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in HOW_IT_ARISES}


def _read(name: str) -> Content:
    text = Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")
    written: Content = yaml.safe_load(text)
    return written
