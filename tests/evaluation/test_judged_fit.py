"""A card calls a fit the model's backtest refit only where it is one; anything else is refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.card import write_card
from riskmodel.errors import RegistryError
from riskmodel.evaluation import judged_before

EXPLANATION = {"method": "exact"}
FACTS = {
    "population": {"who": "households"},
    "label": {"outcome": "crisis"},
    "data": {"digest": "made up here"},
}


@pytest.fixture(scope="module")
def study(panel: rm.Panel) -> SimpleNamespace:
    panel = replace(panel, label=rm.Label("crisis", window="6M"))
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    other, of_others = rm.HouseholdSplit().last(panel)
    return SimpleNamespace(
        panel=panel,
        train=train,
        test=test,
        other=other,
        of_others=of_others,
        model=fitted(train),
        on_all=fitted(panel),
    )


def fitted(rows: rm.Panel, **parameters: float) -> rm.RiskClassifier:
    return rm.make_classifier(rows, "logistic", **parameters).fit(rows)


def from_elsewhere(model: rm.RiskClassifier) -> rm.RiskClassifier:
    return pickle.loads(pickle.dumps(model))


def one_column(panel: rm.Panel) -> rm.Panel:
    return replace(panel, X=panel.X.iloc[:, :1], columns=panel.columns[:1])


def without_keys(panel: rm.Panel) -> rm.RiskClassifier:
    X, y = panel.X.reset_index(drop=True), panel.y.reset_index(drop=True)
    return rm.RiskClassifier("logistic").fit(X, y)


Judged = tuple[rm.RiskClassifier, rm.evaluation.Evaluation]
Case = Callable[[SimpleNamespace], Judged]


def itself(model: rm.RiskClassifier, rows: rm.Panel) -> Judged:
    return model, rm.evaluate(model, rows)


def twice(model: rm.RiskClassifier, rows: rm.Panel) -> Judged:
    return model, rm.evaluate(rm.evaluate(model, rows), rows)


REFUSED: dict[str, tuple[str, str, Case]] = {
    "fitted on the rounds judged, by an evaluation of its evaluation": (
        "card.in_sample",
        "its backtest refit",
        lambda s: twice(s.on_all, s.test),
    ),
    "the same, with the sentence taken out of a copy": (
        "card.in_sample",
        "its backtest refit",
        lambda s: (s.on_all, replace(copy.copy(rm.evaluate(s.on_all, s.test)), in_sample="")),
    ),
    "fitted on rounds whose outcomes were not final before": (
        "card.in_sample",
        "its backtest refit",
        lambda s: itself(fitted(s.panel[s.panel.as_of < s.test.as_of.min()]), s.test),
    ),
    "fitted on all households, judged after a split by household in another process": (
        "card.in_sample",
        "a model of the same recipe",
        lambda s: itself(from_elsewhere(s.on_all), s.of_others),
    ),
    "scores of a Series": (
        "card.in_sample",
        "this very model",
        lambda s: (
            s.model,
            rm.evaluate(pd.Series(s.on_all.margin(s.test), s.test.X.index), s.test),
        ),
    ),
    "fitted on a frame that names no household": (
        "card.in_sample",
        "a model of the same recipe",
        lambda s: itself(without_keys(s.panel), s.of_others),
    ),
    "other parameters": (
        "card.other_model",
        "this very model",
        lambda s: (s.model, rm.evaluate(fitted(s.train, l2=500.0), s.test, name="mine")),
    ),
    "other columns": (
        "card.other_model",
        "this very model",
        lambda s: (s.model, rm.evaluate(fitted(one_column(s.train)), one_column(s.test))),
    ),
    "rounds that the model never had": (
        "card.other_model",
        "this very model",
        lambda s: (
            fitted(s.train[s.train.as_of > s.train.as_of.min()]),
            rm.evaluate(s.model, s.test),
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_backtest_refit_is_refused(
    study: SimpleNamespace, case: str, mended: Note
) -> None:
    code, before, judged = REFUSED[case]
    model, evaluation = judged(study)
    with pytest.raises(RegistryError) as refusal:
        write_card(model, evaluation, "x", explanation=EXPLANATION, facts=FACTS)
    assert refusal.value.code == code
    mended("figures", tried=f"a card of: {case}", before=before, now=refusal.value.code)


HONEST: dict[str, tuple[str, Case]] = {
    "the model itself": ("this very", lambda s: itself(s.model, s.test)),
    "the model from another process": (
        "this very",
        lambda s: (s.model, rm.evaluate(from_elsewhere(s.model), s.test)),
    ),
    "an evaluation of its evaluation": ("this very", lambda s: twice(s.model, s.test)),
    "a refit": ("its backtest", lambda s: (s.on_all, rm.evaluate(s.model, s.test))),
    "a refit, of a backtest": (
        "its backtest",
        lambda s: (
            s.on_all,
            rm.backtest(s.model, s.panel, baselines=()).evaluations["logistic"],
        ),
    ),
    "other households": ("this very", lambda s: itself(fitted(s.other), s.of_others)),
    "other households, in another process": (
        "this very",
        lambda s: itself(from_elsewhere(fitted(s.other)), s.of_others),
    ),
    "a refit on all households": (
        "a model of the same recipe",
        lambda s: (s.on_all, rm.evaluate(fitted(s.other), s.of_others)),
    ),
}


@pytest.mark.parametrize("case", HONEST)
def test_the_card_names_the_fit_that_was_judged(study: SimpleNamespace, case: str) -> None:
    says, judged = HONEST[case]
    model, evaluation = judged(study)
    card = write_card(model, evaluation, "x", explanation=EXPLANATION, facts=FACTS)
    assert card.evaluated["by"].startswith(says)
    if says == "its backtest":
        first, last = study.train.as_of.min().date(), study.train.as_of.max().date()
        assert card.evaluated["fitted_on"].startswith(f"{first} to {last}, ")


def test_an_evaluation_keeps_the_fit_the_rows_and_how_many_models_were_judged(
    study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judged_before, "_MODELS", {})
    other = fitted(study.train, l2=500.0)
    first, second, again = (rm.evaluate(m, study.test) for m in (study.model, other, study.model))
    assert [one.nth_model for one in (first, second, again)] == [1, 2, 1]
    assert "model 2 of those that this process judged" in repr(second)
    assert "of those that this process judged" not in repr(again)

    (fit,) = first.fits
    assert fit.rounds == tuple(study.model.training_["rounds"])
    assert (fit.rows, fit.apart) == (study.model.training_["rows"], "earlier")
    assert first.data_digest == second.data_digest
    assert first.data_digest != rm.evaluate(study.model, study.train).data_digest
    assert rm.evaluate(study.test.X.iloc[:, 0], study.test).nth_model == 0
    cuts = rm.TemporalSplit(test_rounds=1, n_splits=2)
    trial = rm.backtest(study.model, study.panel, cuts, baselines=())
    windows = [found.rounds[-1] for found in trial.evaluations["logistic"].fits]
    assert windows == sorted({*windows})
    assert len(windows) == 2


def test_a_panel_of_a_file_still_knows_what_it_is_apart_from(
    study: SimpleNamespace, tmp_path: object
) -> None:
    study.of_others.to_parquet(f"{tmp_path}/test.parquet")
    read = rm.Panel.read_parquet(f"{tmp_path}/test.parquet")
    assert read.apart_from == study.of_others.apart_from != ""
    assert read[::1].apart_from == read.apart_from
