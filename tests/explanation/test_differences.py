"""Two scores side by side, the reasons of two models, and sums beside the values of groups."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from riskmodel.errors import ConfigError, ModelError
from riskmodel.explanation import Explanation, explain, group_gap, stability_of, why
from riskmodel.models import RiskClassifier

KINDS = ("lightgbm", "logistic", "ebm", "blend", "indicator_count", "longest_arrears")


@pytest.fixture(scope="module")
def explained(study: SimpleNamespace) -> Explanation:
    return explain(study.models["lightgbm"], study.test, by="indicator")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", ["indicator", "family"])
def test_sums_made_inside_the_tables_are_the_sums(
    study: SimpleNamespace, kind: str, by: str
) -> None:
    found, plain = (
        explain(study.models[kind], study.test, by=by),
        explain(study.models[kind], study.test),
    )
    expected = plain.by_indicator() if by == "indicator" else plain.by_family()
    pd.testing.assert_frame_equal(found.contributions, expected, rtol=0, atol=1e-11)
    assert np.array_equal(found.log_odds, plain.log_odds)
    assert found.base == plain.base


def test_families_do_not_tell_indicators_apart(study: SimpleNamespace) -> None:
    found = explain(study.models["lightgbm"], study.test.X.head(3), by="family")
    with pytest.raises(ModelError, match="are not given by indicator"):
        found.by_indicator()
    with pytest.raises(ModelError, match="by family do not show which window a reason is of"):
        found.reasons()
    with pytest.raises(ConfigError, match="Allowed: feature, indicator, family"):
        explain(study.models["lightgbm"], study.test, by="familly")


@pytest.mark.parametrize("pair", [(0, 1), (3, 40), (7, 7)])
def test_why_closes_on_two_households(explained: Explanation, pair: tuple[int, int]) -> None:
    a, b = (explained[i] for i in pair)
    found = why(a, b)
    assert found.table["difference"].sum() == pytest.approx(found.difference, abs=1e-9)
    assert found.difference == pytest.approx(a.log_odds.item() - b.log_odds.item(), abs=1e-12)
    assert f"score {a.scores.item():.3f}" in repr(found)
    assert found.table["difference"].abs().is_monotonic_decreasing


def test_why_closes_on_two_dates_and_on_two_models(study: SimpleNamespace) -> None:
    model = study.models["lightgbm"]
    both = explain(model, study.panel)
    household = study.test.households[5]
    days = [
        str(day.date()) for day in study.panel.as_of[study.panel.households == household][[0, -1]]
    ]
    then, now = (both.household(household, day) for day in days)
    found = why(now, then)
    assert found.table["difference"].sum() == pytest.approx(found.difference, abs=1e-9)
    assert days[1] in found.a
    assert days[0] in found.b
    other = explain(study.models["logistic"], study.panel).household(household, days[1])
    found = why(now, other)
    assert found.table["difference"].sum() == pytest.approx(found.difference, abs=1e-9)
    assert "what they are compared with" in set(found.table["indicator"])


def test_22_months_stand_above_17_because_of_the_arrears(study: SimpleNamespace) -> None:
    X = study.test.X.iloc[[0, 0]].copy()
    X.iloc[:, :] = X.iloc[0].to_numpy()
    X["nhi_arrears__now__ever"] = np.array([22, 17], dtype="float32")
    X.index = pd.MultiIndex.from_tuples(
        [("A", X.index[0][1]), ("B", X.index[0][1])], names=X.index.names
    )
    for kind in ("lightgbm", "logistic"):
        explanation = explain(study.models[kind], X)
        found = why(explanation.household("A"), explanation.household("B"), lang="ko")
        row = found.table.set_index("indicator").loc["건강보험료 체납"]
        assert (row["a"], row["b"]) == ("건강보험료 22개월 체납", "건강보험료 17개월 체납")
        assert row["difference"] >= 0
        assert found.difference >= 0
        assert row["difference"] == pytest.approx(found.difference, abs=1e-9)


def test_sensitive_indicators_are_one_row_unless_asked_for(explained: Explanation) -> None:
    hidden, open_ = why(explained[0], explained[1]), why(explained[0], explained[1], masked=False)
    assert "sensitive information" in set(hidden.table["indicator"])
    assert not hidden.table["indicator"].str.contains("suicide|violence").any()
    assert open_.table["indicator"].str.contains("suicide|violence").any()
    assert hidden.table["difference"].sum() == pytest.approx(
        open_.table["difference"].sum(), abs=1e-12
    )


def test_more_than_one_row_and_nobody_are_refused(
    explained: Explanation, study: SimpleNamespace
) -> None:
    with pytest.raises(ModelError, match="2 rows is not one score"):
        why(explained[:2], explained[0])
    with pytest.raises(ModelError, match="no row explained is of this household") as refusal:
        explained.household("비밀-7731")
    assert "7731" not in str(refusal.value)
    plain = explain(study.models["lightgbm"], study.test.X.reset_index(drop=True))
    with pytest.raises(ModelError, match="no household and date"):
        plain.household("H1")


def test_rows_are_chosen_by_position_mask_or_slice(explained: Explanation) -> None:
    mask = explained.log_odds.to_numpy() > explained.log_odds.median()
    for rows, n in ((2, 1), ([2, 5], 2), (slice(0, 3), 3), (mask, int(mask.sum()))):
        assert len(explained[rows]) == n
    assert explained[mask].contributions.equals(explained.contributions[mask])
    assert np.array_equal(explained[[5, 2]].matrix, explained.matrix[[5, 2]])


def test_a_model_agrees_with_itself(explained: Explanation) -> None:
    found = stability_of(explained, explained)
    assert found.overlap == 1.0
    assert not found.alarm
    assert len(found.table) + found.without == len(explained)
    assert "no alarm" in repr(found)


def test_reasons_that_change_raise_the_alarm(
    study: SimpleNamespace, explained: Explanation
) -> None:
    known = [c for c in study.train.X if c.startswith(("loan_overdue", "crisis"))]
    shuffled = study.train.X.assign(**dict.fromkeys(known, 0.0)).astype(study.train.X.dtypes)
    blind = RiskClassifier(
        seeds=1, n_estimators=20, n_jobs=1, recipe=study.panel.recipe, columns=study.panel.columns
    )
    other = explain(blind.fit(shuffled, study.train.y), study.test, by="indicator")
    found = stability_of(explained, other)
    assert found.alarm
    assert "ALARM" in found._repr_html_()
    assert found.overlap < 0.7
    with pytest.raises(ModelError, match="not of the same rows"):
        stability_of(explained, explained[:3])


def test_sums_are_near_the_values_of_whole_indicators_and_it_is_told(
    study: SimpleNamespace,
) -> None:
    found = group_gap(study.models["lightgbm"], study.test, rows=100)
    assert found.rows == 100
    assert 0 < found.mean < found.table["mean |sum|"].mean()
    assert "mean |difference|" in repr(found)
    single = explain(study.models["lightgbm"], study.test).columns
    alone = [c["name"] for c in single if not c["indicator"]]
    assert set(alone) <= set(found.table.index)
    with pytest.raises(ModelError, match="groups as players"):
        group_gap(study.models["logistic"], study.test)


def test_the_gap_of_a_blend_is_that_of_its_trees_by_their_share(study: SimpleNamespace) -> None:
    of_blend, of_trees = (
        group_gap(study.models[kind], study.test, rows=100).table["largest"]
        / study.models[kind].calibration_.slope
        for kind in ("blend", "lightgbm")
    )
    assert of_trees.max() > 0
    assert np.abs(of_blend - of_trees / 2).max() < 1e-12


def test_groups_whose_columns_do_not_act_together_have_no_gap() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(2_000, 3)), columns=["a", "b", "c"])
    stumps = RiskClassifier(seeds=1, n_estimators=20, max_depth=1, n_jobs=1).fit(
        X, X["a"] + X["b"] > rng.normal(size=2_000)
    )
    assert group_gap(stumps, X).largest < 1e-12
