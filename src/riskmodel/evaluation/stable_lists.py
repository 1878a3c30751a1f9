"""Whether lists stay: over models that differ in chance alone, over rounds, and among ties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.text_tables import (
    TableCells,
    html_page,
    number,
    text_page,
)
from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.metrics import Floats

OVER_MODELS, OVER_ROUNDS = "models", "rounds"
SELDOM, OFTEN, LAST_DIGITS = 0.2, 0.8, 1e-9
HEADER = ("lists compared", "pairs", "Jaccard", "least")


@dataclass(frozen=True, eq=False, repr=False)
class ListStability:
    """How far lists agree, and how many of their places chance fills.

    Attributes
    ----------
    name : str
        The first evaluation's.
    table : DataFrame
        One row per pair of lists: ``over`` (models or rounds), ``first``, ``second`` (names of
        evaluations, or rounds), ``jaccard``. Pairs of rounds follow each other; their Jaccard is
        the mean over the evaluations.
    arbitrary : float
        Share of the places that go to rows which 20 to 80 % of the models list, both included; NaN
        for one model.
    by_lot : float
        Share of the places that are drawn among rows which tie at the cut; mean over the models.
    models, places : int
        Evaluations compared, and places on the lists of all rounds.
    """

    name: str
    table: pd.DataFrame
    arbitrary: float
    by_lot: float
    models: int
    places: int

    @property
    def over_models(self) -> float:
        """The mean Jaccard of two models' lists; NaN for one model."""
        return self._mean(OVER_MODELS)

    @property
    def over_rounds(self) -> float:
        """The mean Jaccard of a round's list and the next one's; NaN for one round."""
        return self._mean(OVER_ROUNDS)

    def frame(self) -> pd.DataFrame:
        """Return one row per pair of lists."""
        return self.table.copy()

    def __repr__(self) -> str:
        return text_page(self._title(), [self._cells()], [*self._closing()])

    def _repr_html_(self) -> str:
        return html_page(self._title(), [self._cells()], [*self._closing()])

    def _mean(self, over: str) -> float:
        return float(self.table.loc[self.table["over"] == over, "jaccard"].mean())

    def _title(self) -> str:
        models = "1 model" if self.models == 1 else f"{self.models} models"
        return f"{self.name}: {self.places:,} places on the lists of {models}"

    def _cells(self) -> TableCells:
        rows = []
        for over, pairs in self.table.groupby("over", sort=False):
            jaccard = pairs["jaccard"]
            words = "of two models" if over == OVER_MODELS else "of a round and the next"
            figures = (number(float(jaccard.mean())), number(float(jaccard.min())))
            rows.append((words, str(len(pairs)), *figures))
        return TableCells(HEADER, rows)

    def _closing(self) -> Iterator[str]:
        if self.table.empty:
            yield "one list of one round; name other evaluations, or evaluate several rounds"
        if self.models > 1:
            share = number(100 * self.arbitrary)
            yield f"{share} % of the places go to rows that 20 to 80 % of the models list"
        share = number(100 * self.by_lot)
        yield f"{share} % of the places are drawn among rows that tie at the cut"


