"""The number of kinds of trouble at every door: model, artefact, reader, list, trace, card."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel import serving
from riskmodel.models import columns_of
from riskmodel.scoring import score_round

CODES = {"rent": "rent arrears", "notice": "notice to quit", "heat": "no heating"}
CATALOGUE = {
    **{code: {"en": en, "family": "housing", "direction": 1} for code, en in CODES.items()},
    "harm": {"en": "self-harm", "family": "housing", "direction": 1, "sensitivity": "suicide"},
    "loan": {"en": "loan overdue", "family": "finance", "direction": 1},
    "crisis": {"en": "crisis", "family": "other"},
}
DAY = "2024-01-01"
KEY = "housing__kinds"


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    """Crises follow the number of kinds of housing trouble, and nothing else."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2022-01-01", "2023-12-01", freq="MS")
    rows = []
    for household in range(400):
        for day in days:
            found = [code for code in (*CODES, "harm", "loan") if rng.random() < 0.12]
            moved = [day + pd.Timedelta(days=int(n)) for n in rng.integers(28, size=len(found))]
            rows += [(household, *one) for one in zip(found, moved, strict=True)]
            number = len({*CODES} & {*found})
            if rng.random() < (0.01, 0.03, 0.6, 0.95)[number]:
                rows.append((household, "crisis", day + pd.Timedelta(days=35)))
    events = pd.DataFrame(rows, columns=["household_id", "code", "event_date"])
    events["household_id"] = events["household_id"].map("H{:04d}".format)
    known = events["event_date"] + pd.Timedelta(days=1)
    records = rm.Records.from_frames(
        events.assign(known_date=known), today="2024-06-01", catalogue=CATALOGUE
    )
    rounds = pd.date_range("2022-07-01", "2023-10-01", freq="3MS")
    panel = rm.build_panel(records, rounds, rm.Label("crisis", window="2M", maturity="0D"))
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, seeds=1, n_estimators=40).fit(train)
    return SimpleNamespace(records=records, panel=panel, test=test, model=model)


