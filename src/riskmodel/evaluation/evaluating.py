"""Evaluates scores on a panel's labelled rows: overall, by round, by area and by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from riskmodel.doors import door
from riskmodel.evaluation.asking import asked_in_evaluation
from riskmodel.evaluation.estimates import estimate_table, estimates_of
from riskmodel.evaluation.evaluation_notes import notes_on
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.evaluation_tables import EvaluationTables
from riskmodel.evaluation.group_columns import group_columns, rare_groups, reported_groups
from riskmodel.evaluation.group_tables import Suppression
from riskmodel.evaluation.judged_before import (
    digest_of_judged,
    note_on_models,
    nth_model,
)
from riskmodel.evaluation.judged_rows import judged_rows
from riskmodel.evaluation.panel_rows import (
    Among,
    capacity_of,
    is_by_chances,
    judged,
    labels_of,
    observation_of,
    rounds_of,
    scored_rows,
    scores_with_rows,
    unlabelled,
)
from riskmodel.evaluation.reach import Reach
from riskmodel.evaluation.scores import Scorable, name_of, risk_model, scores_of
from riskmodel.evaluation.selective_report import SelectiveReport
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.metrics import Capacity, CapacityLike
from riskmodel.panel import Panel
from riskmodel.panel.rare_names import rare_names
from riskmodel.recipes import External, Origin
from riskmodel.records import Records

MIN_CELL = MIN_HOUSEHOLDS


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
    among: Among = "all",
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
    among : {"all", "contacted"}
        Where the label is observed by contacts: ``"all"`` draws the list among all rows, and
        estimates their verdicts by the chances on record (`Evaluation.selective`);
        ``"contacted"`` judges those contacted as if nobody else were there.

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
        For a panel without labelled rows of both classes, scores that miss a row, households that
        are shared with the panel of the fit, or a label observed by contacts without chances on
        record, unless those contacted alone are to be judged.
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
    found = judged_rows(model, panel, external, accept_feeds)
    rows = found.panel
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
        among=among,
    )
    number = nth_model(evaluation.data_digest, found.fits)
    notes = (*found.notes, *evaluation.notes, note_on_models(number))
    return replace(
        evaluation,
        notes=tuple(filter(None, notes)),
        fitted=found.fitted,
        in_sample=found.in_sample,
        fits=found.fits,
        nth_model=number,
        external=found.external,
        leaks=asked_in_evaluation(rows, risk_model(model), found.in_sample),
    )


def evaluate_scores(
    scores: pd.DataFrame,
    panel: Panel,
    capacity: Capacity,
    *,
    name: str,
    groups: Sequence[str] | None = None,
    suppression: Suppression | None = None,
    among: Among = "all",
) -> Evaluation:
    """Return the evaluation of margins and scores that stand in the panel's order."""
    suppression = suppression or Suppression.of(MIN_CELL)
    observation = observation_of(panel.label)
    columns = group_columns(panel, None) if groups is None else groups
    rows = scored_rows(scores, panel, capacity, among)
    tables = EvaluationTables.of(rows, panel, columns, suppression, judged(panel, among))
    labels = labels_of(panel, among)
    by_chances = is_by_chances(panel, among)
    return Evaluation(
        name=name,
        table=estimate_table(estimates_of(rows, observation), rows, labels),
        by_round=tables.by_round,
        by_area=tables.by_area,
        by_group=tables.by_group,
        reliability=tables.reliability,
        scores=scores_with_rows(scores, panel),
        groups=reported_groups(panel, columns),
        capacity=capacity,
        label=panel.label,
        rounds=tuple(np.unique(rounds_of(panel)[judged(panel, among)]).tolist()),
        listed=round(float(rows.inclusion.sum())),
        unlabelled=unlabelled(panel),
        notes=tuple(notes_on(rows, panel, capacity, tables.hidden, among)),
        rare_groups=rare_groups(panel, columns),
        rare_names=rare_names(panel),
        judged=Origin.of_rows(panel),
        data_digest=digest_of_judged(panel),
        reach=None if by_chances else Reach.of(rows, panel),
        selective=SelectiveReport.of(rows) if by_chances else None,
        min_cell=suppression.min_households,
    )
