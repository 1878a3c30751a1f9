"""The one file that is published: it needs neither riskmodel nor MLflow, and MLflow runs it."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from published_models import households

from mended import Note
from riskmodel import serving
from riskmodel.serving.assembly import PUBLIC, reader_source


@pytest.fixture
def serving_file(tmp_path: Path) -> Path:
    path = tmp_path / "serving.py"
    path.write_text(serving.assembled_source(), encoding="utf-8")
    return path


def test_it_holds_every_module_and_each_name_once() -> None:
    source = serving.assembled_source()
    names = Counter(name for node in ast.parse(source).body for name in names_of(node))
    assert [name for name, times in names.items() if times > 1] == []
    folder = Path(serving.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "assembly", "mlflow_model"}
    assert {module for module in modules if f"# riskmodel.serving.{module}\n" in source} == modules


def test_the_library_alone_has_its_public_names_and_knows_no_mlflow() -> None:
    source = reader_source()
    assert serving.assembled_source().startswith(source)
    assert "mlflow" not in source
    defined = {name for node in ast.parse(source).body for name in names_of(node)}
    assert set(PUBLIC) <= defined & set(dir(serving))


def names_of(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    return [
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]


@pytest.mark.parametrize("seed", ["1", "2"])
def test_it_is_the_same_in_every_process(seed: str) -> None:
    code = "from riskmodel import serving; print(ascii(serving.assembled_source()))"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert ast.literal_eval(printed) == serving.assembled_source()


def test_it_runs_where_neither_riskmodel_nor_pandas_is(
    published: dict[str, SimpleNamespace], serving_file: Path
) -> None:
    X = households(4, 14).astype({"borough": str})
    rows = X.astype(object).where(X.notna(), None).to_dict("records")
    code = (
        "import json, sys, serving\n"
        "scored = serving.read(sys.argv[1]).score(json.loads(sys.argv[2]), lang='ko')\n"
        "heavy = {'riskmodel', 'pandas', 'mlflow', 'lightgbm', 'scipy', 'yaml'}\n"
        "loaded = heavy & {m.split('.')[0] for m in sys.modules}\n"
        "print(json.dumps([scored['margin'].tolist(), scored['reasons'], sorted(loaded)]))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code, str(published["lightgbm"].folder), json.dumps(rows)],
        cwd=serving_file.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    margin, reasons, loaded = json.loads(printed)
    assert margin == published["lightgbm"].model.margin(X).tolist()
    assert reasons == published["lightgbm"].scorer.score(X, lang="ko")["reasons"]
    assert loaded == []


def test_mlflow_runs_it_as_the_models_code(
    published: dict[str, SimpleNamespace], serving_file: Path
) -> None:
    pytest.importorskip("mlflow.pyfunc")
    spec = importlib.util.spec_from_file_location("code_model_of_a_test", serving_file)
    assert spec is not None
    assert spec.loader is not None
    code = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = code
    try:
        spec.loader.exec_module(code)
        pyfunc = code.RiskPyfunc()
        pyfunc.load_context(
            SimpleNamespace(
                artifacts={"artefact": str(published["lightgbm"].folder)}, model_config=None
            )
        )
        X = households(6, 15)
        table = pyfunc.predict(None, X, {"lang": "ko", "top": 1})
    finally:
        del sys.modules[spec.name]
    texts = ["band", "band_text", "reasons", "reasons_json"]
    names = ["missing", "partly_missing", "no_value", "unseen", "impossible"]
    assert list(table) == ["score", "percentile", *texts, "weaker", *names, "version", "digest"]
    expected = published["lightgbm"].scorer.score(X, lang="ko", top=1)
    assert table["reasons"].tolist() == expected["reasons"]
    assert np.array_equal(table["weaker"], expected["weaker"])
    assert table["unseen"].tolist() == expected["unseen"]
    assert [json.loads(text) for text in table["reasons_json"]] == expected["reasons"]
    assert np.array_equal(table["score"], expected["score"])


@pytest.mark.parametrize("found", [False, True], ids=["as MLflow loads it", "on the path"])
def test_its_error_leaves_a_worker_for_a_process_without_it(
    serving_file: Path, found: bool, monkeypatch: pytest.MonkeyPatch, mended: Note
) -> None:
    name = "serving" if found else "code_model_of_a_worker"
    if found:
        monkeypatch.syspath_prepend(str(serving_file.parent))
    spec = importlib.util.spec_from_file_location(name, serving_file)
    assert spec is not None
    assert spec.loader is not None
    code = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, code)
    spec.loader.exec_module(code)
    error = code.ServingError("columns are missing", "serving.missing_columns", "b", "send b")
    pickled = [pickle.dumps(error, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    monkeypatch.delitem(sys.modules, name)

    for again in map(pickle.loads, pickled):
        assert (str(again), vars(again)) == (str(error), vars(error))
        assert isinstance(again, ValueError)
        assert type(again).__name__ == ("ServingError" if found else "ValueError")
    if not found:
        mended(
            "pickle",
            tried="a refusal of a version that MLflow loaded in a worker",
            before="BrokenProcessPool in the parent, the message lost",
            now=f"{type(again).__name__}: {again}",
        )
