"""Who is drawn for a round besides those who were chosen, each household with its exact chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.metrics import group_names
from riskmodel.metrics.systematic import (
    chances_by_weight,
    checked_seed,
    drawn_in_turn,
    household_numbers,
    rounded_in_turn,
    whole_parts,
)
from riskmodel.service.outreach_plan import CERTAIN, DISAGREE, DRAWN, NEAR, RANDOM
from riskmodel.texts import as_ids

WEIGHTS: Mapping[str, float] = {NEAR: 2.0, DISAGREE: 2.0, RANDOM: 1.0}
"""How likely a household of a stratum is drawn against one of another."""
_PURPOSE = 1
"""Sets these numbers apart from those of a list's draw of the same seed and round."""

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Draw(NamedTuple):
    """A round's draw.

    Attributes
    ----------
    rows : DataFrame
        One row per household of the frame, in its order: ``household_id``, ``as_of_date``,
        ``area``, ``stratum`` (missing for who is not in the frame), ``probability``, the total
        chance to be on the plan, and whether it is ``listed`` and ``drawn``.
    areas : DataFrame
        One row per area of the frame, by name: ``mean``, the places that are drawn on average,
        ``reserved``, those that are kept free, ``places``, those of this draw, and whether
        ``filled`` households take the place that was freed.
    """

    rows: pd.DataFrame
    areas: pd.DataFrame


@door
def reserved_places(mean_places: Mapping[str, float] | pd.Series) -> pd.Series:
    """Return how many places each area must keep free for its draw: its mean, rounded up.

    Parameters
    ----------
    mean_places : mapping of str to float
        By area, how many places are drawn on average.

    Returns
    -------
    Series of int

    Examples
    --------
    >>> reserved_places({"A": 0.4, "B": 2.0}).to_dict()
    {'A': 1, 'B': 2}
    """
    mean = _means(mean_places)
    below, rest = whole_parts(mean.to_numpy())
    return pd.Series(below + (rest > 0), index=mean.index)


@door
def draw(
    frame: pd.DataFrame,
    certain: ArrayLike,
    mean_places: Mapping[str, float] | pd.Series,
    *,
    filled: ArrayLike | None = None,
    near: float = 0.5,
    other: pd.Series | Iterable[str] | None = None,
    weights: Mapping[str, float] | None = None,
    seed: int,
) -> Draw:
    """Draw households of each area beside those who were chosen, and say everybody's exact chance.

    An area keeps its mean number of places free, rounded up, before anybody is chosen. One
    systematic draw over all areas rounds the means down or up, so that their sum is rounded once
    and no area's is always 0. Where a mean is rounded down, those of `filled` take the place that
    is free. Then the households of the frame that are not listed are drawn in a random order, each
    by its weight and so many as there are places.

    Parameters
    ----------
    frame : DataFrame
        ``household_id``, ``as_of_date``, ``area``, ``score`` and ``in_frame``, one row per
        household of a round; only who is in the frame may be drawn.
    certain : array-like of bool, shape (n_rows,)
        Who was chosen, without any draw.
    mean_places : mapping of str to float
        By area, how many places are drawn on average; none in an area that is not named.
    filled : array-like of bool, optional
        Who is chosen besides in each area if its mean is rounded down.
    near : float
        How many of the highest scores of an area count as near the cut-off, as a share of those
        chosen there, rounded up.
    other : Series or iterable of str, optional
        The scores of another model by household, which lists as many of each area as were chosen;
        or the households that it lists. Whom it lists and the first does not is a stratum.
    weights : mapping of str to float, optional
        By stratum; what is not named stays as in `WEIGHTS`.
    seed : int

    Returns
    -------
    Draw
        With the same bytes whatever the order of the rows.

    Raises
    ------
    ConfigError
        For a seed that is none, flags of another length, a household that was chosen and is not in
        the frame, and numbers that are none.

    Notes
    -----
    With a mean of `f + p` places, 0 <= p < 1, a household's probability is
    `p * P(listed | f + 1 drawn) + (1 - p) * P(listed | f drawn, filled chosen)`. Within an area
    of `d` places it is `d * w / sum(w)` for a household of weight `w` that is not listed; whose
    share would be above 1 is drawn for certain, and the others share what is left [1]_.

    .. [1] C.-E. Särndal, B. Swensson and J. Wretman, Model Assisted Survey Sampling, 1992,
       section 3.6.2. doi:10.1007/978-1-4612-4378-6

    Examples
    --------
    >>> frame = pd.DataFrame({"household_id": ["a", "b", "c", "d"], "as_of_date": "2024-07-01",
    ...                       "area": "Jung", "score": [0.4, 0.3, 0.2, 0.1], "in_frame": True})
    >>> found = draw(frame, [True, False, False, False], {"Jung": 0.5}, near=1, seed=3)
    >>> found.rows[["household_id", "stratum", "probability"]].values.tolist()
    [['a', 'certain', 1.0], ['b', 'near', 0.25], ['c', 'random', 0.125], ['d', 'random', 0.125]]
    """
    number = checked_seed(seed, "draw.seed")
    rows = _Rows.of(frame)
    chosen = rows.flags(certain, "certain")
    besides = rows.flags(np.zeros(len(frame), bool) if filled is None else filled, "filled")
    besides &= ~chosen
    mean = _means(mean_places).reindex(rows.areas, fill_value=0.0).to_numpy()
    stratum = _strata(rows, chosen, near, other)
    weight = np.array([_checked_weights(weights)[name] for name in DRAWN])[stratum]

    rng = np.random.default_rng([number, rows.day, _PURPOSE])
    below, rest = whole_parts(mean)
    places = rounded_in_turn(mean, rng.random())
    numbers = household_numbers(rows.household, rng)
    start = rng.random(len(mean))

    # what was freed is filled where the mean was rounded down, which a whole mean is not
    is_filled = (rest > 0) & (places == below)
    listed = chosen | (besides & is_filled[rows.area])
    chance = _chances(rows, weight, listed, places)
    order = np.lexsort((numbers, rows.area))
    order = order[chance[order] > 0]
    drawn = np.zeros(len(frame), dtype=bool)
    drawn[order] = drawn_in_turn(chance[order], rows.area[order], start)

    up = _chances(rows, weight, chosen, below + (rest > 0)) + chosen
    listed_down = chosen | (besides & (rest > 0)[rows.area])
    down = _chances(rows, weight, listed_down, below) + listed_down
    probability = np.where(rest > 0, rest, 1.0)[rows.area] * up
    probability += np.where(rest > 0, 1 - rest, 0.0)[rows.area] * down
    names = np.array([None, CERTAIN, *DRAWN], dtype=object)
    named = np.where(rows.in_frame, np.where(listed, 1, stratum + 2), 0)
    table = pd.DataFrame(
        {
            HOUSEHOLD: frame[HOUSEHOLD].to_numpy(),
            AS_OF: frame[AS_OF].to_numpy(),
            "area": rows.areas[rows.area],
            "stratum": pd.Series(names[named], dtype=object),
            "probability": probability,
            "listed": listed | drawn,
            "drawn": drawn,
        }
    )
    areas = pd.DataFrame(
        {"mean": mean, "reserved": below + (rest > 0), "places": places, "filled": is_filled},
        index=pd.Index(rows.areas, name="area"),
    )
    return Draw(table, areas.reset_index())


