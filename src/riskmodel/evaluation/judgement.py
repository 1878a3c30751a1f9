"""Judges scores on a panel's labelled rows: overall, by round, by area and by group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel import metrics
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.evaluation.figures import (
    Cases,
    areas_of,
    base_rate,
    capacity_of,
    figures_of,
    labelled,
    list_figures,
    rank_figures,
    rounds_of,
    texts,
)
from riskmodel.evaluation.record import Evaluation
from riskmodel.evaluation.scores import Scorable, name_of, scores_of
from riskmodel.metrics import Capacity, CapacityLike, Ints

if TYPE_CHECKING:
    from riskmodel.panel import Panel

MIN_POSITIVES = 3
TOLD = ("precision", "recall", "lift", "auc")


def evaluate(
    model: Scorable,
    panel: Panel,
    capacity: CapacityLike = 0.02,
    *,
    name: str | None = None,
    groups: Sequence[str] | None = None,
    min_cell: int = 10,
) -> Evaluation:
    """Judge a fitted model, or anyone's scores, on the labelled rows of a panel.

    Parameters
    ----------
    model : RiskClassifier, classifier or Series
        A Series is indexed by (household_id, as_of_date) and holds scores of any scale, more meaning more risk; Brier
        score, log loss and calibration are computed only if all lie in [0, 1].
    panel : Panel
        Rows without a label are left out and counted; the list is drawn among the others. Weights are used.
    capacity : float, int or mapping, default 0.02
        How many can be contacted: below 1 a share of each round's cohort, rounded up; a whole number, so many a
        round; a mapping, one of either for each area. It counts rows, whatever their weight.
    name : str, optional
        What to call the scores.
    groups : list of str, optional
        Columns of ``panel.groups`` to tell figures by; default all but the area, which has its own table.
    min_cell : int, default 10
        Groups, areas, rounds and bins with fewer rows, or fewer than 3 positives, are suppressed; 1 turns that off.

    Returns
    -------
    Evaluation

    Notes
    -----
    Where scores tie at the cut, figures of the list are expectations over a random order of the tied, and ``worst``
    and ``best`` say what the order can make of them. Intervals are sandwich intervals clustered by household; those
    of the list hold that its cut moves with the rows (`riskmodel.metrics.precision_influence`). Fewer than five
    households with the outcome, or without it, give no interval.

    Examples
    --------
    >>> import pandas as pd
    >>> from riskmodel import Panel
    >>> df = pd.DataFrame({"id": range(400), "arrears": [i % 20 for i in range(400)]})
    >>> df["crisis"] = [int(i % 20 + i % 7 > 19) for i in range(400)]
    >>> panel = Panel.from_frame(df, household_id="id", as_of_date="2024-05-01", y="crisis")
    >>> evaluate(panel.X["arrears"], panel, capacity=30)
    arrears: the label, round 2024-05-01
    400 rows, 60 positive (base rate 15.0 %); list of 30 at capacity 30 per round
    <BLANKLINE>
    metric                 value  95 % interval   ties at the cut
    base rate              0.150  [0.118, 0.189]
    AUC                    0.959  [0.936, 0.974]
    average precision      0.728  [0.591, 0.832]
    precision at capacity  0.800  [0.622, 0.907]  0.700 to 0.900
    recall at capacity     0.400  [0.314, 0.492]  0.350 to 0.450
    lift at capacity       5.33   [4.26, 6.68]    4.67 to 6.00
    <BLANKLINE>
    scores are no probabilities: no Brier score, log loss or calibration
    20 rows tie at the cut: figures of the list are means over their random order
    """
    checked = capacity_of(capacity, panel)
    scores = scores_of(model, panel)
    return judge(
        scores, panel, checked, name=name or name_of(model), groups=groups, min_cell=min_cell
    )


def judge(
    scores: pd.DataFrame,
    panel: Panel,
    capacity: Capacity,
    *,
    name: str,
    groups: Sequence[str] | None = None,
    min_cell: int = 10,
) -> Evaluation:
    """Return the evaluation of margins and scores that stand in the panel's order."""
    columns = _group_columns(panel, groups)
    rows, area, rounds = labelled(panel), areas_of(panel), rounds_of(panel)
    cases = Cases.of(scores, panel, capacity)
    by_round = told_by(cases, "round", rounds[rows], min_cell, whole_rounds=True)
    by_area = None if area is None else told_by(cases, "area", area[rows], min_cell)
    by_group = [
        told_by(cases, "value", texts(panel.groups[c])[rows], min_cell).assign(group=c)  # type: ignore[index]
        for c in columns
    ]
    table = table_of(cases)
    unlabelled = int(panel.y.isna().sum())  # type: ignore[union-attr]  # labelled refuses a panel without y
    return Evaluation(
        name=name,
        table=table,
        by_round=by_round,
        by_area=by_area,
        by_group=pd.concat(by_group, ignore_index=True).set_index("group").reset_index()
        if by_group
        else None,
        reliability=reliability_of(cases, min_cell),
        scores=_judged_scores(scores, panel, rounds, area),
        capacity=capacity,
        label=panel.label,
        rounds=tuple(np.unique(rounds[rows]).tolist()),
        listed=round(float(cases.listed.sum())),
        unlabelled=unlabelled,
        notes=tuple(
            _notes(
                cases,
                panel,
                capacity,
                unlabelled,
                [t for t in (by_round, by_area, *by_group) if t is not None],
            )
        ),
    )


