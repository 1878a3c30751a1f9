"""A backtest: at each cut, models, baselines and rules are evaluated on the rounds that follow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.base import clone
from tqdm import tqdm

from riskmodel.doors import door
from riskmodel.errors import ConfigError, ModelError
from riskmodel.evaluation.asking import asked_in_backtest
from riskmodel.evaluation.backtest_result import POOLED, Backtest
from riskmodel.evaluation.choice import standings_of
from riskmodel.evaluation.estimates import estimate_table, estimates_of
from riskmodel.evaluation.evaluating import evaluate_scores
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.evaluation.panel_rows import (
    Among,
    capacity_of,
    check_lists,
    labels_of,
    observation_of,
    scored_rows,
)
from riskmodel.evaluation.rules import Rule
from riskmodel.evaluation.scores import scores_of
from riskmodel.metrics import Capacity, CapacityLike
from riskmodel.models import BASELINES, KINDS, LEFT_OUT, RiskClassifier, make_classifier
from riskmodel.recipes import FitJudged
from riskmodel.splits import Split, TemporalSplit

if TYPE_CHECKING:
    from riskmodel.panel import Panel

LOG_ODDS = "log_odds"
COLUMNS = ["split", "model", "metric", "value", "low", "high", "estimand", "labels", "note"]


@door
def backtest(
    model: RiskClassifier | Panel | None = None,
    panel: Panel | None = None,
    split: Split | None = None,
    capacity: CapacityLike = 0.02,
    baselines: Sequence[str] = BASELINES,
    rules: Sequence[str] = (),
    *,
    kinds: Sequence[RiskClassifier] = (),
    among: Among = "all",
) -> Backtest:
    """Fit at each cut what was known then, and evaluate on the rounds that follow.

    Parameters
    ----------
    model : RiskClassifier, optional
        A fresh clone is fitted at each cut. Default: ``make_classifier(panel)``. The panel may
        stand in its place: ``backtest(panel, capacity=0.02)``.
    panel : Panel
    split : TemporalSplit, HouseholdSplit or GroupSplit, optional
        Default ``TemporalSplit()``: one cut, the last round is the test.
    capacity : float, int or mapping, default 0.02
        See `evaluate`.
    baselines : list of str
        Kinds of `make_classifier`; those that can't apply to this panel are left out and named
        with the reason.
    rules : list of str
        Columns of ``panel.X`` that rank by themselves: upwards, or downwards where the column's
        risk direction is -1 or the name has a minus before it. Missing values rank last.
    kinds : list of RiskClassifier
        More candidates.
    among : {"all", "contacted"}
        See `evaluate`.

    Returns
    -------
    Backtest

    Raises
    ------
    ConfigError
        For a capacity that is none, or a rule that is no column of numbers.
    ModelError
        For a candidate that does not apply to the panel.
    PanelError
        For a panel that the split can't cut.

    Notes
    -----
    `Backtest.chosen` is the simplest candidate (the model or one of `kinds`) whose mean average
    precision over the cuts lies within one standard error, paired and clustered by household, of
    the highest. Figures of who was chosen by them are too good: evaluate it on later rounds.
    """
    model, panel = _model_and_panel(model, panel)
    checked = capacity_of(capacity, panel)
    ruled = {rule: Rule.parse(rule, panel).scores(panel) for rule in rules}
    entrants = _Entrants.of(model, kinds, baselines, panel)
    cuts, counts = [], []
    for train, test in _cuts(split or TemporalSplit(), panel, entrants):
        check_lists(checked, test, among)
        rule_scores = {rule: scores.loc[test.X.index] for rule, scores in ruled.items()}
        cuts.append(entrants.scores(train, test) | rule_scores)
        counts.append(_counts(train, "train") | _counts(test, "test"))
        last_note = test.note

    names = [name for name in [*entrants.models, *rules] if name not in entrants.left_out]
    pooled = {name: _pooled([cut[name] for cut in cuts]) for name in names}
    test = _rows_of(panel, pooled[names[0]])
    test = replace(test, note=last_note)
    evaluations = {
        name: replace(
            evaluate_scores(scores, test, checked, name=name, among=among),
            fits=tuple(entrants.fits.get(name, ())),
        )
        for name, scores in pooled.items()
    }
    return Backtest(
        table=_table(cuts, names, panel, checked, evaluations, among),
        evaluations=evaluations,
        cuts=pd.DataFrame(counts, index=pd.RangeIndex(1, len(cuts) + 1, name="split")),
        standings=standings_of(
            [(_rows_of(panel, cut[names[0]]), cut) for cut in cuts],
            entrants.complexity,
            checked,
            among,
        ),
        left_out=entrants.left_out,
        capacity=checked,
        test=test,
        redefined=_redefined(panel, counts),
        rules=tuple(rules),
        leaks=asked_in_backtest(panel, test, entrants.newest, entrants.fits),
    )


def _model_and_panel(
    model: RiskClassifier | Panel | None, panel: Panel | None
) -> tuple[RiskClassifier, Panel]:
    """Return what is judged on which panel: the default model where none is given."""
    from riskmodel.panel import Panel

    alone = isinstance(model, Panel)
    chosen = model if isinstance(model, Panel) else panel
    if chosen is None or (alone and panel is not None):
        raise ConfigError(
            f"backtest() was given {'two panels' if alone else 'no panel'}",
            code="arguments.type",
            allowed="a model and a panel, or a panel alone",
            next_step="write rm.backtest(model, panel), or rm.backtest(panel)",
        )
    if model is None or isinstance(model, Panel):
        return make_classifier(chosen), chosen
    return model, chosen


@dataclass
class _Entrants:
    """Unfitted models by name, their fits at the cuts, and the baselines that do not apply.

    The candidates' own fits of the newest cut are kept, to look at their contributions.
    """

    models: Mapping[str, RiskClassifier]
    candidates: tuple[str, ...]
    bar: Any = None
    left_out: dict[str, str] = field(default_factory=dict)
    fits: dict[str, list[FitJudged]] = field(default_factory=dict)
    newest: dict[str, RiskClassifier] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        model: RiskClassifier,
        kinds: Sequence[RiskClassifier],
        baselines: Collection[str],
        panel: Panel,
    ) -> _Entrants:
        """Return the candidates, and a model of each further baseline."""
        candidates = _named([model, *kinds])
        others = {
            kind: make_classifier(
                panel,
                kind,
                random_state=model.random_state,
                n_jobs=model.n_jobs,
                accept_rounds=model.accept_rounds,
            )
            for kind in baselines
            if kind not in candidates
        }
        return cls(candidates | others, tuple(candidates))

    @property
    def complexity(self) -> dict[str, int]:
        """How hard each candidate's kind is to see through."""
        return {name: KINDS[self.models[name].kind].complexity for name in self.candidates}

    def scores(self, train: Panel, test: Panel) -> dict[str, pd.DataFrame]:
        """Return the scores of the test rows by each model that applies."""
        scores = {}
        for name, model in self.models.items():
            self.bar.set_postfix_str(name)
            try:
                fitted = clone(model).fit(train)
                scores[name] = _calibrated(fitted, scores_of(fitted, test))
                self.fits.setdefault(name, []).append(FitJudged.of(fitted, test))
                if name in self.candidates:
                    self.newest[name] = fitted
            except ModelError as error:
                if name in self.candidates or error.code not in LEFT_OUT:
                    raise
                self.left_out[name] = _reason(name, error)
            self.bar.update()
        return scores

    @contextmanager
    def progress(self, cuts: int) -> Iterator[None]:
        """Show how many fits are done."""
        total = cuts * len(self.models)
        with tqdm(desc="backtest", total=total, delay=2, disable=None) as self.bar:
            yield