@pytest.fixture(scope="module")
def folder(study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    evaluation = rm.evaluate(study.model, study.test, capacity=0.1)
    return rm.save(study.model, evaluation, tmp_path_factory.mktemp("kinds") / "artefact")


def test_the_model_rests_on_the_column_and_never_falls_with_it(study: SimpleNamespace) -> None:
    explained = rm.explain(study.model, study.test)
    assert KEY in explained.summary().index[:3]
    more = study.test.X.copy()
    names = [column.name for column in study.panel.columns if column.codes]
    more[names] += 1
    assert (study.model.margin(more) >= study.model.margin(study.test.X)).all()


def test_by_family_it_belongs_to_its_family(study: SimpleNamespace) -> None:
    explained = rm.explain(study.model, study.test)
    own = explained.by_indicator(masked=False)
    of_housing = own[[KEY, *CODES, "harm"]].sum(axis=1)
    pd.testing.assert_series_equal(
        explained.by_family()["housing"], of_housing, check_names=False, atol=1e-9
    )
    summed = rm.explain(study.model, study.test, by="family")
    np.testing.assert_allclose(summed.by_family()["housing"], of_housing, atol=1e-9)
    tidy = explained.frame()
    of_column = tidy[tidy["feature"] == "housing__kinds__1M"]
    assert set(of_column["indicator"]) == {KEY}
    assert "sensitive information" in explained.by_indicator()


def test_reader_and_loaded_model_say_what_the_fitted_one_says(
    study: SimpleNamespace, folder: Path
) -> None:
    scorer, loaded = serving.read(folder), rm.open(folder)
    assert loaded.columns_ == study.model.columns_
    row = study.test.X
    told = scorer.score(row, lang="en", top=3)
    np.testing.assert_allclose(told["margin"], study.model.margin(row), atol=1e-12)
    for lang in ("en", "ko"):
        fitted = rm.explain(study.model, row).reasons(lang=lang)
        pd.testing.assert_frame_equal(rm.explain(loaded, row).reasons(lang=lang), fitted)
        found = scorer.score(row, lang=lang, top=3)["reasons"]
        assert [reasons[0]["text"] for reasons in found] == fitted["reason_1"].tolist()
    first = {reason["text"] for reasons in told["reasons"] for reason in reasons}
    assert any(text.startswith("2 kinds of housing trouble in ") for text in first)
    assert not any("self-harm" in text for text in first)


@pytest.mark.parametrize(
    ("lang", "known", "unknown"),
    [
        ("en", "1 kind of housing trouble in 6 months (rent arrears)", "1 kind of housing trouble"),
        ("ko", "최근 6개월 주거 위기정보 1종(rent arrears)", "주거 위기정보 1종"),
    ],
)
def test_a_single_kind_is_called_by_its_name_where_its_count_tells_it(
    study: SimpleNamespace, lang: str, known: str, unknown: str
) -> None:
    columns = columns_of(study.model)
    writer = serving.ReasonWriter(columns, study.model.catalogue_.to_dict())
    names = [column["name"] for column in columns]
    for window, told in {"6M": known, "ever": unknown}.items():
        row, parts = np.zeros((1, len(names))), np.zeros((1, len(names)))
        row[0, [names.index(f"{KEY}__{window}"), names.index("rent__count__6M")]] = 1
        parts[0, names.index(f"{KEY}__{window}")] = 1
        ((reason,),) = writer.reasons(row, parts, lang, 1, masked=True).reasons
        assert reason == {"code": KEY, "text": told, "contribution": 1}


def test_a_sensitive_fact_moves_no_number_of_kinds(study: SimpleNamespace) -> None:
    """Whoever sees the other reasons cannot tell that there is one more."""
    events = study.records.events
    without = rm.Records.from_frames(
        events[events["code"] != "harm"], today="2024-06-01", catalogue=CATALOGUE
    )
    rows = study.test.X.index.to_frame(index=False)
    again = rm.build_panel(without, rows, None, features=study.panel.recipe.features)
    names = [column.name for column in study.panel.columns if column.codes]
    pd.testing.assert_frame_equal(again.X[names], study.test.X[names])


def test_list_trace_and_card_tell_it(study: SimpleNamespace, folder: Path) -> None:
    listed = score_round(study.model, study.records, DAY, capacity=20)
    assert listed.table["reason_1"].str.contains("of housing trouble in").any()

    household = str(listed.table["household_id"].iloc[0])
    trace = rm.trace(study.model, study.records, DAY, household)
    features = trace.features.set_index("feature")
    assert set(features.loc[[f"{KEY}__1M"], "indicator"]) == {"kinds of housing trouble"}
    assert "kinds of housing trouble" in set(trace.contributions["indicator"])

    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    (entry,) = (one for one in card["features"] if one["code"] == KEY)
    assert entry["name"] == "kinds of housing trouble"
    assert (entry["family"], entry["ko"]) == ("housing", "주거 위기정보 종류 수")
    assert entry["computed"].startswith("kinds 1M, kinds 3M")


def test_facts_of_counted_indicators_alone_are_used(study: SimpleNamespace) -> None:
    features = rm.Features([rm.Kinds("housing", spans="6M"), rm.Agg.count("loan", "6M")])
    panel = study.panel
    narrow = rm.build_panel(study.records, panel.recipe.rounds, panel.label, features=features)
    model = rm.make_classifier(narrow, kind="logistic").fit(narrow)
    facts = rm.trace(model, study.records, DAY, "H0001").facts
    used = set(facts.loc[facts["used"], "indicator"])
    assert used <= {*CODES.values(), "loan overdue"}
    assert used & {*CODES.values()}


def test_a_feed_live_only_after_the_fit_is_told_to_be_counted(study: SimpleNamespace) -> None:
    events = study.records.events
    kept = events[(events["code"] != "heat") | (events["known_date"] >= "2023-10-15")]
    records = rm.Records.from_frames(kept, today="2024-06-01", catalogue=CATALOGUE)
    panel = study.panel
    early = rm.build_panel(records, panel.recipe.rounds, panel.label)
    model = rm.make_classifier(early, kind="logistic").fit(early)
    notes = score_round(model, records, DAY, capacity=20).notes
    (counted,) = (note for note in notes if note.startswith("counted among the kinds"))
    assert counted.endswith("heat")
