"""A published model: a function of one row, by numpy alone."""

from __future__ import annotations

import dataclasses
import hashlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from published_models import EXPLAINED, INDICATORS, households

from riskmodel import serving
from riskmodel.explanation import explain
from riskmodel.models import KINDS

LISTS = ("missing", "partly_missing", "no_value", "unseen", "impossible")


@pytest.mark.parametrize("kind", EXPLAINED)
def test_margins_are_the_models_bit_for_bit_and_scores_within_4_ulp(
    published: dict[str, SimpleNamespace], kind: str
) -> None:
    model, scorer, X = published[kind].model, published[kind].scorer, households(800, 7)
    found = scorer.score(X)
    assert np.array_equal(found["margin"], model.margin(X))
    assert np.array_equal(scorer.margin(model.encode(X)), model.margin(X))
    np.testing.assert_array_max_ulp(found["score"], model.predict_proba(X)[:, 1], maxulp=4)


@pytest.mark.parametrize("kind", EXPLAINED)
def test_contributions_are_those_of_explain(
    published: dict[str, SimpleNamespace], kind: str
) -> None:
    model, scorer, X = published[kind].model, published[kind].scorer, households(200, 8)
    slope = model.calibration_.slope
    expected = explain(model, X)
    assert (
        np.abs(slope * scorer.contributions(model.encode(X)) - expected.unmasked).to_numpy().max()
        < 1e-9
    )
    base = slope * float(scorer.tables["base"]) + model.calibration_.intercept
    assert base == pytest.approx(expected.base, abs=1e-12)


@pytest.mark.parametrize("kind", EXPLAINED)
def test_one_row_alone_gets_what_it_gets_in_a_batch(
    published: dict[str, SimpleNamespace], kind: str
) -> None:
    scorer, X = published[kind].scorer, households(25, 9)
    batch = scorer.score(X, lang="ko")
    for i in range(len(X)):
        alone = scorer.score(X.iloc[[i]], lang="ko")
        assert all(
            np.array_equal(alone[name][0], batch[name][i])
            for name in ("margin", "score", "percentile")
        )
        assert all(
            alone[name][0] == batch[name][i] for name in ("band", "reasons", "weaker", *LISTS)
        )


@pytest.mark.parametrize("kind", EXPLAINED)
def test_tables_whose_sums_are_not_the_score_are_refused(
    published: dict[str, SimpleNamespace], kind: str
) -> None:
    scorer = published[kind].scorer
    wrong = dataclasses.replace(
        scorer, tables={**scorer.tables, "base": scorer.tables["base"] + 1e-5}
    )
    with pytest.raises(serving.ServingError, match="do not add up to the score on 5 of 5 rows"):
        wrong.score(households(5))


def test_reasons_are_those_of_explain(published: dict[str, SimpleNamespace]) -> None:
    scorer, X = published["lightgbm"].scorer, households(100, 10)
    explanation = explain(published["lightgbm"].model, X)
    writer = serving.ReasonWriter(explanation.columns, INDICATORS)
    expected = writer.reasons(
        explanation.matrix, explanation.unmasked.to_numpy(), "en", 2, masked=True
    )
    found = scorer.score(X, top=2)
    assert found["reasons"] == expected.reasons
    assert np.array_equal(found["weaker"], expected.weaker)
    assert {r["code"] for reasons in expected.reasons for r in reasons} <= {
        "rent",
        "borough",
        "sensitive",
        "",
    }


def test_a_frame_columns_records_and_one_mapping_are_read_alike(
    published: dict[str, SimpleNamespace],
) -> None:
    scorer, X = published["lightgbm"].scorer, households(12, 11)
    plain = X.astype({"borough": str}).astype(object).where(X.notna(), None)
    records = [{"household_id": "ignored", **row} for row in plain.to_dict("records")]
    expected = scorer.score(X)["margin"]
    assert np.array_equal(scorer.score(records)["margin"], expected)
    assert np.array_equal(scorer.score(plain.to_dict("list"))["margin"], expected)
    assert np.array_equal(scorer.score(plain)["margin"], expected)
    assert np.array_equal(scorer.score(records[0])["margin"], expected[:1])


def test_an_unseen_category_is_missing_and_counted(published: dict[str, SimpleNamespace]) -> None:
    scorer, X = published["lightgbm"].scorer, households(3, 12).astype({"borough": object})
    X.loc[0, "borough"] = "elsewhere"
    X.loc[1, "borough"] = None
    found = scorer.score(X)
    assert found["unseen"] == [["borough"], [], []]
    assert ["borough" in names for names in found["no_value"]] == [False, True, False]
    assert not any("borough" in names for names in found["missing"])


