"""What features are declared from: aggregates of indicators over windows, and attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from riskmodel.doors import door, refused
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import FEW, named
from riskmodel.indicators import Catalogue, Indicator
from riskmodel.keys import Span
from riskmodel.panel.specs.aggregates import AGGREGATES, Aggregate
from riskmodel.serving import key_of
from riskmodel.texts import plain_text, plain_word

EVER = "ever"
ALL_CODES = "*"
Codes = str | Iterable[str]
Spans = str | Iterable[str]


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
        Vocabulary of a text column; None for a number. Values outside of it are its ``"other"``,
        where it has one.
    rare : int, optional
        How many of the categories fewer than 10 households of the panel have; None where nobody
        counted.
    of_few : bool
        Whether fewer than 10 households have another number in it than the usual one, and no
        catalogue says what it is, so that its name may be that of one of them.
    family : str
        Of a number of different indicators their family of life; else empty.
    codes : tuple of str
        The indicators that such a column counts.
    """

    name: str
    indicator: str = ""
    aggregate: str = ""
    window: str = ""
    direction: int = 0
    categories: tuple[str, ...] | None = None
    rare: int | None = field(default=None, compare=False)
    of_few: bool = field(default=False, compare=False)
    family: str = ""
    codes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What its contribution is summed under: an indicator, a family's kinds, or its name.

        Examples
        --------
        >>> Column("rent__count__6M", "rent", "count", "6M").key
        'rent'
        >>> Column("housing__kinds__6M", family="housing", codes=("rent", "notice")).key
        'housing__kinds'
        """
        return key_of(self.name, self.indicator, self.family)

    @property
    def part(self) -> str:
        """The indicator or family's kinds that it is a part of; nothing for a column of its own."""
        return self.key if self.indicator or self.family else ""


