"""Figures of areas and groups with few verdicts: drawn towards the others as far as these vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskmodel.metrics import METRICS, EffectiveCounts, Floats, Groups, Ints, SharesOfGroups, Shown
from riskmodel.metrics.selective import VERDICT_FIGURES, Ground, SelectiveRows
from riskmodel.metrics.selective.identified import MOST_WITHOUT_CHANCE
from riskmodel.metrics.selective.pseudo_labels import Bools

LEAST_EFFECTIVE = 30.0
"""From how many verdicts of equal weight, in each part of its rows, a group has its own figure."""
TOGETHER = "drawn_together"
"""The column of these tables that names the figures drawn towards those of the other groups."""

Figures = dict[str, float]


@dataclass(frozen=True)
class _Confirmed:
    """Verdicts of 1 of each group in one part of the rows, by what all groups say.

    Attributes
    ----------
    rows : ndarray, shape (n_groups,)
        Rows of the part, known without any verdict.
    draws : ndarray, shape (n_draws, n_groups)
        Verdicts of 1 among them.
    has_enough : ndarray of bool, shape (n_groups,)
        Whether the group has 30 verdicts of its own, or no row, in this part.
    """

    rows: Floats
    draws: Floats
    has_enough: Bools

    @classmethod
    def of(cls, rows: SelectiveRows, part: Floats, groups: Groups, seed: int) -> _Confirmed:
        """Return those of a part: how much of each row belongs to it."""
        n, weight = len(groups.names), rows.weight * part
        total = np.bincount(groups.code, weight, minlength=n).astype(np.float64)
        chance = np.where(rows.known, rows.chance, 1.0)
        among = np.where(rows.known, weight / chance, 0.0)
        verdict = np.where(rows.known, rows.verdict, 0.0)
        counts = EffectiveCounts.of(verdict, among, groups.code, rows.household, n)
        shares = SharesOfGroups.of(*counts, random_state=seed)
        enough = (counts.size >= LEAST_EFFECTIVE) | (total == 0)
        return cls(total, shares.draws * total, enough)

    def __add__(self, other: _Confirmed) -> _Confirmed:
        return _Confirmed(
            self.rows + other.rows, self.draws + other.draws, self.has_enough & other.has_enough
        )


def draw_together(
    figures: Sequence[Figures], rows: SelectiveRows, groups: Groups, shown: Ints
) -> list[str]:
    """Give groups with few verdicts the figures that the others say they have; return which.

    Parameters
    ----------
    figures : sequence of dict
        One per group, by the column of the table; changed in place. What a group does not show
        stays out.
    rows : SelectiveRows
        All judged rows.
    groups : Groups
    shown : ndarray of Shown, shape (n_groups,)

    Returns
    -------
    list of str
        For each group the figures that are not its own, in one text.

    Notes
    -----
    Rows are parted by whether they were certain to be drawn and whether they are listed; how many
    each group has of each part is known. A verdict counts by the inverse of its chance, and a group
    has as many as would tell as much at equal weights (`EffectiveCounts`). In each part, the share
    of 1 is drawn from what the group's own verdicts and the other groups say of it
    (`SharesOfGroups`), and figures are made of the four numbers: the mean, and the central 95 %.
    From 30 verdicts on in each part a figure is the group's own, where its chances identify it.
    Without the parts, a group of whom nobody was drawn at random would be judged by those who were
    listed because they looked in need. A figure that is not identified of all rows has no parts,
    and a group with places that had no chance has none either: nobody's verdict speaks for these.
    """
    told: list[list[str]] = [[] for _ in figures]
    certain = (rows.drawn_chance >= 1).astype(np.float64)
    listed, others = (
        _Confirmed.of(rows, certain * on, groups, seed)
        + _Confirmed.of(rows, (1 - certain) * on, groups, seed + 1)
        for seed, on in ((0, rows.listed), (2, 1 - rows.listed))
    )
    everyone = listed + others
    parts = {
        "base_rate": (everyone.draws, everyone.rows, everyone),
        "precision": (listed.draws, listed.rows, listed),
        "recall": (listed.draws, everyone.draws, everyone),
    }
    level = shown[groups.code]
    for name, (part, whole, rests_on) in parts.items():
        ground = VERDICT_FIGURES[name].ground
        if not rows.identification(ground).identified:
            continue
        given = level == Shown.ALL if ground.is_of_the_list else level != Shown.NOTHING
        with np.errstate(divide="ignore", invalid="ignore"):
            draws = part / whole
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        for group in np.unique(groups.code[given]):
            own = figures[group]
            has_own = rests_on.has_enough[group] and np.isfinite(own[name])
            if has_own or not _is_covered(rows, groups.code == group, ground):
                continue
            _put(own, name, (draws[:, group].mean(), low[group], high[group]))
            told[group].append(METRICS[name].title)
    return [", ".join(names) for names in told]


def _is_covered(rows: SelectiveRows, of_group: Bools, ground: Ground) -> bool:
    """Return whether chances cover a group's places, and its rows where a figure is of these."""
    never = rows.chance[of_group] == 0
    listed = rows.listed[of_group] > 0
    if ground.is_of_the_list and (not listed.any() or (never & listed).any()):
        return False
    return not ground.is_of_everyone or bool(never.mean() <= MOST_WITHOUT_CHANCE)


def _put(figures: Figures, name: str, ends: tuple[float, float, float]) -> None:
    figures[name] = float(ends[0])
    if name == "base_rate":
        return
    figures[f"{name}_low"], figures[f"{name}_high"] = float(ends[1]), float(ends[2])
    if name == "precision":
        places = figures["selected"]
        of_places = dict(zip(("", "_low", "_high"), ends, strict=True))
        figures |= {f"crises_reached{end}": places * of for end, of in of_places.items()}
