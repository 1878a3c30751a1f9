"""The verdicts of a panel's rows that were drawn and reached, with their chances."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from riskmodel.errors import PanelError
from riskmodel.keys import as_days
from riskmodel.metrics import Floats, Ints, ScoredRows, Selection, group_names
from riskmodel.metrics.selective import SelectiveRows
from riskmodel.models.drawn_rows import DrawnRows
from riskmodel.models.verdict_chances import LEAST_CHANCE, Bools, as_numbers, cross_fitted

if TYPE_CHECKING:
    from riskmodel.panel import Panel

VERDICTS_FOR_A_RATE = 100
KEPT = 8


@dataclass(frozen=True, eq=False)
class KnownVerdicts:
    """The rows of a cohort, whose verdicts are known, and by which chances.

    Attributes
    ----------
    positions : ndarray of int, shape (n_rows,)
        The rows of the panel that are judged, in the order of their keys: of rounds whose labels
        are final, of a weight above 0, with or without a verdict.
    verdict, drawn_chance, reach_chance, expected, known_chance : ndarray, shape (n_rows,)
    weight : ndarray, shape (n_rows,)
    known, drawn : ndarray of bool, shape (n_rows,)
    household, area_round : ndarray of int, shape (n_rows,)
        The latter None for a panel without areas.
    last_rate : float
    raised : int
        Rows whose fitted chance to be reached was raised to .02.
    not_recorded : int
        Rows whose chance to be drawn is not on record: they count as rows that could not be drawn.
    """

    positions: Ints
    verdict: Floats
    known: Bools
    drawn: Bools
    drawn_chance: Floats
    reach_chance: Floats
    expected: Floats
    known_chance: Floats
    weight: Floats
    household: Ints
    area_round: Ints | None
    last_rate: float
    raised: int
    not_recorded: int

    @classmethod
    def of(cls, panel: Panel) -> KnownVerdicts:
        """Return those of a panel; of the same rows they are fitted once.

        Raises
        ------
        PanelError
            Where no verdict is known, or all are of one class.
        """
        if panel not in _OF_PANEL:
            rows = _digest(panel)
            if rows not in _FITTED:
                _FITTED[rows] = cls._of(panel)
                while len(_FITTED) > KEPT:
                    _FITTED.pop(next(iter(_FITTED)))
            _OF_PANEL[panel] = _FITTED[rows]
        return _OF_PANEL[panel]

    @classmethod
    def _of(cls, panel: Panel) -> KnownVerdicts:
        assert panel.y is not None
        assert panel.draws is not None
        weight = np.ones(len(panel)) if panel.weight is None else panel.weight.to_numpy(np.float64)
        judged = np.flatnonzero(panel.is_mature & (weight > 0))
        # in the order of their keys: folds and fits must not hang on the order in which rows came
        ids = panel.households[judged].to_numpy(dtype=str)
        rows = judged[np.lexsort((as_days(panel.as_of[judged]), ids))]
        drawn = DrawnRows.of(panel, rows)
        known = drawn.known
        _check_classes(drawn.verdict[known], len(panel))
        reach = drawn.reach_chance()
        return cls(
            positions=rows,
            verdict=np.where(known, drawn.verdict, np.nan),
            known=known,
            drawn=drawn.drawn,
            drawn_chance=drawn.chance,
            reach_chance=reach.chance,
            expected=cross_fitted(drawn.columns, drawn.verdict, known, drawn.household),
            known_chance=np.maximum(
                cross_fitted(
                    drawn.records,
                    known.astype(np.float64),
                    np.ones(len(rows), bool),
                    drawn.household,
                ),
                LEAST_CHANCE,
            ),
            weight=weight[rows],
            household=drawn.household,
            area_round=_area_rounds(panel, drawn),
            last_rate=_last_rate(drawn.round, drawn.verdict, known & (drawn.chance < 1)),
            raised=reach.raised,
            not_recorded=drawn.not_recorded,
        )

    @property
    def unknown(self) -> int:
        """Rows without a verdict."""
        return int((~self.known).sum())

    def scored(self, selection: Selection, probability: Floats | None) -> ScoredRows:
        """Return the rows with the list that a selection draws among all of them."""
        selective = SelectiveRows(
            verdict=self.verdict,
            known=self.known,
            drawn=self.drawn,
            drawn_chance=self.drawn_chance,
            reach_chance=self.reach_chance,
            expected=self.expected,
            known_chance=self.known_chance,
            weight=self.weight,
            score=selection.score,
            probability=probability,
            household=self.household,
            area_round=self.area_round,
            listed=selection.inclusion,
            share_listed=selection.share_listed(self.weight),
            near_cut=selection.near_cut,
            last_rate=self.last_rate,
        )
        found = np.where(self.known, self.verdict, 0.0)
        return ScoredRows.of(found, self.weight, probability, self.household, selection, selective)


_FITTED: dict[str, KnownVerdicts] = {}
_OF_PANEL: WeakKeyDictionary[Panel, KnownVerdicts] = WeakKeyDictionary()


def _digest(panel: Panel) -> str:
    """Return what tells the rows, verdicts, draws and features of a panel from another's."""
    parts = [
        panel.X.index.to_frame(),
        panel.y,
        panel.draws,
        panel.weight,
        panel.area,
        pd.Series(panel.independent_units),
        pd.Series(panel.is_mature),
    ]
    digest = hashlib.sha256(as_numbers(panel.X).tobytes())
    for part in parts:
        if part is not None:
            digest.update(pd.util.hash_pandas_object(part).to_numpy().tobytes())
    return digest.hexdigest()


def _area_rounds(panel: Panel, drawn: DrawnRows) -> Ints | None:
    if panel.area is None:
        return None
    area = pd.factorize(group_names(panel.area)[drawn.positions])[0]
    pairs = drawn.round * (int(area.max()) + 1) + area
    return np.unique(pairs, return_inverse=True)[1]


def _last_rate(rounds: Ints, verdict: Floats, arm: Bools) -> float:
    """Return the share of 1 in the last rounds whose arms have 100 verdicts together, or in all."""
    if not arm.any():
        return float("nan")
    counts = np.bincount(rounds[arm])[::-1].cumsum()
    back = int(np.searchsorted(counts, min(VERDICTS_FOR_A_RATE, counts[-1])))
    late = arm & (rounds >= rounds[arm].max() - back)
    return float(verdict[late].mean())


def _check_classes(verdict: Floats, rows: int) -> None:
    positives = int((verdict == 1).sum())
    if 0 < positives < len(verdict):
        return
    what = "all verdicts are of one class" if len(verdict) else "no row has a verdict"
    raise PanelError(
        f"{what}: nothing can be evaluated on these {rows:,} rows",
        code="evaluation.one_class" if len(verdict) else "evaluation.no_label",
        allowed="rows drawn and reached, with verdicts of both classes",
        next_step="evaluate rounds whose labels are mature, or more of them",
    )
