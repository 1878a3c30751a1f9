"""What a catalogue says of the columns of a frame, each under the name that it has in X."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import PanelError
from riskmodel.indicators import Catalogue
from riskmodel.panel.frame_checks import nearest_columns
from riskmodel.texts import plain_text


def catalogue_of_frame(
    given: Catalogue,
    df: pd.DataFrame,
    new_names: Mapping[object, str],
    household: NDArray[np.integer],
) -> Catalogue:
    """Return the entries of the features, each under the feature's name."""
    new_name = {str(old): new for old, new in new_names.items()}
    known = [*map(str, df), *new_name.values()]
    entries = {plain_text(code): one for code, one in given.items()}
    for name in entries:
        if name not in known:
            raise PanelError(
                f"the catalogue describes {name!r}, which is no column of the frame",
                code="frame.catalogue",
                **nearest_columns(name, df, household),
            )
    named = {new_name.get(code, code): one for code, one in entries.items()}
    features = set(new_name.values())
    kept = [replace(one, code=name) for name, one in named.items() if name in features]
    return Catalogue(tuple(kept))
