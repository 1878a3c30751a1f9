"""Whether figures are identified by recorded chances, decided by what is known before verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np

from riskmodel.few import told_text
from riskmodel.metrics.arrays import Floats
from riskmodel.metrics.selective.pseudo_labels import Bools

LEAST_KNOWN = 30.0
"""How many verdicts a list's uncertain rows, and how many of 1 a random arm, must promise."""
MOST_WITHOUT_CHANCE = 0.01
"""The largest share of the cohort, beyond the list, that may lean on the model alone."""
_LAST_BITS = 1e-9  # that a sum of chances may lose


@dataclass(frozen=True)
class Identification:
    """Whether a figure is identified.

    Attributes
    ----------
    identified : bool
    reasons : tuple of str
        Why it is not; none where it is.
    more_contacts : int or None
        How many more random contacts, each drawn from all rows that were not certain to be drawn,
        would identify it; 0 where it is, None where no number can be told: nobody is listed, or
        nobody was reached or confirmed.
    """

    identified: bool
    reasons: tuple[str, ...] = ()
    more_contacts: int | None = 0

    def __str__(self) -> str:
        """Return it as a sentence."""
        if self.identified:
            return "identified"
        more = self.more_contacts
        what = (
            "no number of random contacts can be told that would identify it"
            if more is None
            else f"about {more:,} more random contacts would identify it"
        )
        return f"not identified: {'; '.join(self.reasons)}; {what}"


class Ground(NamedTuple):
    """What a figure rests on.

    Attributes
    ----------
    is_of_the_list : bool
        On verdicts of the listed rows, as precision, recall and average precision do.
    is_of_everyone : bool
        On verdicts of rows beyond the list, as every figure but precision and net benefit does.
    """

    is_of_the_list: bool
    is_of_everyone: bool


class _Lack(NamedTuple):
    reason: str
    contacts: float


def identification(
    ground: Ground,
    listed: Floats,
    drawn_chance: Floats,
    reach_chance: Floats,
    *,
    arm_verdicts: int,
    last_rate: float,
) -> Identification:
    """Return whether a figure of a candidate's list is identified, before any verdict is looked at.

    Parameters
    ----------
    ground : Ground
    listed, drawn_chance, reach_chance : ndarray, shape (n_rows,)
        Each row's chance to be on the candidate's list, to be drawn, and to be reached if drawn.
    arm_verdicts : int
        How many verdicts the random arm brought: of rows that were not certain to be drawn.
    last_rate : float
        Share of 1 among the verdicts of an arm that is known before these: the last mature
        round's.

    Returns
    -------
    Identification

    Notes
    -----
    A figure of the list needs 30 verdicts among its rows that were not certain to be drawn (the sum
    of their chances; none where all were certain) and a chance above 0 for each place. One of the
    whole cohort needs 30 verdicts of 1 in the arm, and a chance above 0 for all but 1 % of its
    rows, whose part is then the model's alone. Choosing by what the verdicts said would choose
    estimates by their error: intervals given only where the arm had found 35 held the truth in .84
    of samples.

    Examples
    --------
    >>> listed = np.repeat([1.0, 0.0], [100, 900])
    >>> chance, reach = np.repeat([1.0, 0.1], [50, 950]), np.full(1000, 0.8)
    >>> of_list = Ground(is_of_the_list=True, is_of_everyone=False)
    >>> found = identification(of_list, listed, chance, reach, arm_verdicts=76, last_rate=0.05)
    >>> print(found)
    not identified: its uncertain places promise 4 verdicts and need 30; \
about 618 more random contacts would identify it
    """
    uncertain = drawn_chance < 1
    lacks = [
        *(_of_list(listed, drawn_chance, reach_chance) if ground.is_of_the_list else ()),
        *(
            _of_arm(uncertain, reach_chance, arm_verdicts, last_rate)
            if ground.is_of_everyone
            else ()
        ),
        *_without_chance(ground, listed, drawn_chance, reach_chance),
    ]
    if not lacks:
        return Identification(identified=True)
    most = max(lack.contacts for lack in lacks)
    reasons = tuple(lack.reason for lack in lacks)
    more = ceil(most) if np.isfinite(most) else None
    return Identification(identified=False, reasons=reasons, more_contacts=more)


def _of_list(listed: Floats, drawn_chance: Floats, reach_chance: Floats) -> Iterator[_Lack]:
    uncertain = drawn_chance < 1
    if not listed.any():
        yield _Lack("nobody is on the list", float("inf"))
    places = listed * uncertain
    if not places.any():
        return
    promised = float(places @ (drawn_chance * reach_chance))
    if promised < LEAST_KNOWN - _LAST_BITS:
        per_contact = float(places @ reach_chance) / uncertain.sum()
        yield _Lack(
            f"its uncertain places promise {promised:.0f} verdicts and need {LEAST_KNOWN:.0f}",
            _over(LEAST_KNOWN - promised, per_contact),
        )


def _of_arm(uncertain: Bools, reach_chance: Floats, verdicts: int, rate: float) -> Iterator[_Lack]:
    if not uncertain.any():
        return
    expected = verdicts * rate
    if not expected >= LEAST_KNOWN:
        per_contact = float(reach_chance[uncertain].mean()) * rate
        told = "none is known" if np.isnan(rate) else f"{expected:.0f} are expected"
        yield _Lack(
            f"the random arm needs {LEAST_KNOWN:.0f} verdicts of 1 and {told}",
            _over(LEAST_KNOWN - (0.0 if np.isnan(rate) else expected), per_contact),
        )


def _without_chance(
    ground: Ground, listed: Floats, drawn_chance: Floats, reach_chance: Floats
) -> Iterator[_Lack]:
    never = drawn_chance * reach_chance == 0
    of_list = int((never & (listed > 0)).sum()) if ground.is_of_the_list else 0
    share = float(never.mean()) if ground.is_of_everyone else 0.0
    if not of_list and share <= MOST_WITHOUT_CHANCE:
        return
    what = f"{told_text(of_list)} of its places" if of_list else f"{100 * share:.1f} % of the rows"
    rests_on = listed > 0 if of_list else np.ones_like(never)
    is_never_met = bool((rests_on & (reach_chance == 0)).any())
    # a draw over all rows gives each of them a chance; it must be an arm, of 30 verdicts
    per_contact = 0.0 if is_never_met else float(reach_chance.mean())
    yield _Lack(f"{what} had no recorded chance to be contacted", _over(LEAST_KNOWN, per_contact))


def _over(need: float, per_contact: float) -> float:
    return need / per_contact if per_contact > 0 else float("inf")
