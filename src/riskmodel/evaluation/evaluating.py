"""Evaluates scores on a panel's labelled rows: overall, by round, by area and by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.evaluation.asking import asked_in_evaluation
from riskmodel.evaluation.estimates import estimate_table, estimates_of
from riskmodel.evaluation.evaluation_notes import notes_on
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.group_columns import (
    group_columns,
    rare_groups,
    reported,
    reported_groups,
)
from riskmodel.evaluation.group_tables import (
    Suppression,
    bins_of,
    group_table,
    reliability_table,
)
from riskmodel.evaluation.judged_before import (
    digest_of_judged,
    note_on_models,
    nth_model,
)
from riskmodel.evaluation.judged_rows import judged_rows
from riskmodel.evaluation.panel_rows import (
    capacity_of,
    labelled,
    observation_of,
    rounds_of,
    scored_rows,
    scores_with_rows,
    unlabelled,
)
from riskmodel.evaluation.reach import Reach
from riskmodel.evaluation.scores import Scorable, name_of, risk_model, scores_of
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.metrics import Capacity, CapacityLike, Groups, ScoredRows
from riskmodel.panel import Panel
from riskmodel.panel.rare_names import rare_names
from riskmodel.recipes import External, Origin
from riskmodel.records import Records

MIN_CELL = MIN_HOUSEHOLDS
ROUND, AREA, GROUP = "round", "area", "group "


@door
def evaluate(
    model: Scorable,
    panel: Panel | Records,
    capacity: CapacityLike = 0.02,
    *,
    name: str | None = None,
    probability: bool = False,
    groups: Sequence[str] | None = None,
    min_cell: int = MIN_CELL,
    external: External = None,
    accept_feeds: Iterable[str] = (),
) -> Evaluation:
    """Evaluate a fitted model, or any scores, on the labelled rows of a panel or of records.

    Parameters
    ----------
    model : RiskClassifier, classifier or Series
        A Series is indexed by (household_id, as_of_date) and holds scores of any scale; more means
        more risk. Metrics of probabilities are computed only if it is said to hold them.
    panel : Panel or Records
        Rows without a label are left out and counted; the list is drawn among the others. From
        records the model's own recipe builds the rows: of its own site the rounds that it has not
        seen, of another site every round with a mature label.
    capacity : float, int or mapping, default 0.02
        How many can be contacted: below 1, a share of each round's cohort, rounded up; a whole
        number, that many per round; a mapping, one of either for each area. The slots of the list
        count rows, whatever their weight.
    name : str, optional
        What to call the scores.
    probability : bool, default False
        Whether a Series holds probabilities of the crisis: scores in [0, 1] need not be any. Models
        and classifiers know it by themselves.
    groups : list of str, optional
        Columns of ``panel.groups`` that get a table; default all but the area, which has its own.
        ``"indicators on record"`` is a group of every panel of records: rows by how many indicators
        their columns show.
    min_cell : int, default 10
        Groups, areas, rounds and bins of fewer households, or of fewer than 3 with a crisis or
        without one, are suppressed, and so are others that would tell them. 1 turns that off, for
        the reader of the records; such an evaluation is not published.
    external : str or Panel, optional
        For rows of another site: why no household is one of the fit's, or the panel of the fit,
        which is searched for shared households. Records of another site need it.
    accept_feeds : list of str
        Indicators of the fit that may be missing from the records altogether.

    Returns
    -------
    Evaluation

    Raises
    ------
    ConfigError
        For a capacity that is none, an area or group that the panel doesn't know, probabilities
        outside [0, 1], values in another unit than in the fit, or records of another site without
        `external`.
    PanelError
        For a panel without labelled rows of both classes, scores that miss a row, or households
        that are shared with the panel of the fit.
    RecordsError
        For feeds of the fit that brought nothing and are not accepted.

    Notes
    -----
    Weights weigh the rows in every figure, at capacity too. Where scores tie at the cut, figures
    of the list are means over random orders of the tied (with weights: ratios of means), and
    ``worst`` and ``best`` bound them.
    Columns that look as if they knew the outcome are asked about (`Evaluation.leaks`).
    Intervals are sandwich intervals clustered by household; those of the list allow for a cut that
    moves with the rows (`riskmodel.metrics.precision_influence`), and are always given. Of other
    figures, fewer than five households with the outcome, or without it, give no interval.
    Crises expected are the sum of the probabilities on the list, crises reached those observed.

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
    metric                      value  95 % interval   ties at the cut
    base rate                   0.150  [0.118, 0.189]
    AUC                         0.959  [0.936, 0.974]
    average precision           0.728  [0.591, 0.832]
    precision at capacity       0.800  [0.614, 0.923]  0.700 to 0.900
    recall at capacity          0.400  [0.276, 0.535]  0.350 to 0.450
    lift at capacity            5.33   [3.83, 6.26]    4.67 to 6.00
    crises reached at capacity  24.0   [18.4, 27.7]    21.0 to 27.0
    <BLANKLINE>
    values are of these rows and this list; intervals are for households and lists like these
    not said to be probabilities: no Brier score, log loss, calibration slope, \
