"""Whose figures stand on a card: those of the fit's own site and label, others beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from riskmodel.card.figure_tables import table_of, with_headings
from riskmodel.card.model_card import Facts, Table
from riskmodel.errors import RegistryError
from riskmodel.evaluation import Backtest, Evaluation
from riskmodel.models import KINDS, RiskClassifier
from riskmodel.panel import Label
from riskmodel.recipes import NOT_STATED, Origin, is_other_site
from riskmodel.serving import ENGLISH

PHRASES = ENGLISH.phrases


def require_own(
    model: RiskClassifier, evaluation: Evaluation, backtest: Backtest | None = None
) -> None:
    """Refuse figures of another kind of model, another label or another site.

    Raises
    ------
    RegistryError
    """
    _require_same_kind(model, evaluation)
    _require_same_label(model, evaluation.label, "evaluation")
    if backtest is not None:
        _require_same_label(model, backtest.test.label, "backtest")

    site = "" if evaluation.judged is None else evaluation.judged.site
    if evaluation.external or is_other_site(Origin.of_fit(model), site):
        raise RegistryError(
            f"the evaluation judged rows of {site or 'another site'}, the model was fitted on "
            f"{model.training_['site']}",
            code="card.other_site",
            allowed="an evaluation on rows of the fit's own site",
            next_step="pass the evaluation on later rounds of its own site, and this one beside "
            "it: external=[evaluation]",
        )


def external_table(model: RiskClassifier, evaluations: Iterable[Evaluation]) -> Table:
    """Return the figures of a model on other sites, one row per site and metric."""
    rows = [row for evaluation in evaluations for row in _external_rows(model, evaluation)]
    return tuple(rows) or ({"note": PHRASES["no_other_site"]},)


def place(site: str, areas: Sequence[str]) -> Facts:
    """Return where rows come from, as facts of the card."""
    return {
        "site": site or PHRASES["not_said"],
        "areas": list(areas) or PHRASES["none_named"],
    }


def _external_rows(model: RiskClassifier, evaluation: Evaluation) -> Iterator[Facts]:
    _require_evaluation(evaluation)
    _require_same_kind(model, evaluation)
    _require_same_label(model, evaluation.label, "external evaluation")
    _require_statement(evaluation)
    assert evaluation.judged is not None
    about = {
        "site": evaluation.judged.site or PHRASES["not_said"],
        "external": evaluation.external,
        "rounds": f"{evaluation.rounds[0]} to {evaluation.rounds[-1]}",
        "rows": evaluation.rows,
        evaluation.positives_called: evaluation.positives,
    }
    columns = ("metric", "value", "low", "high", "estimand", "labels")
    figures = table_of(with_headings(evaluation.table), columns)
    yield from ({**about, **row} for row in figures)


def _require_same_kind(model: RiskClassifier, evaluation: Evaluation) -> None:
    if evaluation.name in KINDS and evaluation.name != model.kind:
        raise RegistryError(
            f"the evaluation is of a {evaluation.name} model, the model is {model.kind}",
            code="card.other_model",
            next_step="pass the evaluation of the model that is published",
        )


def _require_same_label(model: RiskClassifier, judged: Label | None, what: str) -> None:
    fitted = model.label_
    if fitted is None or judged is None or fitted == judged:
        return
    raise RegistryError(
        f"the {what} is of the label {_described(judged)}, the model predicts {_described(fitted)}",
        code="card.other_label",
        allowed="figures of the label that the model predicts",
        next_step="evaluate on rows with the model's own label: panel.with_label(model.label_)",
    )


def _require_evaluation(given: object) -> None:
    if not isinstance(given, Evaluation):
        raise RegistryError(
            f"external holds a {type(given).__name__}",
            code="card.not_external",
            allowed="a list of evaluations",
            next_step="rm.evaluate(model, records_of_the_other_site, external='...')",
        )


def _require_statement(evaluation: Evaluation) -> None:
    if not evaluation.external or evaluation.external == NOT_STATED:
        raise RegistryError(
            "an external evaluation does not say why no household is one of the fit's",
            code="card.not_external",
            allowed="evaluations with external=, on rows of another site",
            next_step="rm.evaluate(model, records_of_the_other_site, external='...')",
        )


def _described(label: Label) -> str:
    """Return a label's name with what its name leaves out."""
    rest = [f"maturity {label.maturity}"]
    rest += [f"observed by {label.observed_by}"] if label.observed_by else []
    rest += [f"confirmed by {label.confirmed_by}"] if label.confirmed_by else []
    return f"{label.name!r} ({', '.join(rest)})"
