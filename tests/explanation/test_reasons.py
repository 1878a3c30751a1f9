"""Reasons: in both languages, masked, never about what is not in the record, never about causes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, ModelError
from riskmodel.models import RiskClassifier
from riskmodel.panel.specs.aggregates import wording_of
from riskmodel.serving import LANGUAGES, ReasonWriter

INDICATORS = {
    "nhi": {
        "ko": "건강보험료 체납",
        "en": "health insurance arrears",
        "kind": "state",
        "unit": "months",
    },
    "cut": {"ko": "단전", "en": "power cut", "direction": 1},
    "loss": {"ko": "자살 시도", "en": "suicide attempt", "sensitivity": "suicide", "direction": 1},
    "income": {"ko": "소득", "en": "income", "kind": "reading", "unit": "KRW", "direction": -1},
}


def column(
    name: str,
    indicator: str = "",
    aggregate: str = "",
    direction: int = 0,
    categories: list[str] | None = None,
    window: str = "",
) -> dict[str, Any]:
    """Return a column as an artefact describes it."""
    kind = INDICATORS.get(indicator, {}).get("kind", "event") if indicator else None
    return {
        "name": name,
        "indicator": indicator,
        "aggregate": aggregate,
        "window": window,
        "direction": direction,
        "categories": categories,
        **wording_of(aggregate, kind, direction)._asdict(),
    }


COLUMNS = [
    column("nhi__now", "nhi", "now", 1),
    column("nhi__spell", "nhi", "spell", 1),
    column("cut__count", "cut", "count", 1),
    column("cut__trend", "cut", "trend"),
    column("cut__recency", "cut", "recency", 1),
    column("loss__ever", "loss", "ever", 1),
    column("income__last", "income", "last", -1),
    column("rooms", direction=1),
    column("borough", categories=["north", "south"]),
]
WRITER = ReasonWriter(COLUMNS, INDICATORS)
NOTHING = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, np.nan, 0.0, np.nan])
CAUSAL = ("because", "cause", "due to", "led to", "때문", "으로 인해", "원인")


def told(x: np.ndarray, phi: np.ndarray, lang: str = "en", masked: bool = True) -> list[str]:
    (reasons,) = WRITER.reasons(x[None], phi[None], lang, 9, masked=masked).reasons
    return [reason["text"] for reason in reasons]


def with_value(**values: float) -> np.ndarray:
    names = [c["name"] for c in COLUMNS]
    x = NOTHING.copy()
    for name, value in values.items():
        x[names.index(name)] = value
    return x


@pytest.mark.parametrize(
    ("values", "ko", "en"),
    [
        ({"nhi__now": 22.0}, "건강보험료 22개월 체납", "22 months of health insurance arrears"),
        ({"nhi__now": 1.0}, "건강보험료 1개월 체납", "1 month of health insurance arrears"),
        ({"cut__count": 1.0}, "단전", "power cut"),
        (
            {"cut__count": 3.0, "cut__recency": 0.5},
            "단전 3회 (180일 전)",
            "power cut, 3 times, last 180 days ago",
        ),
        ({"income__last": 1_250_000.0}, "소득 1,250,000원", "income 1,250,000 KRW"),
        ({"rooms": 4.0}, "rooms 4", "rooms 4"),
        ({"borough": 1.0}, "borough south", "borough south"),
        ({"loss__ever": 1.0}, "민감 정보", "sensitive information"),
        ({}, "두드러진 신호 없음", "nothing stands out"),
    ],
)
def test_reasons_say_how_much_how_often_and_how_long_ago(
    values: dict[str, float], ko: str, en: str
) -> None:
    x = with_value(**values)
    phi = np.where(x > 0, 1.0, 0.0)
    assert told(x, phi, "ko") == [ko]
    assert told(x, phi, "en") == [en]


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        (["12M", "3M", "ever"], "power cut, 4 times within 3 months"),
        (["12M", "60D", "3M"], "power cut, 4 times within 60 days"),
        (["ever"], "power cut, 4 times"),
    ],
)
def test_of_windows_that_contribute_the_same_the_shortest_is_told(
    windows: list[str], expected: str
) -> None:
    columns = [column(f"cut__count__{w}", "cut", "count", 1, window=w) for w in windows]
    writer = ReasonWriter(columns, INDICATORS)
    x = np.full((1, len(windows)), 4.0)
    assert writer.reasons(x, x, "en", 1, masked=True).reasons[0][0]["text"] == expected


def test_a_sensitive_indicator_is_told_only_when_asked_for() -> None:
    x, phi = with_value(loss__ever=1.0), np.full(9, 0.5)
    hidden = WRITER.reasons(x[None], phi[None], "en", 3, masked=True).reasons[0][0]
    assert "suicide" not in str(hidden)
    assert "loss" not in str(hidden)
    assert told(x, phi, masked=False) == ["suicide attempt"]


def test_a_reading_of_nothing_is_told_as_such() -> None:
    x = with_value(income__last=0.0)
    phi = np.where(np.arange(9) == 6, 1.0, 0.0)
    assert told(x, phi) == ["income 0 KRW"]
    assert told(with_value(income__last=-3.25), phi, "ko") == ["소득 -3.25원"]


def test_a_trend_alone_is_no_evidence() -> None:
    assert told(with_value(cut__trend=2.0), np.full(9, 1.0)) == ["nothing stands out"]


@settings(max_examples=200, deadline=None)
@given(
    x=arrays(float, 9, elements=st.sampled_from([0.0, 1.0, 3.0, -2.0, float("nan")])),
    phi=arrays(float, 9, elements=st.floats(-3, 3)),
    lang=st.sampled_from(["en", "ko"]),
)
def test_a_reason_never_names_what_is_not_in_the_record(
    x: np.ndarray, phi: np.ndarray, lang: str
) -> None:
    x[8] = np.where(np.isnan(x[8]), np.nan, 1.0)
    told = WRITER.reasons(x[None], phi[None], lang, 3, masked=False)
    (reasons,) = told.reasons
    present = {
        "nhi": (x[:2] > 0).any(),
        "cut": (x[[2, 4]] > 0).any(),
        "loss": x[5] > 0,
        "income": not np.isnan(x[6]),
        "rooms": x[7] > 0,
        "borough": not np.isnan(x[8]),
        "": True,
    }
    assert all(present[reason["code"]] for reason in reasons)
    assert all(reason["contribution"] > 0 or not reason["code"] for reason in reasons)
    strengths = [reason["contribution"] for reason in reasons]
    assert strengths == sorted(strengths, reverse=True)
    assert 1 <= len(reasons) <= 3
    totals = np.round(WRITER.totals(phi[None])[0], 6)
    in_record = np.array([present[key] for key in WRITER.keys])
    raising = int((in_record & (totals > 0)).sum())
    assert raising == told.weaker[0] + sum(bool(reason["code"]) for reason in reasons)
    told_nothing = reasons[0]["code"] == ""
    assert told_nothing == (round(totals[in_record & (totals > 0)].sum(), 6) < 0.01)


def weaker(x: np.ndarray, phi: np.ndarray, top: int) -> int:
    return int(WRITER.reasons(x[None], phi[None], "en", top, masked=True).weaker[0])


def test_a_reason_is_told_however_small_beside_the_first(mended: Note) -> None:
    x = with_value(nhi__now=3.0, cut__count=1.0, income__last=900.0, rooms=4.0)
    phi = np.zeros(9)
    phi[[0, 2, 6, 7]] = 4.0, 0.02, 0.01, 0.001
    texts = told(x, phi)
    assert texts == [
        "3 months of health insurance arrears",
        "power cut",
        "income 900 KRW",
        "rooms 4",
    ]
    assert [weaker(x, phi, top) for top in (1, 2, 3, 4)] == [3, 2, 1, 0]
    mended(
        "reasons",
        tried="contributions 4, .02, .01, .001 log-odds",
        before="1 reason, no word of the others",
        now=f"{len(texts)} reasons; a list of 3 tells {weaker(x, phi, 3)} weaker one",
    )


@pytest.mark.parametrize(
    ("contributions", "expected"),
    [([0.006, 0.004], 2), ([0.006, 0.003999], 0), ([0.01], 1), ([0.009999], 0), ([-1.0, 0.5], 1)],
)
def test_nothing_stands_out_only_where_the_sum_is_under_a_hundredth(
    contributions: list[float], expected: int, mended: Note
) -> None:
    x, phi = with_value(nhi__now=3.0, cut__count=1.0), np.zeros(9)
    phi[[0, 2][: len(contributions)]] = contributions
    texts = told(x, phi)
    assert (len(texts) if texts != ["nothing stands out"] else 0) == expected
    assert weaker(x, phi, 9) == sum(c > 0 for c in contributions) - expected
    mended(
        "reasons",
        tried=f"contributions {contributions}",
        before="'several weak signs' for what is below a hundredth or a tenth of the sum",
        now=f"{texts}, {weaker(x, phi, 9)} weaker",
    )


@pytest.mark.parametrize(
    ("windows", "carrier", "expected"),
    [
        ({"3M": 2, "12M": 12, "ever": 103}, "12M", "power cut, 12 times within 12 months"),
        ({"3M": 2, "12M": 12, "ever": 103}, "ever", "power cut, 103 times"),
        ({"3M": 2, "12M": 12, "ever": 103}, "3M", "power cut, 2 times within 3 months"),
        ({"1M": 2, "ever": 103}, "1M", "power cut, 2 times within 1 month"),
        ({"1D": 1, "ever": 103}, "1D", "power cut, recorded within 1 day"),
    ],
)
def test_the_window_that_carries_most_of_the_contribution_is_told(
    windows: dict[str, int], carrier: str, expected: str, mended: Note
) -> None:
    columns = [column(f"cut__count__{w}", "cut", "count", 1, window=w) for w in windows]
    phi = np.array([[1.3 if w == carrier else 0.2 for w in windows]])
    x = np.array([[*windows.values()]], float)
    told = ReasonWriter(columns, INDICATORS).reasons(x, phi, "en", 1, masked=True)
    text = told.reasons[0][0]["text"]
    assert text == expected
    mended(
        "reasons",
        tried=f"counts {windows}, most of the contribution by {carrier}",
        before=f"the count of the last column, the shortest window: {windows}",
        now=text,
    )


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (
            {"max__12M": 22.0, "sum__3M": 4.0},
            "4 months of health insurance arrears added up, recorded within 3 months",
        ),
        (
            {"sum__3M": 4.0, "max__12M": 22.0},
            "22 months of health insurance arrears, recorded within 12 months",
        ),
        (
            {"now": 1.0, "max__12M": 22.0},
            "22 months of health insurance arrears, recorded within 12 months",
        ),
        ({"max__12M": 22.0, "now": 1.0}, "1 month of health insurance arrears"),
    ],
)
def test_an_amount_is_told_with_the_window_of_its_own_column(
    held: dict[str, float], expected: str, mended: Note
) -> None:
    columns = []
    for name in held:
        aggregate, _, window = name.partition("__")
        columns.append(column(name, "nhi", aggregate, 1, window=window))
    x, phi = np.array([[*held.values()]]), np.linspace(0.1, 1.0, len(held))[None]
    told = ReasonWriter(columns, INDICATORS).reasons(x, phi, "en", 1, masked=True)
    text = told.reasons[0][0]["text"]
    assert text == expected
    mended(
        "reasons",
        tried=f"amounts {held}, most of the contribution by the last",
        before="the amount of the preferred aggregate with the shortest window of any column",
        now=text,
    )


def test_contributions_by_indicator_do_not_show_a_window(study: SimpleNamespace) -> None:
    found = rm.explain(study.models["lightgbm"], study.test.X.head(3), by="indicator")
    with pytest.raises(ModelError, match=r"explain the rows by feature.*\[explanation.by\]"):
        found.reasons()


def test_what_was_not_delivered_is_named() -> None:
    x = with_value(nhi__now=np.nan, nhi__spell=np.nan)
    seen = np.zeros((1, len(WRITER.keys)), bool)
    assert WRITER.gaps(x[None], seen, "en", masked=True).missing == [["health insurance arrears"]]
    assert WRITER.gaps(x[None], seen, "ko", masked=True).no_value == [["소득", "borough"]]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_table_has_one_row_a_household(study: SimpleNamespace, lang: str) -> None:
    table = rm.explain(study.models["lightgbm"], study.test).reasons(top=2, lang=lang)
    names = [
        "reason_1",
        "contribution_1",
        "reason_2",
        "contribution_2",
        "weaker",
        "missing",
        "no_value",
        "unseen",
    ]
    assert list(table) == names
    assert table.index.equals(study.test.X.index)
    assert table["reason_1"].ne("").all()
    assert table["reason_2"].ne("").equals(table["contribution_2"].notna())
    assert not table["reason_1"].str.contains("|".join(CAUSAL), case=False).any()


def test_every_indicator_told_is_in_the_simulated_record(study: SimpleNamespace) -> None:
    explanation = rm.explain(study.models["lightgbm"], study.test)
    found = explanation.reason_writer.reasons(
        explanation.matrix, explanation.unmasked.to_numpy(), "en", 3, masked=False
    )
    X = study.test.X
    for row, reasons in zip(range(len(X)), found.reasons, strict=True):
        for code in {reason["code"] for reason in reasons} - {"", "household_type"}:
            own = [c for c in X if c.startswith(f"{code}__") and "trend" not in c]
            assert (X.iloc[row][own].astype(float) > 0).any()


def test_reasons_lead_where_risk_is_high(study: SimpleNamespace) -> None:
    explanation = rm.explain(study.models["lightgbm"], study.test)
    weak = explanation.reasons()["reason_1"].eq("nothing stands out")
    assert explanation.log_odds[weak].mean() < explanation.log_odds[~weak].mean()


def test_a_language_that_is_not_there_is_refused(study: SimpleNamespace) -> None:
    explanation = rm.explain(study.models["lightgbm"], study.test.X.head(2))
    with pytest.raises(ConfigError, match="Allowed: en, ko"):
        explanation.reasons(lang="kr")
    with pytest.raises(ConfigError, match="top is 0"):
        explanation.reasons(top=0)


def test_every_catalogued_indicator_has_both_languages(study: SimpleNamespace) -> None:
    catalogue = study.panel.recipe.catalogue
    for code, indicator in catalogue.items():
        texts = {
            written.amount(indicator.name(lang), 2.0, indicator.unit)
            for lang, written in LANGUAGES.items()
        }
        assert len(texts) == len(LANGUAGES), code


def test_no_rows_have_no_reasons(study: SimpleNamespace) -> None:
    table = rm.explain(study.models["lightgbm"], study.test.X.iloc[:0]).reasons()
    assert isinstance(table, pd.DataFrame)
    assert len(table) == 0


def test_a_plain_classifier_fitted_on_a_panel_masks_what_is_sensitive(
    study: SimpleNamespace,
) -> None:
    model = RiskClassifier(seeds=1, n_estimators=60, num_leaves=8).fit(study.train)
    violence = study.test.X["domestic_violence__count__ever"] > 0
    reasons = rm.explain(model, study.test.X[violence]).reasons(top=5)
    texts = reasons.filter(like="reason_").to_numpy().astype(str)
    assert (texts == "sensitive information").any()
    assert not any("violence" in text for text in texts.ravel())
