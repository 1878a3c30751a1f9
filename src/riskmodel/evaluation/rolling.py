"""A rolling backtest: at each cut, models, baselines and one-line rules judged on the rounds that follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.base import clone
from tqdm import tqdm

from riskmodel.errors import ConfigError, ModelError, did_you_mean
from riskmodel.evaluation.comparison import Comparison, compare
from riskmodel.evaluation.figures import Cases, capacity_of
from riskmodel.evaluation.judgement import judge, table_of
from riskmodel.evaluation.printing import NAMES, bracket, html_lines, html_table, number, text_table
from riskmodel.evaluation.record import Evaluation
from riskmodel.evaluation.scores import scores_of
from riskmodel.metrics import Capacity, CapacityLike
from riskmodel.models import BASELINES, LEFT_OUT, RiskClassifier, make_classifier
from riskmodel.splits import HouseholdSplit, TemporalSplit

if TYPE_CHECKING:
    from riskmodel.panel import Panel

SHOWN = ("auc", "average_precision", "brier", "precision", "recall", "lift")
JUDGED = ("auc", "average_precision")
POOLED = "pooled"
COLUMNS = ["split", "model", "metric", "value", "low", "high", "note"]


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """Out-of-time figures of models, baselines and rules on the same rows.

    Attributes
    ----------
    table : DataFrame
        split, model, metric, value, low, high, note; split is 1, 2, ... (the newest last) and ``"pooled"``, where the
        test rows of all cuts are judged together, each by the scores of its own cut.
    evaluations : dict of str to Evaluation
        By model, on the pooled test rows; their scores are personal and never published.
    cuts : DataFrame
        One row a split: rows, positives and rounds of train and test.
    candidates : tuple of str
        Among which `chosen` chooses.
    left_out : dict of str to str
        Baselines that don't apply, and why.
    capacity : Capacity
    test : Panel
        The pooled test rows.
    redefined : tuple of str
        Indicators whose definition changed between the first training and the last test round of some cut.
    """

    table: pd.DataFrame
    evaluations: Mapping[str, Evaluation]
    cuts: pd.DataFrame
    candidates: tuple[str, ...]
    left_out: Mapping[str, str]
    capacity: Capacity
    test: Panel = field(repr=False)
    redefined: tuple[str, ...] = ()

    @property
    def chosen(self) -> str:
        """The candidate with the highest mean average precision over the splits; the first of equals."""
        return self.ranking.index[0]

    @property
    def ranking(self) -> pd.Series:
        """Mean average precision over the splits by candidate, the best first."""
        found = self.table[
            (self.table["metric"] == "average_precision") & (self.table["split"] != POOLED)
        ]
        means = found.groupby("model")["value"].mean()[list(self.candidates)]
        return means.sort_values(ascending=False, kind="stable")

    def beats(self, rule: str) -> Comparison:
        """Return the paired difference of the chosen model and another one on the pooled test rows."""
        if rule not in self.evaluations:
            raise ConfigError(
                f"{rule!r} was not in the backtest",
                code="backtest.unknown",
                allowed=self.evaluations,
                next_step=did_you_mean(rule, self.evaluations),
            )
        return compare(
            self.evaluations[self.chosen], self.evaluations[rule], self.test, self.capacity
        )

    def frame(self) -> pd.DataFrame:
        """Return one row a split, model and metric."""
        return self.table.copy()

    def __repr__(self) -> str:
        return "\n".join([*self._title(), "", text_table(*self._cells()), "", *self._verdict()])

    def _repr_html_(self) -> str:
        return html_lines(self._title()) + html_table(*self._cells()) + html_lines(self._verdict())

    def _title(self) -> list[str]:
        first = next(iter(self.evaluations.values()))
        splits = f"{len(self.cuts)} cut{'s' if len(self.cuts) > 1 else ''}"
        return [
            f"backtest of {splits}: {first.rows:,} test rows, {first.positives:,} positive, "
            f"rounds {', '.join(first.rounds)}",
            f"95 % intervals, clustered by household; list at capacity {self.capacity}",
        ]

    def _cells(self) -> tuple[Sequence[str], list[Sequence[str]]]:
        rows: list[Sequence[str]] = []
        for name, evaluation in self.evaluations.items():
            found = evaluation.table.set_index("metric").reindex(list(SHOWN))
            rows.append((name, *(number(value) for value in found["value"])))
            rows.append(
                (
                    "",
                    *(
                        bracket(low, high)
                        for low, high in zip(found["low"], found["high"], strict=True)
                    ),
                )
            )
        return ("model", *(NAMES[metric] for metric in SHOWN)), rows

    def _verdict(self) -> list[str]:
        best, *others = self.ranking.items()
        chosen = f"by the highest mean average precision over the cuts ({number(best[1])}"
        ahead = f", {number(best[1] - others[0][1])} above {others[0][0]})" if others else ")"
        lines = [f"chosen: {best[0]}, {chosen}{ahead}" if others else f"the model: {best[0]}"]
        lines += [line for metric in JUDGED if (line := self._not_beaten(metric))]
        lines += [f"flagged: {change}" for change in self.redefined]
        return lines + [f"left out: {name}, as {why}" for name, why in self.left_out.items()]

    def _not_beaten(self, metric: str) -> str:
        """Say plainly which baselines and rules the chosen model is not above."""
        own = self.evaluations[self.chosen].metrics[metric]
        rest = [name for name in self.evaluations if name not in self.candidates]
        ahead = [name for name in rest if self.evaluations[name].metrics[metric] >= own]
        return f"not beaten on {NAMES[metric]}: {', '.join(ahead)}" if ahead else ""


def backtest(
    model: RiskClassifier,
    panel: Panel,
    split: TemporalSplit | HouseholdSplit | None = None,
    capacity: CapacityLike = 0.02,
    baselines: Sequence[str] = BASELINES,
    rules: Sequence[str] = (),
    *,
    kinds: Sequence[RiskClassifier] = (),
) -> Backtest:
    """Fit at each cut what was known then, and judge on the rounds that follow; every baseline beside the model.

    Parameters
    ----------
    model : RiskClassifier
        A fresh clone is fitted at each cut.
    panel : Panel
    split : TemporalSplit or HouseholdSplit, optional
        Default ``TemporalSplit()``: one cut, the last round is the test.
    capacity : float, int or mapping, default 0.02
        See `evaluate`.
    baselines : list of str
        Kinds of `make_classifier`; those that can't apply to this panel are left out and named with the reason.
    rules : list of str
        Columns of ``panel.X`` that rank by themselves: upwards, or downwards where the column's risk direction is -1
        or the name stands with a minus before it. Missing values rank last.
    kinds : list of RiskClassifier
        More candidates.

    Returns
    -------
    Backtest

    Notes
    -----
    `Backtest.chosen` is the candidate (the model or one of `kinds`) with the highest mean average precision over the
    cuts. The figures of the winner flatter it: judge it on later rounds (`evaluate`).
    """
    checked = capacity_of(capacity, panel)
    split = TemporalSplit() if split is None else split
    candidates = _named([model, *kinds])
    entrants = candidates | {
        kind: make_classifier(panel, kind, random_state=model.random_state, n_jobs=model.n_jobs)
        for kind in baselines
        if kind not in candidates
    }
    ruled = {rule: _rule_scores(rule, panel) for rule in rules}
    cuts: list[dict[str, pd.DataFrame]] = []
    counts: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    with tqdm(desc="backtest", total=split.n_splits * len(entrants), delay=2, disable=None) as bar:
        for train, test in split.split(panel):
            found = _fitted_scores(entrants, train, test, bar, left_out, required=candidates)
            cuts.append(found | {rule: scores.loc[test.X.index] for rule, scores in ruled.items()})
            counts.append(_counts(train, "train") | _counts(test, "test"))
    names = [name for name in [*entrants, *rules] if name not in left_out]
    scores = {name: _joined([cut[name] for cut in cuts]) for name in names}
    test = replace(panel[panel.X.index.isin(scores[names[0]].index)], note=test.note)
    evaluations = {name: judge(scores[name], test, checked, name=name) for name in names}
    tables = [
        _table(cut, panel, names, checked).assign(split=i) for i, cut in enumerate(cuts, start=1)
    ]
    pooled = pd.concat([evaluations[name].table.assign(model=name) for name in names]).assign(
        split=POOLED
    )
    return Backtest(
        table=pd.concat([*tables, pooled], ignore_index=True)[COLUMNS],
        evaluations=evaluations,
        cuts=pd.DataFrame(counts, index=pd.RangeIndex(1, len(cuts) + 1, name="split")),
        candidates=tuple(candidates),
        left_out=left_out,
        capacity=checked,
        test=test,
        redefined=_redefined(panel, counts),
    )


def _redefined(panel: Panel, counts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Tell which indicators were redefined, and on which cuts that parts what was learnt from what is judged."""
    found: dict[str, list[int]] = {}
    for place, cut in enumerate(counts, start=1):
        for indicator in panel.recipe.catalogue.values() if panel.recipe else ():
            for change in indicator.redefined_within(cut["train_from"], cut["test_to"]):
                found.setdefault(change, []).append(place)
    return tuple(
        f"{change}, within cut {', '.join(map(str, cuts))}" for change, cuts in found.items()
    )


