"""Columns of words, each of which is mapped to one of the package's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.records.contact_words import NONE
from riskmodel.records.engine import identifier, literal
from riskmodel.records.sources.entries import Entry
from riskmodel.records.sources.source_columns import Columns
from riskmodel.texts import plain_word


def read_word(columns: Columns, key: str, words: Sequence[str], reason: str | None) -> str:
    """Read a column of words, and return the SQL of the package's word for each.

    Parameters
    ----------
    columns : Columns
    key : str
        Of the entry; the column is read as `written KEY`.
    words : sequence of str
        The package's words.
    reason : str or None
        Why a row with another word is bad; None keeps the word, to be judged later.

    Returns
    -------
    str
        NULL for a blank.

    Raises
    ------
    ConfigError
        For a word of `map` that is none of the package's.
    """
    if columns.entry[key] is None:
        return "NULL::VARCHAR"
    name = f"written {key}"
    columns.read[name] = columns.text(key)
    written = identifier(name)
    word = f"{_map_sql(columns.entry, key, words)}[lower({written})]"
    if reason is None:
        return f"coalesce({word}, {written})"
    columns.fail(f"{written} IS NOT NULL AND {word} IS NULL", reason, columns.blamed(key))
    return word


def read_word_or_none(columns: Columns, key: str, words: Sequence[str], reason: str) -> str:
    """Read a column of words of which one, `none`, says no more than a blank; return its SQL."""
    return f"nullif({read_word(columns, key, (*words, NONE), reason)}, {literal(NONE)})"


def _map_sql(entry: Entry, key: str, words: Sequence[str]) -> str:
    """Return the SQL of the map of a column's words to the package's."""
    own: dict[str, str] = {}
    for code, word in _mapped(entry, key).items():
        meaning = _folded(word)
        if meaning not in words:
            raise _unknown(entry, key, word, words)
        if own.setdefault(_folded(code), meaning) != meaning:
            raise ConfigError(
                f"two words that differ only in case or blanks mean two {key}s: {code!r}",
                place=f"{entry.place}.{key}.map",
                code="manifest.repeated",
                allowed="each word once",
                next_step="keep one of the two",
            )
    meanings = dict(zip(words, words, strict=True)) | own
    listed = ", ".join(f"{literal(code)}: {literal(word)}" for code, word in meanings.items())
    return f"MAP {{{listed}}}"


def read_label(columns: Columns, key: str, words: Sequence[str], reason: str | None = None) -> str:
    """Read one of the package's words for all rows, or a column of them, and return its SQL.

    Another word of the column is bad for the `reason`; without one it is kept, to be judged later.

    Raises
    ------
    ConfigError
        For a word for all rows, or one of `map`, that is none of the package's.
    """
    written = columns.entry[key]
    if isinstance(written, Mapping):
        return read_word(columns, key, words, reason)
    columns.constant(key)
    if isinstance(written, str) and _folded(written) not in words:
        raise _unknown(columns.entry, key, written, words)
    return f"lower({key})"


def _mapped(entry: Entry, key: str) -> Mapping[str, object]:
    written = entry[key]
    return (written.get("map") or {}) if isinstance(written, Mapping) else {}


def _folded(word: object) -> str:
    """Return a word as the words of a column are compared: plain, in small letters."""
    return plain_word(str(word)).lower()


def _unknown(entry: Entry, key: str, word: object, words: Sequence[str]) -> ConfigError:
    is_mapped = isinstance(entry[key], Mapping)
    return ConfigError(
        f"unknown {key} {word!r}",
        place=f"{entry.place}.{key}" + (".map" if is_mapped else ""),
        code=f"manifest.{key}",
        allowed=words,
        next_step=did_you_mean(_folded(word), words),
    )
