"""Pictures of explanations: each holds a tidy frame and draws it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mended import Note
from riskmodel.displays import (
    BeeswarmDisplay,
    DependenceDisplay,
    StabilityDisplay,
    WaterfallDisplay,
)
from riskmodel.errors import ConfigError, ModelError
from riskmodel.explanation import Explanation, explain, stability_of
from riskmodel.indicators import Catalogue
from riskmodel.models import RiskClassifier
from riskmodel.panel import Column

pytest.importorskip("matplotlib", reason="the plot extra is not installed")


CATALOGUE = {
    "rent": {
        "ko": "임대료 체납",
        "en": "rent arrears",
        "kind": "state",
        "unit": "months",
        "family": "housing",
    },
    "violence": {"ko": "가정폭력", "en": "domestic violence", "sensitivity": "violence"},
}


@pytest.fixture(scope="module")
def study() -> tuple[RiskClassifier, pd.DataFrame]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "rent__now__ever": np.where(rng.random(1500) < 0.1, np.nan, rng.poisson(1.0, 1500)),
            "violence__count__ever": rng.poisson(0.3, 1500).astype(float),
            "violence__count__6M": rng.poisson(0.2, 1500).astype(float),
            "borough": pd.Categorical(rng.choice(["강남", "north"], 1500)),
        }
    )
    y = (
        rng.random(1500)
        < 0.05 + 0.1 * X["rent__now__ever"].fillna(2) + 0.2 * X["violence__count__ever"]
    )
    columns = (
        Column("rent__now__ever", "rent", "now", "ever", 1),
        Column("violence__count__ever", "violence", "count", "ever", 1),
        Column("violence__count__6M", "violence", "count", "6M", 1),
        Column("borough"),
    )
    catalogue = Catalogue.read(CATALOGUE)
    return RiskClassifier(kind="logistic", columns=columns, catalogue=catalogue).fit(X, y), X


@pytest.fixture(scope="module")
def explanation(study: tuple[RiskClassifier, pd.DataFrame]) -> Explanation:
    model, X = study
    return explain(model, X.head(200))


def test_a_waterfall_ends_at_the_rows_log_odds_and_hides_what_is_sensitive(
    explanation: Explanation,
) -> None:
    for lang, hidden in (("en", "sensitive information"), ("ko", "민감 정보")):
        display = WaterfallDisplay.from_explanation(explanation[0], lang=lang)
        table = display.frame()
        assert display.base + table["contribution"].sum() == pytest.approx(
            explanation.log_odds.iloc[0]
        )
        assert hidden in set(table["indicator"])
        assert display.plot().figure is not None
    told = WaterfallDisplay.from_explanation(explanation[0], masked=False).frame()["indicator"]
    assert told.str.contains("domestic violence").any()


def test_a_beeswarm_holds_every_row_of_the_strongest_features(explanation: Explanation) -> None:
    display = BeeswarmDisplay.from_explanation(explanation, top=2, masked=False)
    table = display.frame()
    assert table["feature"].nunique() == 2
    strongest = explanation.unmasked.abs().mean().nlargest(2).index
    assert list(dict.fromkeys(table["feature"])) == list(strongest)
    assert len(table) == 400
    assert table["level"].max() <= 1
    assert len(BeeswarmDisplay.from_explanation(explanation, rows=50).frame()) == 150
    assert display.plot().figure is not None


def test_a_beeswarm_by_feature_ranks_numbers_and_no_categories(explanation: Explanation) -> None:
    table = BeeswarmDisplay.from_explanation(explanation).frame().set_index("feature")
    rent = explanation.matrix[:, 0]
    assert np.array_equal(table.loc["rent__now__ever", "value"], rent, equal_nan=True)
    assert table.loc["rent__now__ever", "level"].notna().sum() == np.sum(~np.isnan(rent))
    assert table.loc["borough", "value"].notna().all()
    assert table.loc["borough", "level"].isna().all()


@pytest.mark.parametrize("by", ["indicator", "family"])
def test_a_beeswarm_of_parts_takes_the_values_of_their_own_columns(
    study: tuple[RiskClassifier, pd.DataFrame], by: str, mended: Note
) -> None:
    model, X = study
    explanation = explain(model, X.head(200), by=by)
    display = BeeswarmDisplay.from_explanation(explanation)
    table = display.frame().set_index("feature")
    titles = {"indicator": "rent arrears (months)", "family": "housing"}
    single = table.loc[titles[by]]
    assert np.array_equal(single["value"], explanation.matrix[:, 0], equal_nan=True)
    assert np.array_equal(single["contribution"], explanation.contributions.iloc[:, 0])

    several = {"indicator": "sensitive information", "family": "other"}[by]
    assert table.loc[several, ["value", "level"]].isna().all(axis=None)
    assert display.plot().figure is not None
    mended(
        "pictures",
        tried=f"a beeswarm of contributions by {by}",
        before="each part coloured by another part's column",
        now=f"values known: {table['value'].notna().groupby(level=0, sort=False).any().to_dict()}",
    )


@pytest.mark.parametrize("by", ["indicator", "family"])
def test_what_needs_another_explanation_refuses_this_one(
    study: tuple[RiskClassifier, pd.DataFrame], by: str
) -> None:
    model, X = study
    explanation = explain(model, X.head(1), by=by)
    with pytest.raises(ConfigError, match="by='feature'"):
        DependenceDisplay.from_explanation(explanation, "rent__now__ever")
    if by == "family":
        with pytest.raises(ModelError, match="by='indicator'"):
            WaterfallDisplay.from_explanation(explanation)
    else:
        table = WaterfallDisplay.from_explanation(explanation).frame()
        assert explanation.base + table["contribution"].sum() == pytest.approx(
            explanation.log_odds.iloc[0]
        )


@pytest.mark.parametrize("feature", ["rent__now__ever", "borough"])
def test_dependence_holds_value_and_contribution(explanation: Explanation, feature: str) -> None:
    display = DependenceDisplay.from_explanation(explanation, feature)
    assert np.array_equal(display.frame()["contribution"], explanation.contributions[feature])
    assert display.plot().figure is not None


def test_a_feature_that_is_not_there_is_refused(explanation: Explanation) -> None:
    with pytest.raises(ConfigError, match="did you mean 'borough'"):
        DependenceDisplay.from_explanation(explanation, "boroug")


def test_stability_is_drawn_as_shares(explanation: Explanation) -> None:
    display = StabilityDisplay.from_stability(stability_of(explanation, explanation))
    assert display.frame()["share"].sum() == pytest.approx(1.0)
    assert display.mean == 1.0
    assert display.plot().figure is not None
