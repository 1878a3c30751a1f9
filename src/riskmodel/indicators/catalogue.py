"""The catalogue: all indicators of a set of records, by code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import named
from riskmodel.indicators.indicator import Indicator
from riskmodel.texts import plain_word


@dataclass(frozen=True)
class Catalogue(Mapping[str, Indicator]):
    """All indicators of a set of records, in order; a mapping from code to `Indicator`.

    Attributes
    ----------
    indicators : tuple of Indicator
    rare : frozenset of str
        Codes that came with the data alone, and that fewer than 10 households have: they may name
        one of them, and messages count them.

    Examples
    --------
    >>> rent = {"en": "rent arrears", "direction": 1, "unit": "months"}
    >>> catalogue = Catalogue.read({"rent": rent})
    >>> catalogue["rent"].name("en")
    'rent arrears'
    """

    indicators: tuple[Indicator, ...] = ()
    rare: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
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
    def read(cls, source: Catalogue | Mapping[str, object] | str | Path | None) -> Catalogue:
        """Read a catalogue from YAML, a mapping ``{code: {field: value}}`` or another catalogue."""
        if source is None:
            return cls()
        if isinstance(source, Catalogue):
            return source
        # Loads pydantic, which this room does without otherwise.
        from riskmodel.indicators.reading import indicators_in

        return cls(indicators_in(source))

    def with_codes(self, codes: Iterable[str]) -> Catalogue:
        """Return the catalogue, with a plain event added for each code that it does not hold."""
        new = tuple(Indicator(code) for code in codes if code not in self)
        return Catalogue(self.indicators + new, self.rare) if new else self

    def calling_rare(self, codes: Iterable[str]) -> Catalogue:
        """Return the catalogue, with the codes that messages only count.

        Examples
        --------
        >>> Catalogue((Indicator("rent"), Indicator("visit to Kim"))).calling_rare(["visit to Kim"])
        Catalogue(2 indicators: rent, and 1 code of fewer than 10 households)
        """
        return Catalogue(self.indicators, frozenset(codes).intersection(self))

    @property
    def known(self) -> list[str]:
        """The codes that a message may name."""
        return [code for code in self if code not in self.rare]

    @property
    def listed(self) -> list[str]:
        """The codes that a message may name, and how many others there are."""
        return named(self, self.rare, "code")

    @property
    def undeclared(self) -> list[str]:
        """The codes of which it says nothing, such as those that came with the data alone.

        Examples
        --------
        >>> Catalogue((Indicator("rent", direction=1), Indicator("fire"))).undeclared
        ['fire']
        """
        return [code for code, indicator in self._by_code.items() if indicator == Indicator(code)]

    def __getitem__(self, code: str) -> Indicator:
        try:
            return self._by_code[plain_word(code)]
        except KeyError:
            raise KeyError(code) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    def require(self, code: str, place: str | None = None) -> Indicator:
        """Return the indicator, or refuse an unknown code with the nearest known ones.

        Parameters
        ----------
        code : str
        place : str, optional
            Where it is named, which a refusal tells.
        """
        if code not in self:
            raise ConfigError(
                f"unknown indicator {code!r}",
                place=place,
                code="catalogue.unknown",
                allowed=self.listed,
                next_step=did_you_mean(code, self.known),
            )
        return self[code]

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return ``{code: {field: value}}`` without fields at their default; `read` inverts it."""
        defaults = vars(Indicator(""))
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
        """Return one row per indicator."""
        return pd.DataFrame(
            [asdict(i) for i in self.indicators], columns=[f.name for f in fields(Indicator)]
        )

    def __repr__(self) -> str:
        codes = self.listed
        shown = [*codes[:6], "..."] if len(codes) > 6 else codes
        return f"Catalogue({len(self)} indicators: {', '.join(shown)})"
