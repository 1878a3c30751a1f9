"""roster: in which weeks a mail carrier comes by each household."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, milp

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.keys import HOUSEHOLD, DateLike, as_days
from riskmodel.metrics import group_names
from riskmodel.service.channels.channel_parts import amount
from riskmodel.texts import as_ids

CARRIER = "carrier"
EVERY = (1, 2, 3, 4)
"""From how many weeks to how many a household is come by."""
NEEDED = (HOUSEHOLD, CARRIER, "score")


class Roster(NamedTuple):
    """In which weeks each household is come by.

    Attributes
    ----------
    table : DataFrame
        One row per carrier, week and household: ``carrier``, ``week`` (its first day),
        ``household_id``, and ``every``, from how many weeks to how many.
    left_out : DataFrame
        ``carrier`` and ``household_id`` of those for whom the carrier has no room.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame


@door
def roster(
    households: pd.DataFrame,
    limits: float | Mapping[str, float],
    first_week: DateLike,
    *,
    weeks: int = 8,
) -> Roster:
    """Spread the households of mail carriers over weeks, each every one to four weeks.

    As many households are come by as a carrier's weekly limit allows, those of the highest scores
    first. Of all ways to do that, one has the largest sum of scores, each over the weeks between
    two visits: a higher score is come by at least as often as a lower one. Of equal scores the
    earlier id goes first, so that the order of rows never matters.

    Parameters
    ----------
    households : DataFrame
        One row per household: ``household_id``, ``carrier`` and ``score``.
    limits : float or mapping of str to float
        How many households a carrier comes by in a week, the same for each or by carrier.
    first_week : date-like
        The first day of the first week.
    weeks : int, default 8
        How many weeks are planned, from 4 on.

    Returns
    -------
    Roster

    Raises
    ------
    ConfigError
        For a column that is missing, a household that stands twice, a carrier without a limit, a
        limit that is no number from 0 on, and less than four weeks.

    Examples
    --------
    >>> households = pd.DataFrame(
    ...     {"household_id": ["a", "b", "c"], "carrier": "east", "score": [0.9, 0.2, 0.1]}
    ... )
    >>> plan = roster(households, 2, "2024-11-04", weeks=4)
    >>> plan.table.groupby("week")["household_id"].agg(list).tolist()
    [['a', 'b'], ['a', 'c'], ['a', 'b'], ['a', 'c']]
    """
    if isinstance(weeks, bool) or not isinstance(weeks, int) or weeks < max(EVERY):
        raise _refusal(
            "weeks", "weeks is no number of weeks", "a whole number from 4 on", "write weeks=8"
        )
    rows = _checked(households)
    first = as_days(first_week, "first_week")
    parts, left = [], []
    for carrier, own in rows.groupby(CARRIER, sort=True):
        score = own["score"].to_numpy(float)
        every, start = _spread(score, _limit(limits, str(carrier)), weeks)
        left.append(own.iloc[len(every) :])
        for week in range(weeks):
            comes = own.iloc[: len(every)][week % every == start]
            parts.append(comes.assign(week=week, every=every[week % every == start]))
    table = pd.concat([rows.iloc[:0].assign(week=0, every=0), *parts])
    table = table.sort_values([CARRIER, "week", "id"], kind="stable").reset_index(drop=True)
    days = (first + 7 * table["week"].to_numpy(np.int64)).astype("datetime64[s]")
    out = pd.concat([rows.iloc[:0], *left])[[CARRIER, HOUSEHOLD]].reset_index(drop=True)
    return Roster(table.assign(week=days)[[CARRIER, "week", HOUSEHOLD, "every"]], out)


def _checked(households: pd.DataFrame) -> pd.DataFrame:
    """Return the rows by carrier, the highest scores first, with the id that they go by."""
    missing = [name for name in NEEDED if name not in households]
    if missing:
        raise _refusal(
            "households", f"no column {missing[0]!r}", ", ".join(NEEDED), "name the columns so"
        )
    ids = as_ids(households[HOUSEHOLD])
    rows = households.assign(id=ids, **{CARRIER: group_names(households[CARRIER])})
    if rows["id"].duplicated().any():
        raise _refusal(
            "households",
            "a household stands twice",
            "one row per household",
            "keep one carrier for each",
        )
    if not np.isfinite(rows["score"].to_numpy(float)).all():
        raise _refusal(
            "households", "a score is no number", "a number for each", "score each of them"
        )
    return rows.sort_values([CARRIER, "score", "id"], ascending=[True, False, True])


def _limit(limits: float | Mapping[str, float], carrier: str) -> int:
    if not isinstance(limits, Mapping):
        return int(amount(limits, "limits"))
    if carrier not in limits:
        raise _refusal(
            "limits",
            "a carrier has no limit",
            "a number of households for each carrier",
            "add the carrier, 0 where nobody can be come by",
        )
    return int(amount(limits[carrier], "limits"))


def _spread(
    score: NDArray[np.float64], limit: int, weeks: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return from how many weeks to how many, and from which week on, households are come by.

    Weeks are loaded by how many households have a pattern, not by which. So the patterns' numbers
    are the only whole numbers of the program, and the highest scores take the shortest patterns.
    """
    every = np.array([each for each in EVERY for _ in range(each)])
    start = np.array([week for each in EVERY for week in range(each)])
    loads = (np.arange(weeks)[:, None] % every == start).astype(float)
    served = min(len(score), limit * max(EVERY))
    if not served:
        return every[:0], start[:0]
    # shares of the households in each of the four, then the number of each pattern
    n = served * len(EVERY)
    gain = np.concatenate([np.outer(score[:served], 1 / np.array(EVERY)).ravel(), 0 * every])
    one_each = np.hstack([np.kron(np.eye(served), np.ones(len(EVERY))), np.zeros((served, 10))])
    of_every = np.kron(np.ones(served), np.eye(len(EVERY)))
    alike = np.hstack([of_every, -(every == np.array(EVERY)[:, None]).astype(float)])
    found = milp(
        -gain,
        integrality=np.concatenate([np.zeros(n), np.ones(len(every))]),
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(alike, 0, 0),
            LinearConstraint(np.hstack([np.zeros((weeks, n)), loads]), ub=limit),
        ],
        options={"mip_rel_gap": 0.0},
    )
    number = np.rint(found.x[n:]).astype(np.int64)
    return np.repeat(every, number), np.repeat(start, number)


def _refusal(place: str, what: str, allowed: str, next_step: str) -> ConfigError:
    return ConfigError(
        what, place=place, code="channels.roster", allowed=allowed, next_step=next_step
    )
