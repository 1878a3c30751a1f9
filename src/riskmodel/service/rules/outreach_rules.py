"""The rules of outreach as one object, read from a set's name, a mapping or a YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue
from riskmodel.keys import Span
from riskmodel.records.service_words import CASES
from riskmodel.schema.mappings import list_of, model_of, model_with
from riskmodel.schema.refusals import config_refusal, validated
from riskmodel.schema.values import Names, Text
from riskmodel.service.outreach_files import CHANNELS_KEY, keys_written
from riskmodel.service.rules.rule_parts import (
    AI_CALL,
    Bar,
    CoolOff,
    Floor,
    MustVisit,
    Rung,
    Urgent,
    check_words,
)
from riskmodel.service.rules.rule_sets import SETS

_COOL_OFF, _URGENT = CoolOff(), Urgent()
LADDER = (Rung("call", "7D"), Rung("mail", "14D"), Rung("visit", "14D"))
"""An officer's call, a letter, a visit."""
BARRED = (Bar(("ai_call",), sensitivity=("suicide", "violence")),)

_KEYS = model_with(
    "OutreachRules",
    cool_off=model_of(CoolOff),
    after_refusal=Text,
    elsewhere=Names,
    urgent=model_of(Urgent),
    ladder=list_of(model_of(Rung)),
    barred=list_of(model_of(Bar)),
    must_visit=list_of(model_of(MustVisit)),
    floors=list_of(model_of(Floor)),
    **{CHANNELS_KEY: object},
)


@door
@dataclass(frozen=True)
class OutreachRules:
    """Who is left alone, in which order channels are tried, what is barred and what is owed.

    Attributes
    ----------
    cool_off : CoolOff
        After a verdict. An attempt without an answer is followed by none.
    after_refusal : str
        For how long a refusal is respected, from its day; nothing lifts it.
    elsewhere : tuple of str
        Kinds of open cases of which others take care, so that the household is left to them:
        ``"public_care"``, ``"other_service"``.
    urgent : Urgent
    ladder : tuple of Rung
        Each channel once.
    barred : tuple of Bar
        They leave at least one channel of the ladder, besides AI calls.
    must_visit : tuple of MustVisit
        The first that holds for a household counts.
    floors : tuple of Floor

    Examples
    --------
    >>> rules = OutreachRules.read({"cool_off": {"span": "60D"}})
    >>> rules.cool_off.span, [rung.channel for rung in rules.ladder]
    ('60D', ['call', 'mail', 'visit'])
    >>> OutreachRules.read({"cool_of": {"span": "60D"}})
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: outreach: unknown key 'cool_of'. ... did you mean 'cool_off'? ...
    """

    cool_off: CoolOff = _COOL_OFF
    after_refusal: str = "12M"
    elsewhere: tuple[str, ...] = ("public_care",)
    urgent: Urgent = _URGENT
    ladder: tuple[Rung, ...] = LADDER
    barred: tuple[Bar, ...] = BARRED
    must_visit: tuple[MustVisit, ...] = ()
    floors: tuple[Floor, ...] = ()

    def __post_init__(self) -> None:
        for name in ("ladder", "barred", "must_visit", "floors"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        several = (self.elsewhere,) if isinstance(self.elsewhere, str) else tuple(self.elsewhere)
        check_words(several, CASES, "elsewhere")
        object.__setattr__(self, "elsewhere", several)
        Span.parse(self.after_refusal, "after_refusal")
        self._check_ladder()
        for part in ("must_visit", "floors"):
            _refuse_repeated([each.name for each in getattr(self, part)], part, f"outreach.{part}")

    def _check_ladder(self) -> None:
        channels = self.channels
        _refuse_repeated(channels, "ladder", "outreach.ladder")
        barred = {channel for bar in self.barred for channel in bar.channels}
        # who asks for no AI call gets none
        if {*barred, AI_CALL}.issuperset(channels):
            raise ConfigError(
                "every channel of the ladder is barred for somebody"
                if channels
                else "the ladder has no rung",
                place="ladder",
                code="outreach.ladder",
                allowed="a ladder with a channel that is barred for nobody, and is no AI call, "
                "which anybody may refuse",
                next_step="add a rung, such as {channel: visit, within: 14D}",
            )
        for rule in self.must_visit:
            if rule.channel not in channels:
                raise ConfigError(
                    f"must-visit {rule.name!r} wants {rule.channel!r}, which is no rung",
                    place="must_visit",
                    code="outreach.must_visit",
                    allowed=channels,
                    next_step=f"add {{channel: {rule.channel}, within: 14D}} to the ladder",
                )

    @classmethod
    @door
    def read(
        cls, source: OutreachRules | Mapping[str, object] | str | PathLike[str] | None = None
    ) -> OutreachRules:
        """Read rules; what is not named stays as in the default set.

        Parameters
        ----------
        source : OutreachRules, mapping or path-like, optional
            The name of a set (``"default"`` or ``"korea"``), the path of a YAML file, or its
            keys; default: the default set. The key ``channels`` of a file is left to its reader.

        Raises
        ------
        ConfigError
            For a file that cannot be read, a key or word that is not known, and rules that
            contradict each other.
        """
        if source is None:
            return cls()
        if isinstance(source, OutreachRules):
            return source
        written = keys_written(source, SETS, "rules", "outreach.set", "cool_off: {span: 6M}")
        _refuse_empty({name: each for name, each in written.items() if name != CHANNELS_KEY})
        fields = validated(_KEYS, written, lambda fault: config_refusal(fault, "outreach")).given()
        fields.pop(CHANNELS_KEY, None)
        return cls(**{name: _parts(name, value) for name, value in fields.items()})

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of the ladder, in its order."""
        return tuple(rung.channel for rung in self.ladder)

    def to_dict(self) -> dict[str, Any]:
        """Return the rules as plain data; `read` inverts it."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    def check_codes(self, catalogue: Catalogue) -> None:
        """Refuse a code that the catalogue does not have, with the nearest that it has."""
        parts: list[tuple[str, Urgent | Bar | MustVisit]] = [
            ("urgent.codes", self.urgent),
            *(("barred.codes", bar) for bar in self.barred),
            *((f"must_visit, {rule.name}", rule) for rule in self.must_visit),
        ]
        for place, part in parts:
            for code in part.codes:
                catalogue.require(code, place)


_OF_LISTS = {"ladder": Rung, "barred": Bar, "must_visit": MustVisit, "floors": Floor}
_OF_ONE = {"cool_off": CoolOff, "urgent": Urgent}


def _parts(name: str, value: Any) -> Any:
    if name in _OF_LISTS:
        return tuple(_OF_LISTS[name](**entry) for entry in value)
    return _OF_ONE[name](**value) if name in _OF_ONE else value


def _refuse_empty(value: object, place: str = "outreach") -> None:
    """Refuse a key that nothing is written for, which could be read as none and as the default."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            _refuse_empty(each, f"{place}.{name}")
    elif isinstance(value, (list, tuple)):
        for number, each in enumerate(value):
            _refuse_empty(each, f"{place}[{number}]")
    elif value is None:
        raise ConfigError(
            "nothing is written here",
            place=place,
            code="config.value",
            allowed="what the key says, or [] for none of a list",
            next_step="leave it out to keep the default",
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _refuse_repeated(names: list[str] | tuple[str, ...], place: str, code: str) -> None:
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise ConfigError(
            f"{repeated[0]!r} stands twice",
            place=place,
            code=code,
            allowed="each once",
            next_step="keep one of the two",
        )
