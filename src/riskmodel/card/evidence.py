"""Writes the card from the model and its evaluation; only purpose and limits are typed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from riskmodel.card.evaluation_sections import evaluation_sections, judged_rounds
from riskmodel.card.glance import glance
from riskmodel.card.model_card import Facts, ModelCard
from riskmodel.card.model_sections import model_sections
from riskmodel.card.plans import MONITORING, OVERSIGHT
from riskmodel.card.sites import external_table, require_own
from riskmodel.errors import RegistryError, did_you_mean
from riskmodel.evaluation import Backtest, Evaluation
from riskmodel.models import RiskClassifier
from riskmodel.serving import ENGLISH
from riskmodel.versions import library_versions

PHRASES = ENGLISH.phrases
NOT_FOR = tuple(text for key, text in PHRASES.items() if key.startswith("not_for_"))
LIMITS = tuple(text for key, text in PHRASES.items() if key.startswith("limit_"))


def write_card(
    model: RiskClassifier,
    evaluation: Evaluation,
    name: str,
    *,
    explanation: Facts,
    backtest: Backtest | None = None,
    purpose: str | None = None,
    limits: Iterable[str] = (),
    facts: Facts | None = None,
    external: Iterable[Evaluation] = (),
) -> ModelCard:
    """Write the card of a fitted model.

    Parameters
    ----------
    model : RiskClassifier
        Fitted.
    evaluation : Evaluation
        Of this model, or of its backtest refit: the same recipe, fitted at an earlier cut.
    name : str
    explanation : mapping
        Method and reference population of its explanations.
    backtest : Backtest, optional
        Its pooled figures of the baselines are written on the card.
    purpose : str, optional
        By default it is written from the label.
    limits : iterable of str
        Limits beyond those that always hold.
    facts : mapping, optional
        Sections that the evidence does not contain, such as ``{"population": {"who": ...}}`` for a
        frame of your own.
    external : iterable of Evaluation
        Of this model on records of other sites; they stand beside its own figures.

    Returns
    -------
    ModelCard

    Raises
    ------
    RegistryError
        Where a fact is missing; it is named. Also for an evaluation of another label or, unless it
        is given as external, of another site.
    """
    require_own(model, evaluation, backtest)
    label = model.label_ or evaluation.label
    sections: dict[str, Any] = {
        "name": name,
        "not_for": NOT_FOR,
        **model_sections(model, label),
        **evaluation_sections(model, evaluation, backtest),
        "external": external_table(model, external),
        "explanation": explanation,
        "libraries": library_versions(),
        "glance": glance(model, evaluation, backtest),
        "monitoring": MONITORING,
        "oversight": OVERSIGHT,
        "limits": (
            *LIMITS,
            *_redefined(model, evaluation),
            *_doubtful(model),
            *evaluation.notes,
            *(() if evaluation.selective is None else evaluation.selective.lines()),
            *limits,
        ),
    }
    typed = {"purpose": purpose} if purpose else {}
    given = _checked(facts or {}, sections)
    return ModelCard(**sections | typed | given)


def _redefined(model: RiskClassifier, evaluation: Evaluation) -> tuple[str, ...]:
    """Name the indicators whose definition changed since the first training round."""
    first, last = model.training_["first_as_of"], model.training_["last_as_of"]
    if first is None or last is None:
        return ()
    newest = max(last, *judged_rounds(evaluation))
    indicators = model.catalogue_.values()
    changes = chain.from_iterable(one.redefined_within(first, newest) for one in indicators)
    different = "rounds before and after hold different things under its name."
    return tuple(f"{change}: {different}" for change in changes)


def _doubtful(model: RiskClassifier) -> tuple[str, ...]:
    """Name the training rounds that were accepted although their outcomes look incomplete."""
    rounds = model.training_["doubtful"]
    if not rounds:
        return ()
    return (f"fitted on rounds whose outcomes look incomplete, by name: {', '.join(rounds)}",)


def _checked(facts: Facts, sections: Mapping[str, Any]) -> dict[str, Any]:
    for name in facts:
        if name not in sections:
            raise RegistryError(
                f"the card has no section {name!r}",
                code="card.section",
                allowed=list(sections),
                next_step=did_you_mean(name, sections),
            )
    return dict(facts)
