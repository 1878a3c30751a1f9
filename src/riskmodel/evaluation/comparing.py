"""Compares models on the same labelled rows, list against list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskmodel.doors import door
from riskmodel.evaluation.comparison import Comparison
from riskmodel.evaluation.judged_rows import notes_on_rows
from riskmodel.evaluation.paired_differences import difference_table, overlap_of
from riskmodel.evaluation.panel_rows import capacity_of, listed_rows, observation_of
from riskmodel.evaluation.scores import Scorable, name_of, scores_of
from riskmodel.evaluation.tipping import tipping_point
from riskmodel.metrics import CapacityLike

if TYPE_CHECKING:
    from riskmodel.panel import Panel


@door
def compare(
    a: Scorable,
    b: Scorable,
    panel: Panel,
    capacity: CapacityLike = 0.02,
    *,
    probability: bool = False,
) -> Comparison:
    """Compare two models on the same labelled rows, list against list.

    Parameters
    ----------
    a, b : RiskClassifier, classifier, Series or Evaluation
        An evaluation brings its own scores.
    panel : Panel
    capacity : float, int or mapping, default 0.02
        See `evaluate`.
    probability : bool, default False
        Whether a Series, of a and b, holds probabilities; see `evaluate`.

    Returns
    -------
    Comparison

    Notes
    -----
    What a row adds to a difference is the difference of what it adds to both figures, so that the
    interval allows for the same households being evaluated twice. Metrics of probabilities are
    compared only if both scores are probabilities. Where the interval says that one list has the
    higher precision, the comparison tells how many outcomes undo that (`TippingPoint`).

    Examples
    --------
    >>> import pandas as pd
    >>> from riskmodel import Panel
    >>> df = pd.DataFrame({"id": range(400), "arrears": [i % 20 for i in range(400)]})
    >>> df["crisis"] = [int(i % 20 + i % 7 > 19) for i in range(400)]
    >>> panel = Panel.from_frame(df, household_id="id", as_of_date="2024-05-01", y="crisis")
    >>> found = compare(panel.X["arrears"], panel.X["arrears"] % 7, panel, capacity=30)
    >>> found.overlap
    0.0
    >>> found.tipping.missed, found.tipping.could_be_missed
    (24, 40)
    """
    checked = capacity_of(capacity, panel)
    one, other = (
        listed_rows(scores_of(model, panel, probability=probability), panel, checked)
        for model in (a, b)
    )
    names = name_of(a), name_of(b)
    return Comparison(
        names=names,
        table=difference_table(one.rows, other.rows, observation_of(panel.label)),
        overlap=overlap_of(one.rows, other.rows),
        rows=len(one.rows),
        positives=int(one.rows.y.sum()),
        capacity=checked,
        tipping=tipping_point(one, other, names),
        notes=(*panel.doubts, *_notes(a, b, panel)),
    )


def _notes(a: Scorable, b: Scorable, panel: Panel) -> tuple[str, ...]:
    """Tell by model in what the rows differ from those of its fit."""
    return tuple(f"{name_of(one)}: {note}" for one in (a, b) for note in notes_on_rows(one, panel))
