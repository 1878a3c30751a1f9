"""How dates are written, and the SQL that reads them.

Years and months are dated on their last day.
"""

from __future__ import annotations

from dataclasses import dataclass

from riskmodel.days import FIRST_YEAR, LAST_YEAR, TIME_OF_DAY
from riskmodel.errors import ConfigError

_WORDS = (("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d"))
_YEARS, _MONTHS, _DAYS = ("%Y", "%y"), ("%m", "%-m", "%b", "%B"), ("%d", "%-d", "%j")
_OTHERS = ("%H", "%-H", "%M", "%S", "%f", "%p", "%I", "%z", "%a", "%A", "%%")
# Zeros and the year 9999 are how old systems write "no date".
_NONE = r"^[0\s./:-]*$|^9999"


@dataclass(frozen=True)
class Format:
    """A way to write dates.

    Attributes
    ----------
    pattern : str, optional
        For strptime; without one, ISO days, YYYYMMDD, YYYYMM and YYYY are read. Nothing may follow
        an ISO day but a time and its zone. Either way a year is one from 1900 to 2199: 24.05.01 is
        no day of the year 24.
    unit : {"day", "month", "year"}
        The shortest time that it names.

    Examples
    --------
    >>> Format.read("YYYYMM", "events[0]")
    Format(pattern='%Y%m', unit='month')
    >>> Format.read("%m/%d/%Y", "events[0]").unit
    'day'
    """

    pattern: str | None = None
    unit: str = "day"

    @classmethod
    def read(cls, written: str | None, place: str) -> Format:
        """Read a pattern of Python, or one of YYYY, MM and DD."""
        if written is None:
            return cls()
        pattern = str(written)
        for word, code in _WORDS if "%" not in pattern else ():
            pattern = pattern.replace(word, code)
        codes = _codes(pattern)
        if not set(codes) & set(_YEARS) or set(codes) - {*_YEARS, *_MONTHS, *_DAYS, *_OTHERS}:
            raise ConfigError(
                f"date_format {written!r} cannot be read",
                place=place,
                code="manifest.date_format",
                allowed="YYYY, YYYYMM, YYYYMMDD, YYYY-MM-DD, or a pattern such as %m/%d/%Y",
                next_step="write how the file writes its dates",
            )
        day, month = (bool(set(codes) & set(unit)) for unit in (_DAYS, _MONTHS))
        return cls(pattern, "day" if day else "month" if month else "year")

    def day(self, text: str, *, first: bool = False) -> str:
        """Return the SQL that reads a day out of a trimmed text, NULL where there is none."""
        if self.pattern is None:
            read = _guessed(text, first=first)
        else:
            read = _parsed(text, self.pattern, self.unit, first=first)
        return f"CASE WHEN NOT {says_none(text)} THEN {read} END"

    def is_month(self, text: str) -> str:
        """Return the SQL that tells whether a text names a month."""
        if self.pattern is None:
            return rf"coalesce(regexp_full_match({text}, '{_MONTH}(\.0)?'), FALSE)"
        return "TRUE" if self.unit == "month" else "FALSE"


_YEAR = r"(19|20|21)\d\d"
_ISO = rf"{_YEAR}[-/]\d{{1,2}}[-/]\d{{1,2}}"
_DOTTED = rf"{_YEAR}\. ?\d{{1,2}}\. ?\d{{1,2}}\.?"
_YEARS_READ = f"BETWEEN DATE '{FIRST_YEAR}-01-01' AND DATE '{LAST_YEAR}-12-31'"
_MONTH = rf"{_YEAR}[-./]?(0[1-9]|1[0-2])"


def says_none(text: str) -> str:
    """Return the SQL that tells whether a trimmed text says "no date"."""
    return f"coalesce(regexp_matches({text}, '{_NONE}'), TRUE)"


def within_years(day: str) -> str:
    """Return the SQL of a day whose year can be meant, else NULL."""
    return f"CASE WHEN {day} {_YEARS_READ} THEN {day} END"


def _codes(pattern: str) -> list[str]:
    codes, rest = [], pattern
    while "%" in rest:
        rest = rest[rest.index("%") :]
        length = 3 if rest[1:2] == "-" else 2
        codes.append(rest[:length])
        rest = rest[length:]
    return codes


def _parsed(text: str, pattern: str, unit: str, *, first: bool) -> str:
    # Whole numbers come with decimals from tools that had to leave some out.
    patterns = ", ".join("'" + p.replace("'", "''") + "'" for p in (pattern, f"{pattern}.0"))
    written = f"try_strptime({text}, [{patterns}])::DATE"
    day = f"({within_years(written)})"
    if unit == "day" or first:
        return day
    return f"last_day({day})" if unit == "month" else f"make_date(year({day}), 12, 31)"


def _guessed(text: str, *, first: bool) -> str:
    digits = rf"regexp_replace({text}, '\.0$|[-./]', '', 'g')"
    year, month, day = (
        rf"regexp_full_match({text}, '{form}(\.0)?')"
        for form in (_YEAR, _MONTH, rf"{_YEAR}\d{{4}}")
    )
    iso = f"try_cast(replace(regexp_extract({text}, '{_ISO}'), '/', '-') AS DATE)"
    return f"""CASE
        WHEN {year} THEN {_parsed(digits, "%Y", "year", first=first)}
        WHEN {month} THEN {_parsed(digits, "%Y%m", "month", first=first)}
        WHEN {day} THEN {_parsed(digits, "%Y%m%d", "day", first=first)}
        WHEN regexp_full_match({text}, '{_ISO}{TIME_OF_DAY}?') THEN {iso}
        WHEN regexp_full_match({text}, '{_DOTTED}')
            THEN try_strptime({text}, ['%Y.%m.%d', '%Y. %m. %d', '%Y. %m. %d.'])::DATE END"""
