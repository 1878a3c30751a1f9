"""Scored rows of which some have a verdict, with the chances by which it became known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from riskmodel.metrics.arrays import Floats, Ints
from riskmodel.metrics.selective.identified import Ground, Identification, identification
from riskmodel.metrics.selective.pseudo_labels import Bools, pseudo_labels


@dataclass(frozen=True, eq=False)
class SelectiveRows:
    """All rows of the cohort, arrays of shape (n_rows,), and the list drawn among them.

    Attributes
    ----------
    verdict : ndarray
        1 or 0 where it is known.
    known, drawn : ndarray of bool
        Whose verdict is known, and who was drawn to be contacted.
    drawn_chance, reach_chance, expected : ndarray
        The chance to be drawn, that of a verdict if drawn, and that of a verdict of 1.
    known_chance : ndarray
        The chance that the verdict is known, by the records alone: for bounds.
    weight, score : ndarray
    probability : ndarray or None
        None where the scores are no probabilities.
    household : ndarray of int
        Numbered 0, 1, ... with none left out.
    area_round : ndarray of int or None
        The area of each row in its round, numbered so too.
    listed : ndarray
        Each row's chance to be on the candidate's list, drawn among all rows, with or without a
        verdict; a fraction where scores tie at the cut.
    share_listed : ndarray
        Share of the row's round, or area in it, that is listed; `listed` itself where the cut is
        taken as given.
    near_cut : ndarray
        Each row's chance to have a rank near the cut.
    last_rate : float
        Share of 1 among the verdicts of an arm that is known before these; NaN where none is.
    """

    verdict: Floats
    known: Bools
    drawn: Bools
    drawn_chance: Floats
    reach_chance: Floats
    expected: Floats
    known_chance: Floats
    weight: Floats
    score: Floats
    probability: Floats | None
    household: Ints
    area_round: Ints | None
    listed: Floats
    share_listed: Floats
    near_cut: Floats
    last_rate: float

    def __len__(self) -> int:
        return len(self.verdict)

    def take(self, rows: Ints, *, whole_rounds: bool = False) -> SelectiveRows:
        """Return some of the rows; the cut is taken as given unless they are whole rounds."""
        listed = self.listed[rows]
        return replace(
            self,
            verdict=self.verdict[rows],
            known=self.known[rows],
            drawn=self.drawn[rows],
            drawn_chance=self.drawn_chance[rows],
            reach_chance=self.reach_chance[rows],
            expected=self.expected[rows],
            known_chance=self.known_chance[rows],
            weight=self.weight[rows],
            score=self.score[rows],
            probability=None if self.probability is None else self.probability[rows],
            household=_numbered(self.household[rows]),
            area_round=None if self.area_round is None else _numbered(self.area_round[rows]),
            listed=listed,
            share_listed=self.share_listed[rows] if whole_rounds else listed,
            near_cut=self.near_cut[rows],
        )

    @cached_property
    def phi(self) -> Floats:
        """Each row's pseudo-label."""
        return pseudo_labels(self.verdict, self.known, self.chance, self.expected)

    @cached_property
    def chance(self) -> Floats:
        """Each row's chance that its verdict became known."""
        return np.asarray(self.drawn_chance * self.reach_chance)

    @cached_property
    def stands_for(self) -> Floats:
        """For how many rows each known verdict stands: its weight by its chance; 0 for others."""
        found = np.zeros(len(self))
        found[self.known] = self.weight[self.known] / self.chance[self.known]
        return found

    @cached_property
    def confirmed(self) -> Floats:
        """1 for a known verdict of 1, 0 for all others."""
        return np.asarray(self.known & (self.verdict == 1), dtype=np.float64)

    @cached_property
    def marginal_precision(self) -> float:
        """The precision near the cut."""
        near = self.weight * self.near_cut
        return float(near @ self.phi / near.sum()) if near.any() else 0.0

    @cached_property
    def arm_verdicts(self) -> int:
        """Verdicts of rows that were not certain to be drawn."""
        return int((self.known & (self.drawn_chance < 1)).sum())

    def identification(self, ground: Ground) -> Identification:
        """Return whether a figure with some ground is identified."""
        return identification(
            ground,
            self.listed,
            self.drawn_chance,
            self.reach_chance,
            arm_verdicts=self.arm_verdicts,
            last_rate=self.last_rate,
        )


def _numbered(codes: Ints) -> Ints:
    return np.unique(codes, return_inverse=True)[1]
