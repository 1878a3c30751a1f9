"""A version on trial: on rounds that it has not seen, beside the baselines and the present champion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from riskmodel.card import rounds_of_twin
from riskmodel.errors import ModelError, RegistryError
from riskmodel.evaluation import compare, scores_of
from riskmodel.keys import AS_OF, HOUSEHOLD, Span, as_days
from riskmodel.metrics import Capacity
from riskmodel.models import make_classifier
from riskmodel.panel import Panel, Recipe, build_panel
from riskmodel.records import Records
from riskmodel.registry.loaded_model import LoadedModel
from riskmodel.scoring import in_words_of

BASELINES = ("logistic", "indicator_count", "longest_arrears", "area_rate")
WORSE, LEVEL, BETTER = "worse than", "level with", "better than"
LOSSES = ("brier", "log_loss")
NO_MATCH = {
    "models.not_applicable": "does not apply to these columns",
    "models.calibration": "ranks no better than chance on the rounds held out of its fit",
}
COLUMNS = ["against", "metric", "version", "other", "difference", "low", "high", "verdict", "note"]


@dataclass(frozen=True, eq=False)
class Trial:
    """One version on rounds that it has not seen.

    Attributes
    ----------
    model : LoadedModel
    train, test : Panel
        By the version's own recipe: the rounds that the judged model was fitted on, and those it is judged on.
    judged : tuple of str
    scores : DataFrame
        margin and score of the test rows.
    is_twin : bool
    """

    model: LoadedModel
    train: Panel
    test: Panel
    judged: tuple[str, ...]
    scores: pd.DataFrame
    is_twin: bool

    @classmethod
    def of(cls, model: LoadedModel, records: Records) -> Trial:
        """Find the rounds, build both panels, and score with the version or its twin."""
        recipe, fitted = _recipe(model), list(model.training_["rounds"])
        judged = _unseen(recipe, fitted, records)
        is_twin = not judged
        if is_twin:
            judged = tuple(model.card.evaluated["rounds"])
            fitted = list(rounds_of_twin(fitted, recipe.label, judged))
            if not fitted:
                raise _nothing_unseen(model, records)
        panel = build_panel(
            in_words_of(recipe, records),
            rounds=pd.DatetimeIndex([*fitted, *judged]),
            label=recipe.label,
            cohort=recipe.cohort,
            features=recipe.features,
        )
        train, test = (
            panel[np.isin(as_days(panel.as_of), as_days(list(days)))] for days in (fitted, judged)
        )
        scorer = model.unfitted().fit(train) if is_twin else model
        return cls(model, train, test, judged, scores_of(scorer, test), is_twin)

    @property
    def name(self) -> str:
        """What the comparisons call it."""
        assert self.model.version is not None
        return f"version {self.model.version.version}"

    @property
    def told(self) -> str:
        """Which model was judged."""
        return (
            "its twin, the same recipe fitted before them" if self.is_twin else "this very version"
        )

    def agreement(self, capacity: Capacity) -> dict[str, float]:
        """Return how far a refit and its twin agree; nothing where the version itself was judged."""
        if not self.is_twin:
            return {}
        own = scores_of(self.model, self.test)
        found = compare(_Scored(own, "version"), _Scored(self.scores, "twin"), self.test, capacity)
        return {
            "rank_correlation": float(own["margin"].corr(self.scores["margin"], method="spearman")),
            "list_overlap": found.overlap,
        }


@dataclass(frozen=True, eq=False)
class _Scored:
    """Scores under a name, as comparisons take them."""

    scores: pd.DataFrame
    name: str


def comparisons(
    trial: Trial,
    champion: LoadedModel | None,
    records: Records,
    capacity: Capacity,
    left_out: list[str],
) -> Iterator[pd.DataFrame]:
    """Compare with each baseline that applies, fitted on the same rounds, and with the champion.

    Baselines that do not apply, or rank no better than chance, are named in `left_out`.
    """
    for kind in tqdm(BASELINES, desc="baselines", delay=2, disable=None, leave=False):
        try:
            baseline = make_classifier(trial.train, kind=kind).fit(trial.train)
        except ModelError as error:
            if error.code not in NO_MATCH:
                raise
            left_out.append(f"{kind}: {NO_MATCH[error.code]}")
            continue
        yield _told(trial, _Scored(scores_of(baseline, trial.test), kind), capacity)
    if champion is not None:
        assert champion.version is not None
        name = f"champion, version {champion.version.version}"
        yield _told(trial, _Scored(_champion_scores(champion, trial, records), name), capacity)


def _told(trial: Trial, other: _Scored, capacity: Capacity) -> pd.DataFrame:
    found = compare(_Scored(trial.scores, trial.name), other, trial.test, capacity).table
    table = found.rename(columns={"a": "version", "b": "other"}).assign(against=other.name)
    loss = table["metric"].isin(LOSSES)
    lower, higher = table["high"] < 0, table["low"] > 0
    verdict = np.select(
        [lower & ~loss | higher & loss, higher & ~loss | lower & loss], [WORSE, BETTER], LEVEL
    )
    return table.assign(verdict=verdict)[COLUMNS]


def _champion_scores(champion: LoadedModel, trial: Trial, records: Records) -> pd.DataFrame:
    """Score the same households and dates by the champion's own features; by its twin, if it has seen the rounds."""
    recipe = _recipe(champion)
    records = in_words_of(recipe, records)
    rows = trial.test.X.index.to_frame(index=False)[[HOUSEHOLD, AS_OF]]
    test = build_panel(records, rounds=rows, label=trial.test.label, features=recipe.features)
    fitted = champion.training_["rounds"]
    before = rounds_of_twin(fitted, recipe.label, trial.judged)
    if len(before) == len(fitted):
        return scores_of(champion, test)
    if not before:
        raise _nothing_unseen(champion, records)
    train = build_panel(
        records,
        rounds=pd.DatetimeIndex(before),
        label=recipe.label,
        cohort=recipe.cohort,
        features=recipe.features,
    )
    return scores_of(champion.unfitted().fit(train), test)


