"""What the card says of an evaluation: which rounds it judged, and its figures."""

from __future__ import annotations

import numpy as np

from riskmodel.card.figure_tables import table_of, with_headings
from riskmodel.card.judged_fit import fitted_on, judged_by
from riskmodel.card.model_card import NOT_ASKED, Facts, Table
from riskmodel.card.sites import place
from riskmodel.errors import RegistryError
from riskmodel.evaluation import MIN_CELL, Backtest, Evaluation
from riskmodel.evaluation.leaks import CHECKS
from riskmodel.keys import AS_OF, as_days
from riskmodel.models import RiskClassifier
from riskmodel.serving import ENGLISH

PHRASES = ENGLISH.phrases
FIGURES = ("metric", "value", "low", "high", "estimand", "labels", "note")


def evaluation_sections(
    model: RiskClassifier, evaluation: Evaluation, backtest: Backtest | None
) -> Facts:
    """Return the sections that an evaluation and a backtest fill.

    Raises
    ------
    RegistryError
        For an evaluation of rows that its model has seen, of another model, or that shows small
        cells.
    """
    require_large_cells(evaluation)
    metrics = with_headings(evaluation.table)
    counts = ("rows", evaluation.positives_called)
    bins = ("predicted", "observed", "low", "high", *counts, "note")
    return {
        "evaluated": _evaluated(model, evaluation),
        "capacity": str(evaluation.capacity),
        "metrics": table_of(metrics, FIGURES),
        "reliability": table_of(evaluation.reliability, bins),
        "by_group": table_of(evaluation.by_group),
        "by_area": table_of(evaluation.by_area),
        "baselines": _baselines(backtest),
        "leaks": _leaks(evaluation, backtest),
    }


def judged_rounds(evaluation: Evaluation) -> tuple[str, ...]:
    """Return the as_of_dates of the rows that an evaluation judged."""
    index = evaluation.scores.index[evaluation.scores["y"].notna()]
    return tuple(np.unique(as_days(index.get_level_values(AS_OF))).astype(str).tolist())


def require_large_cells(evaluation: Evaluation) -> None:
    """Refuse an evaluation whose tables show cells of few households."""
    if evaluation.min_cell >= MIN_CELL:
        return
    raise RegistryError(
        f"the evaluation's tables may show cells of fewer than {MIN_CELL} households",
        code="card.small_cells",
        allowed=f"an evaluation with min_cell={MIN_CELL} or more",
        next_step=f"evaluate again without min_cell={evaluation.min_cell}",
    )


def _evaluated(model: RiskClassifier, evaluation: Evaluation) -> Facts:
    return {
        "rounds": list(judged_rounds(evaluation)),
        "rows": evaluation.rows,
        evaluation.positives_called: evaluation.positives,
        "by": PHRASES[judged_by(model, evaluation)],
        "fitted_on": fitted_on(evaluation),
        **_judged_place(evaluation),
    }


def _judged_place(evaluation: Evaluation) -> Facts:
    judged = evaluation.judged
    return place("", ()) if judged is None else place(judged.site, judged.areas)


def _baselines(backtest: Backtest | None) -> Table:
    if backtest is None:
        return ({"note": PHRASES["compared_later"]},)
    pooled = backtest.table[backtest.table["split"].eq("pooled")]
    return table_of(with_headings(pooled), ("model", *FIGURES))


def _leaks(evaluation: Evaluation, backtest: Backtest | None) -> Table:
    """Return how many questions about leaks there are, by code; it names no column."""
    leaks = evaluation.leaks if backtest is None else evaluation.leaks.joined(backtest.leaks)
    if leaks.counts:
        return tuple(
            {"code": code, "questions": count, "why": CHECKS[code].explanation}
            for code, count in leaks.counts.items()
        )
    return ({"note": PHRASES["no_leak_questions"]},) if leaks.columns else NOT_ASKED
