"""The one rule of text: ids, codes, words and names that look the same are the same.

A text is composed (NFC), holds no character that is not seen, has plain spaces for blanks, and
characters of one width: full-width １２ and Ａ are 12 and A.
`records.sources.cell_sql` says the same in SQL, and `serving.plain_texts` without this package;
tests hold the three together.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskmodel.characters import BLANKS, FOLDED, INVISIBLE, STYLED, any_of
from riskmodel.no_ids import NO_IDS, ONLY_ZEROS

RULE = 1
"""The number of this rule: it rises where an id, a code or a word is read otherwise than before.

A store keeps the number by which its rows were read."""
SPACES = " \t\r\n"
"""What is trimmed from the ends of an id."""
WRAPPED = '="([^"]*)"'
"""How a CSV keeps a spreadsheet from taking zeros off the front of an id."""
ROUNDED = "-?([0-9]([.,][0-9]+)?[eE][+][0-9]{1,3}|[0-9][.,][0-9]+[eE][0-9]{1,3})"
"""How programs write a number that they rounded; a code such as 12E3 or 1E-05 is none."""
MARKED = r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.0+)?"
"""How spreadsheets show a whole number with marks of thousands; 1234 is how it is written."""
OVERFLOWN = "1e+309"
"""What stands for infinity, which is a number that a program could not write."""
QUOTED = (
    "^['\u2018\u2019]([^'\u2018\u2019]*)['\u2018\u2019]$",
    '^["\u201c\u201d]([^"\u201c\u201d]*)["\u201c\u201d]$',
)
"""How a word stands in quotes that belong to its cell."""
QUOTES = "'\"\u2018\u2019\u201c\u201d"
TEXT_MARKS = "'\u2019"
"""The apostrophes that tell a spreadsheet that digits are a text, by one of them in front."""
MARKED_AS_TEXT = f"^[{TEXT_MARKS}]([0-9])"

_DECIMAL_ID, _WRAPPED = re.compile(r"[0-9]+\.0"), re.compile(WRAPPED)
_NO_IDS, _ONLY_ZEROS = frozenset(NO_IDS), re.compile(ONLY_ZEROS)
_INVISIBLE, _BLANKS = re.compile(any_of(INVISIBLE)), re.compile(any_of(BLANKS))
_QUOTED, _BLANKS_IN_A_ROW = [re.compile(pattern) for pattern in QUOTED], re.compile(" {2,}")
_IS_ROUNDED, _IS_MARKED = re.compile(ROUNDED).fullmatch, re.compile(MARKED).fullmatch
_IS_STYLED = re.compile(any_of(STYLED)).search


def plain_text(text: str) -> str:
    r"""Return a text composed, of seen characters and plain spaces, each in its usual form.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The text itself where it is ASCII.

    Examples
    --------
    >>> plain_text("e\u0301-1"), plain_text("A\u200b1\u00ad"), plain_text("Ａ１２\u2010３")
    ('é-1', 'A1', 'A12-3')
    """
    if text.isascii():
        return text
    seen = _INVISIBLE.sub("", text.translate(FOLDED))
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", seen))


def plain_word(text: str) -> str:
    """Return a plain text without quotes and blanks around it, and with single blanks inside.

    Examples
    --------
    >>> [plain_word(text) for text in (" A01 ", "'A01'", "A  01", "O'Neill", " ")]
    ['A01', 'A01', 'A 01', "O'Neill", '']
    """
    word = plain_text(text).strip(SPACES)
    if word[:1] in QUOTES:
        for quoted in _QUOTED:
            word = quoted.sub(r"\1", word)
    return _BLANKS_IN_A_ROW.sub(" ", word).strip(SPACES)


def heading(name: str) -> str:
    """Return a heading as it is compared: plain, its styled characters in their usual form.

    Examples
    --------
    >>> heading(" 구분 Ⅲ "), heading("m²"), heading("Ａ１")
    ('구분 III', 'm2', 'A1')
    """
    usual = unicodedata.normalize("NFKC", plain_text(name))
    return _BLANKS_IN_A_ROW.sub(" ", usual).strip(SPACES)


def named_alike(have: Iterable[str], wanted: Iterable[str]) -> dict[str, str]:
    """Return the headings that look like a wanted one, each with that one.

    A wanted heading that is there as it is written is left alone, and so is one that several look
    like.

    Examples
    --------
    >>> named_alike([" id ", "구분Ⅲ", "rent"], ["id", "구분III", "rent", "area"])
    {' id ': 'id', '구분Ⅲ': '구분III'}
    """
    names = list(have)
    missing = {heading(name): name for name in wanted if name not in names}
    forms = Counter(map(heading, names))
    return {
        name: missing[heading(name)]
        for name in names
        if heading(name) in missing and forms[heading(name)] == 1
    }


def as_texts(values: ArrayLike | pd.Series | pd.Index) -> NDArray[np.object_]:
    """Return codes or names as plain texts; a whole number has no decimals.

    Parameters
    ----------
    values : array-like, shape (n,)

    Returns
    -------
    ndarray of object, shape (n,)
        None where a value is missing.

    Examples
    --------
    >>> as_texts(["00123", 30790.0, 7, None]).tolist()
    ['00123', '30790', '7', None]
    >>> as_texts(pd.Series([30790.0, float("nan"), 2.5])).tolist()
    ['30790', None, '2.5']
    """
    series = values if isinstance(values, (pd.Series, pd.Index)) else pd.Series(values)
    is_filled = np.asarray(series.notna())
    filled = series[is_filled]
    if isinstance(filled.dtype, pd.CategoricalDtype):
        filled = filled.astype(filled.dtype.categories.dtype)
    texts = np.full(len(series), None, dtype=object)
    if isinstance(filled.dtype, pd.StringDtype):
        texts[is_filled] = _each_once(filled, plain_text)
    elif isinstance(filled.dtype, pd.ArrowDtype) or filled.dtype == object:
        texts[is_filled] = [_text(value) for value in filled.astype(object)]
    else:
        texts[is_filled] = _texts_of_typed(filled)
    return texts


def as_words(values: ArrayLike | pd.Series | pd.Index) -> NDArray[np.object_]:
    """Return words that describe a household by the rule of `plain_word`.

    Parameters
    ----------
    values : array-like, shape (n,)

    Returns
    -------
    ndarray of object, shape (n,)
        None where a value is missing or blank.

    Examples
    --------
    >>> as_words([" A town", "A town ", 30790.0, " ", None]).tolist()
    ['A town', 'A town', '30790', None, None]
    """
    texts = as_texts(values)
    is_filled = np.array([text is not None for text in texts], dtype=bool)
    texts[is_filled] = _each_once(texts[is_filled], _word)
    return texts


def _each_once(
    texts: NDArray[np.object_] | pd.Series | pd.Index, rule: Callable[[str], str | None]
) -> NDArray[np.object_]:
    """Apply a rule to texts, to each distinct one once."""
    code, distinct = pd.factorize(texts)
    return np.array([*map(rule, distinct), None], dtype=object)[code]


def _texts_of_typed(typed: pd.Series | pd.Index) -> NDArray[np.object_]:
    """Return numbers, truth values or days as texts."""
    texts = np.asarray(typed.astype("str"), dtype=object)
    if pd.api.types.is_float_dtype(typed.dtype):
        values = np.asarray(typed, dtype=np.float64)
        limit = _whole_below(typed.to_numpy()[:0].itemsize)
        is_rounded = np.abs(values) >= limit
        is_whole = ~is_rounded & (values == np.trunc(values))
        texts[is_whole] = values[is_whole].astype(np.int64).astype(str)
        texts[is_rounded] = [_rounded(value) for value in values[is_rounded]]
    return texts


def _whole_below(size: int) -> float:
    """Return the number from which on a float of a size does not hold every whole number."""
    return {2: 2.0**11, 4: 2.0**24}.get(size, 2.0**53)


def _rounded(value: float) -> str:
    """Return a number as a program writes one that it rounded."""
    return f"{value:.16e}" if np.isfinite(value) else OVERFLOWN


def _text(value: Any) -> str:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, Decimal) and value.is_finite() and value == int(value):
        return str(int(value))
    if not isinstance(value, (float, np.floating)):
        return str(value)
    size = 8 if isinstance(value, float) else value.itemsize
    number = float(value)
    if abs(number) >= _whole_below(size):
        return _rounded(number)
    return str(int(number)) if number == int(number) else str(value)


def as_ids(values: ArrayLike | pd.Series | pd.Index) -> NDArray[np.object_]:
    """Return ids as texts by the rule of every door: 123, 123.0 and ``" 123"`` are one id.

    Parameters
    ----------
    values : array-like, shape (n,)

    Returns
    -------
    ndarray of object, shape (n,)
        None where a value is missing, blank, a word such as nan, #N/A or 미상, or only zeros.

    Examples
    --------
    >>> as_ids(["00123", "30790.0", 7.0, " A-1", "nan", "미상", "0000", '="007"']).tolist()
    ['00123', '30790', '7', 'A-1', None, None, None, '007']
    """
    texts = as_texts(values)
    is_filled = np.array([text is not None for text in texts], dtype=bool)
    texts[is_filled] = _each_once(texts[is_filled], _id)
    return texts


def _word(text: str) -> str | None:
    return plain_word(text) or None


def _id(text: str) -> str | None:
    trimmed = re.sub(MARKED_AS_TEXT, r"\1", plain_word(text))
    wrapped = _WRAPPED.fullmatch(trimmed)
    if wrapped:
        trimmed = wrapped[1].strip(SPACES)
    if trimmed.lower() in _NO_IDS or _ONLY_ZEROS.fullmatch(trimmed):
        return None
    is_decimal = trimmed.endswith(".0") and _DECIMAL_ID.fullmatch(trimmed)
    return trimmed[:-2] if is_decimal else trimmed


def are_rounded(ids: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which ids are numbers that a program rounded, such as 1.23457E+11; 12E3 is a code.

    Examples
    --------
    >>> are_rounded(as_ids(["1.23457E+11", "12E3", None])).tolist()
    [True, False, False]
    """
    return _are(_IS_ROUNDED, ids)


