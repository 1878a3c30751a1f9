"""How a date is written, and the SQL that reads it: years and months are dated on their last day."""

from __future__ import annotations

from riskmodel.errors import ConfigError

_WORDS = (("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d"))
_KNOWN = "%Y %m %d %H %M %S %y %b %B %j %f %p %I %-d %-m %z %a %A %%".split()
# Nothing (0, 00000000) and for ever (99991231) are how old systems write "no date".
_NO_DATE = r"^[0\s./:-]*$|^9999"


def strptime_format(written: str, place: str) -> tuple[str, str]:
    """Return a pattern for strptime and the unit it names: day, month or year.

    Examples
    --------
    >>> strptime_format("YYYYMM", "events[0]")
    ('%Y%m', 'month')
    >>> strptime_format("%m/%d/%Y", "events[0]")
    ('%m/%d/%Y', 'day')
    """
    pattern = str(written)
    if "%" not in pattern:
        for word, code in _WORDS:
            pattern = pattern.replace(word, code)
    if not any(year in pattern for year in ("%Y", "%y")) or any(code not in _KNOWN for code in _codes(pattern)):
        raise ConfigError(
            f"date_format {written!r} cannot be read", place=place, code="manifest.date_format",
            allowed="YYYY, YYYYMM, YYYYMMDD, YYYY-MM-DD, or a pattern such as %m/%d/%Y",
            next_step="write how the file writes its dates",
        )
    if any(day in pattern for day in ("%d", "%-d", "%j")):
        return pattern, "day"
    return pattern, "month" if any(month in pattern for month in ("%m", "%-m", "%b", "%B")) else "year"


def _codes(pattern: str) -> list[str]:
    found, rest = [], pattern
    while "%" in rest:
        rest = rest[rest.index("%") :]
        length = 3 if rest[1:2] == "-" else 2
        found.append(rest[:length])
        rest = rest[length:]
    return found


def day_of(text: str, written: str | None, place: str) -> str:
    """Return the SQL that reads a day out of a trimmed text; NULL where there is none."""
    read = _any(text) if written is None else _by_pattern(text, *strptime_format(written, place))
    return f"CASE WHEN NOT regexp_matches({text}, '{_NO_DATE}') THEN {read} END"


def is_month(text: str) -> str:
    """Return the SQL that tells whether a text without a pattern names a month."""
    return f"coalesce(regexp_matches({text}, '^(19|20)\\d{{2}}[-./]?(0[1-9]|1[0-2])$'), FALSE)"


def _by_pattern(text: str, pattern: str, unit: str) -> str:
    quoted = pattern.replace("'", "''")
    return _last(f"try_strptime({text}, '{quoted}')", unit)


def _last(stamp: str, unit: str) -> str:
    if unit == "day":
        return f"({stamp})::DATE"
    return f"last_day({stamp})" if unit == "month" else f"make_date(year({stamp}), 12, 31)"


def _any(text: str) -> str:
    plain = f"regexp_replace({text}, '[-./]', '', 'g')"
    return f"""CASE
        WHEN regexp_matches({text}, '^(19|20|21)\\d{{2}}$') THEN {_by_pattern(text, '%Y', 'year')}
        WHEN {is_month(text)} THEN {_by_pattern(plain, '%Y%m', 'month')}
        WHEN regexp_matches({text}, '^\\d{{8}}$') THEN {_by_pattern(text, '%Y%m%d', 'day')}
        ELSE coalesce(try_cast({text} AS TIMESTAMP), try_strptime({text}, ['%Y.%m.%d', '%Y/%m/%d', '%Y. %m. %d.']))::DATE
        END"""
