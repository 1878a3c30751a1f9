"""A layer of the simulation as one object: its check, its effect and its part in the filter."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, TypeVar, get_type_hints

from riskmodel.datasets.layer_checks import Check
from riskmodel.errors import ConfigError

T = TypeVar("T")
Codes = tuple[str, ...]


class Moment(NamedTuple):
    """A simulated round as layers see it.

    Attributes
    ----------
    period : int
        Number of the round.
    month : int
        Month of the year in which it opens.
    changed : int
        Number of the round in which the world changes.
    """

    period: int
    month: int
    changed: int

    @property
    def is_after_change(self) -> bool:
        """Whether the world has changed by this round."""
        return self.period >= self.changed


@dataclass(frozen=True)
class FeedChanges:
    """What differs in one round's feeds.

    Attributes
    ----------
    uninformative, wider, undelivered : tuple of str
        Indicators that say nothing of the hidden state, that are twice as common, and that are not
        delivered.
    on_time : float
        Share of events that are known by the end of their agency's usual delay.
    """

    uninformative: Codes = ()
    wider: Codes = ()
    undelivered: Codes = ()
    on_time: float = 1.0

    def __add__(self, other: FeedChanges) -> FeedChanges:
        return FeedChanges(
            self.uninformative + other.uninformative,
            self.wider + other.wider,
            self.undelivered + other.undelivered,
            self.on_time * other.on_time,
        )


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes
    ----------
    name : str
        The argument of `make_households`.
    off : object
        The value at which it changes nothing.
    check : Check
        Which values it takes.
    text : str
        What it does, for the documentation.
    filter_parts : tuple of str
        The parts of the exact filter that account for it: names in `beliefs.PARTS`. A layer without
        one is refused where exact chances are computed.
    needs : str, optional
        Another layer without which it does nothing.
    kinds : tuple of str
        Which kinds of indicators its value names, if any.
    worsening : callable, optional
        The log-odds of worsening that a value adds for everybody at a moment.
    feeds : callable, optional
        What a value changes in the feeds at a moment.
    """

    name: str
    off: Any
    check: Check
    text: str
    filter_parts: tuple[str, ...]
    needs: str | None = None
    kinds: tuple[str, ...] = ()
    worsening: Callable[[Any, Moment], float] | None = None
    feeds: Callable[[Any, Moment], FeedChanges] | None = None

    def is_on(self, value: object) -> bool:
        """Return whether a value differs from the one at which the layer changes nothing."""
        return bool(value != self.off)

    def checked(self, value: object) -> object:
        """Return a value in the form that the simulation reads, or refuse it."""
        value = self.check.normal(value)
        if not self.check.accepts(value):
            raise ConfigError(
                f"layer {self.name} does not take this value",
                code=f"datasets.{self.name}",
                allowed=self.check.allowed,
                next_step=f"correct {self.name}, or leave it out",
            )
        return value


def layer(
    off: T,
    check: Check,
    text: str,
    filter_parts: tuple[str, ...] = (),
    *,
    needs: str | None = None,
    kinds: tuple[str, ...] = (),
    worsening: Callable[[T, Moment], float] | None = None,
    feeds: Callable[[T, Moment], FeedChanges] | None = None,
) -> T:
    """Declare a layer as a field of `Layers`, whose name it takes."""
    declared = Layer("", off, check, text, filter_parts, needs, kinds, worsening, feeds)
    made: T = field(default=off, metadata={"layer": declared})
    return made


def declared_layers(cls: type) -> Mapping[str, Layer]:
    """Return the layers that a class declares, by name."""
    return {f.name: replace(f.metadata["layer"], name=f.name) for f in fields(cls)}


def with_layers(function: Callable[..., object], cls: type) -> inspect.Signature:
    """Return a function's signature with one argument per layer instead of ``**layers``."""
    own = inspect.signature(function, eval_str=True)
    layers, types = inspect.signature(cls).parameters.values(), get_type_hints(cls)
    return own.replace(
        parameters=[
            *(p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD),
            *(p.replace(kind=p.KEYWORD_ONLY, annotation=types[p.name]) for p in layers),
        ]
    )
