"""The artefact folder: the model bit for bit, nothing personal, and every change is detected."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from copy import copy as shallow_copy
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import lightgbm
import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ModelError, RegistryError
from riskmodel.panel import Column
from riskmodel.registry import LoadedModel
from riskmodel.registry.artefacts.synthetic_rows import synthetic_rows

FILES = [
    "booster_0.txt",
    "booster_1.txt",
    "calibration.json",
    "card.html",
    "card.json",
    "card.ko.html",
    "card.ko.md",
    "card.md",
    "features.json",
    "indicators.json",
    "manifest.json",
    "model.json",
    "reference.json",
    "settings.json",
    "tables.npz",
]


@pytest.fixture
def copy(artefact: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(artefact, tmp_path / "copy"))


def test_the_folder_holds_data_and_nothing_else(artefact: Path) -> None:
    assert sorted(path.name for path in artefact.iterdir()) == FILES


def test_each_column_says_what_it_is_made_of_and_how_a_reason_words_it(
    study: SimpleNamespace, artefact: Path
) -> None:
    columns = json.loads((artefact / "features.json").read_text(encoding="utf-8"))["columns"]
    assert [column["name"] for column in columns] == list(study.panel.X)
    counted = next(column for column in columns if column["aggregate"] == "count")
    assert {key: counted[key] for key in ("way", "rank", "evidence")} == {
        "way": "times",
        "rank": 7,
        "evidence": "positive",
    }
    own = [field.name for field in fields(Column) if field.compare]
    assert [*list(counted)[:6], "family", "codes"] == own  # the last two of kinds alone


def test_an_opened_model_is_the_model_bit_for_bit(study: SimpleNamespace, artefact: Path) -> None:
    opened, X = rm.open(artefact), study.test.X
    assert np.array_equal(opened.margin(X), study.margin)
    assert np.array_equal(opened.scorer.margin(opened.encode(X)), study.margin)
    np.testing.assert_array_max_ulp(
        opened.predict_proba(X)[:, 1], study.model.predict_proba(X)[:, 1], maxulp=4
    )
    assert opened.recipe_ == study.panel.recipe
    assert opened.columns_ == study.panel.columns
    assert opened.calibration_ == study.model.calibration_
    assert opened.card.training["rows"] == study.model.training_["rows"]


def test_an_opened_model_explains_as_the_model(study: SimpleNamespace, artefact: Path) -> None:
    ours, theirs = (
        rm.explain(study.model, study.test.X),
        rm.explain(rm.open(artefact), study.test.X),
    )
    assert np.array_equal(ours.contributions, theirs.contributions)
    assert ours.reasons(lang="ko").equals(theirs.reasons(lang="ko"))


def test_rows_that_nobody_lives_in_score_the_same(study: SimpleNamespace, artefact: Path) -> None:
    opened = rm.open(artefact)
    rows = synthetic_rows(opened.columns_, 2_000, seed=7)
    assert {"not seen"} <= set(rows["household_type"].dropna())
    assert np.array_equal(opened.margin(rows), study.model.margin(rows))


def test_a_logistic_model_is_saved_and_opened_too(study: SimpleNamespace, tmp_path: Path) -> None:
    model = rm.make_classifier(study.panel, kind="logistic").fit(study.train)
    evaluation = rm.evaluate(model, study.test)
    opened = rm.open(rm.save(model, evaluation, tmp_path / "logistic"))
    assert np.array_equal(opened.margin(study.test), model.margin(study.test))
    assert not list((tmp_path / "logistic").glob("booster*"))


def test_the_audit_text_is_the_booster_without_threads_and_ranges(
    study: SimpleNamespace, artefact: Path
) -> None:
    text = (artefact / "booster_0.txt").read_text(encoding="utf-8")
    assert "num_threads" not in text
    assert "[" not in text.split("feature_infos=")[1].splitlines()[0]
    X = study.model.encode(study.test)
    ours = study.model.core_.boosters[0].predict(X, raw_score=True)
    assert np.array_equal(lightgbm.Booster(model_str=text).predict(X, raw_score=True), ours)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused_before_it_is_read(copy: Path, name: str) -> None:
    digest = _digest(copy)
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(RegistryError, match=r"do not use it.*\[registry.tampered\]"):
        rm.open(copy, digest=digest)


def test_a_missing_an_added_and_a_linked_file_are_refused(copy: Path, artefact: Path) -> None:
    (copy / "extra.py").write_text("")
    with pytest.raises(RegistryError, match="files that the manifest does not name: extra.py"):
        rm.open(copy)
    (copy / "extra.py").unlink()
    (copy / "card.md").unlink()
    with pytest.raises(RegistryError, match="card.md is missing, cut short or changed"):
        rm.open(copy)
    (copy / "card.md").symlink_to(artefact / "card.md")
    with pytest.raises(RegistryError, match="card.md is missing, cut short or changed"):
        rm.open(copy)


def test_a_rewritten_manifest_is_refused_by_who_pins_the_digest(copy: Path) -> None:
    digest = _digest(copy)
    calibration = json.loads((copy / "calibration.json").read_text())
    (copy / "calibration.json").write_text(json.dumps(calibration | {"slope": 9.0}))
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"]["calibration.json"] = _entry(copy / "calibration.json")
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert rm.open(copy).calibration_.slope == 9.0
    with pytest.raises(RegistryError, match="manifest.json is not the one that was published"):
        rm.open(copy, digest=digest)


def test_a_version_of_the_schema_before_is_read_as_before(
    study: SimpleNamespace, copy: Path
) -> None:
    now = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(now | {"schema_version": 2}))
    assert np.array_equal(rm.open(copy).margin(study.test), study.model.margin(study.test))


def test_another_schema_and_no_artefact_are_refused(copy: Path, tmp_path: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 99}))
    with pytest.raises(RegistryError, match="schema 99"):
        rm.open(copy)
    with pytest.raises(RegistryError, match="there is no such folder"):
        rm.open(tmp_path / "nowhere")


def test_saving_over_something_is_refused(study: SimpleNamespace, artefact: Path) -> None:
    with pytest.raises(RegistryError, match="artefact is not empty"):
        rm.save(study.model, study.evaluation, artefact)


def test_a_kind_without_tables_and_an_unfitted_model_are_not_published(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="not fitted"):
        rm.save(rm.make_classifier(study.panel), study.evaluation, tmp_path / "new" / "a")
    assert not list(tmp_path.iterdir())
    rule = rm.make_classifier(study.panel, kind="area_rate").fit(study.train)
    with pytest.raises(ModelError, match="no contributions"):
        rm.save(rule, study.evaluation, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_generator_of_random_numbers_is_refused(study: SimpleNamespace, tmp_path: Path) -> None:
    model = rm.make_classifier(
        study.panel, seeds=1, n_estimators=2, random_state=np.random.RandomState(0)
    )
    model.fit(study.train)
    with pytest.raises(RegistryError, match="random_state is a generator"):
        rm.save(model, rm.evaluate(model, study.test), tmp_path / "model")


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("H0000017", "a household_id"),
        ("mail to kim_of_welfare", "the name of the account"),
        ("see /home/kim/records/2024.csv", "an absolute path"),
        ("see C:\\Users\\kim\\a.csv", "an absolute path"),
        ("resident 900101-1234567", "a registration number"),
        ("call 010-1234-5678", "a phone number"),
    ],
)
def test_nothing_personal_gets_out(
    study: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    planted: str,
    found: str,
) -> None:
    monkeypatch.setenv("LOGNAME", "kim_of_welfare")
    with pytest.raises(RegistryError, match=f"holds {found}") as error:
        rm.save(study.model, study.evaluation, tmp_path / "model", limits=[planted])
    assert planted not in str(error.value)
    assert not (tmp_path / "model").exists()


def test_an_id_among_the_indicators_is_found_too(study: SimpleNamespace, tmp_path: Path) -> None:
    catalogue = rm.Records.from_frames(
        study.records.events.head(0),
        today="2024-01-01",
        catalogue={"secret": {"en": "visit to H0000017"}},
    ).catalogue
    recipe = replace(study.model.recipe_, catalogue=catalogue)
    model = shallow_copy(study.model)
    model._recipe = recipe
    with pytest.raises(RegistryError, match="features.json, .*: holds a household_id"):
        rm.save(model, study.evaluation, tmp_path / "model")


def test_each_file_is_opened_once_a_load(
    artefact: Path, count_opened: Callable[[Path, Callable[[], object]], Counter[str]]
) -> None:
    digest = _digest(artefact)
    opened = count_opened(artefact, lambda: rm.open(artefact, digest))
    assert opened == dict.fromkeys(FILES, 1)


def _digest(folder: Path) -> str:
    import hashlib

    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def _entry(path: Path) -> dict[str, object]:
    import hashlib

    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size": path.stat().st_size}


def test_an_account_named_as_a_word_of_ours_hinders_nobody(
    study: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "service")
    assert rm.save(study.model, study.evaluation, tmp_path / "model").is_dir()


@pytest.fixture(scope="module")
def varying(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadedModel, rm.Panel]:
    """A published model of households in crisis where their income varies, and its panel."""
    rng = np.random.default_rng(0)
    n, days = 300, pd.date_range("2022-01-01", "2024-06-01", freq="MS")
    is_unsteady = rng.random(n) < 0.3
    income = pd.DataFrame(
        {
            "household_id": np.repeat([f"h{i:03d}" for i in range(n)], len(days)),
            "code": "income",
            "event_date": np.tile(days, n),
            "value": 2e6 + rng.normal(0, np.repeat(np.where(is_unsteady, 4e5, 1e4), len(days))),
        }
    )
    unsteady = [f"h{i:03d}" for i in np.flatnonzero(is_unsteady)]
    outcome = pd.DataFrame(
        {
            "household_id": unsteady * 2,
            "code": "crisis",
            "event_date": np.repeat(pd.to_datetime(["2023-03-10", "2024-02-10"]), len(unsteady)),
        }
    )
    names = {"en": "income", "ko": "소득", "kind": "reading", "unit": "KRW"}
    records = rm.Records.from_frames(
        pd.concat([income, outcome]),
        today="2024-07-01",
        catalogue={"income": names, "crisis": {"live_from": "2022-01-01"}},
    )
    features = rm.Features([rm.Agg.std("income", "12M"), rm.Agg.range("income", "6M")])
    rounds = ["2023-01-01", "2023-02-01", "2024-01-01"]
    panel = rm.build_panel(records, rounds, rm.Label("crisis", "3M"), features=features)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    folder = tmp_path_factory.mktemp("varying") / "model"
    return rm.open(rm.save(model, rm.evaluate(model, test, capacity=0.1), folder)), test


def test_a_standard_deviation_is_published_loaded_and_worded(
    varying: tuple[LoadedModel, rm.Panel],
) -> None:
    model, panel = varying
    columns = model.scorer.features["columns"]
    assert [column["way"] for column in columns] == ["spread", "spread"]
    riskiest = panel.X.iloc[[int(np.argmax(model.margin(panel.X)))]]
    spread = f"{float(riskiest['income__range__6M'].iloc[0]):,.0f}"
    texts = [
        model.score_rows(riskiest, lang=lang)["reasons"].iloc[0][0]["text"] for lang in ("en", "ko")
    ]
    assert texts[0].startswith("income varies by ")
    assert texts[0].endswith(f"{spread} KRW within 6 months")
    assert texts[1] == f"소득 변동 {spread}원 (최근 6개월 안)"
