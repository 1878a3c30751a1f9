"""What a model was fitted on, in counts and rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from riskmodel.few import told
from riskmodel.models.fit_digests import FitDigests
from riskmodel.models.fit_rows import Rows


class Training(TypedDict):
    """The rows that a model was fitted on, as plain data.

    Attributes
    ----------
    rows, positives : int
    missing : int or str
        Rows left out because they have no label; "fewer than 10" where they are so few.
    unweighted : int or str
        Rows left out because their weight is 0, in the same way.
    first_as_of, last_as_of : str or None
        None where the rows hold no dates.
    rounds : list of str
    site : str
        The service or region that the rows are of; empty for rows of a frame.
    areas : list of str
        The areas of the labelled rows that tables name; none for rows of a frame.
    constant : list of str
        The columns that held one value in all rows of the fit.
    doubtful : list of str
        The rounds that were accepted although their outcomes look incomplete.
    keys, settings : str
        By which the fit is known again; see `riskmodel.models.fit_digests.FitDigests`.
    """

    rows: int
    positives: int
    missing: int | str
    unweighted: int | str
    first_as_of: str | None
    last_as_of: str | None
    rounds: list[str]
    site: str
    areas: list[str]
    constant: list[str]
    doubtful: list[str]
    keys: str
    settings: str


def training_of(
    rows: Rows,
    used: Rows,
    names: Sequence[str],
    doubtful: list[str],
    site: str,
    areas: Sequence[str],
    digests: FitDigests,
) -> Training:
    """Return what a model was fitted on; `used` are the labelled rows among `rows`."""
    days = [] if used.as_of is None else np.unique(used.as_of).astype(str).tolist()
    missing = int(np.isnan(rows.y).sum())
    return Training(
        rows=len(used),
        positives=used.positives,
        missing=told(missing),
        unweighted=told(len(rows) - missing - len(used)),
        first_as_of=days[0] if days else None,
        last_as_of=days[-1] if days else None,
        rounds=days,
        site=site,
        areas=list(areas),
        constant=constant_columns(used, names),
        doubtful=doubtful,
        keys=digests.keys,
        settings=digests.settings,
    )


def constant_columns(rows: Rows, names: Sequence[str]) -> list[str]:
    """Return the columns that hold one value, or none, in all rows."""
    first = rows.matrix[0]
    is_constant = [
        bool(((column == value) | (np.isnan(column) & np.isnan(value))).all())
        for column, value in zip(rows.matrix.T, first, strict=True)
    ]
    return [name for name, constant in zip(names, is_constant, strict=True) if constant]
