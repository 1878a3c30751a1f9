"""Columns whose words say whether something is so: 1, y or true, and words of their own."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.errors import ConfigError
from riskmodel.records.engine import literal
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.source_columns import Columns
from riskmodel.texts import plain_word

_WORDS = {
    "1": True,
    "true": True,
    "y": True,
    "yes": True,
    "0": False,
    "false": False,
    "n": False,
    "no": False,
}


def read_told(columns: Columns, key: str, what: str, reason: str, *, needed: bool = True) -> str:
    """Read whether something is so of each row, and return its SQL; other words are bad rows.

    Parameters
    ----------
    columns : Columns
    key : str
        A truth value for all rows, a column, or a column and what its words mean.
    what : str
        What the words say, such as "whether a delivery came".
    reason : str
        Why a row with another word is bad.
    needed : bool
        Whether a blank is bad, too; else it is NULL.

    Raises
    ------
    ConfigError
        For a word that is mapped to something else than a truth value.
    """
    written = columns.entry[key]
    if isinstance(written, bool):
        return str(written).upper()
    columns.words(key)
    if written is None:
        return "NULL::BOOLEAN"
    told = _told_sql(columns.entry, key, what)
    is_filled = "TRUE" if needed else f"{key} IS NOT NULL"
    columns.fail(f"{is_filled} AND {told} IS NULL", reason, columns.blamed(key))
    return told


def _told_sql(entry: Entry, key: str, what: str) -> str:
    """Return the SQL of what a word says, NULL for one without a meaning."""
    written = entry[key]
    mapped = written.get("map") or {} if isinstance(written, Mapping) else {}
    for word in mapped.values():
        if not isinstance(word, bool):
            raise ConfigError(
                f"{word!r} does not say {what}",
                place=f"{entry.place}.{key}.map",
                code=f"manifest.{key}",
                allowed="true or false",
                next_step="write map: {WORD: true, OTHER: false}, with the column's own words",
            )
    own = {plain_word(str(word)).lower(): is_so for word, is_so in mapped.items()}
    meanings = ", ".join(f"{literal(word)}: {is_so}" for word, is_so in (_WORDS | own).items())
    return f"MAP {{{meanings}}}[lower({key})]"
