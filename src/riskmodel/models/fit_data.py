"""The arguments of `fit` in numbers: an encoder, the two classes and the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.models.encoding import Encoder, narrowest, read_array
from riskmodel.models.fit_rows import Rows
from riskmodel.models.inputs import (
    FitInput,
    check_same_keys,
    read_area,
    read_keys,
    read_target,
    read_weight,
)


@dataclass(frozen=True, eq=False)
class FitData:
    """What a kind is fitted on, and how rows become such a matrix again."""

    encoder: Encoder
    classes: NDArray[Any]
    rows: Rows

    @classmethod
    def read(cls, given: FitInput) -> FitData:
        """Read the arguments of `fit`, or refuse them with the fix."""
        X = given.X if isinstance(given.X, pd.DataFrame) else read_array(given.X)
        check_same_keys(X, {"y": given.y, "sample_weight": given.weight, "area": given.area})
        target = read_target(given.y, len(X))
        vocabularies = {column.name: column.categories for column in given.columns}
        encoder = Encoder.learn(X, ~np.isnan(target.y), vocabularies)
        keys = read_keys(X)
        rows = Rows(
            matrix=encoder.matrix(X, narrowest(X)),
            y=target.y,
            household=keys.household,
            as_of=keys.as_of,
            weight=read_weight(given.weight, len(X)),
            area=read_area(given.area, len(X)),
        )
        return cls(encoder, target.classes, rows)