def _cuts(split: Split, panel: Panel, entrants: _Entrants) -> Iterator[tuple[Panel, Panel]]:
    with entrants.progress(split.n_cuts(panel)):
        yield from split.split(panel)


def _named(models: Sequence[RiskClassifier]) -> dict[str, RiskClassifier]:
    """Return the models by kind, those of one kind numbered."""
    named: dict[str, RiskClassifier] = {}
    for model in models:
        same = sum(name.split(" ")[0] == model.kind for name in named)
        named[f"{model.kind} {same + 1}" if same else model.kind] = model
    return named


def _reason(name: str, error: ModelError) -> str:
    message = str(error).split(". Allowed:")[0]
    return message.removeprefix(f"kind {name!r} is not applicable: ")


def _calibrated(model: RiskClassifier, scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores with their calibrated log-odds, by which rows of several cuts rank."""
    log_odds = model.calibration_.log_odds(scores["margin"].to_numpy())
    return scores.assign(**{LOG_ODDS: log_odds})


def _pooled(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the scores of all cuts; a row that stands in several keeps its newest.

    Margins of two fits are on two scales, so that rows of several cuts rank by calibrated log-odds.
    """
    scores = pd.concat(parts)
    if LOG_ODDS in scores and len(parts) > 1:
        scores["margin"] = scores[LOG_ODDS]
    scores = scores[["margin", "score"]]
    return scores[~scores.index.duplicated(keep="last")].sort_index()


def _rows_of(panel: Panel, scores: pd.DataFrame) -> Panel:
    return panel[panel.X.index.isin(scores.index)]


def _table(
    cuts: Sequence[Mapping[str, pd.DataFrame]],
    names: Sequence[str],
    panel: Panel,
    capacity: Capacity,
    evaluations: Mapping[str, Evaluation],
    among: Among,
) -> pd.DataFrame:
    """Return one row per split, model and metric, the pooled ones last."""
    parts: list[pd.DataFrame] = []
    for split, cut in enumerate(cuts, start=1):
        test = _rows_of(panel, cut[names[0]])
        parts += (
            _metrics_of(cut[name], test, capacity, among).assign(split=split, model=name)
            for name in names
        )
    parts += (evaluations[name].table.assign(split=POOLED, model=name) for name in names)
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _metrics_of(
    scores: pd.DataFrame, test: Panel, capacity: Capacity, among: Among
) -> pd.DataFrame:
    rows = scored_rows(scores, test, capacity, among)
    found = estimates_of(rows, observation_of(test.label))
    return estimate_table(found, rows, labels_of(test, among))


def _redefined(panel: Panel, counts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Name the indicators that were redefined within some cut, between training and test rounds."""
    indicators = panel.recipe.catalogue.values() if panel.recipe else ()
    cuts_of: dict[str, list[str]] = {}
    for number, cut in enumerate(counts, start=1):
        for indicator in indicators:
            for change in indicator.redefined_within(cut["train_from"], cut["test_to"]):
                cuts_of.setdefault(change, []).append(str(number))
    return tuple(f"{change}, within cut {', '.join(cuts)}" for change, cuts in cuts_of.items())


def _counts(panel: Panel, side: str) -> dict[str, Any]:
    days = panel.as_of
    return {
        f"{side}_rows": len(panel),
        f"{side}_positives": panel.counts["positive"],
        f"{side}_from": days.min(),
        f"{side}_to": days.max(),
    }
