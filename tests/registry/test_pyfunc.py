"""What consumers of the registry get: a function of one row, without this package."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import venv
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.registry.connection import silence
from riskmodel.registry.loading import LoadedModel
from riskmodel.registry.pyfunc import save_pyfunc

pytestmark = pytest.mark.xdist_group("registry")
NAME = "household-crisis"


@pytest.fixture
def consumer(registry: Path, study: SimpleNamespace) -> Any:
    import mlflow

    rm.publish(study.model, study.evaluation, name=NAME)
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    with silence():
        mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
        yield mlflow.pyfunc.load_model(f"models:/{NAME}@challenger")
        mlflow.set_tracking_uri(None)


def as_sent(X: pd.DataFrame) -> pd.DataFrame:
    """Rows as a consumer sends them: doubles and strings."""
    texts = X.select_dtypes("category").columns
    return X.astype(
        dict.fromkeys(X.columns.difference(texts), "float64") | dict.fromkeys(texts, "str")
    )


def test_a_consumer_gets_the_models_scores_and_reasons(
    consumer: Any, study: SimpleNamespace
) -> None:
    rows = study.test.X.head(300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = consumer.predict(
            as_sent(rows).reset_index(drop=True), params={"lang": "ko", "top": 2}
        )
    np.testing.assert_array_max_ulp(
        told["score"].to_numpy(), study.model.predict_proba(rows)[:, 1], maxulp=4
    )
    ours = rm.explain(study.model, rows).reasons(top=2, lang="ko")
    first = [reasons[0]["text"] for reasons in told["reasons"]]
    assert first == ours["reason_1"].tolist()
    assert [json.loads(text) for text in told["reasons_json"]] == told["reasons"].tolist()


def test_one_row_or_many_is_the_same(consumer: Any, study: SimpleNamespace) -> None:
    rows = as_sent(study.test.X.head(12)).reset_index(drop=True)
    together = consumer.predict(rows)
    alone = pd.concat(
        [consumer.predict(rows.iloc[[i]]) for i in range(len(rows))], ignore_index=True
    )
    pd.testing.assert_frame_equal(together, alone, check_exact=True)


def test_scores_keep_the_index_of_the_rows_that_they_are_of(
    consumer: Any, study: SimpleNamespace
) -> None:
    rows = as_sent(study.test.X.head(300)).reset_index(drop=True)
    in_order = consumer.predict(rows)["score"]
    shuffled = rows.sample(frac=1, random_state=0)
    shuffled["score"] = consumer.predict(shuffled)["score"]
    assert shuffled["score"].sort_index().equals(in_order)


def test_percentile_and_band_are_those_of_the_list(consumer: Any, study: SimpleNamespace) -> None:
    day = study.evaluation.rounds[0]
    listed = rm.score(f"{NAME}@challenger", study.records, as_of=day, capacity=0.05).frame()
    told = consumer.predict(as_sent(study.test.X).reset_index(drop=True))
    told = told.set_index(study.test.households)[["percentile", "band"]].loc[listed["household_id"]]
    assert np.array_equal(told["percentile"], listed["percentile"])
    assert told["band"].tolist() == listed["band"].tolist()


def test_two_versions_with_different_readers_each_run_their_own(
    artefact: Path, tmp_path: Path
) -> None:
    import mlflow

    opened = LoadedModel.read(artefact)
    older = save_pyfunc(tmp_path / "older", artefact, opened)
    newer = save_pyfunc(tmp_path / "newer", artefact, opened)
    code = (newer / "serving.py").read_text(encoding="utf-8")
    assert "nothing stands out" in code
    (newer / "serving.py").write_text(
        code.replace("nothing stands out", "text of the other reader"), encoding="utf-8"
    )
    rows = pd.DataFrame(
        {c.name: [0.0 if c.categories is None else c.categories[0]] for c in opened.columns_}
    )
    with silence():
        first, second = (mlflow.pyfunc.load_model(str(folder)) for folder in (older, newer))
        texts = [model.predict(rows)["reasons"][0][0]["text"] for model in (first, second, first)]
    assert texts[0] == texts[2]
    assert texts[0] != texts[1]
    assert "text of the other reader" in texts[1]


CONSUMER = """
import sys, json
import pandas as pd, mlflow
assert "riskmodel" not in sys.modules
try:
    import riskmodel
except ImportError:
    pass
else:
    raise SystemExit("riskmodel is installed here")
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model(sys.argv[2])
rows = pd.read_json(sys.argv[3], orient="records", dtype={"household_type": str})
many = model.predict(rows.astype({c: float for c in rows if c != "household_type"}))
one = model.predict(rows.head(1).astype({c: float for c in rows if c != "household_type"}))
loaded = sorted(set(sys.modules) & {"sklearn", "lightgbm", "shap", "numba"})
print(json.dumps({
    "score": many.score.tolist(),
    "reasons": many.reasons_json.tolist(),
    "loaded": loaded,
    "one": one.score.tolist() + one.reasons_json.tolist(),
}))
"""


@pytest.mark.slow
def test_a_fresh_environment_with_only_the_versions_own_requirements(
    registry: Path, study: SimpleNamespace, tmp_path: Path
) -> None:
    rm.publish(study.model, study.evaluation, name=NAME)
    requirements = next((registry / "artefacts").glob("*/artifacts/model/requirements.txt"))
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / ("Scripts" if os.name == "nt" else "bin") / "python"
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        str(requirements),
    ]
    subprocess.run(install, check=True, env=clean)
    rows = study.test.X.head(50)
    as_sent(rows).to_json(tmp_path / "rows.json", orient="records")
    given = [
        os.environ["MLFLOW_TRACKING_URI"],
        f"models:/{NAME}@challenger",
        str(tmp_path / "rows.json"),
    ]
    env = clean | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    command = [str(python), "-c", CONSUMER, *given]
    ran = subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    np.testing.assert_array_max_ulp(
        np.array(told["score"]), study.model.predict_proba(rows)[:, 1], maxulp=4
    )
    ours = rm.explain(study.model, rows).reasons(top=3, lang="en")
    assert [json.loads(text)[0]["text"] for text in told["reasons"]] == ours["reason_1"].tolist()
    assert told["one"] == [told["score"][0], told["reasons"][0]]
    assert told["loaded"] == []
