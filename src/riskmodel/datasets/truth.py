"""The ceiling: the best figures that any model can reach where the exact chances are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.datasets.world import Floats
from riskmodel.keys import AS_OF
from riskmodel.metrics import Capacity, CapacityLike, group_names, precision, select

KNOWN_ATTRIBUTES = ("household_type", "area")
_NO_FIGURES = frozenset(("capacity", "attributes"))


@dataclass(frozen=True)
class Ceiling:
    """The figures of the exact chances as scores, in expectation over outcomes.

    Attributes
    ----------
    auc, average_precision : float
        Over all rows.
    precision : float
        Share of crises on the list of those most at risk.
    prevalence : float
        Mean chance of the label.
    capacity : Capacity
        How many households the list holds.
    rows : int
    attributes : tuple of str
        What the exact chances know of a household beside its facts. A model that shall be compared
        with the ceiling needs them as columns: ``build_panel(..., attributes=ceiling.attributes)``.
    """

    auc: float
    average_precision: float
    precision: float
    prevalence: float
    capacity: Capacity
    rows: int
    attributes: tuple[str, ...] = KNOWN_ATTRIBUTES

    def frame(self) -> pd.DataFrame:
        """Return one row per figure."""
        figures = {name: value for name, value in vars(self).items() if name not in _NO_FIGURES}
        return pd.Series(figures, name="ceiling", dtype=float).to_frame()

    def __repr__(self) -> str:
        figures = (
            f"auc={self.auc:.3f}",
            f"average_precision={self.average_precision:.3f}",
            f"precision={self.precision:.3f} at {self.capacity}",
            f"prevalence={self.prevalence:.3f}",
            f"rows={self.rows:,}",
            f"knowing {' and '.join(self.attributes)}",
        )
        return f"Ceiling({', '.join(figures)})"


def ceiling(
    truth: pd.DataFrame, capacity: CapacityLike = 0.02, area: pd.Series | None = None
) -> Ceiling:
    """Return the best possible figures on the rows of `truth`.

    Parameters
    ----------
    truth : pandas.DataFrame
        ``records.truth`` or any rows of it, such as those of a test panel:
        ``records.truth.loc[test.X.index]``.
    capacity : float, int or mapping, default 0.02
        How many can be contacted; see `riskmodel.evaluate`, which counts the slots alike.
    area : Series, optional
        The area of each row of `truth`; needed where `capacity` is a mapping.

    Returns
    -------
    Ceiling

    Raises
    ------
    ConfigError
        For a capacity that is none, or an area without rows.

    Notes
    -----
    With p the exact chances, a row is a crisis with weight p and none with weight 1 - p. So the
    figures are free of the noise of one draw of outcomes. On drawn outcomes a model may exceed them
    by chance; to compare there, evaluate the chances themselves, as a Series of scores.

    Examples
    --------
    >>> day = pd.to_datetime(["2024-01-01"])
    >>> index = pd.MultiIndex.from_product(
    ...     [["H1", "H2"], day], names=["household_id", "as_of_date"]
    ... )
    >>> ceiling(pd.DataFrame({"probability": [0.5, 0.1]}, index=index), capacity=0.5)
    Ceiling(auc=0.900, average_precision=0.958, precision=0.500 at 50 % of each round, \
prevalence=0.300, rows=2, knowing household_type and area)
    """
    checked = _checked(capacity, area)
    chance = truth["probability"].to_numpy(float)
    return Ceiling(
        expected_auc(chance),
        expected_average_precision(chance),
        expected_precision(truth, checked, area),
        float(chance.mean()),
        checked,
        len(chance),
    )


def _checked(capacity: CapacityLike, area: pd.Series | None) -> Capacity:
    checked = Capacity.parse(capacity)
    checked.check_areas(None if area is None else group_names(area))
    return checked


def expected_precision(
    truth: pd.DataFrame,
    capacity: Capacity,
    area: pd.Series | None = None,
    score: Floats | None = None,
) -> float:
    """Return the share of crises expected on a list.

    Parameters
    ----------
    truth : DataFrame
        As `ceiling` takes it.
    capacity : Capacity
    area : Series, optional
        The area of each row.
    score : ndarray, optional
        What ranks; default: the chances themselves.
    """
    chance = truth["probability"].to_numpy(float)
    selection = select(
        chance if score is None else score,
        capacity,
        truth.index.get_level_values(AS_OF),
        area,
    )
    return precision(chance, selection.inclusion, np.ones_like(chance))


def expected_auc(chance: Floats, score: Floats | None = None) -> float:
    """Return the AUC of scores, or of the chances, over pairs of rows; ties count half."""
    levels, group = np.unique(chance if score is None else score, return_inverse=True)
    positive = np.bincount(group, weights=chance, minlength=len(levels))
    negative = np.bincount(group, weights=1 - chance, minlength=len(levels))
    below = np.cumsum(negative) - negative
    itself = (chance * (1 - chance)).sum()
    won = (positive * (below + 0.5 * negative)).sum() - 0.5 * itself
    return float(won / (positive.sum() * negative.sum() - itself))


def expected_average_precision(chance: Floats) -> float:
    """Return the precision expected at each crisis, averaged with the rows' chances as weights."""
    ranked = np.sort(chance)[::-1]
    precision = (1 + np.cumsum(ranked) - ranked) / np.arange(1, len(ranked) + 1)
    return float((precision * ranked).sum() / ranked.sum())
