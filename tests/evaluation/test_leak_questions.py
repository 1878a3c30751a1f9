"""Columns that know the outcome are asked about, honest ones are not, and no household is named."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import matthews_corrcoef, roc_auc_score

import riskmodel as rm
from noisy_copies import COPIES, with_copies
from riskmodel.evaluation import LeakQuestion, Leaks
from riskmodel.evaluation.asking import OF_THE_FIT
from riskmodel.evaluation.leaking_columns import leaking_columns
from riskmodel.evaluation.leaking_names import leaking_names
from riskmodel.evaluation.leaking_shares import leaking_shares
from riskmodel.evaluation.leaks import CHECKS, GUIDE
from riskmodel.metrics.lone_columns import lone_columns, rates_elsewhere, rows_of_classes

ROOT = Path(__file__).resolve().parents[2]


def outcomes(n: int, share: float, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random(n) < share).astype(float)


def test_auc_and_correlation_are_those_of_sklearn() -> None:
    rng, y = np.random.default_rng(1), outcomes(300, 0.15)
    matrix = np.round(2 * rng.normal(size=(300, 7)) + np.outer(y, rng.normal(size=7)))
    matrix[:, :4] = np.where(rng.random((300, 4)) < 0.2, np.nan, matrix[:, :4])
    matrix[:, 4] = -0.0
    matrix[::2, 4] = 0.0
    alone = lone_columns(y, matrix.astype(np.float32), float(y.mean()))
    for place, column in enumerate(matrix.astype(np.float32).T):
        filled = [np.nan_to_num(column, nan=end) for end in (-99.0, 99.0)]
        aucs = [roc_auc_score(y, values) for values in filled]
        phis = [
            abs(matthews_corrcoef(y, values <= cut))
            for values in filled
            for cut in np.unique(values)
        ]
        assert alone.auc[place] == pytest.approx(max(*aucs, *(1 - value for value in aucs)))
        assert alone.phi[place] == pytest.approx(max(phis), abs=1e-9)


def test_rows_of_equal_classes_tell_what_all_rows_tell() -> None:
    y, rng = outcomes(60_000, 0.05), np.random.default_rng(2)
    column = (y + rng.normal(0, 0.6, len(y))).astype(np.float32)[:, None]
    chosen = rows_of_classes(y)
    assert np.bincount(y[chosen].astype(int)).tolist() == [1_000, 1_000]
    of_all, of_some = (
        lone_columns(y[rows], column[rows], float(y.mean())) for rows in (np.arange(len(y)), chosen)
    )
    assert of_some.auc[0] == pytest.approx(of_all.auc[0], abs=0.02)
    assert of_some.phi[0] == pytest.approx(of_all.phi[0], abs=0.06)


def test_a_category_of_few_rows_does_not_tell_its_own_outcome() -> None:
    y = outcomes(2_000, 0.02)
    codes = np.arange(2_000) // 3  # three rows each, about one category per crisis
    half = np.arange(2_000) % 2 == 1
    by_chance = lone_columns(y, rates_elsewhere(y, codes, half)[:, None], 0.02)
    assert by_chance.auc[0] < 0.7
    known = lone_columns(y, rates_elsewhere(y, y.astype(int), half)[:, None], 0.02)
    assert known.auc[0] == 1


@pytest.fixture(scope="module")
def simulated() -> rm.Panel:
    records = rm.make_households(600, n_rounds=9, random_state=0)
    codes = ["power_cut", "gas_cut", "card_overdue", "crisis"]
    return rm.build_panel(
        records,
        rounds=records.rounds,
        label=records.label,
        features=rm.Features([rm.Agg.count(codes, ["6M", "ever"]), rm.Agg.recency(codes)]),
        attributes=["household_type", "sigungu"],
    )


def test_three_noisy_copies_are_named_and_nothing_else(simulated: rm.Panel) -> None:
    _, test = rm.TemporalSplit().last(simulated)
    for panel in (simulated, test):
        leaks = leaking_columns(with_copies(panel))
        assert set(leaks.named) == set(COPIES)
        assert leaking_columns(panel).questions == ()


def test_a_copy_of_the_household_s_outcome_is_asked_about_as_such() -> None:
    rounds = rm.rounds("2024-01-01", "2024-11-01", every="2M")
    frame = pd.DataFrame(
        {
            "id": np.repeat(np.arange(300), len(rounds)),
            "date": np.tile(rounds, 300),
            "noise": np.random.default_rng(0).normal(size=300 * len(rounds)),
            "y": outcomes(300 * len(rounds), 0.05),
        }
    )
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="date", y="y")
    leaks = leaking_columns(with_copies(panel))
    assert set(leaks.named) == set(COPIES)
    codes = [one.code for one in leaks.questions if one.about == "copy_of_household"]
    assert codes == ["leaks.restates_household"]


def test_evaluate_and_backtest_ask_unasked(simulated: rm.Panel) -> None:
    panel = with_copies(simulated)
    trial = rm.backtest(rm.make_classifier(panel, kind="logistic"), panel, baselines=[])
    _, test = rm.TemporalSplit().last(panel)
    evaluation = rm.evaluate(test.X["copy_blurred"], test)
    for result in (trial, evaluation):
        assert set(COPIES) == set(result.leaks.named)
        for printed in (repr(result), result._repr_html_()):
            assert "questions about leaks (docs/guide.md" in printed
            assert "leaks.alone, AUC of the column alone from 0.95: copy_" in printed


def test_of_a_model_it_is_said_that_the_rounds_of_its_fit_were_not_looked_at(
    panel: rm.Panel, model: rm.RiskClassifier, truth: pd.Series
) -> None:
    assert OF_THE_FIT in rm.evaluate(model, panel).leaks.unasked
    assert OF_THE_FIT not in rm.evaluate(truth, panel).leaks.unasked


def test_nothing_is_printed_where_nothing_is_asked(simulated: rm.Panel) -> None:
    _, test = rm.TemporalSplit().last(simulated)
    evaluation = rm.evaluate(test.X["crisis__count__ever"], test)
    assert "leaks" not in repr(evaluation)
    assert repr(evaluation.leaks).startswith("0 questions about leaks")
    assert f"{len(test.X.columns)} columns looked at" in repr(evaluation.leaks)


def frame_panel(column: np.ndarray, y: np.ndarray) -> rm.Panel:
    frame = pd.DataFrame({"id": np.arange(len(y)), "column": column, "y": y})
    return rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")


def test_a_column_of_few_households_is_counted_and_not_named() -> None:
    y = outcomes(400, 0.0)
    y[:12] = 1
    column = np.zeros(400)
    column[:9] = 1
    leaks = leaking_columns(frame_panel(column, y))
    assert leaks.questions == ()
    assert leaks.unasked == ("1 column in which fewer than 10 households differ",)
    column[:10] = 1
    assert leaking_columns(frame_panel(column, y)).named == ("column",)


def test_nothing_is_asked_of_few_outcomes() -> None:
    y = outcomes(400, 0.0)
    y[:9] = 1
    leaks = leaking_columns(frame_panel(y, y))
    assert leaks == Leaks(
        unasked=("what columns tell alone, as fewer than 10 households are of one class",)
    )
    y[:10] = 1
    assert leaking_columns(frame_panel(y, y)).named == ("column",)


def test_a_column_that_is_missing_where_nothing_happens_is_asked_about() -> None:
    y = outcomes(400, 0.1)
    column = np.where(y == 1, np.random.default_rng(0).normal(size=400), np.nan)
    (alone, restates) = leaking_columns(frame_panel(column, y)).questions
    assert (alone.figure, restates.figure) == (1, 1)


def test_a_column_that_falls_with_the_outcome_is_asked_about() -> None:
    y = outcomes(400, 0.1)
    assert leaking_columns(frame_panel(-y, y)).counts == {"leaks.alone": 1, "leaks.restates": 1}


def test_leaks_of_two_parts_are_joined_each_question_once() -> None:
    one = LeakQuestion("leaks.alone", "a", 0.97)
    other = LeakQuestion("leaks.restates", "a", 0.8)
    joined = Leaks((one,), 3).joined(Leaks((one, other), 4, ("why",)))
    assert joined == Leaks((one, other), 4, ("why",))


def test_more_than_five_columns_are_counted() -> None:
    asked = tuple(LeakQuestion("leaks.alone", f"c{k}", 0.99) for k in range(7))
    (_, line) = Leaks(asked, 9).lines()
    assert line.endswith("c0 0.990, c1 0.990, c2 0.990, c3 0.990, c4 0.990 and 2 more")
    assert list(Leaks(asked, 9).frame()["page"]) == [f"{GUIDE}#leaksalone"] * 7


@pytest.mark.parametrize("code", CHECKS)
def test_the_guide_has_a_section_for_each_question(code: str) -> None:
    guide = (ROOT / GUIDE).read_text(encoding="utf-8")
    assert f"\n### {code}\n" in guide
    check = CHECKS[code]
    if not np.isnan(check.threshold):
        section = guide.partition(f"\n### {code}\n")[2].partition("\n#")[0]
        assert f"{check.threshold:g}".removeprefix("0") in section


def test_a_panel_without_columns_has_no_questions(simulated: rm.Panel) -> None:
    assert leaking_columns(replace(simulated, X=simulated.X[[]])) == Leaks()


LATER_NAMES = [
    "outcome",
    "visit_result",
    "status_after",
    "incomeAfterVisit",
    "next_round_arrears",
    "상담결과",
    "crisis",
    "crisis_date",
    "first crisis",
]
USUAL_NAMES = ["crisisline", "arrears", "resultant", "aftermath", "days_to_pay", "income"]


@pytest.mark.parametrize("name", LATER_NAMES + USUAL_NAMES)
def test_names_of_what_comes_later_are_asked_about(name: str) -> None:
    frame = pd.DataFrame({"id": range(20), name: np.arange(20.0), "y": np.arange(20) % 2})
    label = rm.Label("crisis", window="6M")
    panel = rm.Panel.from_frame(
        frame, household_id="id", as_of_date="2024-05-01", y="y", label=label
    )
    asked = leaking_names(panel).named
    assert asked == (tuple(panel.X.columns) if name in LATER_NAMES else ())


def test_a_name_of_few_households_is_counted_and_not_told() -> None:
    y = outcomes(400, 0.2)
    frame = pd.DataFrame({"id": range(400), "y": y, "rent": np.arange(400) % 7})
    frame["visit_after"] = np.where(np.arange(400) < 3, 5, 0)
    few = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    assert leaking_names(few).named == ()
    assert leaking_names(few).unasked == (
        "the names of 1 column in which fewer than 10 households differ",
    )
    assert "visit_after" not in repr(leaking_names(few))


def test_aggregates_of_the_label_s_own_code_hold_the_past(simulated: rm.Panel) -> None:
    assert "crisis__count__ever" in simulated.X
    assert leaking_names(simulated).named == ()


def test_attributes_of_the_label_s_own_code_are_asked_about(simulated: rm.Panel) -> None:
    column = simulated.columns[-1]
    columns = (*simulated.columns[:-1], replace(column, name="crisis_level"))
    X = simulated.X.rename(columns={column.name: "crisis_level"})
    assert leaking_names(replace(simulated, X=X, columns=columns)).named == ("crisis_level",)


def shared(n: int, columns: int) -> rm.Panel:
    """Return a panel in which y follows the first of some columns, at an honest distance."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n, columns)), columns=[f"c{k}" for k in range(columns)])
    chance = 1 / (1 + np.exp(2 - 1.2 * X["c0"]))
    frame = X.assign(id=np.arange(n), y=(rng.random(n) < chance).astype(float))
    return rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")


