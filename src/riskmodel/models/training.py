"""What a model was fitted on, in counts and rounds."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskmodel.metrics import UNKNOWN, group_names
from riskmodel.models.fit_rows import Rows
from riskmodel.serving import OTHER


class Training(TypedDict):
    """The rows that a model was fitted on, as plain data.

    Attributes
    ----------
    rows, positives : int
    missing : int
        Rows left out because they have no label.
    unweighted : int
        Rows left out because their weight is 0.
    first_as_of, last_as_of : str or None
        None where the rows hold no dates.
    rounds : list of str
    site : str
        The service or region that the rows are of; empty for rows of a frame.
    areas : list of str
        The areas of at least 10 households; none where the rows name no area.
    doubtful : list of str
        The rounds that were accepted although their outcomes look incomplete.
    """

    rows: int
    positives: int
    missing: int
    unweighted: int
    first_as_of: str | None
    last_as_of: str | None
    rounds: list[str]
    site: str
    areas: list[str]
    doubtful: list[str]


def training_of(rows: Rows, used: Rows, doubtful: list[str], site: str = "") -> Training:
    """Return what a model was fitted on; `used` are the labelled rows among `rows`."""
    days = [] if used.as_of is None else np.unique(used.as_of).astype(str).tolist()
    missing = int(np.isnan(rows.y).sum())
    return Training(
        rows=len(used),
        positives=used.positives,
        missing=missing,
        unweighted=len(rows) - missing - len(used),
        first_as_of=days[0] if days else None,
        last_as_of=days[-1] if days else None,
        rounds=days,
        site=site,
        areas=[] if used.area is None else list(areas_of_many(used.area, used.household)),
        doubtful=doubtful,
    )


def areas_of_many(area: ArrayLike, household: ArrayLike) -> tuple[str, ...]:
    """Return the areas that at least 10 households have, in the order of their names."""
    # not at the top: a model of a frame is fitted without loading the panel's engine
    from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS, Vocabulary

    values = pd.Categorical(group_names(area))
    named = Vocabulary.of(values, pd.factorize(np.asarray(household))[0], MIN_HOUSEHOLDS).names
    return tuple(name for name in named if name not in (OTHER, UNKNOWN))
