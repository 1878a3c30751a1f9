"""The channels of outreach as one object, read from a set's name, a mapping or a YAML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Annotated, Any

from pydantic import BeforeValidator, Tag

from riskmodel.doors import door
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.records.contact_words import CHANNELS
from riskmodel.schema.mappings import list_of, model_of, model_with
from riskmodel.schema.refusals import config_refusal, validated
from riskmodel.schema.values import MAPPING, NAME, Number, Text, by_shape, mapped
from riskmodel.service.channels.channel_parts import MOST_STEPS, Budget, Figure, Need, amount
from riskmodel.service.channels.channel_sets import SETS
from riskmodel.service.outreach_files import CHANNELS_KEY, keys_written

_NUMBERS = Annotated[dict[str, Number], BeforeValidator(mapped)]


def _number_or(mapping: Any) -> Any:
    number, others = Annotated[Number, Tag(NAME)], Annotated[mapping, Tag(MAPPING)]
    return Annotated[number | others, by_shape(NAME, MAPPING)]


_FIGURE = _number_or(model_with("Figure", usual=Number, by=Text, values=_NUMBERS))
_CHANNEL = model_with(
    "Channel",
    minutes=_FIGURE,
    reach=_FIGURE,
    learn=Number,
    budgets=list_of(model_with("Budget", by=Text, minutes=_number_or(_NUMBERS))),
    shares=Text,
    needs=list_of(model_of(Need)),
)
_KEYS = model_with("Channels", **dict.fromkeys(CHANNELS, _CHANNEL))


@door
@dataclass(frozen=True)
class Channel:
    """What a step of one channel costs, whom it reaches, and how many minutes there are.

    Attributes
    ----------
    minutes : float or Figure
        Of the staff, for one step. 0 for a step that costs nobody's time.
    reach : float or Figure
        The chance that a step reaches the household and that its need is recognised.
    budgets : tuple of Budget
        A step takes its minutes from every one of them. None where a step takes no minutes, or
        where the channel `shares` those of another.
    shares : str, optional
        The channel of whose minutes it takes its own, such as an officer's call of the visits'.
    needs : tuple of Need
        What must hold of a household: a known phone, its hours, language or hearing.
    learn : float, optional
        If given, the reach is learned from the contacts on record, and `reach` is the prior that
        counts for so many steps; see `riskmodel.service.channels.reaching`.

    Examples
    --------
    >>> Channel(minutes=40, reach=0.7, budgets=(Budget(1200, by="area"),)).budgets[0].by
    'area'
    """

    minutes: Any
    reach: Any
    budgets: tuple[Budget, ...] = ()
    shares: str | None = None
    needs: tuple[Need, ...] = ()
    learn: float | None = None

    def checked(self, place: str) -> Channel:
        """Return the channel with each part of its type, or refuse it by its place."""
        minutes, reach = _figure(self.minutes), _figure(self.reach)
        channel = Channel(
            minutes.checked(f"{place}.minutes"),
            reach.checked(f"{place}.reach", most=1.0),
            tuple(budget.checked(f"{place}.budgets") for budget in self.budgets),
            self.shares,
            tuple(need.checked(f"{place}.needs") for need in self.needs),
            None if self.learn is None else amount(self.learn, f"{place}.learn", MOST_STEPS),
        )
        fault = channel._fault_of_budgets()
        if fault:
            raise ConfigError(
                fault,
                place=place,
                code="channels.budget",
                allowed="one budget for each grouping, or shares: a channel that has budgets",
                next_step="write budgets: [{by: area, minutes: 600}], or shares: visit",
            )
        return channel

    def _fault_of_budgets(self) -> str:
        groupings = [budget.by for budget in self.budgets]
        if len(set(groupings)) < len(groupings):
            return "two budgets are by the same grouping"
        if self.budgets and self.shares is not None:
            return "it has budgets, and shares those of another channel"
        takes = any((self.minutes.usual, *self.minutes.values.values()))
        return "" if self.budgets or self.shares or not takes else "it takes minutes of no budget"


@door
@dataclass(frozen=True)
class Channels:
    """The channels of a service; what a step costs and reaches, and the minutes of a round.

    Attributes
    ----------
    channels : mapping of str to Channel
        By their words: `riskmodel.records.contact_words.CHANNELS`.

    Examples
    --------
    >>> channels = Channels.read(
    ...     {"visit": {"minutes": 40, "reach": 0.7, "budgets": [{"by": "area", "minutes": 1200}]}}
    ... )
    >>> channels["visit"].budgets
    (Budget(minutes=1200.0, by='area'),)
    >>> Channels.read({"vist": {"minutes": 40}})
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: channels: unknown key 'vist'. ... did you mean 'visit'? ...
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # in the order of the words, so that no result depends on the order of a file
        unknown = [name for name in self.channels if name not in CHANNELS]
        if unknown:
            raise ConfigError(
                f"unknown channel {unknown[0]!r}",
                place=CHANNELS_KEY,
                code="channels.unknown",
                allowed=CHANNELS,
                next_step=did_you_mean(str(unknown[0]), CHANNELS),
            )
        if not self.channels:
            raise ConfigError(
                "no channel is named",
                place=CHANNELS_KEY,
                code="channels.none",
                allowed=CHANNELS,
                next_step="name at least one, or the set: korea",
            )
        in_order = {
            name: self.channels[name].checked(f"{CHANNELS_KEY}.{name}")
            for name in CHANNELS
            if name in self.channels
        }
        object.__setattr__(self, "channels", in_order)
        for name, channel in in_order.items():
            self._check_owner(name, channel)

    def _check_owner(self, name: str, channel: Channel) -> None:
        if channel.shares is None:
            return
        owners = [other for other, each in self.channels.items() if each.budgets]
        if channel.shares not in owners:
            raise ConfigError(
                f"shares names {channel.shares!r}, which has no budgets of its own",
                place=f"{CHANNELS_KEY}.{name}",
                code="channels.budget",
                allowed=owners,
                next_step=did_you_mean(channel.shares, owners),
            )

    @classmethod
    @door
    def read(cls, source: Channels | Mapping[str, object] | str | PathLike[str]) -> Channels:
        """Read channels.

        Parameters
        ----------
        source : Channels, mapping or path-like
            The name of a set (``"default"`` or ``"korea"``), the path of a YAML file, or its keys:
            the channels, or a whole file of outreach that has them under ``channels``.

        Raises
        ------
        ConfigError
            For a file that cannot be read, a key or channel that is not known, and numbers that
            cannot be meant.
        """
        if isinstance(source, Channels):
            return source
        written = keys_written(source, SETS, "channels", "channels.set", "channels: {visit: ...}")
        of_channels = written.get(CHANNELS_KEY, written)
        keys = validated(
            _KEYS, of_channels, lambda fault: config_refusal(fault, CHANNELS_KEY)
        ).given()
        return cls({name: _channel(name, each) for name, each in keys.items()})

    def __getitem__(self, name: str) -> Channel:
        return self.channels[name]

    def __contains__(self, name: object) -> bool:
        return name in self.channels

    def __iter__(self) -> Iterator[str]:
        return iter(self.channels)

    def owner(self, name: str) -> str:
        """Return the channel of whose minutes a step of a channel takes."""
        return self.channels[name].shares or name

    def attributes(self) -> tuple[str, ...]:
        """Return the attributes that they ask for, each once."""
        named: list[str | None] = []
        for channel in self.channels.values():
            named += [channel.minutes.by, channel.reach.by]
            named += [budget.by for budget in channel.budgets]
            named += [need.attribute for need in channel.needs]
        return tuple(dict.fromkeys(name for name in named if name is not None))


