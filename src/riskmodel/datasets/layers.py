"""The layers over the plain world: service, disturbances, gaps; each is declared here, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any, NamedTuple, Self

import numpy as np

from riskmodel.datasets.content import codes_of
from riskmodel.datasets.layer import (
    Codes,
    FeedChanges,
    Layer,
    Moment,
    declared_layers,
    layer,
)
from riskmodel.datasets.layer_checks import (
    AT_LEAST_0,
    CAPACITY,
    CODES,
    FLAG,
    NUMBER,
    REACH,
    ROUND,
    ROUNDS_BY_CODE,
    SHARE,
    SHARE_OR_BY_YEAR,
    SKILL,
)
from riskmodel.errors import ConfigError, did_you_mean

ByYear = float | Mapping[int, float]
Skill = tuple[float, float] | None
RoundsByCode = Mapping[str, int] | None

# which parts of the exact filter account for a layer: names in beliefs.PARTS
NOTHING, VERDICTS, MOVEMENT, FACTS = ("nothing",), ("verdicts",), ("movement",), ("facts",)
OUTCOMES, IGNORED = ("outcomes",), "ignored"
INDICATORS, EVENTS = ("event", "state"), ("event",)


class LayerInUse(NamedTuple):
    """A layer that is on, and its value."""

    layer: Layer
    value: Any


def _winter(amplitude: float, moment: Moment) -> float:
    return amplitude * float(np.cos(2 * np.pi * (moment.month - 1) / 12))


def _from_change_on(log_odds: float, moment: Moment) -> float:
    return log_odds * moment.is_after_change


def _uninformative_from_change_on(codes: Codes, moment: Moment) -> FeedChanges:
    return FeedChanges(uninformative=codes if moment.is_after_change else ())


def _wider_from_change_on(codes: Codes, moment: Moment) -> FeedChanges:
    return FeedChanges(wider=codes if moment.is_after_change else ())


def _undelivered_after_change(rounds_of: RoundsByCode, moment: Moment) -> FeedChanges:
    since = moment.period - moment.changed
    lengths = (rounds_of or {}).items()
    return FeedChanges(undelivered=tuple(code for code, rounds in lengths if 0 <= since < rounds))


def _late(share: float, moment: Moment) -> FeedChanges:  # noqa: ARG001
    return FeedChanges(on_time=1 - share)


@dataclass(frozen=True)
class Layers:
    """The layers of `make_households`. A layer that is left out is off and changes nothing."""

    capacity: float | int | None = layer(
        None,
        CAPACITY,
        "Contacts that an area can make per round: a share of its households (rounded so that all "
        "areas together keep to it), or a number. A legacy rule fills it: the number of recent "
        "indicators, longer arrears counting more, and noise.",
        NOTHING,
    )
    random_share: float = layer(
        0.0,
        SHARE,
        "Share of the capacity given to households drawn at random from the rest, with recorded "
        "probability.",
        NOTHING,
        needs="capacity",
    )
    noise: float = layer(
        1.0,
        AT_LEAST_0,
        "Spread of the legacy rule's noise, in indicators; 0 ranks by the records alone.",
        NOTHING,
    )
    private: float = layer(
        0.0,
        AT_LEAST_0,
        "How much caseworkers' private knowledge of need changes the legacy list.",
        (IGNORED,),
        needs="capacity",
    )
    not_executed: float = layer(
        0.0,
        SHARE,
        "Mean share of assigned contacts that never take place; it differs between areas.",
        NOTHING,
        needs="capacity",
    )
    reach: Mapping[str, float] | None = layer(
        None,
        REACH,
        "Chance to reach a household by ``ai_call``, then ``mail_carrier``, then ``visit``. Off: a "
        "visit reaches everybody.",
        NOTHING,
        needs="capacity",
    )
    isolation: float = layer(
        0.0,
        AT_LEAST_0,
        "Log-odds by which isolated households are harder to reach.",
        NOTHING,
        needs="reach",
    )
    hiding: float = layer(
        0.0,
        NUMBER,
        "Log-odds by which households in need are harder to reach; below 0 they are easier to "
        "reach.",
        (IGNORED,),
        needs="reach",
    )
    mismatch: float = layer(
        0.0,
        SHARE,
        "Share of households that do not live where they are registered: mail and visits rarely "
        "reach them.",
        NOTHING,
    )
    reader: Skill = layer(
        None,
        SKILL,
        "Sensitivity and specificity of the first reader's verdict. Off: it is always right.",
        VERDICTS,
        needs="capacity",
    )
    manager: Skill = layer(
        None,
        SKILL,
        "Sensitivity and specificity of a manager who reads each verdict again. Off: none does.",
        VERDICTS,
        needs="capacity",
    )
    dependence: float = layer(
        0.0,
        SHARE,
        "Chance that a manager who sees the first verdict repeats it.",
        VERDICTS,
        needs="manager",
    )
    blind: float = layer(
        0.0,
        SHARE,
        "Share of second readings in which the manager does not see the first verdict.",
        VERDICTS,
        needs="manager",
    )
    refusal: float = layer(
        0.0,
        SHARE,
        "Share of the households reached that refuse to talk, so that there is no verdict.",
        NOTHING,
        needs="capacity",
    )
    support: ByYear = layer(
        0.0,
        SHARE_OR_BY_YEAR,
        "Share of confirmed needs that get public support; it lifts six in ten acute households "
        "out of need.",
        (*VERDICTS, *MOVEMENT),
        needs="capacity",
    )
    emergency: float = layer(
        0.0,
        SHARE,
        "Share of the publicly supported in crisis who get emergency aid.",
        VERDICTS,
        needs="support",
    )
    basic_livelihood: float = layer(
        0.0,
        SHARE,
        "Share of the other publicly supported who get basic livelihood.",
        VERDICTS,
        needs="support",
    )
    private_support: ByYear = layer(
        0.0,
        SHARE_OR_BY_YEAR,
        "Share of the others with a verdict who are passed on to private help, which lifts no "
        "household out of need. It is more common where need was confirmed, and much more common "
        "in some districts than in others.",
        VERDICTS,
        needs="capacity",
    )
    season: float = layer(
        0.0,
        AT_LEAST_0,
        "Amplitude, in log-odds of worsening, of a yearly cycle that peaks in winter.",
        MOVEMENT,
        worsening=_winter,
    )
    recession: float = layer(
        0.0,
        NUMBER,
        "Log-odds of worsening added from `change_at` on.",
        MOVEMENT,
        worsening=_from_change_on,
    )
    change_at: int | None = layer(
        None,
        ROUND,
        "Number of the round in which the world changes. Off: half-way.",
        NOTHING,
    )
    concept_shift: Codes = layer(
        (),
        CODES,
        "Indicators that say nothing of the state any more from `change_at` on.",
        FACTS,
        kinds=INDICATORS,
        feeds=_uninformative_from_change_on,
    )
    redefined: Codes = layer(
        (),
        CODES,
        "Indicators whose definition becomes wider at `change_at`: their odds double.",
        FACTS,
        kinds=INDICATORS,
        feeds=_wider_from_change_on,
    )
    new_indicator: Codes = layer(
        (), CODES, "Indicators whose feed starts at `change_at`.", FACTS, kinds=INDICATORS
    )
    outage: RoundsByCode = layer(
        None,
        ROUNDS_BY_CODE,
        "Events whose feed fails at `change_at` for so many rounds; the coverage shows the gap.",
        FACTS,
        kinds=EVENTS,
        feeds=_undelivered_after_change,
    )
    empty_delivery: RoundsByCode = layer(
        None,
        ROUNDS_BY_CODE,
        "The same, but the deliveries arrive empty and the coverage shows no gap.",
        FACTS,
        kinds=EVENTS,
        feeds=_undelivered_after_change,
    )
    resent: float = layer(
        0.0,
        SHARE,
        "Share of events that are delivered only by a late resend, three rounds on.",
        FACTS,
        feeds=_late,
    )
    late_by_type: float = layer(
        0.0,
        NUMBER,
        "Log-odds by which crises of single elders become known later, and those of families "
        "sooner.",
        OUTCOMES,
    )
    late_by_severity: float = layer(
        0.0,
        NUMBER,
        "Log-odds, per standard deviation of the hidden frailty, by which crises become known "
        "later.",
        (IGNORED,),
    )
    thin: float = layer(
        0.0,
        SHARE,
        "Share of households of which the agencies record three facts in ten.",
        ("thin data",),
    )
    members: bool = layer(False, FLAG, "A table of persons and dwellings.", NOTHING)
    moves: float = layer(
        0.0,
        SHARE,
        "Chance per round that a household moves to another area, which becomes known later.",
        NOTHING,
    )

    def __post_init__(self) -> None:
        declared = declared_layers(type(self))
        for name, one in declared.items():
            object.__setattr__(self, name, one.checked(getattr(self, name)))
        for one in declared.values():
            self._require_needed(one, declared)

    @classmethod
    def of(cls, arguments: Mapping[str, object], service: str) -> Self:
        """Return the requested layers; an unknown layer or indicator is refused by name."""
        declared = declared_layers(cls)
        for name in arguments:
            if name not in declared:
                raise ConfigError(
                    f"unknown layer {name!r}",
                    code="datasets.layer",
                    allowed=declared,
                    next_step=did_you_mean(name, declared),
                )
        values: dict[str, Any] = dict(arguments)
        layers = cls(**values)
        for one, value in layers.in_use():
            if one.kinds:
                _check_codes(one.name, tuple(value), codes_of(service, one.kinds))
        return layers

    def in_use(self) -> Iterator[LayerInUse]:
        """Yield the layers that are on, with their values."""
        for name, one in declared_layers(type(self)).items():
            value = getattr(self, name)
            if one.is_on(value):
                yield LayerInUse(one, value)

    def worsening(self, moment: Moment) -> float:
        """Return the log-odds of worsening that all layers add for everybody at a moment."""
        added = 0.0
        for one, value in self.in_use():
            if one.worsening is not None:
                added += one.worsening(value, moment)
        return added

    def feed_changes(self, moment: Moment) -> FeedChanges:
        """Return what all layers change in the feeds at a moment."""
        changes = FeedChanges()
        for one, value in self.in_use():
            if one.feeds is not None:
                changes += one.feeds(value, moment)
        return changes

    def _require_needed(self, one: Layer, declared: Mapping[str, Layer]) -> None:
        if one.needs is None or not one.is_on(getattr(self, one.name)):
            return
        if not declared[one.needs].is_on(getattr(self, one.needs)):
            raise ConfigError(
                f"layer {one.name} does nothing without {one.needs}",
                code="datasets.layer_alone",
                next_step=f"give {one.needs} too, or leave {one.name} out",
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


def attributes_text(layers: Mapping[str, Layer]) -> str:
    """Return the section on attributes of a docstring in numpydoc form."""
    entries = [f"{name} : default {one.off!r}\n    {one.text}" for name, one in layers.items()]
    return indent("\n".join(["Attributes", "----------", *entries]), "    ")


Layers.__doc__ = f"{Layers.__doc__}\n\n{attributes_text(declared_layers(Layers))}\n"
