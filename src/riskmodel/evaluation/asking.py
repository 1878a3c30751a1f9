"""All questions about leaks that an evaluation and a backtest ask, unasked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from riskmodel.evaluation.leaking_columns import leaking_columns
from riskmodel.evaluation.leaking_names import leaking_names
from riskmodel.evaluation.leaking_shares import leaking_shares
from riskmodel.evaluation.leaks import NO_QUESTIONS, LeakQuestion, Leaks
from riskmodel.evaluation.replayed import replayed
from riskmodel.models import RiskModel
from riskmodel.recipes import FitJudged

if TYPE_CHECKING:
    from riskmodel.panel import Panel

OVERLAP = "leaks.overlap"
OF_THE_FIT = (
    "whether a column knows a household's outcome in rounds of the fit: only the rows judged are "
    "looked at here, and all of a panel by a backtest"
)


def asked_in_evaluation(panel: Panel, model: RiskModel | None, in_sample: str) -> Leaks:
    """Return the questions about the rows judged, and about a model that is judged on them.

    Parameters
    ----------
    panel : Panel
    model : RiskModel or None
        None for scores of no model.
    in_sample : str
        How many of the rows are of the fit, or why that cannot be ruled out; empty where none is.
    """
    leaks = leaking_columns(panel).joined(leaking_names(panel))
    if model is not None:
        leaks = leaks.joined(leaking_shares(model, panel)).joined(Leaks(unasked=(OF_THE_FIT,)))
    overlap = (LeakQuestion(OVERLAP, "the fit and the rows judged"),) if in_sample else ()
    return leaks.joined(Leaks(overlap))


def asked_in_backtest(
    panel: Panel,
    test: Panel,
    candidates: Mapping[str, RiskModel],
    fits: Mapping[str, Iterable[FitJudged]],
) -> Leaks:
    """Return the questions about a panel, its test rows, and what was fitted at the cuts.

    Parameters
    ----------
    panel, test : Panel
    candidates : mapping of str to RiskModel
        The fits of the newest cut.
    fits : mapping of str to iterable of FitJudged
        By model, what was fitted at each cut.
    """
    leaks = leaking_columns(panel).joined(leaking_names(panel)).joined(_overlaps(fits))
    for model in candidates.values():
        leaks = leaks.joined(leaking_shares(model, test))
    return leaks.joined(replayed(test))


def _overlaps(fits: Mapping[str, Iterable[FitJudged]]) -> Leaks:
    """Ask about cuts whose fits are not known to lie apart from the rows judged."""
    cuts = {
        number
        for of_model in fits.values()
        for number, fit in enumerate(of_model, start=1)
        if not fit.apart
    }
    if not cuts:
        return NO_QUESTIONS
    return Leaks(tuple(LeakQuestion(OVERLAP, f"cut {number}") for number in sorted(cuts)))
