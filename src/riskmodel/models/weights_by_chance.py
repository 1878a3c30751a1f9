"""Weights of a fit on the verdicts of those contacted: one over the chance of each verdict."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError, PanelError
from riskmodel.few import told_text
from riskmodel.models.drawn_rows import DrawnRows
from riskmodel.models.verdict_chances import LEAST_CHANCE
from riskmodel.panel import Panel

MOST = 5.0


@dataclass(frozen=True, eq=False, repr=False)
class ChanceWeights:
    """The weight of each row of a panel whose verdicts only those contacted have.

    Attributes
    ----------
    weight : Series of float, shape (n_rows,)
        In how many rows' place a verdict stands, by the chance that it came to be known; indexed as
        the panel. 0 without a verdict, or without a recorded chance.
    most : float
        No weight is larger.
    verdicts : int
        Rows of a weight above 0.
    by_chance : int
        How many of these were not certain to be drawn.
    capped : int
        How many of these would weigh more.
    cut_off : float
        The share of all weight that the cap takes away, which is what it may bias.
    effective : float
        As many verdicts of one weight would tell as much: (sum of weights)^2 / sum of squares.
    never : float
        Share of the rows that had no chance, or none on record: no weight speaks for them.
    not_recorded : int
        Verdicts without a recorded chance; they are left out.
    """

    weight: pd.Series
    most: float
    verdicts: int
    by_chance: int
    capped: int
    cut_off: float
    effective: float
    never: float
    not_recorded: int

    @property
    def share_capped(self) -> float:
        """The share of the verdicts whose weight is capped."""
        return self.capped / self.verdicts

    def facts(self) -> dict[str, object]:
        """Return what a card says of them."""
        return {
            "chance_weights": self.most,
            "weighted_verdicts": self.verdicts,
            "share_capped": self.share_capped,
            "weight_cut_off": self.cut_off,
            "effective_verdicts": self.effective,
            "without_a_chance": self.never,
        }

    def __repr__(self) -> str:
        lines = [
            f"{self.verdicts:,} verdicts, {told_text(self.by_chance)} of them drawn by chance, "
            f"weighed by 1 / chance of each; they tell as much as {self.effective:,.0f} of one "
            f"weight",
            f"capped at {self.most:g}: {self.share_capped:.1%} of the verdicts, "
            f"{self.cut_off:.1%} of all weight cut off",
        ]
        if self.never:
            lines.append(f"{self.never:.1%} of the rows had no chance: no weight speaks for them")
        if self.not_recorded:
            lines.append(
                f"{told_text(self.not_recorded)} verdicts without a recorded chance left out"
            )
        return "\n".join(lines)


@door
def chance_weights(panel: Panel, most: float = MOST) -> ChanceWeights:
    """Return weights by which the verdicts of those contacted stand for the whole cohort.

    Parameters
    ----------
    panel : Panel
        With a label of contacts, and chances on record (`Panel.draws`).
    most : float, default 5
        The largest weight: a verdict stands for at most so many rows.

    Returns
    -------
    ChanceWeights
        ``fit(panel, sample_weight=weights.weight)`` fits by them.

    Raises
    ------
    PanelError
        For a panel without label or chances, or no verdict with a chance.
    ConfigError
        For a largest weight below 1.

    Notes
    -----
    The weight is min(1 / (pi q), most) times the panel's own weight. pi is the recorded chance to
    be drawn; q is the chance of a verdict if drawn, fitted on all drawn rows by small trees on the
    panel's columns, in three folds of households. A row that was certain to be drawn weighs 1 / q.
    Without a cap a weighted sum over the verdicts estimates the sum over the cohort without bias,
    as long as reach does not depend on need given the records, and whatever else chose the list
    [1]_. The cap trades some of that for less spread: without one a fit ranks by the few verdicts
    that were drawn at random, and ranks worse than unweighted where these are some hundred.

    References
    ----------
    .. [1] Horvitz and Thompson, A generalization of sampling without replacement from a finite
       universe. Journal of the American Statistical Association 47 (1952) 663-685.

    Examples
    --------
    >>> import riskmodel as rm
    >>> records = rm.make_households(
    ...     800, n_rounds=3, capacity=0.2, random_share=0.5, random_state=0
    ... )
    >>> label = rm.Label("need_confirmed", "1M", "1M", observed_by="contacts")
    >>> panel = rm.build_panel(records, label=label)
    >>> weights = chance_weights(panel, most=100)
    >>> bool(weights.weight[panel.y.isna()].max() == 0)
    True
    >>> bool(0.9 < weights.weight.sum() / len(panel) < 1.1)
    True
    """
    _check(panel, most)
    assert panel.y is not None
    own = np.ones(len(panel)) if panel.weight is None else panel.weight.to_numpy(np.float64)
    drawn = DrawnRows.of(panel, np.flatnonzero(panel.is_mature & (own > 0)))
    known = drawn.known
    if not known.any():
        raise PanelError(
            "no verdict has a recorded chance",
            code="models.no_chances",
            allowed="verdicts of rows that were drawn by a chance on record",
            next_step="give lists, or the probability of contacts; or fit without weights",
        )
    reach = np.maximum(drawn.reach_chance().chance[known], LEAST_CHANCE)
    chance = drawn.chance[known] * reach
    whole, most = 1 / chance, float(most)
    kept = np.minimum(whole, most)

    weight = np.zeros(len(panel))
    weight[drawn.positions[known]] = kept * own[drawn.positions[known]]
    return ChanceWeights(
        weight=pd.Series(weight, index=panel.X.index, name="weight"),
        most=most,
        verdicts=int(known.sum()),
        by_chance=int((drawn.chance[known] < 1).sum()),
        capped=int((whole > most).sum()),
        cut_off=float(1 - kept.sum() / whole.sum()),
        effective=float(weight.sum() ** 2 / (weight**2).sum()),
        never=float((drawn.chance == 0).mean()),
        not_recorded=int((~np.isnan(drawn.verdict) & ~known).sum()),
    )


def _check(panel: Panel, most: float) -> None:
    if panel.y is None or panel.draws is None:
        raise PanelError(
            f"the panel has no {'label' if panel.y is None else 'chances'} to weigh rows by",
            code="models.no_chances",
            allowed="a label of contacts, and lists or contacts with probabilities",
            next_step="give lists, or the probability of contacts; or fit without weights",
        )
    if not (isinstance(most, Real) and np.isfinite(most) and most >= 1):
        raise ConfigError(
            "the largest weight is not a number of at least 1",
            code="models.most_weight",
            allowed="a finite number of at least 1",
            next_step="write for instance most=5",
        )
