"""Serving: verified before it is read, a function of one row, by numpy alone."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel import serving
from riskmodel.explanation import explain, model_tables
from riskmodel.models import RiskClassifier, columns_of
from riskmodel.panel import Column

KINDS = ("lightgbm", "logistic", "ebm", "indicator_count", "longest_arrears")
INDICATORS = {
    "rent": {
        "ko": "임대료 체납",
        "en": "rent arrears",
        "kind": "state",
        "unit": "months",
        "direction": 1,
    },
    "power": {"ko": "단전", "en": "power cut", "direction": 1, "sensitivity": "violence"},
}
COLUMNS = (
    Column("rent__now__ever", "rent", "now", "ever", 1),
    Column("power__count__6M", "power", "count", "6M", 1),
    Column("power__recency__ever", "power", "recency", "ever", 1),
    Column("borough"),
)


def households(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    power = rng.poisson(0.4, n)
    return pd.DataFrame(
        {
            "rent__now__ever": np.where(rng.random(n) < 0.1, np.nan, rng.poisson(1.0, n)).astype(
                "float32"
            ),
            "power__count__6M": power.astype("float32"),
            "power__recency__ever": np.where(power > 0, 2.0 ** -rng.random(n), 0).astype("float32"),
            "borough": pd.Categorical(rng.choice(["north", "south", "강남"], n)),
        }
    )


def publish(model: RiskClassifier, folder: Path) -> Path:
    """Write what an artefact must hold, and its manifest."""
    folder.mkdir(exist_ok=True)
    c = model.calibration_
    margin = np.sort(model.margin(households(1000, 5)))
    parts: dict[str, Any] = {
        "model": {"kind": model.kind},
        "features": {"columns": columns_of(model)},
        "indicators": INDICATORS,
        "calibration": {"slope": c.slope, "intercept": c.intercept},
        "reference": {
            "quantiles": margin[::10].tolist(),
            "bands": [
                {"name": "usual", "from_margin": None},
                {"name": "high", "from_margin": float(margin[900])},
            ],
        },
    }
    for name, part in parts.items():
        (folder / f"{name}.json").write_text(json.dumps(part, ensure_ascii=False), encoding="utf-8")
    np.savez(folder / "tables.npz", **model_tables(model))
    files = {
        p.name: {"sha256": hashlib.sha256(p.read_bytes()).hexdigest(), "size": p.stat().st_size}
        for p in folder.iterdir()
        if p.name != "manifest.json"
    }
    (folder / "manifest.json").write_text(
        json.dumps({"schema_version": 1, "files": files}), encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SimpleNamespace]:
    X = households(1500)
    chance = 0.05 + 0.1 * X["rent__now__ever"].fillna(2) + 0.2 * X["power__count__6M"]
    y = np.random.default_rng(1).random(1500) < chance
    out = {}
    for kind in KINDS:
        model = RiskClassifier(kind=kind, seeds=2, n_estimators=25, n_jobs=1, columns=COLUMNS).fit(
            X, y
        )
        folder = publish(model, tmp_path_factory.mktemp(kind) / "artefact")
        out[kind] = SimpleNamespace(model=model, folder=folder, scorer=serving.read(folder))
    return out


@pytest.fixture
def folder(published: dict[str, SimpleNamespace], tmp_path: Path) -> Path:
    """A copy of a published artefact, to be harmed."""
    return Path(shutil.copytree(published["lightgbm"].folder, tmp_path / "artefact"))


@pytest.mark.parametrize("kind", KINDS)
def test_margins_are_the_models_bit_for_bit_and_scores_within_4_ulp(
    published: dict[str, SimpleNamespace], kind: str
) -> None:
    model, scorer, X = published[kind].model, published[kind].scorer, households(800, 7)
    found = scorer.score(X)
    assert np.array_equal(found["margin"], model.margin(X))
    assert np.array_equal(scorer.margin(model.encode(X)), model.margin(X))
    np.testing.assert_array_max_ulp(found["score"], model.predict_proba(X)[:, 1], maxulp=4)


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_are_those_of_explain(
    published: dict[str, SimpleNamespace], kind: str
) -> None:
    model, scorer, X = published[kind].model, published[kind].scorer, households(200, 8)
    slope = model.calibration_.slope
    expected = explain(model, X)
    assert (
        np.abs(slope * scorer.contributions(model.encode(X)) - expected.contributions)
        .to_numpy()
        .max()
        < 1e-9
    )
    base = slope * float(scorer.tables["base"]) + model.calibration_.intercept
    assert base == pytest.approx(expected.base, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
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
            alone[name][0] == batch[name][i] for name in ("band", "reasons", "missing", "unseen")
        )


@pytest.mark.parametrize("kind", KINDS)
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
    teller = serving.Teller(explanation.columns, INDICATORS)
    expected = teller.reasons(
        explanation.matrix, explanation.by_indicator().to_numpy(), "en", 2, masked=True
    )
    assert scorer.score(X, top=2)["reasons"] == expected
    assert {r["code"] for reasons in expected for r in reasons} <= {
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
    assert found["unseen"].tolist() == [1, 0, 0]
    assert ["borough" in names for names in found["missing"]] == [True, True, False]


def test_percentile_and_band_follow_the_margin(published: dict[str, SimpleNamespace]) -> None:
    found = published["lightgbm"].scorer.score(households(2000, 5))
    order = np.argsort(found["margin"])
    assert (np.diff(found["percentile"][order]) >= 0).all()
    assert set(found["band"]) == {"usual", "high"}
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


@pytest.mark.parametrize("name", ["tables.npz", "features.json", "calibration.json"])
@pytest.mark.parametrize(
    "harm",
    [lambda b: b[: len(b) // 2], lambda b: b[:-1] + b"0", lambda b: b"", lambda b: b"\x80garbage"],
)
def test_a_changed_file_is_refused_before_it_is_read(folder: Path, name: str, harm: Any) -> None:
    (folder / name).write_bytes(harm((folder / name).read_bytes()))
    with pytest.raises(
        serving.ServingError, match=f"{name} is missing, cut short or changed"
    ) as refusal:
        serving.read(folder)
    assert refusal.value.code == "serving.changed"


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "tables.npz").unlink()
    with pytest.raises(serving.ServingError, match="tables.npz is missing"):
        serving.read(folder)


def test_a_manifest_of_other_content_is_refused_by_its_digest(folder: Path) -> None:
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert serving.read(folder, digest).model == {"kind": "lightgbm"}
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"created": "today"}))
    with pytest.raises(serving.ServingError, match="sha256 differs"):
        serving.read(folder, digest)


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        ("", "serving.manifest"),
        ("[]", "serving.manifest"),
        ('{"files": {}}', "serving.manifest"),
        ('{"schema_version": 99, "files": {}}', "serving.schema"),
        ('{"schema_version": 1, "files": {}}', "serving.incomplete"),
        (
            '{"schema_version": 1, "files": {"../secret": {"size": 1, "sha256": ""}}}',
            "serving.changed",
        ),
        ('{"schema_version": 1, "files": {"tables.npz": 3}}', "serving.manifest"),
    ],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, manifest: str, code: str) -> None:
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(serving.ServingError) as refusal:
        serving.read(folder)
    assert refusal.value.code == code


def test_a_language_that_is_not_there_is_refused(published: dict[str, SimpleNamespace]) -> None:
    with pytest.raises(serving.ServingError, match="Allowed: en, ko"):
        published["lightgbm"].scorer.score(households(1), lang="kr")


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(serving.ServingError, match="no manifest"):
        serving.read(tmp_path)


def test_it_runs_where_neither_riskmodel_nor_pandas_is(
    published: dict[str, SimpleNamespace], tmp_path: Path
) -> None:
    shutil.copyfile(serving.__file__, tmp_path / "serving.py")
    X = households(4, 14).astype({"borough": str})
    rows = X.astype(object).where(X.notna(), None).to_dict("records")
    code = (
        "import json, sys, serving\n"
        "found = serving.read(sys.argv[1]).score(json.loads(sys.argv[2]), lang='ko')\n"
        "heavy = {m.split('.')[0] for m in sys.modules} & {'riskmodel', 'pandas', 'mlflow', 'lightgbm', 'scipy'}\n"
        "print(json.dumps([found['margin'].tolist(), found['reasons'], sorted(heavy)]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(published["lightgbm"].folder), json.dumps(rows)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    margin, reasons, heavy = json.loads(said)
    assert margin == published["lightgbm"].model.margin(X).tolist()
    assert reasons == published["lightgbm"].scorer.score(X, lang="ko")["reasons"]
    assert heavy == []


def test_mlflow_runs_the_file_as_the_models_code(published: dict[str, SimpleNamespace]) -> None:
    pytest.importorskip("mlflow.pyfunc")
    spec = importlib.util.spec_from_file_location("code_model_of_a_test", serving.__file__)
    assert spec is not None
    assert spec.loader is not None
    code = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = code
    try:
        spec.loader.exec_module(code)
        pyfunc = code.RiskPyfunc()
        pyfunc.load_context(
            SimpleNamespace(artifacts={"artefact": str(published["lightgbm"].folder)})
        )
        X = households(6, 15)
        table = pyfunc.predict(None, X, {"lang": "ko", "top": 1})
    finally:
        del sys.modules[spec.name]
    assert list(table) == ["score", "percentile", "band", "reasons", "reasons_json"]
    expected = published["lightgbm"].scorer.score(X, lang="ko", top=1)
    assert table["reasons"].tolist() == expected["reasons"]
    assert [json.loads(text) for text in table["reasons_json"]] == expected["reasons"]
    assert np.array_equal(table["score"], expected["score"])
    assert not hasattr(serving, "RiskPyfunc")
