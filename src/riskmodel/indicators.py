"""The catalogue: what each indicator is, who delivers it, which way it speaks and how it is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from riskmodel.schema.refusals import Fault

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
        An event happened on a day; a state holds from its delivery until the next delivery of its feed without it;
        a reading is a value.
    direction : {-1, 0, 1}
        1 if more of it means more risk, -1 if less, 0 if not said.
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
        Day from which the feed is delivered (YYYY-MM-DD); default: its first delivery visible by then.
    verified : bool
        Whether the definition was checked against its legal source.
    roll_up : {"any", "sum", "max"}, optional
        How one day's facts of several people become one of their household: that there is any, the sum or the largest
        of the values; default: each stays a fact.
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
    redefined: tuple[Mapping[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise _no_choice(self.code, name, f" {value!r}")

    @property
    def masked(self) -> bool:
        """Whether lists and reasons hide it unless asked not to."""
        return self.sensitivity in MASKED

    def redefined_within(self, first: Any, last: Any) -> tuple[str, ...]:
        """Tell of each change of its definition after a first day and up to a last one, in words.

        Examples
        --------
        >>> loans = Indicator("loans", redefined=({"from": "2023-01-01", "note": "the cap is 20 million won"},))
        >>> loans.redefined_within("2022-01-01", "2024-01-01")
        ('loans was redefined on 2023-01-01 (the cap is 20 million won)',)
        """
        told = (
            (change["from"], change.get("note") or change.get("en") or "")
            for change in self.redefined
        )
        return tuple(
            f"{self.code} was redefined on {day}" + (f" ({note})" if note else "")
            for day, note in told
            if str(first)[:10] < day <= str(last)[:10]
        )

    def name(self, lang: str = "en") -> str:
        """Return its name in ``"ko"`` or ``"en"``; the code where none is written."""
        return (self.ko if lang == "ko" else self.en) or self.en or self.ko or self.code


@dataclass(frozen=True)
class Catalogue(Mapping[str, Indicator]):
    """All indicators of a set of records, in order; a mapping from code to `Indicator`.

    Examples
    --------
    >>> catalogue = Catalogue.read({"rent": {"en": "rent arrears", "direction": 1, "unit": "months"}})
    >>> catalogue["rent"].name("en")
    'rent arrears'
    """

    indicators: tuple[Indicator, ...] = ()
    _by_code: dict[str, Indicator] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for indicator in self.indicators:
            if indicator.code in self._by_code:
                raise ConfigError(
                    f"indicator {indicator.code!r} stands twice in the catalogue",
                    code="catalogue.repeated",
                    next_step="keep one entry for each code",
                )
            self._by_code[indicator.code] = indicator

    @classmethod
    def read(cls, source: Catalogue | Mapping[str, Any] | str | Path | None) -> Catalogue:
        """Read a catalogue from YAML, a mapping ``{code: {field: value}}`` or another catalogue."""
        if source is None:
            return cls()
        if isinstance(source, Catalogue):
            return source
        entries = _entries_in(Path(source)) if isinstance(source, (str, Path)) else source
        if not isinstance(entries, Mapping):
            raise _no_entry("the catalogue holds no mapping of codes")
        return cls(tuple(_indicator(str(code), entry) for code, entry in entries.items()))

    def with_codes(self, codes: Iterable[str]) -> Catalogue:
        """Return the catalogue with plain events (no direction) added for codes that it does not hold."""
        new = tuple(Indicator(code) for code in codes if code not in self._by_code)
        return Catalogue(self.indicators + new) if new else self

    def __getitem__(self, code: str) -> Indicator:
        try:
            return self._by_code[code]
        except KeyError:
            raise KeyError(code) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    def require(self, code: str) -> Indicator:
        """Return the indicator, or refuse an unknown code with the nearest known ones."""
        if code not in self._by_code:
            raise ConfigError(
                f"unknown indicator {code!r}",
                code="catalogue.unknown",
                allowed=list(self),
                next_step=did_you_mean(code, self),
            )
        return self._by_code[code]

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return ``{code: {field: value}}`` without fields that hold their default; `read` inverts it."""
        defaults = {f.name: f.default for f in fields(Indicator) if f.name != "code"}
        return {
            indicator.code: {
                k: v for k, v in asdict(indicator).items() if k != "code" and v != defaults[k]
            }
            for indicator in self.indicators
        }

    @property
    def digest(self) -> str:
        """Return the sha256 of its content."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def frame(self) -> pd.DataFrame:
        """Return one row an indicator."""
        return pd.DataFrame(
            [asdict(i) for i in self.indicators], columns=[f.name for f in fields(Indicator)]
        )

    def __repr__(self) -> str:
        return f"Catalogue({len(self)} indicators: {', '.join(list(self)[:6])}{', ...' if len(self) > 6 else ''})"


def _no_choice(code: str, name: str, value: str = "") -> ConfigError:
    allowed = [str(choice) for choice in CHOICES[name]]
    return ConfigError(
        f"{name}{value} of indicator {code!r} is not known",
        code=f"catalogue.{name}",
        allowed=allowed,
        next_step=did_you_mean(value.strip(" '"), allowed),
    )


def _no_entry(what: str) -> ConfigError:
    return ConfigError(
        what,
        code="catalogue.entry",
        allowed="code: {field: value} entries",
        next_step="write one entry for each indicator, such as rent: {direction: 1}",
    )


def _check_bounds(code: str, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ConfigError(
            f"minimum of indicator {code!r} lies above its maximum",
            code="catalogue.number",
            allowed="a minimum up to the maximum",
            next_step="swap them",
        )


def _redefinition(code: str, written: Mapping[str, Any]) -> dict[str, str]:
    try:
        if set(written) - set(REDEFINITION_KEYS):
            raise ValueError
        texts = {key: str(written[key]) for key in REDEFINITION_KEYS if key in written}
        return texts | {"from": _iso(written["from"])}
    except (ValueError, TypeError, KeyError):
        raise _no_redefinition(code) from None


def _no_redefinition(code: str) -> ConfigError:
    return ConfigError(
        f"redefined of indicator {code!r} does not say when, or says what is not known",
        code="catalogue.redefined",
        allowed=REDEFINITION_KEYS,
        next_step='write redefined: [{from: 2023-01-01, note: "the cap of 10 million won becomes 20 million"}]',
    )


def _iso(day: Any) -> str:
    return date.fromisoformat(str(day)).isoformat()


def _indicator(code: str, entry: Any) -> Indicator:
    from riskmodel.schema.declared import model_of
    from riskmodel.schema.refusals import validated

    if not isinstance(entry, (Mapping, NoneType)):
        raise _no_entry(f"indicator {code!r} holds no fields")
    keys = model_of(Indicator, without=("code",))
    values = validated(keys, entry or {}, lambda fault: _refusal(code, fault)).given()
    _check_bounds(code, values.get("minimum"), values.get("maximum"))
    changes = values.pop("redefined", ())
    redefined = tuple(_redefinition(code, written) for written in changes)
    return Indicator(code, redefined=redefined, **values)


def _refusal(code: str, fault: Fault) -> ConfigError:
    """Return the refusal of a field of an indicator."""
    from riskmodel.schema import values
    from riskmodel.schema.refusals import UNKNOWN_KEY

    name = str(fault.path[0])
    if name == "redefined":
        return _no_redefinition(code)
    if fault.kind == values.NO_CHOICE:
        return _no_choice(code, name)
    if fault.kind == UNKNOWN_KEY:
        return ConfigError(
            f"unknown field {name!r} of indicator {code!r}",
            code="catalogue.field",
            allowed=fault.known,
            next_step=did_you_mean(name, fault.known),
        )
    if fault.kind == values.NO_NUMBER:
        return ConfigError(
            f"{name} of indicator {code!r} is no number",
            code="catalogue.number",
            allowed="a number, or nothing",
            next_step=f"write {name}: 0",
        )
    if fault.kind == values.NO_FLAG:
        return ConfigError(
            f"{name} of indicator {code!r} is neither true nor false",
            code="catalogue.flag",
            allowed="true or false",
            next_step=f"write {name}: true, without quotes",
        )
    return ConfigError(
        f"{name} of indicator {code!r} is no text",
        code="catalogue.text",
        allowed="one text",
        next_step="put it in quotes",
    )


def _entries_in(path: Path) -> Mapping[str, Any]:
    from riskmodel.schema.yaml_files import YamlKind, read_yaml

    kind = YamlKind(
        "catalogue",
        "catalogue.missing",
        "catalogue.yaml",
        "give the path relative to the manifest, or write the catalogue inline",
    )
    content = read_yaml(path, kind)
    if not isinstance(content, dict):
        raise ConfigError(
            f"catalogue {path.name} holds no mapping of codes",
            code="catalogue.yaml",
            allowed="code: {field: value} entries",
            next_step="write one entry for each indicator",
        )
    return content
