"""The layers of a service that carries out plans: those of `make_households`, and some more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskmodel.datasets.layer import Layer, declared_layers, layer
from riskmodel.datasets.layer_checks import Check, is_share
from riskmodel.datasets.layers import NOTHING, Layers, attributes_text
from riskmodel.records.contact_words import CHANNELS

USUAL_REACH: Mapping[str, float] = {
    "ai_call": 0.5,
    "call": 0.55,
    "text_message": 0.1,
    "mail": 0.1,
    "mail_carrier": 0.3,
    "visit": 0.7,
    "office": 0.2,
    "online": 0.05,
}
AT_ADDRESS = ("mail", "mail_carrier", "visit")
# what only a service with a list of its own has
LEGACY = ("random_share", "private")


def _is_reach(value: Any) -> bool:
    if value is None:
        return True
    return bool(value) and set(value) <= set(CHANNELS) and all(map(is_share, value.values()))


def _all_channels(value: Any) -> Any:
    return {**USUAL_REACH, **value} if value and set(value) <= set(CHANNELS) else value


REACH_BY_STEP = Check(_is_reach, f"a chance for some of {', '.join(CHANNELS)}", _all_channels)


@dataclass(frozen=True)
class ServiceLayers(Layers):
    """The layers of `open_service`: all of `Layers`, and those below.

    The service that fills a `capacity` by its own rule works in the rounds before the first alone.
    """

    reach: Mapping[str, float] | None = layer(
        None,
        REACH_BY_STEP,
        "Chance to reach a household by one step of each channel; a channel that is left out has a "
        "usual one. Off: every step reaches.",
        NOTHING,
    )

    def _require_needed(self, one: Layer, declared: Mapping[str, Layer]) -> None:
        if one.needs != "capacity" or one.name in LEGACY:
            super()._require_needed(one, declared)


_OWN = {
    name: one
    for name, one in declared_layers(ServiceLayers).items()
    if one != declared_layers(Layers).get(name)
}
ServiceLayers.__doc__ = f"{ServiceLayers.__doc__}\n{attributes_text(_OWN)}\n"
