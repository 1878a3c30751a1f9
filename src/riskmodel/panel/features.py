"""What a panel's columns are: aggregates of indicators over windows, and attributes, as pure data."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue, Indicator
from riskmodel.keys import Span

EVER = "ever"
ALL_CODES = "*"
OPERATIONS = (
    "count", "sum", "min", "max", "mean", "first", "last", "change", "ever", "distinct", "trend",
    "recency", "now", "spell",
)
OF_STATES = frozenset({"now", "spell"})
WITHOUT_WINDOW = OF_STATES | {"recency"}
# Of these, one more event of an indicator, or a larger value, can only raise the figure.
RISES_WITH_EVENTS = frozenset({"count", "ever", "distinct", "recency", "now", "spell", "sum", "max"})
RISES_WITH_READINGS = frozenset({"last", "first", "mean", "min", "max", "sum"})


@dataclass(frozen=True)
class Column:
    """One column of a panel: its name, and what it is made of.

    Attributes
    ----------
    name : str
    indicator : str
        Code of the indicator; empty for an attribute or a column of a frame.
    aggregate : str
        Operation, or empty.
    window : str
        ``"ever"``, a span such as ``"6M"``, or empty.
    direction : {-1, 0, 1}
        1 if a larger figure means more risk, -1 if less, 0 if not said.
    categories : tuple of str, optional
        Vocabulary of a text column; None for a number.
    """

    name: str
    indicator: str = ""
    aggregate: str = ""
    window: str = ""
    direction: int = 0
    categories: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Agg:
    """One aggregate of one or more indicators over one or more windows.

    Made by its class methods. `codes` is a code, a list of codes or ``"*"`` for the whole catalogue; `spans` is a
    span, a list of spans or ``"ever"``.

    Examples
    --------
    >>> Agg.count(["rent", "power"], ["3M", "ever"])
    Agg(operation='count', codes=('rent', 'power'), spans=('3M', 'ever'))
    """

    operation: str
    codes: tuple[str, ...]
    spans: tuple[str, ...] = (EVER,)

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ConfigError(
                f"unknown aggregate {self.operation!r}", code="features.aggregate", allowed=OPERATIONS,
                next_step=did_you_mean(self.operation, OPERATIONS),
            )
        object.__setattr__(self, "codes", _texts(self.codes))
        object.__setattr__(self, "spans", tuple(_window(span) for span in _texts(self.spans)))
        if self.operation in WITHOUT_WINDOW and self.spans != (EVER,):
            raise ConfigError(
                f"{self.operation} has no window", code="features.window", allowed=EVER,
                next_step=f"write Agg.{self.operation}(codes)",
            )
        if self.operation == "trend" and EVER in self.spans:
            raise ConfigError(
                "a trend compares the halves of a window, and 'ever' has none", code="features.window",
                allowed="a span such as '12M'", next_step="give the trend a span",
            )

    @classmethod
    def count(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Count the facts."""
        return cls("count", _texts(codes), _texts(spans))

    @classmethod
    def sum(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Add up the values."""
        return cls("sum", _texts(codes), _texts(spans))

    @classmethod
    def min(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the least value."""
        return cls("min", _texts(codes), _texts(spans))

    @classmethod
    def max(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the largest value."""
        return cls("max", _texts(codes), _texts(spans))

    @classmethod
    def mean(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the mean of the values."""
        return cls("mean", _texts(codes), _texts(spans))

    @classmethod
    def first(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the earliest value."""
        return cls("first", _texts(codes), _texts(spans))

    @classmethod
    def last(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the latest value."""
        return cls("last", _texts(codes), _texts(spans))

    @classmethod
    def change(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the latest value less the earliest."""
        return cls("change", _texts(codes), _texts(spans))

    @classmethod
    def ever(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Say 1 if there is a fact, else 0."""
        return cls("ever", _texts(codes), _texts(spans))

    @classmethod
    def distinct(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Count the different texts in `detail`."""
        return cls("distinct", _texts(codes), _texts(spans))

    @classmethod
    def trend(cls, codes: Codes, spans: Spans = "12M") -> Agg:
        """Take the count in the window's later half less that in its earlier half; of readings, the mean value."""
        return cls("trend", _texts(codes), _texts(spans))

    @classmethod
    def recency(cls, codes: Codes) -> Agg:
        """Take 2^(-days/180) since the latest fact, and 0 for never."""
        return cls("recency", _texts(codes))

    @classmethod
    def now(cls, codes: Codes) -> Agg:
        """Take the value in the feed's latest delivery (1 where it has none), 0 if it came without the household."""
        return cls("now", _texts(codes))

    @classmethod
    def spell(cls, codes: Codes) -> Agg:
        """Take the months (of 30.4375 days) since the first of the unbroken deliveries that hold the household now."""
        return cls("spell", _texts(codes))

    def columns(self, catalogue: Catalogue) -> Iterator[Column]:
        """Yield its columns, code by code and span by span."""
        for code in catalogue if self.codes == (ALL_CODES,) else self.codes:
            indicator = catalogue.require(code)
            if self.operation in OF_STATES and indicator.kind != "state":
                raise ConfigError(
                    f"{self.operation} tells of a state's deliveries, and {code!r} is of kind {indicator.kind}",
                    code="features.kind", allowed=[c for c in catalogue if catalogue[c].kind == "state"],
                    next_step="use last or recency, or write kind: state in the catalogue",
                )
            for span in self.spans:
                direction = _direction(indicator, self.operation)
                yield Column(_name(code, self.operation, span), code, self.operation, span, direction)


@dataclass(frozen=True)
class Attribute:
    """What is known of a household as of a date, as a column: a category, or a number.

    Parameters
    ----------
    name : str
        Its name in the table of attributes, and the column's.
    number : bool, default False
        Whether it is a number.
    direction : {-1, 0, 1}
        Of a number: 1 if more of it means more risk.
    """

    name: str
    number: bool = False
    direction: int = 0


Codes = str | Iterable[str]
Spans = str | Iterable[str]


@dataclass(frozen=True, init=False)
class Features:
    """The columns of a panel, declared: hashable, written to YAML, stored with the model.

    Parameters
    ----------
    items : iterable of Agg and Attribute
        Attributes come after the aggregates.

    Examples
    --------
    >>> features = Features([Agg.count("rent", ["3M", "ever"]), Attribute("borough")])
    >>> features.names
    ('rent__count__3M', 'rent__count__ever', 'borough')
    >>> Features.from_dict(features.to_dict()) == features
    True
    """

    items: tuple[Agg | Attribute, ...] = ()

    def __init__(self, items: Iterable[Agg | Attribute] = ()) -> None:
        listed = tuple(items)
        for item in listed:
            if not isinstance(item, (Agg, Attribute)):
                raise ConfigError(
                    f"features hold aggregates and attributes, not {type(item).__name__}", code="features.item",
                    allowed=["Agg.count(...)", "Attribute(...)"], next_step="wrap it in Agg or Attribute",
                )
        ordered = sorted(dict.fromkeys(listed), key=lambda item: isinstance(item, Attribute))
        object.__setattr__(self, "items", tuple(ordered))

    @classmethod
    def default(cls, catalogue: Catalogue, attributes: Iterable[str | Attribute] = ()) -> Features:
        """Return the catalogue's default aggregates.

        Directed indicators get only aggregates that one more event, or a larger value, moves in one direction.

        Parameters
        ----------
        catalogue : Catalogue
        attributes : iterable of str or Attribute
            Attributes to add.
        """
        named = (a if isinstance(a, Attribute) else Attribute(a) for a in attributes)
        return cls([*(agg for code in catalogue for agg in _default(catalogue[code])), *named])

    @property
    def aggregates(self) -> tuple[Agg, ...]:
        """The aggregates among its items."""
        return tuple(item for item in self.items if isinstance(item, Agg))

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The attributes among its items."""
        return tuple(item for item in self.items if isinstance(item, Attribute))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that it names, without ``"*"``."""
        named = dict.fromkeys(code for agg in self.aggregates for code in agg.codes)
        return tuple(code for code in named if code != ALL_CODES)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns; ``"*"`` must have been resolved by a catalogue."""
        if any(agg.codes == (ALL_CODES,) for agg in self.aggregates):
            raise ConfigError(
                "features of all codes have no names without a catalogue", code="features.all_codes",
                next_step="use features.resolve(catalogue).names",
            )
        made = (_name(c, a.operation, span) for a in self.aggregates for c in a.codes for span in a.spans)
        return tuple(dict.fromkeys([*made, *(clean(attribute.name) for attribute in self.attributes)]))

    def resolve(self, catalogue: Catalogue, every: Iterable[str] | None = None) -> Features:
        """Return the features with ``"*"`` replaced by the codes in `every` (default: the whole catalogue)."""
        for code in self.codes:
            catalogue.require(code)
        all_codes = tuple(catalogue if every is None else every)
        return Features(
            Agg(item.operation, all_codes, item.spans)
            if isinstance(item, Agg) and item.codes == (ALL_CODES,) else item
            for item in self.items
        )

    def columns(self, catalogue: Catalogue) -> tuple[Column, ...]:
        """Return its columns, with the directions that the catalogue gives them.

        Raises
        ------
        ConfigError
            For a code that the catalogue does not hold, or two things of one name.
        """
        found: dict[str, Column] = {}
        for column in self._columns(catalogue):
            if found.setdefault(column.name, column) != column:
                raise ConfigError(
                    f"two columns would be named {column.name!r}", code="features.repeated",
                    next_step="rename one of the codes or attributes",
                )
        return tuple(found.values())

    def _columns(self, catalogue: Catalogue) -> Iterator[Column]:
        for item in self.items:
            if isinstance(item, Agg):
                yield from item.columns(catalogue)
            else:
                yield Column(clean(item.name), direction=item.direction, categories=None if item.number else ())

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for YAML and JSON."""
        return {
            "aggregates": [
                {"operation": a.operation, "codes": list(a.codes), "spans": list(a.spans)} for a in self.aggregates
            ],
            "attributes": [{"name": a.name, "number": a.number, "direction": a.direction} for a in self.attributes],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Features:
        """Read what `to_dict` wrote; attributes may be plain names."""
        check_fields(data, ("aggregates", "attributes"), "features")
        aggregates = [
            Agg(**check_fields(entry, ("operation", "codes", "spans"), "features.aggregates"))
            for entry in data.get("aggregates") or ()
        ]
        attributes = [
            Attribute(entry) if isinstance(entry, str)
            else Attribute(**check_fields(entry, ("name", "number", "direction"), "features.attributes"))
            for entry in data.get("attributes") or ()
        ]
        return cls([*aggregates, *attributes])

    @property
    def digest(self) -> str:
        """The sha256 of its content."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.items)


def clean(name: str) -> str:
    """Return a column name that Spark and LightGBM accept: letters, digits and underscores.

    Examples
    --------
    >>> clean("monthly rent (DM)")
    'monthly_rent_DM'
    """
    return re.sub(r"\W+", "_", str(name)).strip("_")


def check_fields(data: Mapping[str, Any], allowed: Iterable[str], place: str) -> dict[str, Any]:
    """Return the mapping as a dict, or refuse a key that is not among those allowed."""
    allowed = list(allowed)
    for key in data:
        if key not in allowed:
            raise ConfigError(
                f"unknown key {key!r}", code="config.key", place=place, allowed=allowed,
                next_step=did_you_mean(str(key), allowed),
            )
    return dict(data)


def _name(code: str, operation: str, span: str) -> str:
    return f"{clean(code)}__{operation}__{span}"


def _default(indicator: Indicator) -> Iterator[Agg]:
    code, undirected = indicator.code, indicator.direction == 0
    if indicator.kind == "state":
        yield from (Agg.now(code), Agg.spell(code), Agg.max(code, "12M"), Agg.count(code))
    elif indicator.kind == "reading":
        yield from (Agg.last(code), Agg.mean(code, "12M"))
    else:
        yield Agg.count(code, ("1M", "3M", "6M", "12M", EVER))
        if indicator.unit and _is_nonnegative(indicator):
            yield from (Agg.sum(code, ("3M", "12M", EVER)), Agg.max(code, "12M"))
        yield Agg.recency(code)
        if undirected and indicator.unit:
            yield from (Agg.mean(code, "12M"), Agg.last(code))
    if undirected:
        yield Agg.trend(code, "12M")


def _direction(indicator: Indicator, operation: str) -> int:
    rising = RISES_WITH_READINGS if indicator.kind == "reading" else RISES_WITH_EVENTS
    falls_below_none = indicator.kind != "reading" and operation == "max"
    if (operation == "sum" or falls_below_none) and not _is_nonnegative(indicator):
        return 0
    return indicator.direction if operation in rising else 0


def _is_nonnegative(indicator: Indicator) -> bool:
    return indicator.minimum is None or indicator.minimum >= 0


def _texts(values: Codes) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(str(value) for value in values)


def _window(span: str) -> str:
    if span == EVER:
        return EVER
    parsed = Span.parse(span)
    if parsed.count == 0:
        raise ConfigError(
            "a window of no days holds nothing", code="features.window", next_step="give a span such as '6M'"
        )
    return str(parsed)
