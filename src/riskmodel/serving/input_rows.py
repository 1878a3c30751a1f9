"""Turns rows as they are sent into the matrix that the model sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import ColumnEntry, Floats, Rows
from riskmodel.serving.refusal import ServingError


class InputMatrix(NamedTuple):
    """Rows as floats, and for each row the number of its categories that the fit did not see."""

    X: Floats
    unseen: NDArray[np.int64]


def input_matrix(columns: Sequence[ColumnEntry], rows: Rows) -> InputMatrix:
    """Return rows (a DataFrame, a mapping of columns or a list of mappings) as a matrix.

    Raises
    ------
    ServingError
        For a missing column, a text in a column of numbers, or an infinite number.
    """
    given = _by_column(rows)
    missing = [column["name"] for column in columns if column["name"] not in given]
    if missing:
        raise ServingError(
            f"columns are missing: {', '.join(missing)}",
            "serving.missing_columns",
            next_step="send every column, null where nothing is known",
        )
    coded = [_coded(column, given[column["name"]]) for column in columns]
    unseen = [np.isinf(values) for values in coded]
    known = [np.where(at, np.nan, values) for at, values in zip(unseen, coded, strict=True)]
    return InputMatrix(np.column_stack(known), np.sum(unseen, axis=0))


def _by_column(rows: Rows) -> Mapping[str, Any]:
    if hasattr(rows, "columns"):
        return {str(name): _plain(rows[name]) for name in rows.columns}
    if isinstance(rows, Mapping):
        return {name: [value] if np.ndim(value) == 0 else value for name, value in rows.items()}
    names = set(rows[0]).intersection(*rows) if len(rows) else set()
    return {name: [row[name] for row in rows] for name in names}


def _plain(series: Any) -> NDArray[Any]:
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiub":
        return np.asarray(series)
    return np.asarray(series.astype(object).where(series.notna(), None))


def _coded(column: ColumnEntry, values: Any) -> Floats:
    """Return numbers as they are and categories as codes; unseen categories are infinite."""
    if column["categories"] is None:
        return _numbers(column["name"], values)
    return _category_codes(column["categories"], values)


def _numbers(name: str, values: Any) -> Floats:
    try:
        numbers = _as_floats(values)
    except (TypeError, ValueError):
        raise ServingError(
            f"column {name!r} holds something that is no number",
            "serving.not_a_number",
            "numbers, null where nothing is known",
            f"convert {name!r}",
        ) from None
    if np.isinf(numbers).any():
        raise ServingError(
            f"column {name!r} holds infinities", "serving.infinite", "finite numbers, or null"
        )
    return numbers


def _as_floats(values: Any) -> Floats:
    if getattr(values, "dtype", np.dtype(object)).kind in "fiub":
        return np.asarray(values, dtype=np.float64)
    # numpy would read a text such as "22" as a number
    if any(isinstance(value, (str, bytes)) for value in values):
        raise TypeError
    return np.asarray([np.nan if value is None else value for value in values], dtype=np.float64)


def _category_codes(categories: Sequence[str], values: Any) -> Floats:
    code_of = {category: float(code) for code, category in enumerate(categories)}
    return np.array([_category_code(code_of, value) for value in values])


def _category_code(code_of: Mapping[str, float], value: Any) -> float:
    if value is None or value != value:
        return np.nan
    return code_of.get(_text(value), np.inf)


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)
