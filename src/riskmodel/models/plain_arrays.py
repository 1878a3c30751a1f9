"""X as a plain array, whose columns have no names: read after scikit-learn's own checks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from riskmodel.doors import FrameLike
from riskmodel.errors import ModelError
from riskmodel.models.fit_rows import Floats

FloatType = type[np.float64] | type[np.float32]


def read_array(
    X: NDArray[Any], dtype: FloatType | tuple[FloatType, ...] = (np.float64, np.float32)
) -> Floats:
    """Return a plain array as floats after scikit-learn's own checks.

    NaN is a missing value. Infinities are refused, and tables of other libraries, whose columns
    have names.
    """
    if isinstance(X, FrameLike):
        raise ModelError(
            f"X is a {type(X).__name__}, whose names of columns would be lost",
            code="models.columns",
            allowed="a DataFrame, or an array without names",
            next_step="pass X.to_pandas()",
        )
    kinds = list(dtype) if isinstance(dtype, tuple) else dtype
    try:
        return check_array(
            X, dtype=kinds, order="C", ensure_all_finite="allow-nan", estimator="RiskClassifier"
        )
    except ValueError as error:
        said = str(error)
    # scikit-learn shows the first cell that is no number, and all cells of a single column
    if said.startswith("could not convert"):
        raise _no_table("X holds texts that are no numbers")
    if "array=" in said:
        raise _no_table("X is one column or one value. Reshape your data")
    raise ValueError(said)


def _no_table(what: str) -> ModelError:
    return ModelError(
        what,
        code="models.not_a_number",
        allowed="a Panel, a DataFrame, or an array of numbers with one row per household",
        next_step="pass a Panel: rm.Panel.from_frame(df, household_id=..., as_of_date=..., y=...)",
    )
