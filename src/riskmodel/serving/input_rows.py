"""Turns rows as they are sent into the matrix that the model sees."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.plain_texts import plain_text, plain_word
from riskmodel.serving.reader_types import ColumnEntry, Floats, Rows
from riskmodel.serving.refusal import MOST_NAMED, ServingError, some_of

OTHER = "other"
# what is compared where columns are missing: a request may be of any size
_MOST_HEADINGS, _LONGEST_HEADING, _NEAR = 500, 200, 0.8
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class InputMatrix(NamedTuple):
    """Rows as floats, and which of their cells hold a category outside of the vocabulary."""

    X: Floats
    unseen: NDArray[np.bool_]


def input_matrix(columns: Sequence[ColumnEntry], rows: Rows) -> InputMatrix:
    """Return rows (a DataFrame, a mapping of columns, a list of mappings) as a matrix.

    Columns may stand in any order, and others beside them are not looked at.

    Raises
    ------
    ServingError
        For rows without names of columns, a missing or repeated column, columns that differ in
        length or index, a text in a column of numbers, or an infinite number.
    """
    given = _by_column(columns, rows)
    missing = [column["name"] for column in columns if column["name"] not in given]
    if missing:
        misspelt = _misspelt(columns, missing, rows)
        raise ServingError(
            f"columns are missing: {some_of(missing)}",
            "serving.missing_columns",
            next_step=f"send every column, null where nothing is known{misspelt}",
        )
    values = [given[column["name"]] for column in columns]
    if len({len(own) for own in values}) > 1:
        raise ServingError(
            "columns differ in length", "serving.length", "one value of each column for each row"
        )
    X = np.empty((len(values[0]), len(columns)))
    unseen = np.zeros(X.shape, np.bool_)
    for j, (column, own) in enumerate(zip(columns, values, strict=True)):
        if column["categories"] is None:
            X[:, j] = _numbers(column["name"], own)
        else:
            codes = _category_codes(column["name"], column["categories"], own)
            unseen[:, j] = np.isinf(codes)
            X[:, j] = np.where(unseen[:, j], _instead(column), codes)
    _refuse_infinite(columns, X)
    return InputMatrix(X, unseen)


def _misspelt(columns: Sequence[ColumnEntry], missing: Sequence[str], rows: Any) -> str:
    """Return the missing columns that a heading is nearly spelt like.

    The headings themselves are not told: of a table without headings they are a household's cells.
    """
    known = {column["name"] for column in columns}
    others = [_name(heading)[:_LONGEST_HEADING] for heading in _headings(rows)]
    compared = [name for name in others if name not in known][:_MOST_HEADINGS]
    first = missing[:MOST_NAMED]
    near = [name for name in first if get_close_matches(name, compared, 1, _NEAR)]
    return f"; headings are nearly spelt like {', '.join(near)}: correct them" if near else ""


def _headings(rows: Any) -> Iterable[object]:
    if hasattr(rows, "columns"):
        return rows.columns
    if isinstance(rows, Sequence):
        return dict.fromkeys(chain(*rows))
    return rows.keys()


def _refuse_infinite(columns: Sequence[ColumnEntry], X: Floats) -> None:
    infinite = np.flatnonzero(np.isinf(X).any(axis=0))
    if len(infinite):
        name = columns[infinite[0]]["name"]
        raise ServingError(
            f"column {name!r} holds infinities", "serving.infinite", "finite numbers, or null"
        )


def _by_column(columns: Sequence[ColumnEntry], rows: Any) -> Mapping[str, Any]:
    if hasattr(rows, "columns"):
        _refuse_repeated(columns, rows.columns)
        if hasattr(rows, "iloc"):
            return _of_frame(columns, rows)
        known = {column["name"] for column in columns}
        return {_name(name): _plain(rows[name]) for name in rows.columns if _name(name) in known}
    if hasattr(rows, "to_dict"):
        # one row of a DataFrame: a Series
        _refuse_repeated(columns, rows.index)
        return _columns_of(rows.to_dict())
    if isinstance(rows, Mapping):
        return _columns_of(rows)
    if isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows):
        named = [{_name(name): value for name, value in row.items()} for row in rows]
        names = set(named[0]).intersection(*named) if rows else {c["name"] for c in columns}
        return {name: [row[name] for row in named] for name in names}
    raise ServingError(
        f"rows are a {type(rows).__name__} without names of columns",
        "serving.rows",
        "a DataFrame, a mapping of columns, a list of mappings or one mapping",
        "name the columns",
    )


def _of_frame(columns: Sequence[ColumnEntry], rows: Any) -> dict[str, Any]:
    """Return the columns of a pandas DataFrame, all plain numbers at once."""
    place = {_name(heading): j for j, heading in enumerate(rows.columns)}
    of_numbers = {column["name"] for column in columns if column["categories"] is None}
    wanted = [column["name"] for column in columns if column["name"] in place]
    types = list(rows.dtypes)
    plain = [name for name in wanted if name in of_numbers and _is_plain_number(types[place[name]])]
    block = rows.iloc[:, [place[name] for name in plain]].to_numpy(dtype=np.float64)
    given: dict[str, Any] = dict(zip(plain, block.T, strict=True))
    return given | {name: _plain(rows.iloc[:, place[name]]) for name in wanted if name not in given}


def _is_plain_number(dtype: object) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "fiub"


def _name(heading: object) -> str:
    return _plain_heading(str(heading))


@lru_cache(10_000)
def _plain_heading(heading: str) -> str:
    return plain_text(heading)


def _refuse_repeated(columns: Sequence[ColumnEntry], names: Any) -> None:
    given = Counter(_name(name) for name in names)
    repeated = [column["name"] for column in columns if given[column["name"]] > 1]
    if repeated:
        raise ServingError(
            f"columns are repeated: {some_of(repeated)}",
            "serving.repeated_columns",
            next_step="keep one column of each name",
        )


def _columns_of(rows: Mapping[str, Any]) -> dict[str, Any]:
    series = [values for values in rows.values() if hasattr(values, "iloc")]
    if not all(values.index.equals(series[0].index) for values in series):
        raise ServingError(
            "columns differ in index, and their values would go to other rows",
            "serving.index",
            "the same index in the same order",
            "make a DataFrame of them first",
        )
    return {_name(name): _values(values) for name, values in rows.items()}


def _values(values: Any) -> Any:
    if hasattr(values, "iloc"):
        return _plain(values)
    return [values] if np.ndim(values) == 0 else values


def _plain(series: Any) -> NDArray[Any]:
    if _is_plain_number(series.dtype):
        return np.asarray(series)
    return np.asarray(series.astype(object).where(series.notna(), None))


def _instead(column: ColumnEntry) -> float:
    """Return the code of a category outside of the vocabulary: ``"other"``, or else missing."""
    categories = column["categories"] or []
    return float(categories.index(OTHER)) if OTHER in categories else np.nan


def _numbers(name: str, values: Any) -> Floats:
    try:
        return _as_floats(values)
    except (TypeError, ValueError, OverflowError):
        raise ServingError(
            f"column {name!r} holds something that is no number",
            "serving.not_a_number",
            "numbers, null where nothing is known",
            f"convert {name!r}",
        ) from None


def _as_floats(values: Any) -> Floats:
    if getattr(values, "dtype", np.dtype(object)).kind in "fiub":
        return np.asarray(values, dtype=np.float64)
    # numpy would read a text such as "22" as a number
    if any(isinstance(value, (str, bytes)) for value in values):
        raise TypeError
    floats = np.asarray([np.nan if value is None else value for value in values], dtype=np.float64)
    if floats.ndim != 1:
        raise TypeError
    return floats


def _category_codes(name: str, categories: Sequence[str], values: Any) -> Floats:
    code_of = {category: float(code) for code, category in enumerate(categories)}
    codes = np.array([_category_code(code_of, value) for value in values], dtype=np.float64)
    unseen = [value for value, code in zip(values, codes, strict=True) if code == np.inf]
    if are_written_otherwise(unseen, categories):
        raise ServingError(
            f"column {name!r} holds numbers that its categories write otherwise",
            "serving.category",
            "texts, as they were fitted",
            "send texts; a table read from a CSV may have lost zeros in front",
        )
    return codes


def _category_code(code_of: Mapping[str, float], value: Any) -> float:
    if value is None or value != value:
        return np.nan
    text = category_text(value)
    return code_of.get(text, np.inf) if text else np.nan


def category_text(value: object) -> str:
    """Return a category as the text that a vocabulary holds: 3.0 is ``3``, no blanks around it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return plain_word(str(value))


def are_written_otherwise(unseen: Iterable[object], categories: Sequence[str]) -> bool:
    """Say whether a number among unseen values is a category in another writing: 10 for ``010``."""
    numbers = {float(text) for text in categories if _NUMBER.fullmatch(text)}
    # compared, not converted: no float holds a whole number of hundreds of digits
    return any(isinstance(value, Real) and value in numbers for value in unseen)