def _channel(name: str, keys: Mapping[str, Any]) -> Channel:
    place = f"{CHANNELS_KEY}.{name}"
    told = "write the minutes of a step, and the chance that it reaches the household"
    _refuse_missing(keys, ("minutes", "reach"), place, told)
    for each in keys.get("budgets", ()):
        _refuse_missing(each, ("minutes",), f"{place}.budgets", "write minutes, 0 for none")
    for key in ("minutes", "reach"):
        if isinstance(keys[key], Mapping):
            usual = "write usual: the number of every other household"
            _refuse_missing(keys[key], ("usual",), f"{place}.{key}", usual)
    parts = {
        "budgets": tuple(Budget(**each) for each in keys.get("budgets", ())),
        "needs": tuple(Need(**each) for each in keys.get("needs", ())),
    }
    return Channel(**{**keys, **parts})


def _refuse_missing(
    keys: Mapping[str, Any], needed: tuple[str, ...], place: str, next_step: str
) -> None:
    for key in needed:
        if key not in keys:
            raise ConfigError(
                f"{key} is missing", place=place, code="config.missing", next_step=next_step
            )


def _figure(written: Figure | Mapping[str, Any] | float) -> Figure:
    if isinstance(written, Figure):
        return written
    return Figure(**written) if isinstance(written, Mapping) else Figure(written)
