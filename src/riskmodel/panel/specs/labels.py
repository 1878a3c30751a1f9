"""What is predicted: an outcome in the window after a date, as known when the window matured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any, overload

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.keys import DateLike, Days, Span, matures_on
from riskmodel.records.contact_words import VERDICTS
from riskmodel.schema.mappings import read_fields
from riskmodel.texts import plain_word

CONTACTS, FIRST_READER = "contacts", "the first reader"


@door
@dataclass(frozen=True)
class Label:
    """Whether an outcome occurs in the window that opens on the as_of_date.

    Parameters
    ----------
    outcome : str or list of str
        Code or codes of the outcome. With ``observed_by="contacts"`` also verdicts of contacts,
        such as ``"need_confirmed"``.
    window : str
        Span such as ``"90D"`` or ``"6M"``; holds its first day.
    maturity : str, default "0D"
        Extra time until the window's outcomes are in.
    min_count : int, default 1
        Facts that make it 1.
    observed_by : str, optional
        When the absence of an outcome is a 0; otherwise the label is missing. None: if, as far as
        the records say, its feed was delivered for the whole window and matched the household. A
        code: if a fact of that code lies in the window. ``"contacts"``: if the household was
        contacted in that round and a verdict of the reader was known in time.
    reader : str, optional
        With ``observed_by="contacts"``, whose verdict counts. None: of each household and round,
        that of whoever gave the first verdict.
    first : bool, optional
        True: only households without a visible outcome on the date have a label, so that it is
        their first. False: only households with one have, so that it is repeated. The others'
        label is missing.

    Examples
    --------
    >>> label = Label("eviction", window="90D", maturity="30D")
    >>> label.matures_on("2024-01-01")
    np.datetime64('2024-04-30')
    """

    outcome: str | Iterable[str]
    window: str
    maturity: str = "0D"
    min_count: int = 1
    observed_by: str | None = None
    first: bool | None = None
    reader: str | None = None

    def __post_init__(self) -> None:
        is_one = isinstance(self.outcome, str) or not isinstance(self.outcome, Iterable)
        listed = (self.outcome,) if is_one else tuple(self.outcome)
        object.__setattr__(self, "outcome", listed)
        _check_types(self)
        outcome = tuple(plain_word(str(code)) for code in listed)
        object.__setattr__(self, "outcome", outcome)
        if self.observed_by is not None:
            object.__setattr__(self, "observed_by", plain_word(self.observed_by))
        if self.reader is not None:
            object.__setattr__(self, "reader", plain_word(self.reader))
            _check_reader(self)
        object.__setattr__(self, "window", str(Span.parse(self.window, "window")))
        object.__setattr__(self, "maturity", str(Span.parse(self.maturity, "maturity")))
        if not outcome or Span.parse(self.window).count == 0 or self.min_count < 1:
            raise ConfigError(
                "a label needs an outcome, a window of at least a day and a count of at least 1",
                code="label.empty",
                next_step="write for instance Label('eviction', window='90D')",
            )

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        times = f" {self.min_count} times" if self.min_count > 1 else ""
        kind = {None: "", True: "first ", False: "repeated "}[self.first]
        confirmed = f", confirmed by {self.confirmed_by}" if self.is_verdict else ""
        return f"{kind}{' or '.join(self.outcome)}{times} within {self.window}{confirmed}"

    @property
    def is_verdict(self) -> bool:
        """Whether it is what a reader says of a household, and not that something happens."""
        return self.observed_by == CONTACTS and not set(VERDICTS).isdisjoint(self.outcome)

    @property
    def confirmed_by(self) -> str:
        """Whose verdicts count, in words; nothing where no contact observes it."""
        if self.observed_by != CONTACTS:
            return ""
        return FIRST_READER if self.reader is None else self.reader

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that it is read from."""
        return (*self.outcome, *(() if self.observed_by is None else (self.observed_by,)))

    @property
    def embargo(self) -> str:
        """Window and maturity, as said in messages."""
        return f"{self.window} + {self.maturity}"

    @overload
    def matures_on(self, as_of: DateLike) -> np.datetime64: ...
    @overload
    def matures_on(self, as_of: Days | pd.DatetimeIndex) -> Days: ...
    def matures_on(self, as_of: DateLike | Days | pd.DatetimeIndex) -> np.datetime64 | Days:
        """Return the day, or days, from which the label of a round is final."""
        day: np.datetime64 | Days = matures_on(
            as_of, Span.parse(self.window), Span.parse(self.maturity)
        )
        return day

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; without a reader, as earlier versions wrote and read it."""
        values = {**asdict(self), "outcome": list(self.outcome)}
        return {key: value for key, value in values.items() if (key, value) != ("reader", None)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Label:
        """Read what `to_dict` wrote."""
        return cls(**read_fields(cls, data, "label"))


def _check_types(label: Label) -> None:
    """Refuse a field of another type than its own."""
    are_codes = all(isinstance(code, str) for code in label.outcome)
    is_count = isinstance(label.min_count, Integral) and not isinstance(label.min_count, bool)
    fields = {
        "outcome": (are_codes, "a code or a list of codes"),
        "min_count": (is_count, "a whole number of at least 1"),
        "observed_by": (isinstance(label.observed_by, str | None), "a code, 'contacts' or None"),
        "first": (isinstance(label.first, bool | None), "True, False or None"),
        "reader": (isinstance(label.reader, str | None), "the name of a reader, or None"),
    }
    for name, (is_right, allowed) in fields.items():
        if not is_right:
            raise ConfigError(
                f"{name}={getattr(label, name)!r} of a label",
                code="label.type",
                allowed=allowed,
                next_step="write for instance Label('eviction', window='90D')",
            )


def _check_reader(label: Label) -> None:
    """Refuse a reader where no verdict is asked."""
    if label.observed_by != CONTACTS or not label.reader:
        raise ConfigError(
            "a label names a reader, whose verdicts stand in contacts, and is not observed by them",
            place="label.reader",
            code="label.reader",
            allowed="the name of a reader, with observed_by='contacts'",
            next_step="add observed_by='contacts', or leave reader out",
        )
