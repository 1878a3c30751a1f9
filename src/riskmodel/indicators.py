"""The catalogue: what each indicator is, who delivers it, which way it speaks and how it is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from types import NoneType
from typing import Any, Literal

import pandas as pd
import yaml

from riskmodel.errors import ConfigError, did_you_mean

Kind = Literal["event", "state", "reading"]
RollUp = Literal["any", "sum", "max"]
ROLL_UPS = ("any", "sum", "max")
KINDS = ("event", "state", "reading")
SENSITIVITIES = ("open", "health", "suicide", "violence")
MASKED = frozenset({"suicide", "violence"})
FAMILIES = ("housing", "utilities", "insurance", "finance", "health", "work", "family", "other")


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
    family: str = "other"
    kind: Kind = "event"
    direction: int = 0
    lag: str = "0D"
    unit: str = ""
    threshold: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    sensitivity: str = "open"
    live_from: str | None = None
    verified: bool = False
    roll_up: RollUp | None = None
    redefined: tuple[Mapping[str, str], ...] = ()

    def __post_init__(self) -> None:
        _check_choice(self.code, "kind", self.kind, KINDS)
        _check_choice(self.code, "family", self.family, FAMILIES)
        _check_choice(self.code, "sensitivity", self.sensitivity, SENSITIVITIES)
        _check_choice(self.code, "direction", self.direction, (-1, 0, 1))
        _check_choice(self.code, "roll_up", self.roll_up, (None, *ROLL_UPS))

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
        entries = _read_yaml(Path(source)) if isinstance(source, (str, Path)) else source
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


def _check_choice(code: str, name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if value not in allowed:
        raise ConfigError(
            f"{name} {value!r} of indicator {code!r} is not known",
            code=f"catalogue.{name}",
            allowed=[str(choice) for choice in allowed],
            next_step=did_you_mean(str(value), map(str, allowed)),
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


def _check_number(code: str, name: str, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise ConfigError(
            f"{name} of indicator {code!r} is no number",
            code="catalogue.number",
            allowed="a number, or nothing",
            next_step=f"write {name}: 0",
        )


def _redefinition(code: str, written: Any) -> dict[str, str]:
    keys = ("from", "note", "ko", "en")
    try:
        if set(written) - set(keys):
            raise ValueError
        return {key: str(written[key]) for key in keys if key in written} | {
            "from": _iso(written["from"])
        }
    except (ValueError, TypeError, KeyError):
        raise ConfigError(
            f"redefined of indicator {code!r} does not say when, or says what is not known",
            code="catalogue.redefined",
            allowed=keys,
            next_step='write redefined: [{from: 2023-01-01, note: "the cap of 10 million won becomes 20 million"}]',
        ) from None


def _iso(day: Any) -> str:
    return date.fromisoformat(str(day)).isoformat()


def _indicator(code: str, entry: Any) -> Indicator:
    if not isinstance(entry, (Mapping, NoneType)):
        raise _no_entry(f"indicator {code!r} holds no fields")
    values = dict(entry or {})
    known = [f.name for f in fields(Indicator) if f.name != "code"]
    for key in values:
        if key not in known:
            raise ConfigError(
                f"unknown field {key!r} of indicator {code!r}",
                code="catalogue.field",
                allowed=known,
                next_step=did_you_mean(key, known),
            )
    for name in ("minimum", "maximum"):
        _check_number(code, name, values.get(name))
    _check_bounds(code, values.get("minimum"), values.get("maximum"))
    redefined = values.get("redefined") or ()
    listed = redefined if isinstance(redefined, (list, tuple)) else [redefined]
    values["redefined"] = tuple(_redefinition(code, written) for written in listed)
    if values.get("live_from") is not None:
        values["live_from"] = str(values["live_from"])
    return Indicator(code, **values)


def _read_yaml(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"catalogue {path.name} does not exist",
            code="catalogue.missing",
            next_step="give the path relative to the manifest, or write the catalogue inline",
        ) from None
    except yaml.YAMLError:
        raise ConfigError(
            f"catalogue {path.name} is not YAML",
            code="catalogue.yaml",
            next_step="check indentation and colons",
        ) from None
    if not isinstance(content, dict):
        raise ConfigError(
            f"catalogue {path.name} holds no mapping of codes",
            code="catalogue.yaml",
            allowed="code: {field: value} entries",
            next_step="write one entry for each indicator",
        )
    return content
