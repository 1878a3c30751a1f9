"""The rounds of records on which a model may be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskmodel.keys import Span, as_days
from riskmodel.panel import Label, Recipe
from riskmodel.records import Records


def unseen_rounds(recipe: Recipe, fitted: Sequence[str], records: Records) -> tuple[str, ...]:
    """Return the rounds after the last label of the fit, with a mature label of their own."""
    label = recipe.label
    assert label is not None
    first = max(label.matures_on(day) for day in fitted)
    rounds = sorted({*recipe.rounds, *_rounds_since(recipe, records)})
    unseen = [day for day in rounds if as_days(day) >= first]
    return _mature(unseen, label, records)


def rounds_mature_before(
    training_rounds: Sequence[str], label: Label | None, judged: Sequence[str]
) -> tuple[str, ...]:
    """Return the training rounds whose labels were mature before the judged rounds.

    A backtest refit is fitted on these. They are all training rounds if the model itself has not
    seen the judged rounds, and none if the rounds do not follow each other in time.

    Examples
    --------
    >>> label = Label("crisis", window="2M")
    >>> rounds_mature_before(["2024-01-01", "2024-03-01", "2024-05-01"], label, ["2024-03-01"])
    ('2024-01-01',)
    """
    if label is None or not judged:
        return ()
    first = min(as_days(list(judged)))
    return tuple(day for day in training_rounds if label.matures_on(day) <= first)


def mature_rounds(recipe: Recipe, records: Records) -> tuple[str, ...]:
    """Return the rounds of the records' own grid, or else of the recipe's, with a mature label."""
    assert recipe.label is not None
    if records.rounds is not None:
        return _mature([str(day) for day in as_days(records.rounds)], recipe.label, records)
    days = [*recipe.rounds, *_rounds_since(recipe, records)]
    return _mature([day for day in days if _has_history(day, records)], recipe.label, records)


def _mature(days: Sequence[str], label: Label, records: Records) -> tuple[str, ...]:
    end = records.complete_for(label.feeds)
    return tuple(day for day in days if label.matures_on(day) <= end)


def _has_history(day: str, records: Records) -> bool:
    return records.since is None or bool(as_days(day) > records.since)


def _rounds_since(recipe: Recipe, records: Records) -> list[str]:
    """Return the records' own grid of rounds, or the recipe's continued to the records' end."""
    if records.rounds is not None:
        return [str(day) for day in as_days(records.rounds)]
    if len(recipe.rounds) < 2:
        return []
    return list(_continued(recipe.rounds, records))


def _continued(rounds: Sequence[str], records: Records) -> Iterator[str]:
    """Yield further days at the distance of the last two: whole months if they fit, else days."""
    before, last = as_days(list(rounds))[-2:]
    months = last.astype("datetime64[M]") - before.astype("datetime64[M]")
    step = Span(int(months.astype(int)), "M")
    if step.count == 0 or step.after(before) != last:
        step = Span(int((last - before).astype(int)), "D")

    day = step.after(last)
    while day <= records.today:
        yield str(day)
        day = step.after(day)