def _named(models: Sequence[RiskClassifier]) -> dict[str, RiskClassifier]:
    """Return the models by kind, those of one kind numbered."""
    named: dict[str, RiskClassifier] = {}
    for model in models:
        same = sum(name.split(" ")[0] == model.kind for name in named)
        named[f"{model.kind} {same + 1}" if same else model.kind] = model
    return named


def _fitted_scores(
    entrants: Mapping[str, RiskClassifier],
    train: Panel,
    test: Panel,
    bar: Any,
    left_out: dict[str, str],
    *,
    required: Collection[str],
) -> dict[str, pd.DataFrame]:
    """Return each entrant's scores of the test rows; a baseline that doesn't apply is written to `left_out`."""
    scores = {}
    for name, entrant in entrants.items():
        bar.set_postfix_str(name)
        try:
            scores[name] = scores_of(clone(entrant).fit(train), test)
        except ModelError as error:
            if name in required or error.code not in LEFT_OUT:
                raise
            left_out[name] = (
                str(error).split(". Allowed:")[0].removeprefix(f"kind {name!r} is not applicable: ")
            )
        bar.update()
    return scores


def _rule_scores(rule: str, panel: Panel) -> pd.DataFrame:
    """Return a column as margins, turned round where less of it means more risk; missing values rank last."""
    column, turned = (
        (rule[1:], True) if rule.startswith("-") else (rule, panel.directions.get(rule) == -1)
    )
    if column not in panel.X:
        known = [str(name) for name in panel.X]
        raise ConfigError(
            f"rule {rule!r} is no column of the panel",
            code="backtest.rule",
            allowed=known,
            next_step=did_you_mean(column, known),
        )
    if not is_numeric_dtype(panel.X[column]):
        raise ConfigError(
            f"rule {rule!r} holds categories, which have no order",
            code="backtest.rule",
            allowed="columns of numbers",
            next_step="name another column, or score the categories in a Series",
        )
    value = panel.X[column].to_numpy(dtype=np.float64) * (-1 if turned else 1)
    lowest = np.nanmin(value, initial=0.0) - 1
    return pd.DataFrame(
        {"margin": np.where(np.isnan(value), lowest, value), "score": np.nan}, index=panel.X.index
    )


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the scores of all cuts; a row that stands in several keeps its newest."""
    scores = pd.concat(parts)
    return scores[~scores.index.duplicated(keep="last")].sort_index()


def _table(
    cut: Mapping[str, pd.DataFrame], panel: Panel, names: Sequence[str], capacity: Capacity
) -> pd.DataFrame:
    """Return one row a model and metric on the test rows of one cut."""
    test = panel[panel.X.index.isin(cut[names[0]].index)]
    return pd.concat(
        [table_of(Cases.of(cut[name], test, capacity)).assign(model=name) for name in names]
    )


def _counts(panel: Panel, side: str) -> dict[str, Any]:
    days = panel.as_of
    return {
        f"{side}_rows": len(panel),
        f"{side}_positives": panel.counts["positive"],
        f"{side}_from": days.min(),
        f"{side}_to": days.max(),
    }
