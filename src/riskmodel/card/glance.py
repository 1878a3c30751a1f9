"""What the figures of a card say, in sentences that a manager can read."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from riskmodel.errors import RiskmodelError
from riskmodel.evaluation import Backtest, Evaluation
from riskmodel.evaluation.group_gaps import LOWER_RECALL, RECALL, group_gaps
from riskmodel.models import RiskClassifier
from riskmodel.serving import ENGLISH

PHRASES = ENGLISH.phrases


def glance(
    model: RiskClassifier, evaluation: Evaluation, backtest: Backtest | None
) -> tuple[str, ...]:
    """Return whom the list reached and missed, beside others, by group, and what brackets hold.

    Each sentence is a phrase of the card's languages. Of verdicts that only those contacted have
    nothing is counted.
    """
    lines: list[str] = []
    if evaluation.selective is None:
        lines = [*_of_the_list(evaluation, backtest), *_rates(model, evaluation)]
        lines += _gaps(evaluation)
    return (*lines, PHRASES["glance_intervals"])


def _of_the_list(evaluation: Evaluation, backtest: Backtest | None) -> Iterator[str]:
    reached, lift = _reached(evaluation), evaluation.metrics.get("lift", float("nan"))
    recall = evaluation.metrics.get("recall", float("nan"))
    if not isfinite(reached) or not isfinite(recall) or not lift > 0:
        return
    yield PHRASES["glance_list"].format(
        number=f"{evaluation.listed:,}",
        reached_number=_count(reached),
        random_number=_count(reached / lift),
    )
    yield PHRASES["glance_missed"].format(share=_share(1 - recall))
    others = {} if backtest is None else _others(backtest, evaluation)
    if others:
        other = max(others, key=lambda name: others[name])
        yield PHRASES["glance_other"].format(other=other, number=_count(others[other]))


def _others(backtest: Backtest, evaluation: Evaluation) -> dict[str, float]:
    """Return what others reached on the same rows with lists of the same size, by their names."""
    same = {
        name: _reached(other)
        for name, other in backtest.evaluations.items()
        if name not in backtest.candidates
        and (other.rows, other.positives, other.listed)
        == (evaluation.rows, evaluation.positives, evaluation.listed)
    }
    return {name: reached for name, reached in same.items() if isfinite(reached)}


def _rates(model: RiskClassifier, evaluation: Evaluation) -> Iterator[str]:
    training = model.training_
    if evaluation.rows and training["rows"]:
        yield PHRASES["glance_rate"].format(
            share=_share(evaluation.positives / evaluation.rows),
            fitted_share=_share(training["positives"] / training["rows"]),
        )


def _gaps(evaluation: Evaluation) -> Iterator[str]:
    """Yield which groups the list reaches less than the others, by columns that are shown."""
    if evaluation.by_group is None:
        return
    for column in evaluation.by_group["group"].unique().tolist():
        try:
            found = group_gaps(evaluation, column).found[RECALL]
        except RiskmodelError:
            continue
        share = f"{LOWER_RECALL:g}"
        if found:
            named = ", ".join(f"{column} {group}" for group in found)
            yield PHRASES["glance_behind"].format(share=share, group=named)
        else:
            yield PHRASES["glance_level"].format(column=column, share=share)


def _reached(evaluation: Evaluation) -> float:
    return evaluation.metrics.get("crises_reached", float("nan"))


def _count(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def _share(share: float) -> str:
    return f"{100 * share:.3g}"