@door
def list_stability(evaluation: Evaluation, *others: Evaluation) -> ListStability:
    """Compare the lists of models that differ in chance alone, and of rounds that follow.

    Parameters
    ----------
    evaluation : Evaluation
    *others : Evaluation
        Of the same rows at the same capacity: models of another ``random_state``, or fitted on
        other halves of the households. With none, only rounds and ties are told.

    Returns
    -------
    ListStability

    Raises
    ------
    PanelError
        For evaluations of other rows.
    ConfigError
        For evaluations at another capacity.

    Notes
    -----
    The Jaccard index of two lists is the number of rows on both over those on either. A row that
    ties at the cut is on a list with its chance p; independent of the other list's draw, two lists
    share ``sum(p q)`` rows of ``sum(p + q - p q)``. Lists of two rounds are compared among the
    households of both.

    Examples
    --------
    >>> import pandas as pd
    >>> from riskmodel import Panel, evaluate
    >>> df = pd.DataFrame({"id": range(400), "arrears": [i % 20 for i in range(400)]})
    >>> df["crisis"] = [int(i % 20 + i % 7 > 19) for i in range(400)]
    >>> panel = Panel.from_frame(df, household_id="id", as_of_date="2024-05-01", y="crisis")
    >>> scores = panel.X["arrears"].astype(float)
    >>> lucky = scores + (scores.index.get_level_values("household_id") == "18") / 2
    >>> list_stability(evaluate(scores, panel, 30), evaluate(lucky, panel, 30))
    arrears: 30 places on the lists of 2 models
    <BLANKLINE>
    lists compared  pairs  Jaccard  least
    of two models   1      0.714    0.714
    <BLANKLINE>
    33.3 % of the places go to rows that 20 to 80 % of the models list
    31.7 % of the places are drawn among rows that tie at the cut
    """
    every = (evaluation, *others)
    _check_same(every)
    lists = [_listed(each) for each in every]
    names = [each.name for each in every]
    lines = [
        (OVER_MODELS, names[i], names[j], jaccard(lists[i], lists[j]))
        for i, j in combinations(range(len(every)), 2)
    ]
    lines += list(_of_rounds(evaluation, lists))
    frequency = np.mean(lists, axis=0)
    is_arbitrary = (frequency >= SELDOM - LAST_DIGITS) & (frequency <= OFTEN + LAST_DIGITS)
    return ListStability(
        name=evaluation.name,
        table=pd.DataFrame(lines, columns=["over", "first", "second", "jaccard"]),
        arbitrary=_part(frequency, is_arbitrary) if others else float("nan"),
        by_lot=float(np.mean([_part(one, (one > 0) & (one < 1)) for one in lists])),
        models=len(every),
        places=evaluation.listed,
    )


def jaccard(one: Floats, other: Floats) -> float:
    """Return the Jaccard index of two lists, from each row's chance to be on them.

    Parameters
    ----------
    one, other : ndarray, shape (n_rows,)

    Returns
    -------
    float
        Expected rows on both lists over those on either; NaN where both are empty.

    Examples
    --------
    >>> jaccard(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0]))
    0.3333333333333333
    """
    both = float(one @ other)
    either = float(one.sum() + other.sum() - both)
    return both / either if either > 0 else float("nan")


def _listed(evaluation: Evaluation) -> Floats:
    """Return each labelled row's chance to be listed."""
    return evaluation.drawn().selection.inclusion


def _part(chance: Floats, among: np.ndarray) -> float:
    total = float(chance.sum())
    return float(chance[among].sum()) / total if total > 0 else float("nan")


def _of_rounds(
    evaluation: Evaluation, lists: Sequence[Floats]
) -> Iterator[tuple[str, str, str, float]]:
    """Yield the pairs of rounds that follow each other, in the order of their first dates."""
    rows = evaluation.drawn().rows
    by_round = pd.DataFrame(
        {
            "household": rows.index.get_level_values(HOUSEHOLD),
            "date": rows.index.get_level_values(AS_OF),
            "round": rows["round"].to_numpy(),
        }
    )
    order = by_round.groupby("round")["date"].min().sort_values().index
    for first, second in pairwise(order):
        pairs = [_pair(by_round, listed, first, second) for listed in lists]
        found = [jaccard(one, other) for one, other in pairs]
        yield OVER_ROUNDS, str(first), str(second), float(np.mean(found))


def _pair(by_round: pd.DataFrame, listed: Floats, before: str, after: str) -> tuple[Floats, Floats]:
    """Return the chances of the households that are in both rounds to be on either list."""
    chance = pd.Series(listed, index=by_round["household"].to_numpy())
    one, other = (chance[(by_round["round"] == name).to_numpy()] for name in (before, after))
    # a household with several dates in a round counts by its best chance
    one, other = one.groupby(level=0).max(), other.groupby(level=0).max()
    both = one.index.intersection(other.index)
    first, second = (np.asarray(each[both], dtype=np.float64) for each in (one, other))
    return first, second


def _check_same(evaluations: Sequence[Evaluation]) -> None:
    """Refuse evaluations of other rows, or at another capacity."""
    first = evaluations[0]
    for other in evaluations[1:]:
        if not other.drawn().rows.index.equals(first.drawn().rows.index):
            raise PanelError(
                f"{other.name} was evaluated on other rows than {first.name}",
                code="list_stability.rows",
                allowed="evaluations of the same labelled rows",
                next_step="evaluate all models on one panel",
            )
        if other.capacity != first.capacity:
            raise ConfigError(
                f"the list of {other.name} is for {other.capacity}, that of {first.name} for "
                f"{first.capacity}",
                code="list_stability.capacity",
                place="capacity",
                allowed="evaluations at one capacity",
                next_step="evaluate all models with the same capacity=",
            )
