"""The sources that a manifest names, one entry each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from riskmodel.records.sources.entry_rules import OWNER_KEYS, check_entry, is_read
from riskmodel.records.sources.manifest_schema import RowKeys

FRAMES_DOOR = "Records.from_frames"
"""The place of the frames that are given without a manifest."""

_IDENTIFYING = (
    *OWNER_KEYS,
    "code",
    "values",
    "columns",
    "numbers",
    "channel",
    "feed",
    "area",
    "where",
    "event_date",
    "value",
    "delivered",
    "from",
)


# Keys that hold no column, and those whose text is a word for all rows and no column.
_NO_COLUMNS = (
    "file",
    "frame",
    "partitions",
    "sheet",
    "encoding",
    "line_break_at_end",
    "date_format",
    "max_quarantined",
    "every",
    "map",
    "match",
    "redelivered",
)
_CONSTANTS = (
    *("code", "feed", "area", "channel", "stratum", "reader", "delivered"),
    *("list", "model", "band", "plan_id", "rule"),
    *("kind", "service", "referred_by", "seen_by"),
)
# Of what they tell, in tables that came after stores had identities without these keys.
_IDENTIFYING_LATER = ("list", "kind", "service", "referred_by", "sign", "seen_by")
_SQL = ("query", "where")
_SQL_NAME = re.compile(r'"([^"]+)"|(\w+)')


@dataclass(frozen=True)
class Entry:
    """One source of one table: its keys, none unknown, none empty.

    Attributes
    ----------
    table : str
        A key of `TABLES`; of frames without a manifest ``unmatched``, too.
    place : str
        Where it stands in the manifest, such as ``events[0]``.
    keys : mapping
    title : str
        What counts and messages call it; no two entries share one.
    """

    table: str
    place: str
    keys: Mapping[str, Any]
    title: str

    def __getitem__(self, key: str) -> Any:
        return self.keys.get(key)

    @property
    def is_read(self) -> bool:
        """Whether it names a file or frame, and does not hold its facts itself."""
        return is_read(self.keys)

    @property
    def owner_key(self) -> str:
        """The key of those to whom the facts of a source of events belong."""
        return next(key for key in OWNER_KEYS if self[key] is not None)

    @property
    def identity(self) -> str:
        """What it is read for, as a text; this distinguishes sources of the same files."""
        told = [self[key] for key in _IDENTIFYING]
        told += [self[key] for key in _IDENTIFYING_LATER if self[key] is not None]
        return json.dumps(told, ensure_ascii=False, default=str)

    @property
    def columns(self) -> frozenset[str]:
        """The names that the entry writes for columns, also in its SQL."""
        named = {key: value for key, value in self.keys.items() if key not in _NO_COLUMNS}
        sql = " ".join(str(named.pop(key)) for key in _SQL if key in named)
        for key in _CONSTANTS:
            if isinstance(named.get(key), str):
                del named[key]
        in_sql = (quoted or bare for quoted, bare in _SQL_NAME.findall(sql))
        return frozenset(chain(_texts(list(named.values())), in_sql))

    @property
    def codes(self) -> list[str] | None:
        """The codes that it writes; None where its rows or headings name them."""
        written = self["values"] or self["code"] or self["feed"] or []
        if self["values"] is not None and isinstance(written, Mapping):
            return None if set(written) == {"match"} else list(map(str, written.values()))
        if isinstance(written, Mapping):
            return None
        return [written] if isinstance(written, str) else list(map(str, written))

    def makes_code(self, heading: str) -> bool:
        """Tell whether a pattern under `values` makes a column's heading a code."""
        values = self["values"]
        is_pattern = isinstance(values, Mapping) and set(values) == {"match"}
        return is_pattern and _matches(str(values["match"]), heading)

    def names(self, feed: str) -> bool:
        """Tell whether a source of events names a feed, by its code or as a column."""
        code, values = self["code"], self["values"]
        if values is None:
            return bool(code == feed)
        if isinstance(values, Mapping) and set(values) == {"match"}:
            return self.makes_code(feed)
        return feed in ([values] if isinstance(values, str) else map(str, _names(values)))


def _texts(written: Any) -> Iterator[str]:
    """Yield the texts of lists and mappings, but for what stands under `_NO_COLUMNS`."""
    if isinstance(written, Mapping):
        for name, value in written.items():
            if name not in _NO_COLUMNS:
                yield from (str(name), *_texts(value))
    elif isinstance(written, Sequence) and not isinstance(written, str):
        yield from chain.from_iterable(map(_texts, written))
    else:
        yield str(written)


def _matches(pattern: str, text: str) -> bool:
    with suppress(re.error):  # which is refused where the columns are read
        return re.search(pattern, text) is not None
    return False


def _names(values: Any) -> Iterable[Any]:
    return values.values() if isinstance(values, Mapping) else values


def entries_of(table: str, listed: Sequence[RowKeys]) -> Iterator[Entry]:
    """Yield the entries of a table, each with a title of its own.

    Raises
    ------
    ConfigError
        For keys that do not go together.
    """
    titles: list[str] = []
    for number, written in enumerate(listed):
        place, keys = f"{table}[{number}]", written.given()
        check_entry(table, keys, place)
        titles.append(f"{table}: {keys.get('file', 'frame')}" if is_read(keys) else place)
        again = titles.count(titles[-1])
        yield Entry(table, place, keys, titles[-1] if again == 1 else f"{titles[-1]} ({again})")
