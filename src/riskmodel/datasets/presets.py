"""The presets: worlds that are ready to use, with the layers that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from riskmodel.datasets.world import World
from riskmodel.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Preset:
    """A world, and the layers that lie over it unless others are requested."""

    world: World
    layers: Mapping[str, Any] = field(default_factory=dict)

    def with_layers(self, requested: Mapping[str, object]) -> dict[str, object]:
        """Return its layers, replaced by the requested ones.

        ``capacity=None`` leaves out the service, and with it all layers of the preset.
        """
        no_service = "capacity" in requested and requested["capacity"] is None
        return dict(requested) if no_service else {**self.layers, **requested}


KOREA = Preset(
    World(
        worsen=(-5.1, -2.65, -1.2),
        recover=(-2.1, -2.0, -0.3),
        shock=0.0011,
        frailty=(-0.4, 0.3, 1.0),
        signal_by_state=(0.0, 1.3, 2.1, 1.1),
        type_share=(0.13, 0.225, 0.645),
        signal=1.15,
        service="korea",
        today="2026-01-01",
    ),
    {
        "capacity": 0.004,
        "noise": 0.5,
        "reach": {"ai_call": 0.5, "mail_carrier": 0.3, "visit": 0.7},
        "isolation": 1.0,
        "mismatch": 0.108,
        "not_executed": 0.02,
        "refusal": 0.02,
        "reader": (0.85, 0.70),
        "manager": (0.85, 0.85),
        "dependence": 0.6,
        "blind": 0.05,
        "support": {2022: 0.385, 2023: 0.285, 2024: 0.54},
        "emergency": 0.315,
        "basic_livelihood": 0.172,
        "private_support": {2022: 0.59, 2023: 0.605, 2024: 0.73},
    },
)
PRESETS: dict[str, Preset] = {
    "default": Preset(World()),
    "easy": Preset(World(signal=1.5)),
    "hard": Preset(World(signal=0.65, shock=0.004)),
    "korea": KOREA,
}


def find_preset(name: str | World) -> Preset:
    """Return the preset of a name; a `World` of your own is one without layers.

    Examples
    --------
    >>> find_preset("easy").world.signal
    1.5
    """
    if isinstance(name, World):
        return Preset(name)
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(
            f"unknown preset {name!r}",
            code="datasets.preset",
            allowed=PRESETS,
            next_step=did_you_mean(str(name), PRESETS),
        )
    return PRESETS[name]
