"""Each column is told in the words of each language, in `features.json` and on the card."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import riskmodel as rm
from riskmodel import serving
from riskmodel.indicators import Catalogue
from riskmodel.models.column_entries import entries_of
from riskmodel.panel import Agg, Attribute, Features, Kinds
from riskmodel.panel.specs.aggregates import AGGREGATES
from riskmodel.serving import LANGUAGES, ServingError, column_words

GOLDEN = Path(__file__).with_name("golden") / "schema_2_linear"
RISKY = {"direction": 1, "family": "housing"}
CATALOGUE = Catalogue.read(
    {
        "rent": {**RISKY, "en": "rent arrears", "ko": "임대료 체납", "unit": "months"},
        "notice": {**RISKY, "en": "notice to leave", "ko": "퇴거 통보"},
        "debt": {"kind": "state", "en": "debt", "unit": "KRW"},
        "income": {"kind": "reading", "ko": "소득", "unit": "KRW"},
    }
)


def words_of(items: list[Agg | Kinds | Attribute]) -> dict[str, dict[str, str]]:
    columns = entries_of(Features(items).columns(CATALOGUE), CATALOGUE)
    return {one["name"]: column_words(one, CATALOGUE.to_dict()) for one in columns}


@pytest.mark.parametrize("name", AGGREGATES)
def test_every_aggregate_of_every_kind_is_told_in_every_language(name: str) -> None:
    aggregate = AGGREGATES[name]
    spans = {"any": ("6M", "ever"), "halves": ("6M",), "none": ("ever",)}[aggregate.window]
    codes = [code for code in CATALOGUE if CATALOGUE[code].kind in aggregate.aspects]
    told = words_of([Agg(name, codes, spans)])
    assert len(told) == len(codes) * len(spans)
    in_unit = {
        code
        for code in codes
        if CATALOGUE[code].unit and (name != "trend" or CATALOGUE[code].kind == "reading")
    }
    for lang, of_unit in (("en", ", in "), ("ko", "(단위: ")):
        texts = [words[lang] for words in told.values()]
        assert len(set(texts)) == len(texts), "no two columns are told as the same"
        names = {column for column, words in told.items() if of_unit in words[lang]}
        codes_told = {column.split("__")[0] for column in names}
        assert codes_told == (in_unit if aggregate.reads_value else set())


def test_a_column_is_told_by_name_window_and_unit() -> None:
    told = words_of(
        [
            Agg.count("rent", ["1M", "60D", "ever"]),
            Agg.max("rent", "12M"),
            Agg.trend(["rent", "income"], "12M"),
            Agg.change(["debt", "income"], "6M"),
            Agg.spell("debt"),
            Kinds("housing", spans="6M"),
            Attribute("household type"),
        ]
    )
    english = [words["en"] for words in told.values()]
    assert english == [
        "rent arrears: how many times recorded in the 1 month before the date",
        "rent arrears: how many times recorded in the 60 days before the date",
        "rent arrears: how many times recorded at any time before the date",
        "rent arrears: largest value in the 12 months before the date, in months",
        "rent arrears: times recorded in the 12 months before the date, later half less earlier "
        "half",
        "소득: mean value in the 12 months before the date, later half less earlier half, in KRW",
        "debt: level in the newest delivery less that in the first in the 6 months before the "
        "date, in KRW",
        "소득: latest value less the earliest in the 6 months before the date, in KRW",
        "debt: for how many months every delivery up to the newest has held the household",
        "kinds of housing trouble: how many recorded in the 6 months before the date",
        "household_type: as known before the date",
    ]
    korean = {name: words["ko"] for name, words in told.items()}
    assert korean["rent__max__12M"] == "임대료 체납: 기준일 전 12개월 값 중 가장 큰 값(단위: 개월)"
    assert korean["housing__kinds__6M"] == "주거 위기정보 종류 수: 기준일 전 6개월의 기록"


def test_a_reader_tells_the_columns_of_versions_that_do_not_hold_the_words() -> None:
    scorer = serving.read(GOLDEN)
    assert "words" not in scorer.columns[0]
    told = scorer.words("en")
    assert list(told) == [column["name"] for column in scorer.columns]
    assert told["crisis__count__6M"].startswith("crisis confirmed: how many times recorded")
    assert scorer.words() == told
    assert scorer.words("ko")["crisis__count__6M"] == "위기 확인: 기준일 전 6개월의 기록 횟수"
    with pytest.raises(ServingError, match="Allowed: en, ko"):
        scorer.words("vi")


def test_an_artefact_and_its_card_hold_the_words(tmp_path: Path) -> None:
    records = rm.make_households(300, random_state=1)
    label = rm.Label("crisis", window="6M", maturity="2M")
    features = Features([Agg.count("loan_overdue", "6M"), Agg.now("nhi_arrears")])
    panel = rm.build_panel(records, records.rounds, label, features=features)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.RiskClassifier(kind="logistic").fit(train)
    rm.save(model, rm.evaluate(model, test, capacity=0.1), tmp_path / "artefact")

    written = json.loads((tmp_path / "artefact" / "features.json").read_text(encoding="utf-8"))
    scorer = serving.read(tmp_path / "artefact")
    for lang in LANGUAGES:
        words = {column["name"]: column["words"][lang] for column in written["columns"]}
        assert words == scorer.words(lang)
    card = rm.open(tmp_path / "artefact").card
    assert pd.DataFrame(card.columns).set_index("column")["en"].to_dict() == scorer.words("en")
    for page in (card.markdown("ko"), card.html("ko")):
        assert "변수 설명" in page
        assert scorer.words("ko")["loan_overdue__count__6M"] in page
