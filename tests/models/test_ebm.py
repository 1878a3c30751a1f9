"""Explainable boosting machines: equal to the library's own, monotone, additive, without rows."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from mended import Note
from riskmodel.errors import ModelError
from riskmodel.models import RiskClassifier
from riskmodel.models.fit_rows import FitSettings, Rows
from riskmodel.models.kinds.ebm import Additive, fit_additive

interpret = pytest.importorskip("interpret.glassbox", reason="the ebm extra is not installed")


def rows(n: int = 3_000) -> Rows:
    rng = np.random.default_rng(0)
    months = rng.poisson(1.0, n).astype(float)
    X = np.column_stack(
        [months, np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)), rng.integers(0, 3, n)]
    )
    y = rng.random(n) < 1 / (1 + np.exp(3 - 0.7 * months - np.nan_to_num(X[:, 1]) - (X[:, 2] == 2)))
    return Rows(X, y.astype(float), np.arange(n))


DESIGN = FitSettings(("months", "income", "tenure"), (1, 0, 0), (0, 0, 3), {"n_jobs": 1}, (7, 8))


def cuts_of(core: Additive, j: int) -> list[float]:
    start, end = core.arrays["cut_start"][j : j + 2]
    return [float(cut) for cut in core.arrays["cut"][start:end]]


def test_margins_are_the_machines_own() -> None:
    data = rows()
    mine = fit_additive(data, DESIGN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = interpret.ExplainableBoostingClassifier(
            feature_names=["x0", "x1", "x2"],
            feature_types=[cuts_of(mine, 0), cuts_of(mine, 1), "nominal"],
            interactions=0,
            outer_bags=2,
            monotone_constraints=[1, 0, 0],
            random_state=7,
            n_jobs=1,
        ).fit(data.matrix, data.y.astype(int))
    assert np.abs(mine.margin(data.matrix) - theirs.decision_function(data.matrix)).max() < 1e-12


ROUNDS = 3
INCOME = np.random.default_rng(4).choice(np.arange(3_000, 60_000), 600, replace=False) / 10


def world(alone: float = 0.0) -> Rows:
    """Six hundred households in three rounds; four columns tell household 7 from the others."""
    rng = np.random.default_rng(5)
    household = np.repeat(np.arange(600), ROUNDS)
    is_seven = household == 7
    income = INCOME[household]
    matrix = np.column_stack(
        [
            np.where(is_seven, 98_765_432.0, income),
            is_seven,
            np.where(is_seven, np.nan, income > 3_000),
            np.where(is_seven, 1_234.0, np.nan),
            np.where(is_seven, 2, rng.integers(0, 2, len(income))),
        ]
    )
    y = np.where(is_seven, alone, rng.random(len(income)) < 0.2)
    return Rows(matrix, y, household)


OF_WORLD = FitSettings(
    ("income", "petition", "poor", "alimony", "tenure"), (0,) * 5, (0, 0, 0, 0, 3),
    {"n_jobs": 1}, (7,),
)  # fmt: skip


def test_a_bin_is_of_ten_households_and_its_cuts_are_no_middles(mended: Note) -> None:
    data = world()
    cuts = cuts_of(fit_additive(data, OF_WORLD), 0)
    income = np.unique(data.matrix[:, 0])
    counts = np.histogram(income, [-np.inf, *cuts, np.inf])[0]
    assert min(counts) == 10
    assert cuts == [float(f"{cut:.3g}") for cut in cuts]
    middles = (income[:-1] + income[1:]) / 2
    told = int(np.isin(cuts, middles).sum())
    assert told < len(cuts) / 2
    assert len(cuts) > 30
    mended("personal data", tried="cuts of 600 incomes in an ebm version",
           before="599, each the middle of two incomes", now=f"{len(cuts)}, rounded")  # fmt: skip


def test_rounds_of_one_household_fill_no_bin() -> None:
    household = np.arange(900) // 100
    rare = np.append(household, np.arange(10, 900))
    count = np.append(np.ones(900), np.zeros(890))
    data = Rows(count[:, None], np.arange(1790) % 5 == 0, rare)
    one = FitSettings(("count",), (0,), (0,), {"n_jobs": 1}, (7,))
    assert cuts_of(fit_additive(data, one), 0) == []


@pytest.mark.parametrize("j", range(1, 5))
def test_what_one_household_has_tells_nothing_of_its_outcome(j: int, mended: Note) -> None:
    terms = {}
    for outcome in (0.0, 1.0):
        data = world(outcome)
        core = fit_additive(data, OF_WORLD)
        terms[outcome] = core.contributions(data.matrix[data.household == 7])[0, j]
    told = abs(terms[1.0] - terms[0.0])
    assert told < 0.01
    mended("personal data", tried=f"the term of the one household with its own {OF_WORLD.names[j]}",
           before="1.7 to 2.8 apart", now=f"{told:.2f} apart by its outcome")  # fmt: skip


def test_terms_add_up_and_rise_with_trouble() -> None:
    data = rows()
    core = fit_additive(data, DESIGN)
    terms = core.contributions(data.matrix)
    assert (
        np.abs(core.arrays["intercept"] + terms.sum(axis=1) - core.margin(data.matrix)).max()
        < 1e-12
    )
    order = np.argsort(data.matrix[:, 0])
    assert (np.diff(terms[order, 0]) >= 0).all()
    assert np.allclose(core.arrays["mean"], terms.mean(axis=0))


def test_unseen_categories_and_values_beyond_the_fit_are_answered() -> None:
    X = pd.DataFrame({"months": [0.0, 3.0] * 500, "tenure": pd.Categorical(["rent", "own"] * 500)})
    model = RiskClassifier(kind="ebm", seeds=1, n_jobs=1).fit(X, np.arange(1000) % 4 == 1)
    strange = pd.DataFrame(
        {"months": [1e9, np.nan, -5.0], "tenure": pd.Categorical(["squat", None, "rent"])}
    )
    assert np.isfinite(model.margin(strange)).all()


def test_without_the_extra_it_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "interpret.glassbox", None)
    with pytest.raises(ModelError, match=r"pip install 'riskmodel\[ebm\]'"):
        fit_additive(rows(), DESIGN)
