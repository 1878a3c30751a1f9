"""What a model keeps of its experiment: capacity, one-line rules, language, configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from riskmodel.metrics import Capacity

DEFAULT_CAPACITY = Capacity(0.02)


@dataclass(frozen=True)
class Settings:
    """The settings of the experiment that a model comes from; `publish` keeps them.

    They are the defaults of `riskmodel.score`, `riskmodel.trace` and `riskmodel.promote`.

    Attributes
    ----------
    capacity : Capacity
        At which it was evaluated; 2 % of each round for a model that is not published. Areas of few
        households share that of ``"other"``.
    rules : tuple of str
        The one-line rules that it was compared with.
    lang : str
        The language of its lists.
    configuration : mapping
        Of the experiment: figures and single words, ``"(left out)"`` in place of conditions and
        whatever else people write freely; empty for a version published without one.
    """

    capacity: Capacity = DEFAULT_CAPACITY
    rules: tuple[str, ...] = ()
    lang: str = "en"
    configuration: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {
            "capacity": self.capacity.value,
            "rules": list(self.rules),
            "lang": self.lang,
            "configuration": dict(self.configuration),
        }

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Settings:
        """Return what `to_dict` wrote.

        Examples
        --------
        >>> settings = Settings(Capacity.parse(0.05), rules=("arrears__count__6M",), lang="ko")
        >>> Settings.from_dict(settings.to_dict()) == settings
        True
        """
        return cls(
            capacity=Capacity.parse(written["capacity"]),
            rules=tuple(written["rules"]),
            lang=str(written["lang"]),
            configuration=dict(written["configuration"]),
        )
