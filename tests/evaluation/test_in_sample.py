"""Figures on rows that a model was fitted on say so, wherever they are printed."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable

import numpy as np
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.recipes import in_sample

SAYS = "in-sample: the model was fitted on"


@pytest.fixture(scope="module")
def cut(panel: rm.Panel) -> tuple[rm.Panel, rm.Panel]:
    return rm.TemporalSplit(test_rounds=2).last(panel)


@pytest.fixture(scope="module")
def fitted(cut: tuple[rm.Panel, rm.Panel]) -> rm.RiskClassifier:
    return rm.make_classifier(cut[0], kind="logistic").fit(cut[0])


DOORS: dict[str, Callable[[rm.RiskClassifier, rm.Panel], str]] = {
    "evaluate, printed": lambda model, panel: repr(rm.evaluate(model, panel)),
    "evaluate, in a notebook": lambda model, panel: rm.evaluate(model, panel)._repr_html_(),
    "evaluate, as a field": lambda model, panel: rm.evaluate(model, panel).in_sample,
    "compare": lambda model, panel: repr(rm.compare(model, panel.X["arrears"], panel)),
    "compare an evaluation": lambda model, panel: repr(
        rm.compare(rm.evaluate(model, panel), panel.X["arrears"], panel)
    ),
    "a model from another process": lambda model, panel: repr(
        rm.evaluate(pickle.loads(pickle.dumps(model)), panel)
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_rows_of_the_fit_are_told_and_later_ones_are_not(
    fitted: rm.RiskClassifier, cut: tuple[rm.Panel, rm.Panel], door: str, mended: Note
) -> None:
    train, test = cut
    told, quiet = (DOORS[door](fitted, rows) for rows in (train, test))
    n = len(train)
    assert f"{SAYS} {n:,} of the {n:,} rows judged (2023-01-01" in told
    assert SAYS not in quiet
    mended(
        "friction",
        tried=f"figures on the training rows: {door}",
        before="printed like any others",
        now=re.search(rf"{SAYS}[^,]*,\d+ of the [^(]*", told)[0],
    )


def test_only_the_rows_of_the_fit_are_counted(
    fitted: rm.RiskClassifier, cut: tuple[rm.Panel, rm.Panel], panel: rm.Panel
) -> None:
    last = cut[0].as_of.max()
    both = panel[panel.as_of >= last]
    n = int((both.as_of == last).sum())
    said = rm.evaluate(fitted, both).in_sample
    assert f"fitted on {n:,} of the {len(both):,} rows judged ({last.date()})" in said


def test_other_households_of_the_same_rounds_are_no_rows_of_the_fit(panel: rm.Panel) -> None:
    train, test = rm.HouseholdSplit().last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    assert rm.evaluate(model, test).in_sample == ""
    assert in_sample(pickle.loads(pickle.dumps(model)), test) == []
    assert SAYS in rm.evaluate(model, train).in_sample


def test_scores_of_no_model_and_a_backtest_say_nothing(panel: rm.Panel) -> None:
    assert rm.evaluate(panel.X["arrears"], panel).in_sample == ""
    trial = rm.backtest(rm.make_classifier(panel, kind="logistic"), panel, baselines=())
    assert all(found.in_sample == "" for found in trial.evaluations.values())


def test_few_rows_of_the_fit_are_not_counted(
    fitted: rm.RiskClassifier, cut: tuple[rm.Panel, rm.Panel], panel: rm.Panel
) -> None:
    known = fitted.training_["rounds"]
    few = panel.as_of.astype(str).isin(known) & (np.arange(len(panel)) < 9)
    some = panel[few | (panel.as_of > cut[0].as_of.max())]
    said = rm.evaluate(fitted, some).in_sample
    assert f"fitted on fewer than 10 of the {len(some):,} rows judged" in said


def test_rows_without_a_label_are_no_rows_judged(
    fitted: rm.RiskClassifier, cut: tuple[rm.Panel, rm.Panel]
) -> None:
    from dataclasses import replace

    train = cut[0]
    y = train.y.astype("float64").copy()
    y.iloc[:100] = float("nan")
    said = rm.evaluate(fitted, replace(train, y=y)).in_sample
    assert f"{len(train) - 100:,} of the {len(train) - 100:,} rows judged" in said