calibration intercept, crises expected
    20 rows tie at the cut: figures of the list are means over their random order
    questions about leaks (docs/guide.md, Could a column know the outcome?):
      leaks.alone, AUC of the column alone from 0.95: arrears 0.959
    """
    judged = judged_rows(model, panel, external, accept_feeds)
    rows = judged.panel
    checked = capacity_of(capacity, rows)
    columns = group_columns(rows, groups)
    scores = scores_of(model, rows, probability=probability)
    evaluation = evaluate_scores(
        scores,
        rows,
        checked,
        name=name or name_of(model),
        groups=columns,
        suppression=Suppression.of(min_cell),
    )
    number = nth_model(evaluation.data_digest, judged.fits)
    notes = (*judged.notes, *evaluation.notes, note_on_models(number))
    return replace(
        evaluation,
        notes=tuple(filter(None, notes)),
        fitted=judged.fitted,
        in_sample=judged.in_sample,
        fits=judged.fits,
        nth_model=number,
        external=judged.external,
        leaks=asked_in_evaluation(rows, risk_model(model), judged.in_sample),
    )


def evaluate_scores(
    scores: pd.DataFrame,
    panel: Panel,
    capacity: Capacity,
    *,
    name: str,
    groups: Sequence[str] | None = None,
    suppression: Suppression | None = None,
) -> Evaluation:
    """Return the evaluation of margins and scores that stand in the panel's order."""
    suppression = suppression or Suppression.of(MIN_CELL)
    observation = observation_of(panel.label)
    columns = group_columns(panel, None) if groups is None else groups
    rows = scored_rows(scores, panel, capacity)
    tables = _tables(rows, panel, columns, suppression)
    return Evaluation(
        name=name,
        table=estimate_table(estimates_of(rows, observation), rows),
        by_round=tables.by_round,
        by_area=tables.by_area,
        by_group=tables.by_group,
        reliability=tables.reliability,
        scores=scores_with_rows(scores, panel),
        groups=reported_groups(panel, columns),
        capacity=capacity,
        label=panel.label,
        rounds=tuple(np.unique(rounds_of(panel)[labelled(panel)]).tolist()),
        listed=round(float(rows.inclusion.sum())),
        unlabelled=unlabelled(panel),
        notes=tuple(notes_on(rows, panel, capacity, tables.hidden)),
        rare_groups=rare_groups(panel, columns),
        rare_names=rare_names(panel),
        judged=Origin.of_rows(panel),
        data_digest=digest_of_judged(panel),
        reach=Reach.of(rows, panel),
        min_cell=suppression.min_households,
    )


class _Tables(NamedTuple):
    """The tables by round, by area and by group; None where the panel names none."""

    by_round: pd.DataFrame
    by_area: pd.DataFrame | None
    by_group: pd.DataFrame | None
    reliability: pd.DataFrame

    @property
    def hidden(self) -> tuple[int, int]:
        """How many cells are suppressed, and of how many others the figures of the list are."""
        tables = [table for table in self[:3] if table is not None]
        hidden = sum(int(table["rows"].isna().sum()) for table in tables)
        return hidden, sum(int(table["note"].ne("").sum()) for table in tables) - hidden


def _tables(
    rows: ScoredRows, panel: Panel, columns: Sequence[str], suppression: Suppression
) -> _Tables:
    """Return the tables; what each may show is decided over all of them together."""
    groups = _groups(panel, columns)
    bins = bins_of(rows, suppression)
    shown = suppression.shown(rows, list(groups.values()), bins)
    tables = {
        name: group_table(
            rows,
            name if name in (ROUND, AREA) else "value",
            each,
            cells,
            observation_of(panel.label),
            suppression,
            whole_rounds=name == ROUND,
        )
        for (name, each), cells in zip(groups.items(), shown, strict=False)
    }
    reliability = reliability_table(rows, bins, shown[-1], suppression)
    by_round, by_area = tables.pop(ROUND), tables.pop(AREA, None)
    by_group = [table.assign(group=name.removeprefix(GROUP)) for name, table in tables.items()]
    return _Tables(by_round, by_area, _joined(by_group), reliability)


def _groups(panel: Panel, columns: Sequence[str]) -> dict[str, Groups]:
    """Return how each table parts the labelled rows, by its name."""
    positions, area = labelled(panel), panel.area_name
    groups = {ROUND: rounds_of(panel)[positions]}
    if panel.area is not None and area is not None:
        groups[AREA] = panel.reported_group(area)[positions]
    groups |= {GROUP + column: reported(panel, column)[positions] for column in columns}
    return {name: Groups.of(values) for name, values in groups.items()}


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
    """Return the tables of all groups below each other, the group first."""
    if not tables:
        return None
    return pd.concat(tables, ignore_index=True).set_index("group").reset_index()
