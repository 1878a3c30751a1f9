"""Which of two classes is the crisis: the larger number, or the word that is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict, cross_val_score

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, ModelError, PanelError

CRISIS, CALM = "need_confirmed", "no_need"
Outcome = Callable[[np.ndarray], Any]
ROWS = 1500

AS_WORDS: dict[str, Outcome] = {
    "array of words": lambda c: np.where(c, CRISIS, CALM),
    "list of words": lambda c: np.where(c, CRISIS, CALM).tolist(),
    "Series of objects": lambda c: pd.Series(np.where(c, CRISIS, CALM), dtype=object),
    "Series of strings": lambda c: pd.Series(np.where(c, CRISIS, CALM), dtype="string"),
    "category": lambda c: pd.Series(np.where(c, CRISIS, CALM), dtype="category"),
    "ordered category": lambda c: pd.Series(
        pd.Categorical(np.where(c, CRISIS, CALM), [CALM, CRISIS], ordered=True)
    ),
    "category with a word of no row": lambda c: pd.Series(
        pd.Categorical(np.where(c, CRISIS, CALM), ["other", CALM, CRISIS])
    ),
    "words and blanks": lambda c: pd.Series(np.where(c, CRISIS, CALM)).mask(
        pd.Series(range(ROWS)) % 9 == 0
    ),
    "digits as text": lambda c: np.where(c, "0", "1"),
}
AS_NUMBERS: dict[str, Outcome] = {
    "bool": lambda c: c,
    "booleans among objects": lambda c: pd.Series(c.tolist(), dtype=object),
    "booleans and blanks": lambda c: pd.Series(c.tolist(), dtype=object).mask(
        pd.Series(range(ROWS)) % 9 == 0
    ),
    "boolean with blanks": lambda c: pd.Series(c, dtype="boolean").mask(
        pd.Series(range(ROWS)) % 9 == 0
    ),
    "category of booleans": lambda c: pd.Series(c).astype("category"),
    "int64": lambda c: c.astype(int),
    "Int64": lambda c: pd.Series(c.astype(int), dtype="Int64"),
    "1.0 and 0.0": lambda c: c.astype(float),
    "1 and -1": lambda c: np.where(c, 1, -1),
    "category of 2 and 1": lambda c: pd.Series(np.where(c, 2, 1)).astype("category"),
}
NO_CLASSES: dict[str, tuple[Outcome, str]] = {
    "three words": (lambda c: np.resize(["a", "b", "c"], ROWS), "multiclass"),
    "three numbers": (lambda c: np.resize([0, 1, 2], ROWS), "multiclass"),
    "one word": (lambda c: np.full(ROWS, CRISIS), "one class only"),
    "one number": (lambda c: np.ones(ROWS), "one class only"),
    "nothing but blanks": (lambda c: np.full(ROWS, np.nan), "no row has a label"),
    "fractions": (lambda c: np.where(c, 0.5, 1.5), "continuous"),
    "infinity": (lambda c: np.where(c, np.inf, 0.0), "infinity"),
    "bytes": (lambda c: np.where(c, CRISIS, CALM).astype("S"), "type: bytes"),
    "a number and a word": (lambda c: pd.Series([1 if one else "no" for one in c]), "mixed"),
    "dates": (
        lambda c: pd.Series(np.where(c, "2024-01-01", "2024-02-01")).astype("datetime64[s]"),
        "type: datetime64",
    ),
}


@pytest.fixture(scope="module")
def rows() -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows whose crises are likelier where arrears are longer."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"arrears": rng.poisson(2.0, ROWS).astype(float)})
    return X, rng.random(ROWS) < 0.05 * (1 + X["arrears"])


def classifier(**params: Any) -> rm.RiskClassifier:
    return rm.make_classifier(kind="logistic", directions={"arrears": 1}, **params)


def auc(model: Any, X: pd.DataFrame, crisis: np.ndarray) -> float:
    return float(roc_auc_score(crisis, model.predict_proba(X)[:, 1]))


@pytest.mark.parametrize("name", AS_WORDS)
def test_words_are_refused_until_the_crisis_is_named(
    name: str, rows: tuple[pd.DataFrame, np.ndarray], mended: Note
) -> None:
    X, crisis = rows
    y = AS_WORDS[name](crisis)
    with pytest.raises(ModelError, match=r"words.*RiskClassifier\(positive=") as refusal:
        classifier().fit(X, y)
    assert refusal.value.code == "models.positive"
    assert CRISIS not in str(refusal.value)

    word = "0" if name.startswith("digits") else CRISIS
    other = "1" if name.startswith("digits") else CALM
    model = classifier(positive=word).fit(X, y)
    assert model.classes_.tolist() == [other, word]
    assert auc(model, X, crisis) > 0.6
    assert set(model.predict(X)) <= {other, word}
    mended(
        "classes",
        tried=name,
        before=f"{other!r} was the crisis",
        now=f"{refusal.value.code}; with positive= the AUC is {auc(model, X, crisis):.2f}",
    )


@pytest.mark.parametrize("name", AS_NUMBERS)
def test_of_two_numbers_the_larger_is_the_crisis(
    name: str, rows: tuple[pd.DataFrame, np.ndarray]
) -> None:
    X, crisis = rows
    model = classifier().fit(X, AS_NUMBERS[name](crisis))
    assert model.classes_[1] > model.classes_[0]
    assert auc(model, X, crisis) > 0.6


@pytest.mark.parametrize("name", NO_CLASSES)
def test_other_than_two_classes_are_refused_in_our_own_words(
    name: str, rows: tuple[pd.DataFrame, np.ndarray]
) -> None:
    X, crisis = rows
    outcome, message = NO_CLASSES[name]
    for positive in (None, CRISIS):
        with pytest.raises(ModelError, match=message):
            classifier(positive=positive).fit(X, outcome(crisis))


def test_the_smaller_number_may_be_named(rows: tuple[pd.DataFrame, np.ndarray]) -> None:
    X, crisis = rows
    model = classifier(positive=0).fit(X, np.where(crisis, 0, 1))
    assert model.classes_.tolist() == [1, 0]
    assert auc(model, X, crisis) > 0.6


@pytest.mark.parametrize("positive", ["need_confirmd", "", 1, True, float("nan")])
def test_what_is_neither_class_is_refused(
    positive: Any, rows: tuple[pd.DataFrame, np.ndarray]
) -> None:
    X, crisis = rows
    with pytest.raises(ModelError, match="none of the two classes") as refusal:
        classifier(positive=positive).fit(X, np.where(crisis, CRISIS, CALM))
    assert CALM not in str(refusal.value)


def test_clones_and_searches_keep_it(rows: tuple[pd.DataFrame, np.ndarray], mended: Note) -> None:
    X, crisis = rows
    y = np.where(crisis, CRISIS, CALM)
    model = classifier(positive=CRISIS)
    assert clone(model).positive == model.get_params()["positive"] == CRISIS
    by_words = cross_val_score(model, X, y, scoring="accuracy", cv=3)
    by_booleans = cross_val_score(classifier(), X, y == CRISIS, scoring="roc_auc", cv=3)
    assert (by_words > 0.5).all()
    assert (by_booleans > 0.6).all()
    # scikit-learn numbers the words by the alphabet before it fits
    with pytest.raises(ModelError, match="none of the two classes") as refusal:
        cross_val_predict(model, X, y, method="predict_proba", cv=3)
    mended(
        "classes",
        tried="cross_val_predict, which numbers the words by the alphabet",
        before="the alphabet's last word was the crisis",
        now=refusal.value.code,
    )


@pytest.fixture(scope="module")
def panel(rows: tuple[pd.DataFrame, np.ndarray]) -> rm.Panel:
    X, crisis = rows
    return rm.Panel.from_frame(
        X.assign(id=range(ROWS), day=np.resize(["2022-01-01", "2024-05-01"], ROWS), crisis=crisis),
        household_id="id",
        as_of_date="day",
        y="crisis",
        label=rm.Label("crisis", window="6M"),
        directions={"arrears": 1},
    )


def test_a_model_of_words_is_judged_and_published_as_one_of_numbers(
    panel: rm.Panel, tmp_path: Path
) -> None:
    early, late = panel[panel.as_of < "2024-01-01"], panel[panel.as_of > "2024-01-01"]
    y = pd.Series(np.where(early.y == 1, CRISIS, CALM), early.X.index)
    words = rm.make_classifier(early, "logistic", positive=CRISIS).fit(early.X, y)
    numbers = rm.make_classifier(early, "logistic").fit(early)
    assert np.array_equal(words.margin(late), numbers.margin(late))
    judged = [rm.evaluate(model, late, capacity=50) for model in (words, numbers)]
    assert judged[0].metrics == judged[1].metrics
    compared = rm.compare(words, numbers, late, capacity=50)
    assert (compared.frame()["difference"] == 0).all()

    facts = {"population": {"who": "simulated rows"}, "data": {"digest": "none"}}
    opened = rm.open(rm.save(words, judged[0], tmp_path / "words", facts=facts))
    assert opened.params["positive"] == CRISIS
    assert opened.classes_.tolist() == [CALM, CRISIS]


def test_a_panels_own_y_is_1_and_0(panel: rm.Panel) -> None:
    with pytest.raises(ModelError, match="leave positive out where y is 1 and 0"):
        classifier(positive=CRISIS).fit(panel)
    frame = panel.X.reset_index(drop=True).assign(id=range(ROWS), y=CALM)
    with pytest.raises(PanelError, match="the word of the crisis"):
        rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")


@pytest.mark.parametrize("outcome", ["two words", "three numbers"])
def test_another_librarys_classifier_says_which_is_the_crisis(
    outcome: str, panel: rm.Panel, mended: Note
) -> None:
    words = np.where(panel.y == 1, CRISIS, CALM)
    y = words if outcome == "two words" else np.arange(ROWS) % 3
    other = LogisticRegression().fit(panel.X, y)
    with pytest.raises(ConfigError, match="which is the crisis") as refusal:
        rm.evaluate(other, panel)
    assert refusal.value.code == "evaluation.classes"
    column = list(other.classes_).index(y[panel.y == 1][0])
    scores = pd.Series(other.predict_proba(panel.X)[:, column], panel.X.index)
    assert 0 < rm.evaluate(scores, panel).metrics["auc"] < 1
    numbers = LogisticRegression().fit(panel.X, panel.y)
    assert rm.evaluate(numbers, panel).metrics["auc"] > 0.6
    mended(
        "classes",
        tried=f"evaluate() of scikit-learn's classifier of {outcome}",
        before="the second column, whatever it was",
        now=refusal.value.code,
    )
