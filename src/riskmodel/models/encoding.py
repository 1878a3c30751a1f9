"""Turns frames into matrices: columns by their names, categories by the fit's vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import infer_dtype, is_bool_dtype, is_complex_dtype, is_numeric_dtype

from riskmodel.errors import ModelError, did_you_mean
from riskmodel.models.fit_rows import Floats
from riskmodel.models.plain_arrays import FloatType, read_array
from riskmodel.serving import OTHER, are_written_otherwise, category_text
from riskmodel.texts import plain_text

Frame = pd.DataFrame | NDArray[Any]

_SHOWN = 8
_NUMBERS = frozenset({"integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty"})


@dataclass(frozen=True)
class Encoder:
    """It turns X into the matrix that the model sees.

    Attributes
    ----------
    names : tuple of str
        Columns, in the order of the fit.
    vocabulary : mapping of str to tuple of str
        The categories of each categorical column. The code of a category is its position here.
    named : bool
        False where the model was fitted on a plain array.
    rare : frozenset of str
        Columns that may be named after one of the few households that they tell of: messages tell
        their number.
    """

    names: tuple[str, ...]
    vocabulary: Mapping[str, tuple[str, ...]]
    named: bool = True
    rare: frozenset[str] = frozenset()

    def told(self, names: Iterable[str]) -> list[str]:
        """Return names of columns as messages may tell them."""
        return [f"no. {self.names.index(n) + 1}" if n in self.rare else n for n in names]

    @classmethod
    def learn(
        cls, X: Frame, rows: NDArray[np.bool_], fixed: Mapping[str, Sequence[str] | None]
    ) -> Encoder:
        """Learn the columns of X and their categories.

        The categories are those in `fixed`, or else those in the rows of the fit.
        """
        if not isinstance(X, pd.DataFrame):
            return cls(tuple(f"x{i}" for i in range(X.shape[1])), {}, named=False)

        names = _names_of(X)
        vocabulary: dict[str, tuple[str, ...]] = {}
        for position, (name, dtype) in enumerate(zip(names, X.dtypes, strict=True)):
            categories = fixed.get(name)
            if categories:
                vocabulary[name] = tuple(categories)
            elif isinstance(dtype, pd.CategoricalDtype):
                vocabulary[name] = tuple(_present(X.iloc[:, position][rows]))
        return cls(names, vocabulary)

    def matrix(self, X: Frame, dtype: FloatType = np.float64) -> Floats:
        """Return X as floats, C-contiguous, shape (n_rows, n_features).

        The columns of X may stand in any order. A category outside of the vocabulary is its
        ``"other"``, or else missing.
        Missing, unknown and repeated columns are refused, and so are infinities.
        """
        if not isinstance(X, pd.DataFrame):
            return self._plain(X, dtype)

        frame = self._aligned(X)
        if not self.vocabulary and _holds_numbers_only(frame):
            matrix = np.ascontiguousarray(frame.to_numpy(dtype=dtype))
        else:
            matrix = self._by_column(frame, dtype)
        _check_finite(matrix, self.told(self.names))
        return matrix

    def unseen(self, X: Frame) -> dict[str, int]:
        """Return by column how many rows hold a category outside of the vocabulary."""
        if not isinstance(X, pd.DataFrame):
            return {}
        counts = self.unseen_cells(X).sum(axis=0)
        return {name: int(counts[self.names.index(name)]) for name in self.vocabulary}

    def unseen_cells(self, X: Frame) -> NDArray[np.bool_]:
        """Return which cells hold a category outside of the vocabulary, shape of the matrix."""
        unseen = np.zeros((len(X), len(self.names)), dtype=bool)
        if not self.vocabulary or not isinstance(X, pd.DataFrame):
            return unseen

        frame = self._aligned(X)
        for name, categories in self.vocabulary.items():
            position = self.names.index(name)
            values = frame.iloc[:, position]
            has_no_code = np.isnan(_codes(values, categories, np.nan))
            unseen[:, position] = has_no_code & ~_is_blank(values)
        return unseen

    def _by_column(self, frame: pd.DataFrame, dtype: FloatType) -> Floats:
        matrix: Floats = np.empty((len(frame), len(self.names)), dtype=dtype)
        for name, categories in self.vocabulary.items():
            position = self.names.index(name)
            outside = float(categories.index(OTHER)) if OTHER in categories else np.nan
            matrix[:, position] = _codes(frame.iloc[:, position], categories, outside)

        coded = sorted(self.names.index(name) for name in self.vocabulary)
        for before, after in pairwise([-1, *coded, len(self.names)]):
            # a slice of columns copies nothing where pandas keeps them together
            run = frame.iloc[:, before + 1 : after]
            if _holds_numbers_only(run):
                matrix[:, before + 1 : after] = run.to_numpy(dtype=dtype)
                continue
            for position in range(before + 1, after):
                name = self.names[position]
                matrix[:, position] = _numbers(frame.iloc[:, position], *self.told([name]))
        return matrix

    def _aligned(self, X: pd.DataFrame) -> pd.DataFrame:
        if not self.named:
            raise ModelError(
                "the model was fitted on an array without column names, X is a DataFrame",
                code="models.columns",
                next_step="pass X.to_numpy() in the order of the fit, or fit on a DataFrame",
            )
        given = _names_of(X)
        if given == self.names:
            return X
        self._check_columns(given)
        position = {name: i for i, name in enumerate(given)}
        return X.iloc[:, [position[name] for name in self.names]]

    def _check_columns(self, given: Sequence[str]) -> None:
        names = self.names
        missing = [name for name in names if name not in set(given)]
        unknown = [name for name in given if name not in set(names)]
        near = set(missing or names) - self.rare
        hint = f"; {did_you_mean(unknown[0], near)}" if unknown else ""
        if missing:
            raise ModelError(
                f"{len(missing)} columns of the fit are missing: {_some(self.told(missing))}",
                code="models.missing_columns",
                allowed=f"the {len(names)} columns of feature_names_in_",
                next_step="build X by the model's own recipe; missing columns are never filled in"
                f"{hint}",
            )
        if unknown:
            raise ModelError(
                f"{len(unknown)} columns are unknown to the model: {_some(unknown)}",
                code="models.unknown_columns",
                allowed=f"the {len(names)} columns of feature_names_in_",
                next_step=f"drop them, or pass X[list(model.feature_names_in_)]{hint}",
            )

    def _plain(self, X: NDArray[Any], dtype: FloatType) -> Floats:
        if self.named:
            raise ModelError(
                "the model was fitted on named columns, X has no names",
                code="models.columns",
                allowed="a DataFrame with the columns of the fit",
                next_step="pass a DataFrame",
            )
        matrix = read_array(X, dtype)
        if matrix.shape[1] != len(self.names):
            raise ModelError(
                f"X has {matrix.shape[1]} features, but RiskClassifier is expecting "
                f"{len(self.names)} features as input",
                code="models.columns",
                next_step="pass the columns of the fit, in its order",
            )
        return matrix


def narrowest(X: Frame) -> FloatType:
    """Return float32 where every number of X has it, else float64.

    float32 halves the memory of a fit.
    """
    dtypes = X.dtypes if isinstance(X, pd.DataFrame) else [X.dtype]
    numbers = [dtype for dtype in dtypes if not isinstance(dtype, pd.CategoricalDtype)]
    return np.float32 if all(dtype == np.float32 for dtype in numbers) else np.float64


def _holds_numbers_only(frame: pd.DataFrame) -> bool:
    return all(isinstance(dtype, np.dtype) and dtype.kind in "fiub" for dtype in frame.dtypes)


def _present(values: pd.Series) -> list[str]:
    return sorted({category_text(value) for value in values.dropna().unique()} - {""})


def _is_blank(values: pd.Series) -> NDArray[np.bool_]:
    """Tell where no category is given: nothing, or nothing but blanks."""
    distinct = values.dropna().unique()
    blank = [value for value in distinct if not category_text(value)]
    return (values.isna() | values.isin(blank)).to_numpy(dtype=bool)


def _codes(values: pd.Series, categories: Sequence[str], outside: float) -> Floats:
    """Return the code of each category, `outside` for one that is not listed, NaN where missing."""
    code = {category: float(i) for i, category in enumerate(categories)}
    # pandas 2 makes neither categories nor an index of numbers of hundreds of digits
    given: Iterable[Any]
    if isinstance(values.dtype, pd.CategoricalDtype):
        position, given = values.cat.codes.to_numpy(), values.cat.categories
    elif values.dtype == object:
        position, given = pd.factorize(values.to_numpy())
    else:
        position, given = pd.factorize(values)

    texts = [category_text(value) for value in given]
    unlisted = [value for value, text in zip(given, texts, strict=True) if text not in code]
    if are_written_otherwise(unlisted, categories):
        raise ModelError(
            "holds numbers that its categories write otherwise",
            code="models.category",
            place=f"column {values.name!r}",
            allowed="texts, as they were fitted",
            next_step="read the column as text; a table read from a CSV may have lost zeros in "
            "front",
        )
    # pandas numbers a missing value -1, which is the last entry
    coded = (code.get(text, outside) if text else np.nan for text in texts)
    table = np.array([*coded, np.nan])
    return table[position]


def _numbers(values: pd.Series, told: str) -> Floats:
    """Return a column as numbers, or refuse it as messages tell it."""
    place = f"column {told}" if told != str(values.name) else f"column {values.name!r}"
    loose = values.dtype == object and infer_dtype(values, skipna=True) in _NUMBERS
    real = is_numeric_dtype(values.dtype) and not is_complex_dtype(values.dtype)
    if not (loose or real or is_bool_dtype(values.dtype)):
        raise ModelError(
            f"holds {values.dtype}, not numbers",
            code="models.not_a_number",
            place=place,
            allowed="numbers, or the dtype category when fitting",
            next_step="convert it, for example by X[column].astype('category') before the fit",
        )
    try:
        return pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
    except OverflowError:
        raise ModelError(
            "holds a number that is too large",
            code="models.infinite",
            place=place,
            allowed="numbers below 1.8e308, or missing",
            next_step="look for cells of hundreds of digits, and replace them by missing values",
        ) from None


def _names_of(X: pd.DataFrame) -> tuple[str, ...]:
    """Return the plain names of the columns, or refuse two of one name."""
    names = tuple(plain_text(str(column)) for column in X.columns)
    if len(set(names)) < len(names):
        repeated = (name for name, times in Counter(names).items() if times > 1)
        raise ModelError(
            f"columns are repeated: {_some(repeated)}",
            code="models.repeated_columns",
            next_step="keep one column of each name",
        )
    return names


def _check_finite(matrix: Floats, names: Sequence[str]) -> None:
    if np.isinf(matrix).any():
        positions = np.flatnonzero(np.isinf(matrix).any(axis=0)).tolist()
        infinite = _some(names[position] for position in positions)
        raise ModelError(
            f"columns hold infinities: {infinite}",
            code="models.infinite",
            allowed="finite numbers, or missing",
            next_step="replace infinities by missing values",
        )


def _some(names: Iterable[Any]) -> str:
    listed = [str(name) for name in names]
    rest = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + rest
