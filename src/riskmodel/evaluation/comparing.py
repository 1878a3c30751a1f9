"""Compares models on the same labelled rows, list against list: two, or one with several others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, overload

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.evaluation.comparison import Comparison, Comparisons
from riskmodel.evaluation.evaluation_notes import note_on_slots
from riskmodel.evaluation.judged_rows import notes_on_rows
from riskmodel.evaluation.paired_differences import Differences, differences, overlap_of
from riskmodel.evaluation.panel_rows import (
    Among,
    capacity_of,
    labels_of,
    listed_rows,
    observation_of,
)
from riskmodel.evaluation.scores import (
    Scorable,
    capacity_before,
    label_of,
    labels_before,
    name_of,
    scores_of,
    several,
)
from riskmodel.evaluation.tipping import JUDGED_BY, tipping_point
from riskmodel.metrics import METRICS, Capacity, CapacityLike, Metric

if TYPE_CHECKING:
    from riskmodel.panel import Panel


@overload
def compare(
    a: Scorable,
    b: Scorable,
    panel: Panel,
    capacity: CapacityLike = ...,
    *,
    probability: bool = ...,
    among: Among = ...,
) -> Comparison: ...


@overload
def compare(
    a: Scorable,
    b: Sequence[Scorable],
    panel: Panel,
    capacity: CapacityLike = ...,
    *,
    probability: bool = ...,
    among: Among = ...,
) -> Comparisons: ...


@door
def compare(
    a: Scorable,
    b: Scorable | Sequence[Scorable],
    panel: Panel,
    capacity: CapacityLike = 0.02,
    *,
    probability: bool = False,
    among: Among = "all",
) -> Comparison | Comparisons:
    """Compare a model with another, or with several, on the same labelled rows, list against list.

    Parameters
    ----------
    a, b : RiskClassifier, classifier, Series or Evaluation
        An evaluation brings its own scores; its list is drawn anew at `capacity`, and the notes
        say so where it was evaluated at another. A list as b compares a with each of it.
        Of models of one name, the second is called "name 2", and so on.
    panel : Panel
    capacity : float, int or mapping, default 0.02
        See `evaluate`.
    probability : bool, default False
        Whether a Series, of a and b, holds probabilities; see `evaluate`.
    among : {"all", "contacted"}
        See `evaluate`. Verdicts that are estimated have no tipping point of counts.

    Returns
    -------
    Comparison or Comparisons
        Comparisons for a list as b.

    Raises
    ------
    ConfigError
        For a list that is empty or names a model twice, or an evaluation of another label.
    PanelError
        For scores that miss a row of the panel.

    Notes
    -----
    What a row adds to a difference is the difference of what it adds to both figures, so that the
    interval allows for the same households being evaluated twice. Metrics of probabilities are
    compared only if both scores are probabilities. Where the interval says that one list has the
    higher precision, the comparison tells how many outcomes undo that (`TippingPoint`).

    Of several others, the intervals of a metric hold for all of them together in 95 % of samples
    (`riskmodel.metrics.joint_quantile`), so that the best of many is not called better by chance.
    A metric that only some of them have holds for those together, and the notes say so.

    Examples
    --------
    >>> import pandas as pd
    >>> from riskmodel import Panel
    >>> df = pd.DataFrame({"id": range(400), "arrears": [i % 20 for i in range(400)]})
    >>> df["crisis"] = [int(i % 20 + i % 7 > 19) for i in range(400)]
    >>> panel = Panel.from_frame(df, household_id="id", as_of_date="2024-05-01", y="crisis")
    >>> one, other = panel.X["arrears"], (panel.X["arrears"] % 7).rename("remainder")
    >>> found = compare(one, other, panel, capacity=30)
    >>> found.overlap
    0.0
    >>> found.tipping.missed, found.tipping.could_be_missed
    (18, 30)
    >>> third = (-panel.X["arrears"]).rename("fewest first")
    >>> table = compare(one, [other, third], panel, capacity=30).frame()
    >>> table.loc[table["metric"] == "auc", ["against", "difference"]].round(3).values.tolist()
    [['remainder', 0.376], ['fewest first', 0.918]]
    """
    others = several(b)
    if others is not None and not others:
        raise ConfigError(
            "there is no model to compare with",
            code="comparison.none",
            allowed="one model or more",
            next_step="compare(a, b, panel), or compare(a, [b, c], panel)",
        )
    models = [a, *([b] if others is None else others)]
    if others is not None:
        _check_once(models)
    names = _distinct([name_of(model) for model in models])
    for name, model in zip(names, models, strict=True):
        _check_label(name, model, panel)

    found = _compared(models, names, panel, capacity, probability=probability, among=among)
    if others is None:
        return found[0]
    return Comparisons(names[0], dict(zip(names[1:], found, strict=True)))


def _compared(
    models: Sequence[Scorable],
    names: Sequence[str],
    panel: Panel,
    capacity: CapacityLike,
    *,
    probability: bool,
    among: Among,
) -> list[Comparison]:
    """Return the comparison of the first model with each of the others."""
    checked = capacity_of(capacity, panel)
    one, *others = (
        listed_rows(scores_of(model, panel, probability=probability), panel, checked, among)
        for model in models
    )
    notes = [
        tuple(f"{name}: {note}" for note in _notes_on(model, panel, checked, among))
        for name, model in zip(names, models, strict=True)
    ]
    common = [*panel.doubts, *filter(None, [note_on_slots(panel, checked, among)])]
    if models[1] is models[0]:
        notes[1] = ()
    tables = differences(one.rows, [each.rows for each in others], observation_of(panel.label))
    return [
        Comparison(
            names=(names[0], name),
            table=found.table,
            overlap=overlap_of(one.rows, other.rows),
            rows=len(one.rows),
            labels=labels_of(panel, among),
            positives=int(one.rows.y.sum()),
            capacity=checked,
            tipping=(
                tipping_point(one, other, (names[0], name), found.upper[JUDGED_BY.name])
                if one.rows.selective is None
                else None
            ),
            together=len(others),
            notes=tuple(dict.fromkeys([*common, *notes[0], *own, *few])),
        )
        for name, other, found, own, few in zip(
            names[1:], others, tables, notes[1:], _held_by_fewer(tables), strict=True
        )
    ]


def _notes_on(model: Scorable, panel: Panel, capacity: Capacity, among: Among) -> Iterator[str]:
    """Yield what a reader must know of one of the models."""
    yield from notes_on_rows(model, panel)
    before = capacity_before(model)
    if before is not None and before != capacity:
        other = "another capacity" if str(before) == str(capacity) else f"capacity {before}"
        yield f"evaluated at {other}; its list is drawn anew, at capacity {capacity}"
    labels, under = labels_before(model), labels_of(panel, among)
    if labels is not None and labels != under:
        yield f"evaluated under other labels ({labels}); compared here under: {under}"


def _check_once(models: Sequence[Scorable]) -> None:
    """Refuse a model that stands twice among several."""
    for number, model in enumerate(models):
        if any(model is earlier for earlier in models[:number]):
            raise ConfigError(
                f"{name_of(model)} stands twice among the models to compare",
                code="comparison.twice",
                allowed="each model once, the first of them not among the others",
                next_step="leave it out of the list",
            )


def _distinct(names: Sequence[str]) -> list[str]:
    """Return what to call models; those of one name are numbered, by numbers that are free."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name} {number}" for number in count(2))
        taken = {*found, *names}
        found.append(name if name not in found else next(n for n in numbered if n not in taken))
    return found


def _held_by_fewer(tables: Sequence[Differences]) -> list[list[str]]:
    """Say for each pair of which metrics the intervals hold for fewer than all pairs together."""
    having = Counter(metric for each in tables for metric in each.table["metric"])
    notes = []
    for each in tables:
        few = [metric for metric in each.table["metric"] if having[metric] < len(tables)]
        notes.append([_held_by(METRICS[metric], having[metric], len(tables)) for metric in few])
    return notes


def _held_by(metric: Metric, pairs: int, every: int) -> str:
    whose = f"the {pairs} comparisons that have" if pairs > 1 else "the 1 comparison that has"
    return f"{metric.heading}: of {every} comparisons, the interval holds for {whose} it"


def _check_label(name: str, model: Scorable, panel: Panel) -> None:
    """Refuse an earlier evaluation of another label than the panel's."""
    judged = label_of(model)
    if judged is None or panel.label is None or judged == panel.label:
        return
    raise ConfigError(
        f"{name} is an evaluation of the label {judged.name!r}, which is not the panel's",
        code="comparison.label",
        allowed=f"evaluations of {panel.label.name!r}, with its window and maturity",
        next_step="evaluate the model on this panel, or pass its scores: "
        "evaluation.scores['margin']",
    )
