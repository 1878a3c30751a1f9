"""The rows that a metric is computed from: outcomes, scores, weights, and who is listed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.selection import Selection, TieBounds

if TYPE_CHECKING:
    from riskmodel.metrics.selective import SelectiveRows


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Scored rows with labels as arrays of shape (n_rows,), and which of them are listed.

    Attributes
    ----------
    y, weight, margin : ndarray
        Outcome (1 is the crisis class), weight, and the score that ranks. Where only some rows have
        a verdict, the outcome is 1 for those whose verdict is known to be 1.
    probability : ndarray or None
        The score as a probability; None where the scores are no probabilities.
    household : ndarray of int
        Numbered 0, 1, ... with none left out.
    inclusion : ndarray
        Each row's chance to be listed.
    tie_bounds : TieBounds
        The worst and the best list that ties at the cut allow.
    share_listed : ndarray
        Share of the row's round (or area in it) that is listed; `inclusion` itself where the cut
        is taken as given.
    marginal_precision : float
        Precision near the cut.
    marginal_probability : float
        Mean probability near the cut; NaN where the scores are no probabilities.
    is_constant : bool
        Whether all rows that were scored together have one score, so that chance alone ranks them.
    selective : SelectiveRows or None
        The same rows with their chances, where only some have a verdict; figures are made of these.
    """

    y: Floats
    weight: Floats
    margin: Floats
    probability: Floats | None
    household: Ints
    inclusion: Floats
    tie_bounds: TieBounds
    share_listed: Floats
    marginal_precision: float
    is_constant: bool = False
    marginal_probability: float = float("nan")
    selective: SelectiveRows | None = None

    @classmethod
    def of(
        cls,
        y: Floats,
        weight: Floats,
        probability: Floats | None,
        household: Ints,
        selection: Selection,
        selective: SelectiveRows | None = None,
    ) -> ScoredRows:
        """Return the rows with the list that a selection draws among them."""
        return cls(
            y=y,
            weight=weight,
            margin=selection.score,
            probability=probability,
            household=household,
            inclusion=selection.inclusion,
            tie_bounds=selection.tie_bounds(y, weight),
            share_listed=selection.share_listed(weight),
            marginal_precision=selection.mean_near_cut(y, weight),
            marginal_probability=(
                float("nan")
                if probability is None
                else selection.mean_near_cut(probability, weight)
            ),
            is_constant=bool(np.ptp(selection.score) == 0) if len(y) else False,
            selective=selective,
        )

    def __len__(self) -> int:
        return len(self.y)

    @property
    def is_listed(self) -> NDArray[np.bool_]:
        """Which rows are on some list that the ties allow, as a mask."""
        return np.asarray(self.inclusion > 0)

    @property
    def is_left_out(self) -> NDArray[np.bool_]:
        """Which rows are missing from some list that the ties allow, as a mask."""
        return np.asarray(self.inclusion < 1)

    def take(self, rows: Ints, *, whole_rounds: bool = False) -> ScoredRows:
        """Return some of the rows; the cut is taken as given unless they are whole rounds."""
        inclusion = self.inclusion[rows]
        return ScoredRows(
            y=self.y[rows],
            weight=self.weight[rows],
            margin=self.margin[rows],
            probability=None if self.probability is None else self.probability[rows],
            household=np.unique(self.household[rows], return_inverse=True)[1],
            inclusion=inclusion,
            tie_bounds=self.tie_bounds.take(rows),
            share_listed=self.share_listed[rows] if whole_rounds else inclusion,
            marginal_precision=self.marginal_precision,
            marginal_probability=self.marginal_probability,
            is_constant=self.is_constant,
            selective=(
                None
                if self.selective is None
                else self.selective.take(rows, whole_rounds=whole_rounds)
            ),
        )

    def with_list(self, listed: Floats) -> ScoredRows:
        """Return the rows with another list."""
        return replace(self, inclusion=listed)