def _recipe(model: LoadedModel) -> Recipe:
    if model.recipe is None or model.recipe.label is None:
        raise RegistryError(
            "the version does not know how its rows are built from records",
            code="promote.no_recipe",
            allowed="a model of a panel built from records, with a label",
            next_step="publish a model made by make_classifier(build_panel(records, ...))",
        )
    return model.recipe


def _unseen(recipe: Recipe, fitted: Sequence[str], records: Records) -> tuple[str, ...]:
    """Return the rounds with a mature label that begin after the last label of the fit was final."""
    assert recipe.label is not None
    grid = sorted({*recipe.rounds, *_more_rounds(recipe, records)})
    first = max(recipe.label.matures_on(day) for day in fitted)
    return tuple(
        d for d in grid if as_days(d) >= first and recipe.label.matures_on(d) <= records.today
    )


def _more_rounds(recipe: Recipe, records: Records) -> list[str]:
    """Return rounds that the records have come to hold since: their own grid, or the recipe's carried on."""
    if records.rounds is not None:
        return [str(day) for day in as_days(records.rounds)]
    days = as_days(list(recipe.rounds))
    if len(days) < 2:
        return []
    months = int((days[-1].astype("datetime64[M]") - days[-2].astype("datetime64[M]")).astype(int))
    step = Span(months, "M")
    if months == 0 or step.after(days[-2]) != days[-1]:
        step = Span(int((days[-1] - days[-2]).astype(int)), "D")
    more, day = [], step.after(days[-1])
    while day <= records.today:
        more.append(str(day))
        day = step.after(day)
    return more


def _nothing_unseen(model: LoadedModel, records: Records) -> RegistryError:
    last = model.training_["last_as_of"]
    return RegistryError(
        f"the records to {records.today} hold no round that the version has not seen (its last is {last})",
        code="promote.nothing_unseen",
        allowed="rounds after the version's last label was final, or rounds before the judged ones for its twin",
        next_step="read newer records, or publish a model fitted on earlier rounds with an evaluation on later ones",
    )