def test_percentile_and_band_follow_the_margin(published: dict[str, SimpleNamespace]) -> None:
    found = published["lightgbm"].scorer.score(households(2000, 5))
    order = np.argsort(found["margin"])
    assert (np.diff(found["percentile"][order]) >= 0).all()
    assert set(found["band"]) == {"usual", "high"}
    assert found["band_text"] == found["band"]
    assert np.mean(np.array(found["band"]) == "high") == pytest.approx(0.1, abs=0.03)
    assert serving.percentile(np.array([-9.0, 5.0, 99.0]), [0.0, 5.0, 10.0, 15.0]).tolist() == [
        0.0,
        37.5,
        100.0,
    ]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"rent__now__ever": None}, "", ""),
        ({"rent__now__ever": "김철수 22"}, "serving.not_a_number", "column 'rent__now__ever'"),
        ({"power__count__6M": float("inf")}, "serving.infinite", "column 'power__count__6M'"),
        ({"drop": "borough"}, "serving.missing_columns", "borough"),
    ],
)
def test_bad_rows_are_refused_without_their_values(
    published: dict[str, SimpleNamespace], change: dict[str, Any], code: str, said: str
) -> None:
    row = households(1, 13).astype({"borough": str}).to_dict("records")[0]
    row = {k: v for k, v in (row | change).items() if k not in (change.get("drop"), "drop")}
    if not code:
        assert len(published["lightgbm"].scorer.score([row])["margin"]) == 1
        return
    with pytest.raises(serving.ServingError, match=said) as refusal:
        published["lightgbm"].scorer.score([row])
    assert refusal.value.code == code
    assert "김철수" not in str(refusal.value)


def test_a_language_that_is_not_there_is_refused(published: dict[str, SimpleNamespace]) -> None:
    with pytest.raises(serving.ServingError, match="Allowed: en, ko"):
        published["lightgbm"].scorer.score(households(1), lang="kr")


def test_every_evaluator_reads_the_tables_of_some_kind_and_no_kind_lacks_one() -> None:
    named = {kind.evaluator for kind in KINDS.values() if kind.evaluator}
    assert set(serving.EVALUATORS) == named


def test_a_band_keeps_its_name_and_is_written_in_the_language(
    published: dict[str, SimpleNamespace],
) -> None:
    X = households(200, 5)
    scorer = published["lightgbm"].scorer
    korean, english = scorer.score(X, lang="ko"), scorer.score(X, lang="en")
    assert korean["band"] == english["band"]
    written = {"usual": "보통", "high": "높음"}
    assert korean["band_text"] == [written[name] for name in korean["band"]]


@pytest.mark.parametrize("kind", EXPLAINED)
def test_a_row_alone_and_among_many_gets_the_same_bits(
    kind: str, published: dict[str, SimpleNamespace]
) -> None:
    scorer = published[kind].scorer
    X = scorer.matrix(households(450, 21)).X
    margin, contributions = scorer.margin(X), scorer.contributions(X)
    for rows in (slice(0, 1), slice(7, 17), slice(100, 300), slice(100, 301)):
        assert np.array_equal(scorer.margin(X[rows]), margin[rows])
        assert np.array_equal(scorer.contributions(X[rows]), contributions[rows])
    shuffled = np.random.default_rng(0).permutation(len(X))
    assert np.array_equal(scorer.contributions(X[shuffled]), contributions[shuffled])


@pytest.mark.parametrize(("lang", "text"), [("en", "not delivered"), ("ko", "자료 미입수")])
def test_a_row_of_which_nothing_was_delivered_is_marked(
    lang: str, text: str, published: dict[str, SimpleNamespace]
) -> None:
    scorer = published["lightgbm"].scorer
    names = [column["name"] for column in scorer.columns]
    nothing = dict.fromkeys(names)
    rows = [nothing, nothing | {"borough": "north"}, nothing | {"power__count__6M": 0.0}]
    scored = scorer.score(rows, lang=lang)
    assert scored["band"][:2] == ["undelivered", "undelivered"]
    assert scored["band"][2] != "undelivered"
    assert scored["band_text"][:2] == [text, text]
    assert [reasons[0]["text"] for reasons in scored["reasons"]][:2] == [text, text]
    assert all(scored["missing"][:2])


def test_an_indicator_of_which_some_figures_are_missing_is_named(
    published: dict[str, SimpleNamespace],
) -> None:
    scorer, X = published["lightgbm"].scorer, households(3, 12)
    recency = X["power__recency__ever"].mask([True, False, True])
    count = X["power__count__6M"].mask([False, False, True])
    sent = X.assign(power__recency__ever=recency, power__count__6M=count)
    scored = scorer.score(sent, masked=False)
    assert scored["partly_missing"] == [["power cut"], [], []]
    assert "power cut" not in scored["missing"][0]
    assert "power cut" in scored["missing"][2]
    assert scorer.score(sent)["partly_missing"][0] == ["sensitive information"]


def test_the_answer_says_which_artefact_gave_it(published: dict[str, SimpleNamespace]) -> None:
    folder = published["lightgbm"].folder
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    scored = serving.read(folder).score(households(3, 2))
    assert scored["digest"] == [digest] * 3