class _Rows(NamedTuple):
    """The rows of a frame as arrays.

    Attributes
    ----------
    household : ndarray of str
    area : ndarray of int
        Positions in `areas`, the areas by name.
    in_frame : ndarray of bool
    score : ndarray of float
    day : int
        The number of the round's day.
    """

    household: NDArray[np.str_]
    area: Ints
    areas: NDArray[np.str_]
    in_frame: Flags
    score: Floats
    day: int

    @classmethod
    def of(cls, frame: pd.DataFrame) -> _Rows:
        needed = (HOUSEHOLD, AS_OF, "area", "score", "in_frame")
        missing = [name for name in needed if name not in frame.columns]
        if missing:
            raise ConfigError(
                f"the frame has no column {missing[0]!r}",
                place="frame",
                code="draw.column",
                allowed=needed,
                next_step="pass what riskmodel.service.apply_rules returns",
            )
        days = np.unique(as_days(frame[AS_OF]))
        household = frame[HOUSEHOLD].to_numpy(dtype=object).astype(str)
        score = frame["score"].to_numpy(float)
        is_repeated = len(np.unique(household)) < len(household)
        if len(days) > 1 or is_repeated or np.isnan(score).any():
            raise ConfigError(
                "the frame holds several rounds"
                if len(days) > 1
                else "a household stands twice, or has no score",
                place="frame",
                code="draw.frame",
                allowed="one row per household of one round, with its score",
                next_step="draw for each round apart",
            )
        areas, area = np.unique(group_names(frame["area"]), return_inverse=True)
        day = int(days[0].astype(np.int64)) if len(days) else 0
        return cls(household, area, areas, frame["in_frame"].to_numpy(bool), score, day)

    def flags(self, given: ArrayLike, name: str) -> Flags:
        """Return flags of the rows, or refuse them."""
        flags = np.asarray(given)
        if flags.shape != self.area.shape or flags.dtype != bool:
            raise ConfigError(
                f"{name} is no flag for each row of the frame",
                place=name,
                code="draw.flags",
                allowed=f"{len(self.area):,} values, each True or False",
                next_step="give one for each row, in the order of the frame",
            )
        if (flags & ~self.in_frame).any():
            raise ConfigError(
                f"{name} holds households that are not in the frame",
                place=name,
                code="draw.frame",
                allowed="households of the frame",
                next_step="choose among the candidates alone",
            )
        return flags.copy()

    def first_of_areas(self, score: Floats, among: Flags, number: Ints) -> Flags:
        """Tell which rows are among the highest so many of their area; ties go by household."""
        rows = np.flatnonzero(among & ~np.isnan(score))
        rows = rows[np.lexsort((self.household[rows], -score[rows], self.area[rows]))]
        area = self.area[rows]
        position = np.arange(len(rows)) - np.searchsorted(area, area)
        first = np.zeros(len(self.area), dtype=bool)
        first[rows[position < number[area]]] = True
        return first


