"""A frame with a catalogue: its columns are named in reasons, displays, the card and a version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import PanelError
from riskmodel.indicators import Catalogue
from riskmodel.panel import Panel

CATALOGUE: dict[str, dict[str, Any]] = {
    "arrears (rent)": {
        "en": "rent arrears",
        "ko": "임대료 체납",
        "unit": "months",
        "direction": 1,
        "family": "housing",
    },
    "inc": {"en": "income", "ko": "소득", "unit": "KRW", "direction": -1, "agency": "tax office"},
    "viol": {"en": "violence reports", "ko": "폭력 신고", "sensitivity": "violence"},
    "kind": {"en": "household type", "ko": "가구 유형"},
}
NAMES: dict[str, Any] = {"household_id": "id", "as_of_date": "day", "y": "y"}


def frame(n: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    arrears, violence = rng.poisson(1.0, n), rng.poisson(0.3, n)
    days = pd.to_datetime(["2023-01-01", "2023-07-01", "2024-01-01"])
    return pd.DataFrame(
        {
            "id": [f"H{i % (n // 3)}" for i in range(n)],
            "day": np.repeat(days, n // 3),
            "arrears (rent)": arrears,
            "inc": rng.integers(900, 2_000, n) * 1_000,
            "viol": violence,
            "kind": rng.choice(["couple", "single"], n),
            "y": (rng.random(n) < 0.05 + 0.15 * arrears + 0.1 * violence).astype(int),
        }
    )


@pytest.fixture(scope="module")
def panel() -> Panel:
    label = rm.Label("crisis", window="6M")
    return Panel.from_frame(frame(), **NAMES, categories=["kind"], label=label, catalogue=CATALOGUE)


@pytest.fixture(scope="module")
def model(panel: Panel) -> rm.RiskClassifier:
    train, _ = rm.TemporalSplit(test_rounds=1).last(panel)
    return rm.make_classifier(panel, kind="logistic").fit(train)


def test_its_columns_are_named_with_their_units(
    panel: Panel, model: rm.RiskClassifier, mended: Note
) -> None:
    row = panel.X.iloc[[0]].assign(arrears_rent=22.0, viol=0.0, inc=900_000.0, kind="single")
    explanation = rm.explain(model, row.astype(panel.X.dtypes))
    texts = {lang: explanation.reasons(lang=lang)["reason_1"].item() for lang in ("en", "ko")}
    assert texts == {"en": "rent arrears 22 months", "ko": "임대료 체납 22개월"}
    drawn = rm.displays.WaterfallDisplay.from_explanation(explanation, lang="ko").frame()
    assert {"임대료 체납 22개월", "소득 900,000원"} <= set(drawn["indicator"])
    assert "가구 유형 single" in set(drawn["indicator"])
    mended(
        "reasons",
        tried="a frame's column of 22 months, catalogue= of from_frame",
        before="no catalogue=; 'arrears_rent 22'",
        now=texts,
    )


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "rent arrears 1 month"), (2.0, "rent arrears 2 months")]
)
def test_one_of_a_unit_is_no_plural(
    panel: Panel, model: rm.RiskClassifier, value: float, text: str
) -> None:
    row = panel.X.iloc[[0]].assign(arrears_rent=value).astype(panel.X.dtypes)
    assert text in set(
        rm.displays.WaterfallDisplay.from_explanation(rm.explain(model, row)).table["indicator"]
    )


def test_what_it_calls_sensitive_is_masked(panel: Panel, model: rm.RiskClassifier) -> None:
    explanation = rm.explain(model, panel.X[panel.X["viol"] > 1])
    told = explanation.reasons(top=4).filter(like="reason_").to_numpy().astype(str)
    assert (told == "sensitive information").any()
    assert not any("viol" in text for text in told.ravel())
    assert "violence" not in repr(explanation[0])


def test_its_directions_hold_unless_others_are_given(panel: Panel) -> None:
    assert panel.directions == {"arrears_rent": 1, "inc": -1, "viol": 0, "kind": 0}
    other = Panel.from_frame(
        frame(), **NAMES, categories=["kind"], catalogue=CATALOGUE, directions={"inc": 0}
    )
    assert other.directions["inc"] == 0
    assert other.directions["arrears_rent"] == 1


def test_the_card_a_version_and_a_file_keep_it(
    panel: Panel, model: rm.RiskClassifier, tmp_path: Path
) -> None:
    _, test = rm.TemporalSplit(test_rounds=1).last(panel)
    facts = {"population": {"who": "families with a case"}, "data": {"source": "made up"}}
    judged = rm.evaluate(model, test)
    opened = rm.open(rm.save(model, judged, tmp_path / "artefact", facts=facts))
    named = {fact["code"]: fact for fact in opened.card.features}
    assert named["arrears_rent"]["name"] == "rent arrears"
    assert named["arrears_rent"]["ko"] == "임대료 체납"
    assert named["inc"]["agency"] == "tax office"

    ours, theirs = (rm.explain(one, test).reasons(lang="ko") for one in (model, opened))
    pd.testing.assert_frame_equal(ours, theirs)
    scored = opened.scorer.score(test.X, lang="ko")
    assert [reasons[0]["text"] for reasons in scored["reasons"]] == ours["reason_1"].tolist()
    assert scored["weaker"].tolist() == ours["weaker"].tolist()
    assert opened.unfitted().fit(panel).catalogue_ == model.catalogue_

    panel.to_parquet(tmp_path / "panel.parquet")
    assert Panel.read_parquet(tmp_path / "panel.parquet").catalogue == panel.catalogue


def test_displays_of_a_column_name_it(panel: Panel, model: rm.RiskClassifier) -> None:
    explanation = rm.explain(model, panel.X.head(50))
    dependence = rm.displays.DependenceDisplay.from_explanation(explanation, "inc")
    assert dependence.feature == "income (KRW)"
    swarm = rm.displays.BeeswarmDisplay.from_explanation(explanation).frame()
    assert {"rent arrears (months)", "income (KRW)", "household type"} <= set(swarm["feature"])


def test_it_is_read_from_a_file_and_from_a_catalogue(tmp_path: Path, panel: Panel) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text("inc: {en: income, ko: 소득, unit: KRW}\n", encoding="utf-8")
    for given in (path, str(path), Catalogue.read(path)):
        made = Panel.from_frame(frame(), **NAMES, categories=["kind"], catalogue=given)
        assert made.catalogue["inc"].name("ko") == "소득"
    assert list(panel.catalogue) == ["arrears_rent", "inc", "viol", "kind"]


def test_a_column_that_the_frame_lacks_is_refused_and_one_that_is_no_feature_is_left_out() -> None:
    with pytest.raises(PanelError, match=r"describes 'incom'.*did you mean 'inc'") as refusal:
        Panel.from_frame(frame(), **NAMES, categories=["kind"], catalogue={"incom": {"en": "a"}})
    assert refusal.value.code == "frame.catalogue"
    made = Panel.from_frame(frame(), **NAMES, features=["inc"], catalogue=CATALOGUE)
    assert list(made.catalogue) == ["inc"]
