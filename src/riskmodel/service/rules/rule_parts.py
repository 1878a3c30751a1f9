"""The parts of the rules of outreach: cool-off, ladder, barred channels, must-visits and floors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from riskmodel.doors import door
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators.indicator import FAMILIES, MASKED, SENSITIVITIES
from riskmodel.keys import Span
from riskmodel.records.contact_words import BY_A_HUMAN, CHANNELS
from riskmodel.serving import LANGUAGES
from riskmodel.texts import plain_text, plain_word

NEW_KIND, TWO_KINDS, NEW_FAMILY, URGENT, VERY_HIGH = LIFTS = (
    "new_kind",
    "two_new_kinds",
    "new_family",
    "urgent",
    "very_high",
)
"""What lifts a cool-off."""
NO_ANSWER = "no_answer"
"""What lifts every cool-off: an attempt since then that nobody answered."""
AI_CALL = "ai_call"
TAKEN = frozenset(LANGUAGES["en"].rules)
"""What rows of a plan say by words of our own, so that no local rule is called so."""
_NO_VALUE = (Mapping, list, tuple)
Texts = str | Iterable[str]


@door
@dataclass(frozen=True)
class CoolOff:
    """For how long a household is left alone after a verdict, and what lifts it.

    Attributes
    ----------
    span : str
        From the day of the verdict; ``"0D"`` for none.
    lifted_by : tuple of str
        Of `LIFTS`: an indicator that is new since the verdict, two of them, one of a family of life
        that is new since, an urgent one that became known since, or the band "very high".

    Examples
    --------
    >>> CoolOff("60D", lifted_by=("new_kind",))
    CoolOff(span='60D', lifted_by=('new_kind',))
    """

    span: str = "6M"
    lifted_by: tuple[str, ...] = (TWO_KINDS, URGENT, VERY_HIGH)

    def __post_init__(self) -> None:
        Span.parse(self.span, "cool_off.span")
        words = _texts(self.lifted_by)
        check_words(words, LIFTS, "cool_off.lifted_by")
        object.__setattr__(self, "lifted_by", words)


@door
@dataclass(frozen=True)
class Urgent:
    """What goes to a human the same day, outside the round.

    Attributes
    ----------
    channel : str
        In which a human turns to the household: one of `contact_words.BY_A_HUMAN`.
    codes, sensitivity : tuple of str
        Indicators of which news lifts a cool-off.
    """

    channel: str = "call"
    codes: tuple[str, ...] = ()
    sensitivity: tuple[str, ...] = tuple(sorted(MASKED))

    def __post_init__(self) -> None:
        check_words([self.channel], BY_A_HUMAN, "urgent.channel")
        object.__setattr__(self, "codes", _codes(self.codes))
        object.__setattr__(self, "sensitivity", _texts(self.sensitivity))
        check_words(self.sensitivity, SENSITIVITIES, "urgent.sensitivity")


@door
@dataclass(frozen=True)
class Rung:
    """One step of the ladder of channels.

    Attributes
    ----------
    channel : str
    within : str
        By when it is due: a span from the day on which the rung before it is due, from the round's
        day for the first.
    tries : int
        Attempts without an answer before the next rung, such as one for each number.
    """

    channel: str
    within: str
    tries: int = 1

    def __post_init__(self) -> None:
        check_words([self.channel], CHANNELS, "ladder")
        Span.parse(self.within, f"ladder, {self.channel}")
        if isinstance(self.tries, bool) or not isinstance(self.tries, int) or self.tries < 1:
            raise ConfigError(
                "tries is no number of attempts",
                place=f"ladder, {self.channel}",
                code="outreach.ladder",
                allowed="a whole number from 1 on",
                next_step="write tries: 3 for one attempt on each of three numbers",
            )


@door
@dataclass(frozen=True)
class Bar:
    """Channels in which a household is never turned to, because of what was seen of it.

    Attributes
    ----------
    channels : tuple of str
    codes, families, sensitivity : tuple of str
        Indicators by code, by family of life or by sensitivity; masked ones, too.
    within : str, optional
        How long ago they were seen at most; default: at any time.
    """

    channels: tuple[str, ...]
    codes: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    sensitivity: tuple[str, ...] = ()
    within: str | None = None

    def __post_init__(self) -> None:
        for name in ("channels", "families", "sensitivity"):
            object.__setattr__(self, name, _texts(getattr(self, name)))
        object.__setattr__(self, "codes", _codes(self.codes))
        check_words(self.channels, CHANNELS, "barred.channels")
        check_words(self.families, FAMILIES, "barred.families")
        check_words(self.sensitivity, SENSITIVITIES, "barred.sensitivity")
        if self.within is not None:
            Span.parse(self.within, "barred.within")
        if not self.channels or not (self.codes or self.families or self.sensitivity):
            raise ConfigError(
                "a bar names no channel, or no indicator",
                place="barred",
                code="outreach.barred",
                allowed="channels, and codes, families or sensitivity",
                next_step="write {channels: ai_call, sensitivity: [suicide, violence]}",
            )


@door
@dataclass(frozen=True)
class MustVisit:
    """A local rule: who was seen with these indicators gets a channel in this round.

    Attributes
    ----------
    name : str
        What the service calls it.
    channel : str
        On the ladder.
    all_of, any_of : tuple of str
        Codes that were all seen, and codes of which one was.
    within : str
        How long ago they were seen at most.
    where : mapping of str to tuple of str
        Values of attributes that the household must have, such as ``{"gu": ("Jung", "Seo")}``.
    """

    name: str
    channel: str = ""  # none is refused by the rule's name
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    within: str = "6M"
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _name(self.name, "must_visit"))
        if not self.channel:
            raise ConfigError(
                f"must-visit {self.name!r} names no channel",
                place="must_visit",
                code="outreach.must_visit",
                allowed=CHANNELS,
                next_step="add channel: visit",
            )
        check_words([self.channel], CHANNELS, f"must_visit, {self.name}")
        object.__setattr__(self, "all_of", _codes(self.all_of))
        object.__setattr__(self, "any_of", _codes(self.any_of))
        object.__setattr__(self, "where", _values(self.where, f"must_visit, {self.name}"))
        Span.parse(self.within, f"must_visit, {self.name}")
        if not (self.all_of or self.any_of):
            raise ConfigError(
                f"must-visit {self.name!r} names no indicator",
                place="must_visit",
                code="outreach.must_visit",
                allowed="codes under all_of, any_of or both",
                next_step="add any_of: [power_cut, gas_cut]",
            )

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes that it names."""
        return (*self.all_of, *self.any_of)


