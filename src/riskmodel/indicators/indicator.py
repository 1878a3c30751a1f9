"""An indicator: what it is, who delivers it, in which direction it points, and its names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators.language_codes import check_languages
from riskmodel.texts import plain_word

Kind = Literal["event", "state", "reading"]
Direction = Literal[-1, 0, 1]
RollUp = Literal["any", "sum", "max"]
Sensitivity = Literal["open", "health", "suicide", "violence"]
Family = Literal[
    "housing", "utilities", "insurance", "finance", "health", "work", "family", "other"
]
KINDS, ROLL_UPS = get_args(Kind), get_args(RollUp)
SENSITIVITIES, FAMILIES = get_args(Sensitivity), get_args(Family)
MASKED = frozenset({"suicide", "violence"})
REDEFINITION_KEYS = ("from", "note", "ko", "en")
# What some fields may hold.
CHOICES: Mapping[str, tuple[Any, ...]] = {
    "kind": KINDS,
    "family": FAMILIES,
    "sensitivity": SENSITIVITIES,
    "direction": get_args(Direction),
    "roll_up": (None, *ROLL_UPS),
}


@dataclass(frozen=True)
class Indicator:
    """One kind of event, state or reading.

    Attributes
    ----------
    code : str
        Its key in every table.
    ko, en : str
        Names in Korean and English; default: the code.
    agency : str
        Who delivers it.
    family : str
        Family of life: one of `FAMILIES`.
    kind : {"event", "state", "reading"}
        An event happened on a day. A state holds from its delivery until the next delivery of its
        feed without it. A reading is a value.
    direction : {-1, 0, 1}
        1 if more of it means more risk, -1 if less does, 0 if unknown.
    lag : str
        Span from event to known date where the records give none.
    unit : str
        What the value counts: ``"months"``, ``"KRW"``; empty for none.
    threshold : float, optional
        Least value, in `unit`, at which the agency delivers it at all.
    minimum, maximum : float, optional
        Bounds of the value; what lies outside is quarantined.
    sensitivity : str
        One of `SENSITIVITIES`; ``"suicide"`` and ``"violence"`` are masked in reasons by default.
    live_from : str, optional
        Day from which the feed is delivered (YYYY-MM-DD); default: its first delivery visible by
        then.
    verified : bool
        Whether the definition was checked against its legal source.
    roll_up : {"any", "sum", "max"}, optional
        How the facts of several people on one day become one fact of their household: that there is
        any, or the sum or the largest of the values. Default: each stays a fact.
    label : mapping
        Names by code of a language, such as ``{"vi": "nợ"}``; the Korean and English ones may
        stand here, too. A language may be one in which riskmodel writes no reasons.
    redefined : tuple of mapping
        When its definition changed: `from` (YYYY-MM-DD), and `note`, `ko` or `en` on what did.
    """

    code: str
    ko: str = ""
    en: str = ""
    agency: str = ""
    family: Family = "other"
    kind: Kind = "event"
    direction: Direction = 0
    lag: str = "0D"
    unit: str = ""
    threshold: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    sensitivity: Sensitivity = "open"
    live_from: str | None = None
    verified: bool = False
    roll_up: RollUp | None = None
    label: Mapping[str, str] = field(default_factory=dict, hash=False)
    redefined: tuple[Mapping[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", plain_word(self.code))
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise no_choice(self.code, name, f" {value!r}")
        check_languages(self.code, self.label)

    @property
    def masked(self) -> bool:
        """Whether lists and reasons hide it by default."""
        return self.sensitivity in MASKED

    def redefined_within(self, first: str | date, last: str | date) -> tuple[str, ...]:
        """Describe each change of its definition after a first day and up to a last one.

        Examples
        --------
        >>> change = {"from": "2023-01-01", "note": "the cap is 20 million won"}
        >>> Indicator("loans", redefined=(change,)).redefined_within("2022-01-01", "2024-01-01")
        ('loans was redefined on 2023-01-01 (the cap is 20 million won)',)
        """
        after, until = str(first)[:10], str(last)[:10]
        return tuple(
            self._describe(change) for change in self.redefined if after < change["from"] <= until
        )

    def _describe(self, change: Mapping[str, str]) -> str:
        note = change.get("note") or change.get("en")
        why = f" ({note})" if note else ""
        return f"{self.code} was redefined on {change['from']}{why}"

    def name(self, lang: str = "en") -> str:
        """Return its name in a language, else in English or Korean, else the code.

        Examples
        --------
        >>> debt = Indicator("debt", en="debt", label={"vi": "nợ"})
        >>> debt.name("vi"), debt.name("ko")
        ('nợ', 'debt')
        """
        names = {"en": self.en, "ko": self.ko, **self.label}
        return names.get(lang) or names["en"] or names["ko"] or self.code


def no_choice(code: str, name: str, value: str = "") -> ConfigError:
    """Return the refusal of a field that holds none of the words that it may hold."""
    allowed = [str(choice) for choice in CHOICES[name]]
    return ConfigError(
        f"{name}{value} of indicator {code!r} is not known",
        code=f"catalogue.{name}",
        allowed=allowed,
        next_step=did_you_mean(value.strip(" '"), allowed),
    )
