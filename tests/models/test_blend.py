"""A blend is the mean of its members: their margins, their contributions, one calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

import riskmodel as rm
from riskmodel.card.model_sections import model_sections
from riskmodel.errors import ConfigError
from riskmodel.models import KINDS, RiskClassifier, make_classifier
from riskmodel.models.fit_rows import Floats
from riskmodel.models.kinds.blend import MEMBERS, Blend
from riskmodel.panel import Panel

SMALL = {"seeds": 2, "n_estimators": 20, "n_jobs": 1}


@pytest.fixture(scope="module")
def blend(panel: Panel) -> RiskClassifier:
    return make_classifier(panel, "blend", **SMALL).fit(panel)


@pytest.fixture(scope="module")
def members(panel: Panel) -> list[RiskClassifier]:
    return [make_classifier(panel, kind, **SMALL).fit(panel) for kind in MEMBERS]


def contributions(model: RiskClassifier, panel: Panel, by: str = "feature") -> Floats:
    """Return the contributions to the margin: without the slope of the calibration."""
    return rm.explain(model, panel, by=by).unmasked.to_numpy() / model.calibration_.slope


def test_its_margin_is_the_mean_of_the_margins_of_its_members(
    blend: RiskClassifier, members: list[RiskClassifier], panel: Panel
) -> None:
    trees, logistic = (member.margin(panel) for member in members)
    assert np.array_equal(blend.margin(panel), (trees + logistic) / 2)


@pytest.mark.parametrize("by", ["feature", "indicator"])
def test_its_contributions_are_the_mean_of_those_of_its_members_and_add_up(
    blend: RiskClassifier, members: list[RiskClassifier], panel: Panel, by: str
) -> None:
    trees, logistic = (contributions(member, panel, by) for member in members)
    explanation = rm.explain(blend, panel, by=by)
    assert explanation.method == "interventional"
    assert np.abs(contributions(blend, panel, by) - (trees + logistic) / 2).max() < 1e-12
    total = explanation.base + explanation.unmasked.sum(axis=1)
    assert np.abs(total - explanation.log_odds).max() < 1e-9


def test_rows_to_compare_with_count_for_every_member(
    blend: RiskClassifier, members: list[RiskClassifier], panel: Panel
) -> None:
    few = panel.X.head(40)
    bases = [
        (rm.explain(member, few, background=few).base - member.calibration_.intercept)
        / member.calibration_.slope
        for member in members
    ]
    explanation = rm.explain(blend, few, background=few)
    expected = blend.calibration_.slope * np.mean(bases) + blend.calibration_.intercept
    assert explanation.background_rows == 40
    assert explanation.base == pytest.approx(expected, abs=1e-12)
    assert explanation.log_odds.mean() == pytest.approx(explanation.base, abs=1e-9)


def test_its_calibration_is_of_the_blended_margin_on_the_folds_of_its_members(
    blend: RiskClassifier, members: list[RiskClassifier], panel: Panel
) -> None:
    assert {member.calibration_.source for member in members} == {blend.calibration_.source}
    assert blend.calibration_ not in [member.calibration_ for member in members]
    assert blend.predict_proba(panel)[:, 1].mean() == pytest.approx(panel.y.mean(), abs=0.03)


def test_more_trouble_never_lowers_its_margin(blend: RiskClassifier, panel: Panel) -> None:
    rows = panel.X.head(200)
    for column in ("rent__now__", "power__count__6M", "power__count__ever"):
        steps = [blend.margin(rows.assign(**{column: np.float32(n)})) for n in range(12)]
        assert (np.diff(steps, axis=0) >= 0).all()


def test_shuffled_rows_give_the_same_blend(blend: RiskClassifier, panel: Panel) -> None:
    order = np.random.default_rng(0).permutation(len(panel))
    again = make_classifier(panel, "blend", **SMALL).fit(panel[order])
    assert np.array_equal(again.margin(panel), blend.margin(panel))
    assert again.calibration_ == blend.calibration_


def test_three_members_are_fitted_in_the_order_in_which_they_are_named(panel: Panel) -> None:
    pytest.importorskip("interpret", reason="the ebm extra is not installed")
    named = ["ebm", "lightgbm", "logistic"]
    model = make_classifier(panel, "blend", members=named, seeds=1, n_estimators=5, n_jobs=1)
    core = model.fit(panel).core_
    assert isinstance(core, Blend)
    assert core.evaluators == ("additive", "trees", "linear")
    margins = [member.margin(model.encode(panel)) for member in core.cores]
    assert np.abs(model.margin(panel) - np.mean(margins, axis=0)).max() < 1e-12
    assert "members=['ebm', 'lightgbm', 'logistic']" in repr(model)


def test_a_blend_without_trees_needs_no_counts(panel: Panel) -> None:
    pytest.importorskip("interpret", reason="the ebm extra is not installed")
    model = make_classifier(panel, "blend", members=("logistic", "ebm"), seeds=1, n_jobs=1)
    assert model.fit(panel).background_ is None
    explanation = rm.explain(model, panel.X.head(50))
    assert explanation.background_rows == len(panel)
    assert model.joint_tables([0] * 6) is None


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (["lightgbm"], "members does not name two kinds or more"),
        ([], "members does not name two kinds or more"),
        (["lightgbm", "lightgbm"], "each once"),
        (["lightgbm", "logistc"], "did you mean 'logistic'"),
        (["lightgbm", "area_rate"], "'area_rate' is no member of a blend"),
        (["lightgbm", "longest_arrears"], "'longest_arrears' is no member of a blend"),
        (["lightgbm", "blend"], "'blend' is no member of a blend"),
        (["lightgbm", 3], "3 is no member of a blend"),
        ("lightgbm", "members is a str"),
        (7, "members is a int"),
    ],
)
def test_members_that_cannot_be_blended_are_refused_by_name(
    named: Sequence[str], told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as refusal:
        RiskClassifier(kind="blend", members=named).fit(np.eye(9), np.arange(9) % 2)
    assert refusal.value.code == "models.members"
    assert "lightgbm, logistic, ebm" in str(refusal.value)


def test_members_of_another_kind_are_refused_before_any_fit() -> None:
    with pytest.raises(ConfigError, match="kind 'lightgbm' has no members"):
        make_classifier(members=["lightgbm", "ebm"])


def test_the_card_names_its_members(blend: RiskClassifier, members: list[RiskClassifier]) -> None:
    assert model_sections(blend, None)["model"]["members"] == ["lightgbm", "logistic"]
    assert "members" not in model_sections(members[0], None)["model"]


def test_the_default_members_can_be_blended() -> None:
    assert set(MEMBERS) <= set(KINDS)
    assert RiskClassifier(kind="blend", members=MEMBERS).get_params()["members"] == MEMBERS