@door
@dataclass(frozen=True)
class Floor:
    """How many places of a round go to a group or an area at least.

    Attributes
    ----------
    name : str
    least : float
        Below 1, a share of the places, rounded up; a whole number, that many households.
    where : mapping of str to tuple of str
        Values of attributes that make the group.
    """

    name: str
    least: float
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _name(self.name, "floors"))
        place = f"floors, {self.name}"
        object.__setattr__(self, "where", _values(self.where, place))
        is_number = isinstance(self.least, (int, float)) and not isinstance(self.least, bool)
        is_least = is_number and (0 < self.least < 1 or (self.least >= 1 and self.least % 1 == 0))
        if not is_least or not self.where:
            raise ConfigError(
                "least is neither a share nor a number of households"
                if self.where
                else "the floor says for whom in no attribute",
                place=place,
                code="outreach.floor",
                allowed="a share above 0 and below 1, or a whole number from 1 on, and where",
                next_step="write {name: rural, where: {area_kind: rural}, least: 0.2}",
            )


def check_words(words: Iterable[str], known: Collection[str], place: str) -> None:
    """Refuse a word that is none of a few, with the nearest.

    Examples
    --------
    >>> check_words(["ai_cal"], CHANNELS, "ladder")
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: ladder: unknown word 'ai_cal'. Allowed: ai_call, ...
    """
    for word in words:
        if word not in known:
            raise ConfigError(
                f"unknown word {word!r}",
                place=place,
                code="outreach.word",
                allowed=known,
                next_step=did_you_mean(str(word), known),
            )


def _name(name: object, place: str) -> str:
    """Return the name of a local rule, or refuse one by which a row of a plan would mislead."""
    written = "" if name is None else plain_text(str(name))
    if not written.strip() or written in TAKEN:
        raise ConfigError(
            f"{written!r} is a rule of every service" if written.strip() else "a rule has no name",
            place=place,
            code=f"outreach.{place.removesuffix('s')}",
            allowed="a name of the service's own, which rows of a plan show",
            next_step="write name: low-price rent",
        )
    return written


def _texts(words: Texts) -> tuple[str, ...]:
    several = (words,) if isinstance(words, str) else tuple(words)
    return tuple(plain_text(str(word)) for word in several)


def _codes(codes: Texts) -> tuple[str, ...]:
    return tuple(plain_word(code) for code in _texts(codes))


def _values(where: object, place: str) -> Mapping[str, tuple[str, ...]]:
    """Return the values of attributes that are wanted, each as a text."""
    if not isinstance(where, Mapping):
        raise ConfigError(
            "where is no mapping of attributes to values",
            place=place,
            code="outreach.where",
            allowed="names of attributes, each with a value or a list of values",
            next_step="write where: {gu: [Jung, Seo]}",
        )
    listed = {
        str(name): values if isinstance(values, (list, tuple)) else (values,)
        for name, values in where.items()
    }
    for name, values in listed.items():
        if not values or any(value is None or isinstance(value, _NO_VALUE) for value in values):
            raise ConfigError(
                f"{name!r} has no value, or something that is none",
                place=place,
                code="outreach.where",
                allowed="a value or a list of values for each attribute",
                next_step=f"write where: {{{name}: ...}} with the value that households have",
            )
    return {name: tuple(plain_text(str(v)) for v in values) for name, values in listed.items()}
