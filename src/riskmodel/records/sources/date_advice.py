"""What to write so that the dates of a column are read: in a manifest, or of a frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources.date_forms import OTHER_TEXT, DateForm

_DAY_NUMBER = "00000"  # of a spreadsheet, such as 45296


class Ways(ABC):
    """What one door of the records takes for a column of dates."""

    verb: str
    one_form: str

    @abstractmethod
    def by(self, pattern: str) -> str:
        """Return what reads dates of one pattern."""

    @abstractmethod
    def by_each(self, patterns: Sequence[str]) -> str:
        """Return what reads dates of several patterns."""

    @abstractmethod
    def day_numbers(self) -> str:
        """Return what to do about the day numbers of a spreadsheet."""


@dataclass(frozen=True)
class InManifest(Ways):
    """What the entry of a manifest takes.

    Attributes
    ----------
    column : str
    key : str, optional
        The manifest's key of the column, where the entry's other dates have a form of their own.
    """

    column: str
    key: str | None

    verb = "write"
    one_form = "a date_format reads one form: write the column in one form"

    def by(self, pattern: str) -> str:
        """Return the date_format of a pattern."""
        date_format = f'date_format: "{pattern}"'
        if self.key is None:
            return date_format
        return f"{self.key}: {{column: {self.column}, {date_format}}}"

    def by_each(self, patterns: Sequence[str]) -> str:
        """Return the query that reads several patterns."""
        name, listed = identifier(self.column), ", ".join(map(literal, patterns))
        day = f"try_strptime({name}, [{listed}])::DATE AS {name}"
        return f"give the entry query: SELECT * REPLACE ({day}) FROM source"

    def day_numbers(self) -> str:
        """Return that the column must be saved anew."""
        return "save the column as dates: a spreadsheet's day numbers are no dates"


@dataclass(frozen=True)
class OfFrame(Ways):
    """How a column of a frame becomes days before the frame is given.

    Attributes
    ----------
    column : str
    is_first : bool
        Whether months and years are dated on their first day; else on their last.
    """

    column: str
    is_first: bool

    verb = "convert the column:"
    one_form = "write the column in one form"

    def by(self, pattern: str) -> str:
        """Return the call that reads a pattern, and dates months as a manifest does."""
        call = f"pd.to_datetime(df[{self.column!r}], format={pattern!r})"
        if self.is_first or "%d" in pattern:
            return call
        return f"{call} + pd.offsets.{'MonthEnd' if '%m' in pattern else 'YearEnd'}(0)"

    def by_each(self, patterns: Sequence[str]) -> str:
        """Return the calls that read several patterns, each what those before it left."""
        begin = f"pd.to_datetime(df[{self.column!r}], format="
        first, *others = (f"{begin}{pattern!r}, errors='coerce')" for pattern in patterns)
        filled = "".join(f".fillna({other})" for other in others)
        return f"read each form: {first}{filled}"

    def day_numbers(self) -> str:
        """Return the call that makes days of them."""
        numbers = f"df[{self.column!r}].astype(int)"
        call = f"pd.to_datetime({numbers}, unit='D', origin='1899-12-30')"
        return f"convert a spreadsheet's day numbers: {call}"


def advice(forms: Sequence[DateForm], ways: Ways) -> str:
    """Return what to write so that the dates of a column are read.

    Nothing is returned for days that the calendar does not have, or of years that cannot be meant.
    """
    dated = [form for form in forms if form.shape != OTHER_TEXT]
    if not dated:
        example = ways.by("%d %b %Y")
        return f"write the column as YYYY-MM-DD, or how it writes its dates: {example}"
    if len(dated) > 1:
        return _on_several(dated, ways)
    (form,) = dated
    if len(forms) > 1 and form.read == form.rows:
        return "correct the texts that are no dates"
    return _on_one(form, ways)


def _on_one(form: DateForm, ways: Ways) -> str:
    if form.shape == _DAY_NUMBER:
        return ways.day_numbers()
    if not form.patterns:
        return ""
    written = ", or ".join(map(ways.by, form.patterns))
    order = ", by the order that the author meant" if len(form.patterns) > 1 else ""
    return f"{ways.verb} {written}{order}"


def _on_several(dated: Sequence[DateForm], ways: Ways) -> str:
    patterns = [form.patterns for form in dated]
    if not all(len(fit) == 1 and "%d" in fit[0] for fit in patterns):
        return ways.one_form
    return f"{ways.one_form}, or {ways.by_each([fit[0] for fit in patterns])}"
