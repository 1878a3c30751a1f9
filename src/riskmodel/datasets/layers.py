"""What lies over the plain world: the service, its disturbances and its gaps, each one argument, off by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

from riskmodel.datasets.content import codes_of
from riskmodel.errors import ConfigError, did_you_mean

CHANNELS = ("ai_call", "mail_carrier", "visit")
Codes = tuple[str, ...]
ByYear = float | Mapping[int, float]
_SHARES = (
    "random_share",
    "not_executed",
    "dependence",
    "blind",
    "refusal",
    "emergency",
    "basic_livelihood",
    "resent",
    "thin",
    "moves",
    "mismatch",
)
_NEEDS = {
    "random_share": "capacity",
    "private": "capacity",
    "not_executed": "capacity",
    "reach": "capacity",
    "reader": "capacity",
    "manager": "capacity",
    "support": "capacity",
    "private_support": "capacity",
    "refusal": "capacity",
    "emergency": "support",
    "basic_livelihood": "support",
    "isolation": "reach",
    "dependence": "manager",
    "blind": "manager",
}


@dataclass(frozen=True)
class Layers:
    """The layers of `make_households`: the service, the times, the feeds, places and people.

    Whatever is left out is off, and changes no bit.

    Attributes
    ----------
    capacity : float or int, optional
        Contacts an area can make a round: a share of its households (rounded so that all areas together keep to it),
        or their number. A legacy rule (the number of recent indicators, longer arrears counting more, and noise)
        fills it.
    noise : float
        Spread of the legacy rule's noise, in indicators; 0 ranks by the records alone.
    random_share : float
        Share of the capacity given to households drawn at random from the rest, with recorded probability.
    private : float
        How much caseworkers' private knowledge of need sways the legacy list.
    not_executed : float
        Mean share of assigned contacts that never take place; it differs between areas.
    reach : mapping of channel to float, optional
        Chance to reach a household by ``ai_call``, then ``mail_carrier``, then ``visit``; off: a visit
        reaches everybody.
    isolation : float
        Log-odds by which isolated households are harder to reach.
    mismatch : float
        Share of households that do not live where they are registered: mail and visits rarely reach them.
    reader, manager : pair of float, optional
        Sensitivity and specificity of the first reader's verdict, and of the manager's who reads it again; off: the
        first is always right, and there is no second.
    dependence, blind : float
        Chance that a manager who sees the first verdict just repeats it, and share of second readings done blind.
    refusal : float
        Share of those reached who refuse to talk, so that there is no verdict.
    support : float or mapping of year to float
        Share of confirmed needs that get public support; it lifts six in ten acute households out of need.
    emergency, basic_livelihood : float
        Share of the publicly supported in crisis who get emergency aid, and of the others who get basic livelihood.
    private_support : float or mapping of year to float
        Share of the others with a verdict who are passed on to private help, which lifts nobody: more often where
        need was confirmed, and much more often in some districts than in others.
    season : float
        Amplitude, in log-odds of worsening, of a yearly cycle that peaks in winter.
    recession : float
        Log-odds of worsening added from `change_at` on.
    change_at : int, optional
        Number of the round at which the world changes; default: half-way.
    concept_shift : tuple of str
        Indicators that say nothing of the state any more from `change_at` on.
    redefined : tuple of str
        Indicators whose definition becomes wider at `change_at`: their odds double.
    new_indicator : tuple of str
        Indicators whose feed starts at `change_at`.
    outage : mapping of str to int
        Events whose feed fails at `change_at` for so many rounds; coverage says so.
    empty_delivery : mapping of str to int
        The same, but the deliveries arrive empty and coverage does not tell.
    resent : float
        Share of events that come only with a late resend, three rounds on.
    thin : float
        Share of households of which the agencies record three facts in ten.
    members : bool
        A table of persons and dwellings.
    moves : float
        Chance a round that a household moves to another area, which is known later.
    """

    capacity: float | int | None = None
    random_share: float = 0.0
    noise: float = 1.0
    private: float = 0.0
    not_executed: float = 0.0
    reach: Mapping[str, float] | None = None
    isolation: float = 0.0
    mismatch: float = 0.0
    reader: tuple[float, float] | None = None
    manager: tuple[float, float] | None = None
    dependence: float = 0.0
    blind: float = 0.0
    refusal: float = 0.0
    support: ByYear = 0.0
    emergency: float = 0.0
    basic_livelihood: float = 0.0
    private_support: ByYear = 0.0
    season: float = 0.0
    recession: float = 0.0
    change_at: int | None = None
    concept_shift: Codes = ()
    redefined: Codes = ()
    new_indicator: Codes = ()
    outage: Mapping[str, int] | None = None
    empty_delivery: Mapping[str, int] | None = None
    resent: float = 0.0
    thin: float = 0.0
    members: bool = False
    moves: float = 0.0

    def __post_init__(self) -> None:
        for name in _SHARES:
            _check(name, _within(getattr(self, name), 1), "a share from 0 to 1")
        for name in ("support", "private_support"):
            by_year = getattr(self, name)
            shares = by_year.values() if isinstance(by_year, Mapping) else [by_year]
            _check(
                name,
                bool(shares) and all(_within(share, 1) for share in shares),
                "a share from 0 to 1, or by year",
            )
        for name in ("noise", "private", "isolation", "season"):
            _check(name, _within(getattr(self, name), float("inf")), "a number of at least 0")
        for name in ("reader", "manager"):
            pair = getattr(self, name)
            _check(
                name,
                pair is None or (len(pair) == 2 and all(_within(p, 1) for p in pair)),
                "a pair of sensitivity and specificity, each from 0 to 1",
            )
        reach = dict.fromkeys(CHANNELS, 1.0) if self.reach is None else self.reach
        _check(
            "reach",
            set(reach) == set(CHANNELS) and all(_within(p, 1) for p in reach.values()),
            f"a chance for each of {', '.join(CHANNELS)}",
        )
        _check_capacity(self.capacity)
        for name, needed in _NEEDS.items():
            if getattr(self, name) and getattr(self, needed) in (None, 0.0):
                raise ConfigError(
                    f"layer {name} does nothing without {needed}",
                    code="datasets.layer_alone",
                    next_step=f"give {needed} too, or leave {name} out",
                )
        for name in ("concept_shift", "redefined", "new_indicator"):
            codes = getattr(self, name)
            object.__setattr__(self, name, (codes,) if isinstance(codes, str) else tuple(codes))
        for name in ("outage", "empty_delivery"):
            lengths = getattr(self, name) or {}
            _check(
                name,
                all(rounds >= 1 for rounds in lengths.values()),
                "codes with at least 1 round each",
            )

    @classmethod
    def of(cls, arguments: Mapping[str, Any], service: str) -> Layers:
        """Return the layers that were asked for; an unknown one, or an unknown indicator, is refused by name."""
        known = [f.name for f in fields(cls)]
        for name in arguments:
            if name not in known:
                raise ConfigError(
                    f"unknown layer {name!r}",
                    code="datasets.layer",
                    allowed=known,
                    next_step=did_you_mean(name, known),
                )
        layers = cls(**arguments)
        for name in ("concept_shift", "redefined", "new_indicator"):
            _check_codes(name, getattr(layers, name), codes_of(service))
        for name in ("outage", "empty_delivery"):
            _check_codes(name, tuple(getattr(layers, name) or ()), codes_of(service, ["event"]))
        return layers


def _check(name: str, fine: bool, allowed: str) -> None:  # noqa: FBT001
    if not fine:
        raise ConfigError(
            f"layer {name} has a value that cannot be meant",
            code=f"datasets.{name}",
            allowed=allowed,
            next_step=f"correct {name}, or leave it out",
        )


def _within(value: Any, most: float) -> bool:
    return isinstance(value, Real) and 0 <= float(value) <= most


def _check_capacity(capacity: float | int | None) -> None:
    whole = isinstance(capacity, int) and not isinstance(capacity, bool) and capacity >= 1
    share = isinstance(capacity, float) and 0 < capacity <= 1
    _check(
        "capacity",
        capacity is None or whole or share,
        "a share of an area's households or a number an area",
    )


def _check_codes(name: str, codes: Codes, allowed: Codes) -> None:
    for code in codes:
        if code not in allowed:
            raise ConfigError(
                f"layer {name} names {code!r}",
                code="datasets.indicator",
                allowed=allowed,
                next_step=did_you_mean(code, allowed),
            )