@dataclass(frozen=True)
class Agg:
    """One aggregate of one or more indicators over one or more windows.

    Its class methods make it. `codes` is a code, a list of codes, or ``"*"`` for the whole
    catalogue. `spans` is a span, a list of spans, or ``"ever"``.

    Examples
    --------
    >>> Agg.count(["rent", "power"], ["3M", "ever"])
    Agg(operation='count', codes=('rent', 'power'), spans=('3M', 'ever'))
    """

    operation: str
    codes: tuple[str, ...]
    spans: tuple[str, ...] = (EVER,)

    def __post_init__(self) -> None:
        if self.operation not in AGGREGATES:
            raise ConfigError(
                f"unknown aggregate {self.operation!r}",
                code="features.aggregate",
                allowed=AGGREGATES,
                next_step=did_you_mean(self.operation, AGGREGATES),
            )
        object.__setattr__(self, "codes", texts_of(self.codes))
        object.__setattr__(self, "spans", windows_of(self.spans))
        self._check_window()

    def _check_window(self) -> None:
        rule = self.specification.window
        if rule == "none" and self.spans != (EVER,):
            raise ConfigError(
                f"{self.operation} has no window",
                code="features.window",
                allowed=EVER,
                next_step=f"write Agg.{self.operation}(codes)",
            )
        if rule == "halves" and EVER in self.spans:
            raise ConfigError(
                f"{self.operation} compares the halves of a window, and 'ever' has none",
                code="features.window",
                allowed="a span such as '12M'",
                next_step=f"write for instance Agg.{self.operation}(codes, '12M')",
            )

    @property
    def specification(self) -> Aggregate:
        """What its aggregate is."""
        return AGGREGATES[self.operation]

    @classmethod
    def count(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Count the facts."""
        return cls("count", texts_of(codes), texts_of(spans))

    @classmethod
    def sum(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Add up the values."""
        return cls("sum", texts_of(codes), texts_of(spans))

    @classmethod
    def min(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the least value."""
        return cls("min", texts_of(codes), texts_of(spans))

    @classmethod
    def max(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the largest value."""
        return cls("max", texts_of(codes), texts_of(spans))

    @classmethod
    def mean(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the mean of the values."""
        return cls("mean", texts_of(codes), texts_of(spans))

    @classmethod
    def first(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the earliest value."""
        return cls("first", texts_of(codes), texts_of(spans))

    @classmethod
    def last(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the latest value."""
        return cls("last", texts_of(codes), texts_of(spans))

    @classmethod
    def change(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the latest value less the earliest.

        Of a state: its value in the window's latest delivery less that in its earliest, where a
        delivery without the household counts as 0.
        """
        return cls("change", texts_of(codes), texts_of(spans))

    @classmethod
    def ever(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Say 1 if there is a fact, else 0."""
        return cls("ever", texts_of(codes), texts_of(spans))

    @classmethod
    def distinct(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Count the different texts in `detail`."""
        return cls("distinct", texts_of(codes), texts_of(spans))

    @classmethod
    def range(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the largest value less the least; of events and readings."""
        return cls("range", texts_of(codes), texts_of(spans))

    @classmethod
    def std(cls, codes: Codes, spans: Spans = EVER) -> Agg:
        """Take the standard deviation (ddof 1) of readings; missing for fewer than two values."""
        return cls("std", texts_of(codes), texts_of(spans))

    @classmethod
    def trend(cls, codes: Codes, spans: Spans = "12M") -> Agg:
        """Take the count in the window's later half less the count in its earlier half.

        Of readings: the mean value of the halves in place of the count.
        """
        return cls("trend", texts_of(codes), texts_of(spans))

    @classmethod
    def recency(cls, codes: Codes) -> Agg:
        """Take 2^(-days/180) since the latest fact, and 0 for never."""
        return cls("recency", texts_of(codes))

    @classmethod
    def now(cls, codes: Codes) -> Agg:
        """Take a state's value in the feed's latest delivery.

        It is 1 where the state has no value, and 0 where the delivery came without the household.
        """
        return cls("now", texts_of(codes))

    @classmethod
    def spell(cls, codes: Codes) -> Agg:
        """Take the months (of 30.4375 days) for which every delivery has held the household.

        They count from the first delivery of the unbroken series that ends with the latest one.
        """
        return cls("spell", texts_of(codes))

    def columns(self, catalogue: Catalogue) -> Iterator[Column]:
        """Yield its columns, code by code and span by span.

        Raises
        ------
        ConfigError
            For a code that the catalogue does not hold, or an indicator of a kind that the
            aggregate is not for.
        """
        for code in catalogue if self.codes == (ALL_CODES,) else self.codes:
            indicator = catalogue.require(code)
            self._check_kind(indicator, catalogue)
            direction = _direction(indicator, self.specification)
            for span in self.spans:
                name = column_name(code, self.operation, span)
                yield Column(name, code, self.operation, span, direction)

    def _check_kind(self, indicator: Indicator, catalogue: Catalogue) -> None:
        kinds = self.specification.aspects
        if indicator.kind not in kinds:
            wanted = " or ".join(kinds)
            is_rare = indicator.code in catalogue.rare
            what = f"a code of {FEW} households" if is_rare else repr(indicator.code)
            fitting = (code for code in catalogue if catalogue[code].kind in kinds)
            raise ConfigError(
                f"{self.operation} is an aggregate of indicators of kind {wanted}, and {what} is "
                f"of kind {indicator.kind}",
                code="features.kind",
                allowed=named(fitting, catalogue.rare, "code"),
                next_step="use another aggregate, or write "
                f"kind: {next(iter(kinds))} in the catalogue",
            )


@door
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

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise refused("name", self.name, "a text")
        if not isinstance(self.number, bool):
            raise refused("number", self.number, "True or False")
        if self.direction not in (-1, 0, 1):
            raise ConfigError(
                f"the direction of {self.name!r} is none",
                code="features.direction",
                allowed="1, 0 or -1",
                next_step="write 1 where more of it means more risk, -1 where it means less",
            )
        object.__setattr__(self, "name", plain_word(self.name))


def column_name(code: str, operation: str, span: str) -> str:
    """Return the name of an aggregate's column."""
    return f"{clean(code)}__{operation}__{span}"


def clean(name: str) -> str:
    """Return a column name that Spark and LightGBM accept: letters, digits and underscores.

    Examples
    --------
    >>> clean("monthly rent (DM)")
    'monthly_rent_DM'
    """
    return re.sub(r"\W+", "_", plain_text(str(name))).strip("_")


def _direction(indicator: Indicator, aggregate: Aggregate) -> int:
    rises = aggregate.aspects[indicator.kind].rises
    is_monotone = rises == "always" or (rises == "nonnegative" and is_nonnegative(indicator))
    return indicator.direction if is_monotone else 0


def is_nonnegative(indicator: Indicator) -> bool:
    """Tell whether an indicator's values cannot be below zero."""
    return indicator.minimum is None or indicator.minimum >= 0


def texts_of(values: Codes) -> tuple[str, ...]:
    """Return codes or spans as they are kept, or refuse what is neither text nor texts."""
    listed = (values,) if isinstance(values, str) else values
    if not isinstance(listed, Iterable):
        raise refused("codes and spans", values, "a text or a list of texts")
    return tuple(plain_word(str(value)) for value in listed)


def windows_of(spans: Spans) -> tuple[str, ...]:
    """Return spans as they are kept, or refuse one that holds no day."""
    return tuple(_window(span) for span in texts_of(spans))


def _window(span: str) -> str:
    if span == EVER:
        return EVER
    parsed = Span.parse(span)
    if parsed.count == 0:
        raise ConfigError(
            "a window of no days holds nothing",
            code="features.window",
            next_step="give a span such as '6M'",
        )
    return str(parsed)
