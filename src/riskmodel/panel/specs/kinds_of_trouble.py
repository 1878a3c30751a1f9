"""How many different indicators of a family of life a household has facts of, as features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from riskmodel.doors import door
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import FEW, named
from riskmodel.indicators import FAMILIES, Catalogue, Indicator
from riskmodel.panel.specs.aggregates import KINDS
from riskmodel.panel.specs.feature_columns import (
    ALL_CODES,
    EVER,
    Codes,
    Column,
    Spans,
    texts_of,
    windows_of,
)

DEFAULT_SPANS = ("1M", "3M", "6M", "12M", EVER)
LEAST = 2


@door
@dataclass(frozen=True)
class Kinds:
    """How many different indicators of a family of life have a fact, over one or more windows.

    Counted are events that raise the risk. Sensitive ones (suicide, violence) never are, since the
    number would tell of them. An indicator whose feed is not delivered is not counted; where none
    of them is delivered the number is missing.

    Parameters
    ----------
    family : str
        One of ``riskmodel.indicators.FAMILIES``.
    codes : str or list of str
        Indicators of that family; by default all that count.
    spans : str or list of str
        A span such as ``"6M"``, a list of spans, or ``"ever"``.

    Examples
    --------
    >>> catalogue = Catalogue.read(
    ...     {code: {"family": "housing", "direction": 1} for code in ("rent", "notice")}
    ... )
    >>> [column.name for column in Kinds("housing", spans=["6M", "ever"]).columns(catalogue)]
    ['housing__kinds__6M', 'housing__kinds__ever']
    """

    family: str
    codes: Codes = (ALL_CODES,)
    spans: Spans = DEFAULT_SPANS

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise ConfigError(
                f"no family of life {self.family!r}",
                code="features.family",
                allowed=FAMILIES,
                next_step=did_you_mean(str(self.family), FAMILIES),
            )
        object.__setattr__(self, "codes", texts_of(self.codes))
        object.__setattr__(self, "spans", windows_of(self.spans))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(f"{self.family}__{KINDS}__{span}" for span in self.spans)

    def resolve(self, catalogue: Catalogue, every: Iterable[str] | None = None) -> Kinds:
        """Return it with ``"*"`` replaced by the codes that count: of `every`, or of all.

        Raises
        ------
        ConfigError
            For a code that the catalogue does not hold or that does not count, or fewer than two.
        """
        counted = counted_codes(catalogue, self.family, every)
        if self.codes != (ALL_CODES,):
            self._check(catalogue, counted_codes(catalogue, self.family))
            counted = tuple(dict.fromkeys(self.codes))
        if len(counted) < LEAST:
            raise ConfigError(
                f"kinds of {self.family} count different indicators, and there are not two of them",
                code="features.kinds",
                allowed=f"two indicators or more with family: {self.family}, kind: event and "
                "direction: 1 in the catalogue, none of them sensitive",
                next_step="describe them in the catalogue, or leave this family out of kinds",
            )
        return Kinds(self.family, counted, self.spans)

    def columns(self, catalogue: Catalogue) -> Iterator[Column]:
        """Yield its columns, span by span."""
        codes = self.resolve(catalogue).codes
        for name, span in zip(self.names, self.spans, strict=True):
            yield Column(
                name,
                aggregate=KINDS,
                window=span,
                direction=1,
                family=self.family,
                codes=tuple(codes),
            )

    def _check(self, catalogue: Catalogue, counted: tuple[str, ...]) -> None:
        """Refuse a code that the catalogue does not hold, or that does not count."""
        for code in self.codes:
            catalogue.require(code)
            if code in counted:
                continue
            what = f"a code of {FEW} households" if code in catalogue.rare else repr(code)
            raise ConfigError(
                f"kinds of {self.family} do not count {what}: it is no event of that family that "
                "raises the risk, or it is sensitive",
                code="features.kinds",
                allowed=named(counted, catalogue.rare, "code"),
                next_step=f"leave it out, or write family: {self.family}, kind: event and "
                "direction: 1 in the catalogue",
            )


def default_kinds(catalogue: Catalogue) -> Iterator[Kinds]:
    """Yield the number of kinds of each family that has two indicators or more to count."""
    for family in FAMILIES:
        codes = counted_codes(catalogue, family)
        if len(codes) >= LEAST:
            yield Kinds(family, codes)


def counted_codes(
    catalogue: Catalogue, family: str, every: Iterable[str] | None = None
) -> tuple[str, ...]:
    """Return the codes of a family that count, among some or all of a catalogue."""
    codes = catalogue if every is None else every
    return tuple(code for code in codes if _counts(catalogue[code], family))


def _counts(indicator: Indicator, family: str) -> bool:
    return (
        indicator.family == family
        and indicator.kind == "event"
        and indicator.direction == 1
        and not indicator.masked
    )
