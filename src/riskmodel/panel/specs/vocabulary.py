"""The categories that models and tables may name: those of few households are "other" there."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.serving import OTHER
from riskmodel.texts import as_texts

Categories: TypeAlias = "pd.Categorical[str] | pd.Categorical[object]"


class Vocabulary(NamedTuple):
    """The categories of one column that may be named.

    Attributes
    ----------
    names : tuple of str
        With ``"other"`` in place of those that too few households have.
    rare : int
        How many of the names fewer than 10 households have; 0 unless the panel was made with less.
    """

    names: tuple[str, ...]
    rare: int

    @classmethod
    def of(
        cls, values: Categories, household: NDArray[np.integer], min_households: int
    ) -> Vocabulary:
        """Return the categories that at least so many households have, in the order of their names.

        Examples
        --------
        >>> towns = pd.Categorical(["north", "north", "south", "south"])
        >>> Vocabulary.of(towns, np.array([0, 1, 2, 2]), min_households=2)
        Vocabulary(names=('north', 'other'), rare=1)
        """
        names = as_texts(values.categories)
        counts = _households(values.codes, np.asarray(household), len(names))
        is_named = counts >= min_households
        kept = [name for name, named in zip(names, is_named, strict=True) if named]
        rare = int((is_named & (counts < MIN_HOUSEHOLDS) & (names != OTHER)).sum())
        if is_named.all():
            return cls(tuple(kept), rare)
        return cls(tuple(sorted({*kept, OTHER})), rare)


def vocabularies(
    groups: pd.DataFrame | None, household: NDArray[np.integer], min_households: int
) -> dict[str, Vocabulary]:
    """Return the vocabulary of each column of groups."""
    if groups is None:
        return {}
    return {
        str(name): Vocabulary.of(pd.Categorical(groups[name]), household, min_households)
        for name in groups
    }


def is_of_few(values: NDArray[np.floating], household: NDArray[np.integer]) -> bool:
    """Tell whether one to nine households, under half of all, have another than the usual number.

    Parameters
    ----------
    values : ndarray of float, shape (n_rows,)
        NaN where missing.
    household : ndarray of int, shape (n_rows,)

    Examples
    --------
    >>> household = np.arange(1_000)
    >>> is_of_few(1.0 * (household < 9), household), is_of_few(1.0 * (household < 10), household)
    (True, False)
    """
    is_missing = np.isnan(values)
    if 2 * is_missing.sum() > len(values):
        differs = ~is_missing
    else:
        # the number of more than half of the rows is their median
        differs = values != np.nanmedian(values) if len(values) else is_missing
    few = len(np.unique(household[differs]))
    return 0 < few < MIN_HOUSEHOLDS and 2 * few < len(np.unique(household))


def check_min_households(value: int) -> int:
    """Return the least number of households of a category, or refuse anything but 1 and more."""
    is_count = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_count or value < 1:
        raise ConfigError(
            f"min_households is {value!r}",
            code="panel.min_households",
            allowed="a whole number of at least 1",
            next_step=f"leave it at {MIN_HOUSEHOLDS}, or write 1 to name every category",
        )
    return int(value)


def _households(
    codes: NDArray[np.integer], household: NDArray[np.integer], n_categories: int
) -> NDArray[np.int64]:
    """Return how many households each category has; a blank has the code -1."""
    is_known = codes >= 0
    pairs = household[is_known].astype(np.int64) * n_categories + codes[is_known]
    return np.bincount(pd.unique(pairs) % max(n_categories, 1), minlength=n_categories)
