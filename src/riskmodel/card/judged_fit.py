"""Which fit an evaluation judged: this very model, its backtest refit, or one that is refused."""

from __future__ import annotations

from riskmodel.errors import RegistryError
from riskmodel.evaluation import Evaluation
from riskmodel.models import RiskClassifier
from riskmodel.recipes import EARLIER, OTHER_HOUSEHOLDS, FitJudged
from riskmodel.serving import ENGLISH


def judged_by(model: RiskClassifier, evaluation: Evaluation) -> str:
    """Return which model an evaluation judged, as a key of the phrases.

    A backtest refit has the settings of the model, and was fitted on some of its rounds, all of
    whose outcomes were final before the rounds judged.

    Raises
    ------
    RegistryError
        For rows that the judged model has seen or may have seen, and for another model.
    """
    fits = evaluation.fits
    if not fits or evaluation.in_sample or not all(fit.apart for fit in fits):
        raise _in_sample(evaluation)

    own = FitJudged.of(model)
    if all(fit.model == own.model for fit in fits):
        return "this_model"
    if not all(_is_of_the_recipe(fit, own) for fit in fits):
        raise _other_model()
    is_earlier = all(fit.apart == EARLIER and fit.rounds != own.rounds for fit in fits)
    return "earlier_refit" if is_earlier else "same_recipe"


def fitted_on(evaluation: Evaluation) -> str:
    """Return on which rounds the judged model was fitted, and how many they were."""
    if all(fit.apart == EARLIER for fit in evaluation.fits):
        counted = [f"{fit.window}, {len(fit.rounds)} rounds" for fit in evaluation.fits]
        return "; ".join(counted)
    return ENGLISH.phrases["other_households"]


def windows_of(evaluation: Evaluation) -> str:
    """Return between which rounds the judged model was fitted; of a backtest, at each cut."""
    if all(fit.apart == EARLIER for fit in evaluation.fits):
        return "; ".join(fit.window for fit in evaluation.fits)
    return OTHER_HOUSEHOLDS


def _is_of_the_recipe(fit: FitJudged, own: FitJudged) -> bool:
    return fit.settings == own.settings and set(fit.rounds) <= set(own.rounds)


def _in_sample(evaluation: Evaluation) -> RegistryError:
    if evaluation.fits:
        fault = "the evaluation judged rounds on which the model was fitted, or may have been"
    else:
        fault = "the evaluation is of scores, and does not say on which rows their model was fitted"
    return RegistryError(
        fault,
        code="card.in_sample",
        allowed="an evaluation of the model on rounds after its last label was final or, for a "
        "refit, of its backtest refit on rounds that this has not seen",
        next_step="evaluate the model itself on the test rows of TemporalSplit().last(panel) or, "
        "with one date, of HouseholdSplit().last(panel)",
    )


def _other_model() -> RegistryError:
    return RegistryError(
        "the evaluation is of another model: its parameters, columns or rounds are not those of "
        "the model that is published",
        code="card.other_model",
        allowed="an evaluation of this very model, or of a model with the same parameters and "
        "columns, fitted on some of its rounds",
        next_step="evaluate the model that is published, or refit the one that was evaluated: "
        "rm.refit(model, panel)",
    )