def are_marked(ids: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which ids are numbers with marks of thousands, such as 1,234.

    Examples
    --------
    >>> are_marked(as_ids(["1,234", "12,345.0", "1,23", "A-1,234", None])).tolist()
    [True, True, False, False, False]
    """
    return _are(_IS_MARKED, ids)


def are_styled(ids: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which ids hold raised, circled or otherwise styled characters, such as ① or Ⅲ.

    Examples
    --------
    >>> are_styled(as_ids(["A-①", "10²", "Ⅲ-1", "Ａ-1", "가-1", None])).tolist()
    [True, True, True, False, False, False]
    """
    return _are(_IS_STYLED, ids)


def _are(
    matches: Callable[[str], re.Match[str] | None], ids: NDArray[np.object_]
) -> NDArray[np.bool_]:
    return np.array([text is not None and matches(text) is not None for text in ids], dtype=bool)


def plural(noun: str) -> str:
    """Return the plural of an English noun; a noun of another script has one form.

    Examples
    --------
    >>> [plural(noun) for noun in ("household", "family", "Survey", "address", "世帯")]
    ['households', 'families', 'Surveys', 'addresses', '世帯']
    """
    if not noun.isascii():
        return noun
    if noun[-1:].lower() == "y" and noun[-2:-1].lower() not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.lower().endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "family"), counted(2_000, "family")
    ('1 family', '2,000 families')
    """
    return f"{number:,} {noun if number == 1 else plural(noun)}"
