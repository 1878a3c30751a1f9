"""The YAML files beside this one: each service's indicators, agencies, geography and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from riskmodel.indicators import Catalogue

OUTCOME = "crisis"
HOW_IT_ARISES = ("rate", "weight", "keep", "types", "months", "follows")
Entries = Mapping[str, Mapping[str, Any]]


@cache
def content(service: str) -> Mapping[str, Any]:
    """Return what is written of a service; Korea's says what differs from the plain one's."""
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
    return Catalogue.read(
        {
            code: {k: v for k, v in entry.items() if k not in HOW_IT_ARISES}
            for code, entry in entries.items()
        }
    )


def codes_of(service: str, kinds: Sequence[str] = ("event", "state")) -> tuple[str, ...]:
    """Return a service's indicators of these kinds."""
    return tuple(
        code
        for code, e in content(service)["indicators"].items()
        if e.get("kind", "event") in kinds
    )


def _read(name: str) -> Mapping[str, Any]:
    written: Mapping[str, Any] = yaml.safe_load(
        Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")
    )
    return written
