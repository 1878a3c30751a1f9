"""Reads boosters into trees: parsed boosters of any make, LightGBM's boosters, or their texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from riskmodel.forests.lightgbm_text import parse_lightgbm
from riskmodel.forests.trees import BoosterTrees


class LightGBMBooster(Protocol):
    """A ``lightgbm.Booster``; this room does not import the library."""

    def model_to_string(self) -> str:
        """Return the booster's text."""
        ...


Booster = BoosterTrees | LightGBMBooster | str


def trees_of(boosters: Booster | Iterable[Booster]) -> list[BoosterTrees]:
    """Return the trees of one booster or of several, in their order."""
    if isinstance(boosters, BoosterTrees | str):
        return [_read(boosters)]
    if isinstance(boosters, Iterable):
        return [_read(booster) for booster in boosters]
    return [_read(boosters)]


def _read(booster: Booster) -> BoosterTrees:
    if isinstance(booster, BoosterTrees):
        return booster
    text = booster if isinstance(booster, str) else booster.model_to_string()
    return parse_lightgbm(text)