@pytest.mark.parametrize("kind", ["logistic", "lightgbm", "blend"])
def test_a_model_that_rests_on_one_column_is_asked_about(kind: str) -> None:
    panel = shared(2_000, 5)
    model = rm.make_classifier(panel, kind=kind, seeds=1, n_estimators=40).fit(panel)
    (question,) = leaking_shares(model, panel).questions
    assert (question.code, question.about) == ("leaks.share", "c0")
    parts = rm.explain(model, panel.X).contributions.abs().mean()
    assert question.figure == pytest.approx(parts["c0"] / parts.sum(), abs=0.12)
    evaluation = rm.evaluate(model, panel)
    assert evaluation.leaks.counts == {"leaks.share": 1, "leaks.overlap": 1}


@pytest.mark.parametrize("kind", ["lightgbm", "blend"])
def test_the_sketch_of_a_fit_is_that_of_its_pickle_and_of_its_own_trees(kind: str) -> None:
    panel = shared(1_000, 6)
    model = rm.make_classifier(panel, kind=kind, seeds=2, n_estimators=20).fit(panel)
    again = pickle.loads(pickle.dumps(model))
    for fitted in (model, again):
        found = fitted.sketch()
        assert found.keys() == model.sketch().keys()
        assert all(np.array_equal(found[name], value) for name, value in model.sketch().items())
    # a second fit has its own
    model.fit(panel[panel.X["c1"].to_numpy() > 0])
    assert any(not np.array_equal(again.sketch()[name], v) for name, v in model.sketch().items())


