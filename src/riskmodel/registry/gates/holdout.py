"""A version on rounds that it has not seen, beside the baselines and the present champion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from riskmodel.errors import ConfigError, ModelError
from riskmodel.evaluation import compare, scores_of
from riskmodel.evaluation.panel_rows import Among, labels_of
from riskmodel.evaluation.rules import Rule
from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.metrics import Capacity
from riskmodel.models import BASELINES, LEFT_OUT, RiskClassifier, make_classifier
from riskmodel.panel import Panel, build_panel
from riskmodel.recipes import (
    Origin,
    check_external,
    compared_catalogues,
    compared_feeds,
    compared_rows,
    external_statement,
    is_other_site,
    panel_by_recipe,
    records_by_recipe,
    rounds_mature_before,
    written,
)
from riskmodel.records import Records
from riskmodel.registry.gates.holdout_rounds import chosen_rounds, labelled_recipe, nothing_unseen
from riskmodel.registry.reading.loaded_model import LoadedModel

REDEFINED = {
    "recipes.unit": "its values of an indicator have another unit",
    "scoring.unknown_indicator": "it needs an indicator that the records do not know",
}
"""Why a champion cannot score records whose indicators were redefined since its fit."""
STANDS_FOR_IT = (
    "it has seen these rounds, so its backtest refit stands for it, the same recipe fitted before "
    "them; lists of the two versions may differ more than these figures"
)
NO_EARLIER_ROUND = "the other site has no earlier round with a mature label"


class ComparedMetric(NamedTuple):
    """One row of the comparisons: a metric of the version and of an opponent.

    Attributes
    ----------
    against, metric : str
        The opponent's name, and the metric's.
    version, other, difference, low, high : float
        The two figures, and their difference with its interval (95 %, paired, clustered by
        household).
    verdict : {"worse than", "level with", "better than", "not told apart from"}
        Level where the interval rules out that the version is worse by more than the metric's
        margin; see `riskmodel.evaluation.non_inferiority.with_verdicts`.
    at_worst : float
        How much worse the version could be, by the end of the interval.
    note : str
        Why there is no interval.
    """

    against: str
    metric: str
    version: float
    other: float
    difference: float
    low: float
    high: float
    verdict: str
    at_worst: float
    note: str

    @classmethod
    def of(cls, table: pd.DataFrame) -> list[ComparedMetric]:
        """Return the rows of a table of comparisons."""
        return [cls(*row) for row in table[COLUMNS].itertuples(index=False)]


COLUMNS = list(ComparedMetric._fields)


@dataclass(frozen=True, eq=False)
class NamedScores:
    """Scores under a name, as `riskmodel.compare` takes them.

    Attributes
    ----------
    scores : DataFrame
        margin and score by household and as-of date.
    name : str
    """

    scores: pd.DataFrame
    name: str


class Opponents(NamedTuple):
    """The models that a version is compared with.

    Attributes
    ----------
    scored : tuple of NamedScores
        The one-line rules, the baselines, fitted on the version's own rounds, and the champion if
        there is one.
    left_out : tuple of str
        The baselines that could not be fitted, and why.
    has_champion : bool
        Whether the last of the scored is the present champion.
    notes : tuple of str
        Says so where the champion's backtest refit stands for it.
    """

    scored: tuple[NamedScores, ...]
    left_out: tuple[str, ...]
    has_champion: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class HoldoutComparison:
    """One version on rounds that it has not seen.

    A refit has seen all rounds. It is represented by its backtest refit: the same recipe, fitted
    before the rounds on which the version was evaluated when it was published.

    Attributes
    ----------
    model : LoadedModel
    train, test : Panel
        By the version's own recipe: the rounds that the scoring model was fitted on, and the
        rounds on which it is compared. On another site's records `train` is that site's earlier
        rounds, on which only baselines are fitted.
    rounds : tuple of str
        The rounds of `test`.
    scores : DataFrame
        margin and score of the test rows.
    scorer : LoadedModel or RiskClassifier
        The version itself, or its backtest refit.
    is_refit : bool
        Whether the backtest refit scored, not the version itself.
    external : str
        Why no household is one of the fit's, on another site's records; else empty.
    notes : tuple of str
        In what the records and rows differ from those of the fit.
    among : {"all", "contacted"}
        As in `riskmodel.evaluate`.
    """

    model: LoadedModel
    train: Panel
    test: Panel
    rounds: tuple[str, ...]
    scores: pd.DataFrame
    scorer: LoadedModel | RiskClassifier
    is_refit: bool
    external: str = ""
    notes: tuple[str, ...] = ()
    among: Among = "all"

    @classmethod
    def of(
        cls,
        model: LoadedModel,
        records: Records,
        external: str | Panel | None = None,
        accept_feeds: Iterable[str] = (),
        among: Among = "all",
    ) -> HoldoutComparison:
        """Find the rounds, build both panels, and score with the version or its backtest refit.

        On another site's records this very version scores; its backtest refit never does.
        """
        recipe, fitted = labelled_recipe(model), Origin.of_fit(model)
        check_external(fitted, records.site, external)
        notes = compared_catalogues(recipe, records.catalogue)
        chosen = chosen_rounds(model, records)
        panel = panel_by_recipe(recipe, records, [*chosen.train, *chosen.test])
        train, test = _rows_of(panel, chosen.train), _rows_of(panel, chosen.test)

        notes += compared_feeds(model, records, test, accept_feeds)
        notes += compared_rows(model, test)
        scorer = model.unfitted().fit(train) if chosen.is_refit else model
        return cls(
            model=model,
            train=train,
            test=test,
            rounds=chosen.test,
            scores=scores_of(scorer, test),
            scorer=scorer,
            is_refit=chosen.is_refit,
            external=external_statement(fitted, test, external),
            notes=(*test.doubts, *written(notes)),
            among=among,
        )

    @property
    def labels(self) -> str:
        """Under which labels the figures stand."""
        return labels_of(self.test, self.among)

    @property
    def name(self) -> str:
        """The version's name in the comparisons."""
        assert self.model.version is not None
        return f"version {self.model.version.version}"

    @property
    def judged(self) -> str:
        """Which model was compared."""
        if self.is_refit:
            return "its backtest refit, the same recipe fitted before them"
        if self.external:
            return f"this very version, on another site ({self.external})"
        return "this very version"

    def agreement(self, capacity: Capacity) -> dict[str, float]:
        """Return how far a version and its backtest refit agree.

        Empty if the version itself scored.
        """
        if not self.is_refit:
            return {}

        own = scores_of(self.model, self.test)
        rank = own["margin"].corr(self.scores["margin"], method="spearman")
        version = NamedScores(own, "version")
        refit = NamedScores(self.scores, "backtest refit")
        overlap = compare(version, refit, self.test, capacity, among=self.among).overlap
        return {"rank_correlation": float(rank), "list_overlap": overlap}

    def opponents(
        self, champion: LoadedModel | None, records: Records, rules: Sequence[str]
    ) -> Opponents:
        """Fit the baselines on the same rounds, and score the same rows by rules and champion."""
        ruled = {rule: Rule.parse(rule, self.test).scores(self.test) for rule in rules}
        scored = [NamedScores(scores, rule) for rule, scores in ruled.items()]
        kinds = BASELINES if len(self.train) else ()
        left_out = [f"{kind}: {NO_EARLIER_ROUND}" for kind in BASELINES if kind not in kinds]
        for kind in tqdm(kinds, desc="baselines", delay=2, disable=None, leave=False):
            try:
                baseline = self._baseline(kind)
            except ModelError as error:
                if error.code not in LEFT_OUT:
                    raise
                left_out.append(f"{kind}: {LEFT_OUT[error.code]}")
            else:
                scored.append(NamedScores(scores_of(baseline, self.test), kind))
        has_champion, notes = False, []
        if champion is not None:
            assert champion.version is not None
            name = f"champion, version {champion.version.version}"
            try:
                scores, is_refit = self._champion_scores(champion, records)
                scored.append(NamedScores(scores, name))
                has_champion = True
                notes += [f"{name}: {STANDS_FOR_IT}"] if is_refit else []
            except ConfigError as error:
                if error.code not in REDEFINED:
                    raise
                left_out.append(f"{name}: {REDEFINED[error.code]}")
        return Opponents(tuple(scored), tuple(left_out), has_champion, tuple(notes))

    def _baseline(self, kind: str) -> RiskClassifier:
        """Fit a baseline, which accepts the rounds that the version accepts, elsewhere all."""
        baseline: RiskClassifier = make_classifier(self.train, kind=kind)
        own = self.model.params["accept_rounds"]
        baseline.accept_rounds = sorted(self.train.doubtful) if self.external else own
        return baseline.fit(self.train)

    @property
    def named(self) -> NamedScores:
        """The version's scores under its name."""
        return NamedScores(self.scores, self.name)

    def _champion_scores(
        self, champion: LoadedModel, records: Records
    ) -> tuple[pd.DataFrame, bool]:
        """Score the same households and dates by the champion's own features.

        A champion that has seen the rounds is represented by its backtest refit; whether it was is
        returned, too.
        """
        recipe = labelled_recipe(champion)
        compared_catalogues(recipe, records.catalogue)
        records = records_by_recipe(recipe, records)
        rows = self.test.X.index.to_frame(index=False)[[HOUSEHOLD, AS_OF]]
        test = build_panel(records, rounds=rows, label=self.test.label, features=recipe.features)

        if is_other_site(Origin.of_fit(champion), records.site):
            return scores_of(champion, test), False
        fitted = champion.training_["rounds"]
        before = rounds_mature_before(fitted, recipe.label, self.rounds)
        if len(before) == len(fitted):
            return scores_of(champion, test), False
        if not before:
            raise nothing_unseen(champion, records)
        refit = champion.unfitted().fit(panel_by_recipe(recipe, records, before))
        return scores_of(refit, test), True


def _rows_of(panel: Panel, days: Sequence[str]) -> Panel:
    return panel[np.isin(as_days(panel.as_of), as_days(list(days)))]


def table_of(
    own: NamedScores,
    opponents: Iterable[NamedScores],
    test: Panel,
    capacity: Capacity,
    among: Among = "all",
) -> pd.DataFrame:
    """Return the comparisons of scores with those of opponents: a row per opponent and metric."""
    tables = []
    for opponent in opponents:
        differences = compare(own, opponent, test, capacity, among=among).table
        table = differences.rename(columns={"a": "version", "b": "other"})
        tables.append(table.assign(against=opponent.name)[COLUMNS])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