def _strata(
    rows: _Rows, chosen: Flags, near: float, other: pd.Series | Iterable[str] | None
) -> Ints:
    """Return each row's stratum as a position in DRAWN."""
    if isinstance(near, bool) or not isinstance(near, (int, float)) or not 0 <= near < np.inf:
        raise ConfigError(
            "near is no share of those chosen",
            place="near",
            code="draw.near",
            allowed="a number from 0 on",
            next_step="write near=0.5 for half as many as were chosen",
        )
    number = np.bincount(rows.area[chosen], minlength=len(rows.areas))
    left = rows.in_frame & ~chosen
    is_near = rows.first_of_areas(rows.score, left, np.ceil(near * number).astype(np.intp))
    disagrees = left & _listed_by(other, rows, number)
    stratum = np.full(len(left), DRAWN.index(RANDOM), dtype=np.intp)
    stratum[is_near] = DRAWN.index(NEAR)
    stratum[disagrees] = DRAWN.index(DISAGREE)
    return stratum


def _listed_by(other: pd.Series | Iterable[str] | None, rows: _Rows, number: Ints) -> Flags:
    """Tell whom another model lists: as many of each area as were chosen, or whom it names."""
    if other is None:
        return np.zeros(len(rows.area), dtype=bool)
    own = as_ids(rows.household)
    if not isinstance(other, pd.Series):
        named = as_ids([] if isinstance(other, str) else list(other))
        _refuse_strangers(np.isin(named.astype(str), own.astype(str)))
        return np.isin(own.astype(str), named.astype(str))
    ids = as_ids(other.index)
    scores = pd.Series(other.to_numpy(float), index=pd.Index(ids)).dropna()
    _refuse_strangers(np.isin(scores.index.astype(str), own.astype(str)))
    scores = scores[~scores.index.duplicated()].reindex(pd.Index(own))
    return rows.first_of_areas(scores.to_numpy(float), rows.in_frame, number)


def _refuse_strangers(known: Flags) -> None:
    """Refuse another model's list of which no household is in the round."""
    if not known.any():
        raise ConfigError(
            "other names no household of this round, or has no score of one",
            place="other",
            code="draw.other",
            allowed="a list of household ids, or a Series of scores whose index they are",
            next_step="pass scores.set_index('household_id')['score'] of the other model's list",
        )


def _chances(rows: _Rows, weight: Floats, listed: Flags, places: Ints) -> Floats:
    """Return each row's chance to be drawn, for so many places in each area."""
    chance = np.zeros(len(listed))
    open_rows = np.flatnonzero(rows.in_frame & ~listed)
    chance[open_rows] = chances_by_weight(weight[open_rows], rows.area[open_rows], places)
    return chance


def _means(mean_places: Mapping[str, float] | pd.Series) -> pd.Series:
    means = pd.Series(dict(mean_places), dtype=float)
    means.index = means.index.astype(str)
    if means.isna().any() or (means < 0).any() or np.isinf(means).any():
        raise ConfigError(
            "a mean number of places is none",
            place="mean_places",
            code="draw.places",
            allowed="a number from 0 on for each area",
            next_step="write mean_places={'Jung': 0.4}",
        )
    return means


def _checked_weights(weights: Mapping[str, float] | None) -> Mapping[str, float]:
    given = {} if weights is None else weights
    for name, weight in given.items():
        if name not in WEIGHTS or not 0 < weight < np.inf:
            raise ConfigError(
                f"the weight of {name!r} is none"
                if name in WEIGHTS
                else f"unknown stratum {name!r}",
                place="weights",
                code="draw.weights",
                allowed=f"numbers above 0 for {', '.join(WEIGHTS)}",
                next_step="leave it out" if name in WEIGHTS else did_you_mean(str(name), WEIGHTS),
            )
    return {**WEIGHTS, **given}