def _judged_scores(
    scores: pd.DataFrame, panel: Panel, rounds: NDArray[np.str_], area: NDArray[np.str_] | None
) -> pd.DataFrame:
    """Return the scores with what the list is drawn from: label, weight, round and area."""
    weight = 1.0 if panel.weight is None else panel.weight
    told = scores.assign(y=panel.y, weight=weight, round=rounds)
    return told if area is None else told.assign(area=area)


def table_of(cases: Cases) -> pd.DataFrame:
    """Return one row a metric: metric, value, low, high, rows, positives, note, worst, best."""
    lines = []
    for figure in figures_of(cases):
        found = figure.interval(cases)
        lines.append(
            {
                "metric": figure.metric,
                "value": figure.value,
                "low": found.low,
                "high": found.high,
                "rows": len(cases),
                "positives": int(cases.y.sum()),
                "note": found.note,
                "worst": figure.worst,
                "best": figure.best,
            }
        )
    return pd.DataFrame(lines)


def told_by(
    cases: Cases, key: str, groups: NDArray[Any], min_cell: int, *, whole_rounds: bool = False
) -> pd.DataFrame:
    """Return one row a group: counts, base rate, and figures of the list and AUC with intervals."""

    def told(rows: Ints) -> dict[str, float]:
        part = cases.take(rows, whole_rounds=whole_rounds)
        out = {"base_rate": part.base_rate, "selected": float(part.listed.sum())}
        found = {figure.metric: figure for figure in (*list_figures(part), *rank_figures(part)[:1])}
        for metric in TOLD:
            interval = found[metric].interval(part)
            out |= {
                metric: found[metric].value,
                f"{metric}_low": interval.low,
                f"{metric}_high": interval.high,
            }
        return out

    parts = metrics.by_group(told, groups, cases.y, **_least(min_cell))
    columns = [
        "base_rate",
        "selected",
        *(f"{m}{end}" for m in TOLD for end in ("", "_low", "_high")),
    ]
    figures = pd.DataFrame([part.value or {} for part in parts], columns=columns, dtype=np.float64)
    counts = pd.DataFrame(
        {
            key: [part.key for part in parts],
            "rows": pd.array([part.rows for part in parts], dtype="Int64"),
            "positives": pd.array([part.positives for part in parts], dtype="Int64"),
        }
    )
    return pd.concat([counts, figures], axis=1).assign(note=[part.note for part in parts])


def reliability_of(cases: Cases, min_cell: int, bins: int = 10) -> pd.DataFrame:
    """Return predicted against observed shares, one row a bin."""
    columns = ["predicted", "observed", "low", "high", "isotonic", "rows", "positives"]
    if cases.score is None:
        return pd.DataFrame(columns=columns, dtype=np.float64)
    score, least = cases.score, _least(min_cell)
    recalibrated = metrics.isotonic(cases.y, score, cases.weight)

    def told(rows: Ints) -> dict[str, float]:
        part = cases.take(rows)
        observed = base_rate(part)
        interval = observed.interval(part)
        return {
            "predicted": float(np.average(score[rows], weights=part.weight)),
            "observed": observed.value,
            "low": interval.low,
            "high": interval.high,
            "isotonic": float(np.average(recalibrated[rows], weights=part.weight)),
        }

    bin_of = metrics.reliability_bins(cases.y, score, bins, **least)
    parts = metrics.by_group(told, bin_of, cases.y, **least)
    lines = [
        {**part.value, "rows": part.rows, "positives": part.positives}
        for part in parts
        if part.value
    ]
    return pd.DataFrame(lines, columns=columns)


def _least(min_cell: int) -> dict[str, int]:
    return {
        "min_rows": min_cell,
        "min_positives": min(MIN_POSITIVES, min_cell) if min_cell > 1 else 0,
    }


def _group_columns(panel: Panel, groups: Sequence[str] | None) -> list[str]:
    known = [] if panel.groups is None else [str(name) for name in panel.groups]
    if groups is None:
        return [name for name in known if name != panel.area_name]
    for name in groups:
        if name not in known:
            raise ConfigError(
                f"unknown group {name!r}",
                code="evaluation.group",
                allowed=known,
                next_step=did_you_mean(name, known),
            )
    return list(groups)


def _notes(
    cases: Cases, panel: Panel, capacity: Capacity, unlabelled: int, tables: list[pd.DataFrame]
) -> list[str]:
    notes = [panel.note] if panel.note else []
    if unlabelled:
        notes.append(
            f"{unlabelled:,} rows without a label are left out; the list is drawn among the others"
        )
    if panel.weight is not None:
        idle = len(panel) - unlabelled - len(cases)
        without = f"; {idle:,} rows of weight 0 are left out" if idle else ""
        notes.append(f"rows are weighted, the capacity counts rows{without}")
    if cases.score is None:
        notes.append("scores are no probabilities: no Brier score, log loss or calibration")
    tied = int(((cases.listed > 0) & (cases.listed < 1)).sum())
    if tied:
        notes.append(
            f"{tied:,} rows tie at the cut: figures of the list are means over their random order"
        )
    area = areas_of(panel)
    if area is not None and (note := capacity.note(area[labelled(panel)])):
        notes.append(note)
    hidden = sum(int(table["note"].ne("").sum()) for table in tables)
    if hidden:
        notes.append(f"{hidden} small cells of the tables by round, area and group are suppressed")
    return notes