def test_four_columns_are_too_few_for_an_outsized_share() -> None:
    panel = shared(1_000, 4)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    assert leaking_shares(model, panel) == Leaks()


def test_a_kind_without_contributions_is_not_asked(panel: rm.Panel) -> None:
    rates = rm.make_classifier(panel, kind="area_rate").fit(panel)
    (why,) = leaking_shares(rates, panel).unasked
    assert "no contributions" in why


def test_rows_of_the_fit_are_asked_about(model: rm.RiskClassifier, panel: rm.Panel) -> None:
    assert rm.evaluate(model, panel).leaks.counts["leaks.overlap"] == 1
    train, test = rm.TemporalSplit().last(panel)
    apart = rm.make_classifier(panel, kind="logistic").fit(train)
    assert "leaks.overlap" not in rm.evaluate(apart, test).leaks.counts


def test_cuts_that_are_not_apart_are_asked_about(panel: rm.Panel) -> None:
    class Overlapping:
        """The last round is tested, and all rounds train."""

        def n_cuts(self, panel: rm.Panel) -> int:
            return 1

        def split(self, panel: rm.Panel) -> Iterator[tuple[rm.Panel, rm.Panel]]:
            yield panel, panel[panel.as_of == panel.as_of.max()]

    model = rm.make_classifier(panel, kind="logistic")
    trial = rm.backtest(model, panel, Overlapping(), baselines=[])
    assert [one.about for one in trial.leaks.questions] == ["cut 1"]
    for split in (rm.TemporalSplit(), rm.HouseholdSplit()):
        assert rm.backtest(model, panel, split, baselines=[]).leaks.questions == ()
