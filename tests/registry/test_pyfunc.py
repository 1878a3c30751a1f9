"""What consumers of the registry get: a function of one row, without this package."""

from __future__ import annotations

import json
import logging
import os
import pickle
import subprocess
import venv
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.registry.backend.connection import silence
from riskmodel.registry.publishing.pyfunc import save_pyfunc
from riskmodel.registry.reading.loading import LoadedModel

NAME = "household-crisis"


@pytest.fixture
def consumer(version: rm.registry.Version) -> Any:
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    with silence():
        mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
        yield mlflow.pyfunc.load_model(f"models:/{NAME}@challenger")
        mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def package(artefact: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The published model as MLflow loads it from its folder."""
    import mlflow

    folder = tmp_path_factory.mktemp("package") / "model"
    with silence():
        save_pyfunc(folder, artefact, LoadedModel.read(artefact))
        return mlflow.pyfunc.load_model(str(folder))


def as_sent(X: pd.DataFrame) -> pd.DataFrame:
    """Rows as a consumer may send them: doubles and strings."""
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


def test_the_answer_says_what_is_missing_and_which_version_gave_it(
    consumer: Any, study: SimpleNamespace
) -> None:
    rows = as_sent(study.test.X.head(3))
    rows.iloc[0] = None
    told = consumer.predict(rows)
    assert told["version"].unique().tolist() == [f"{NAME}/1"]
    assert told["digest"].unique().tolist() == [rm.load(f"{NAME}/1").version.digest]
    assert told["band"].iloc[0] == "undelivered"
    assert told["band"].iloc[1] != "undelivered"
    assert "power cut or limited" in told["missing"].iloc[0]
    assert told["missing"].iloc[1] == []
    ours = rm.load(f"{NAME}/1").score_rows(rows.astype({COUNT: float}))
    assert ours["band"].tolist() == told["band"].tolist()


def _with(name: str, values: Callable[[pd.Series], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda X: X.assign(**{name: values(X[name])})


COUNT = "crisis__count__ever"
FORMS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "panel.X itself": lambda X: X,
    "rows in another order": lambda X: X.sample(frac=1, random_state=0),
    "some of the rows": lambda X: X[X[COUNT] > 0],
    "a repeated index": lambda X: X.set_axis([7] * len(X)),
    "no rows": lambda X: X.head(0),
    "int64": _with(COUNT, lambda values: values.astype("int64")),
    "Int64": _with(COUNT, lambda values: values.astype("Int64")),
    "Float64": _with(COUNT, lambda values: values.astype("Float64")),
    "category as string": lambda X: X.astype({"household_type": "string"}),
    "category as object": lambda X: X.astype({"household_type": object}),
    "columns in another order": lambda X: X[X.columns[::-1]],
    "more columns": lambda X: X.assign(score=1.0),
}
BEFORE = {
    "category as string": "scored; with whole numbers refused in a message that printed rows",
    "category as object": "scored; with whole numbers refused in a message that printed rows",
}


@pytest.mark.parametrize("form", FORMS)
def test_scores_stand_beside_the_rows_that_they_are_of(
    package: Any, study: SimpleNamespace, form: str, mended: Note
) -> None:
    expected = pd.Series(study.model.predict_proba(study.test.X)[:, 1], study.test.X.index)
    rows = FORMS[form](study.test.X)
    told = package.predict(rows)
    assert told.index.equals(rows.index)

    ours = expected if form == "a repeated index" else expected.loc[rows.index]
    np.testing.assert_array_max_ulp(told["score"].to_numpy(), ours.to_numpy(), maxulp=4)
    right = np.isclose(told["score"].to_numpy(), ours.to_numpy()).sum()
    mended(
        "rows",
        tried=f"the version in MLflow is sent {form}",
        before=BEFORE.get(form, "refused by MLflow in a message that printed rows"),
        now=f"{right:,} of {len(rows):,} scores on their own rows, index kept",
    )


@pytest.mark.parametrize("dtype", ["bool", "boolean"])
def test_booleans_are_zero_and_one(package: Any, study: SimpleNamespace, dtype: str) -> None:
    X = study.test.X.head(50)
    met = X[COUNT] > 0
    told = package.predict(X.assign(**{COUNT: met.astype(dtype)}))
    assert told.equals(package.predict(X.assign(**{COUNT: met.astype("float64")})))


def test_what_goes_in_by_name_comes_out_by_name(package: Any, study: SimpleNamespace) -> None:
    X = study.test.X.head(4).set_axis(list("dbca"))
    expected = package.predict(X)
    assert package.predict({name: X[name] for name in X}).equals(expected)
    one = package.predict(X.iloc[1])
    assert one.index.tolist() == ["b"]
    assert one["score"].tolist() == [expected["score"]["b"]]
    assert package.predict(X.to_dict("list")).equals(expected.reset_index(drop=True))
    assert package.predict(X.to_dict("records")).equals(expected.reset_index(drop=True))


REFUSED: dict[str, Callable[[pd.DataFrame], Any]] = {
    "a text among numbers": lambda X: X.assign(**{COUNT: "김철수"}),
    "a missing column": lambda X: X.drop(columns=COUNT).assign(name="김철수"),
    "a repeated column": lambda X: pd.concat([X, X[[COUNT]]], axis=1).assign(name="김철수"),
    "a date among numbers": lambda X: X.assign(**{COUNT: pd.Timestamp("2024-01-01")}),
}


@pytest.mark.parametrize("form", REFUSED)
def test_a_refusal_prints_no_row(
    package: Any, study: SimpleNamespace, form: str, mended: Note
) -> None:
    rows = REFUSED[form](study.test.X.head(5))
    with pytest.raises(ValueError, match=r"\[serving\.") as refusal:
        package.predict(rows)
    cells = {"김철수", "2024-01-01", *rows["household_type"].astype(str), *rows.index.levels[0]}
    assert not any(cell in str(refusal.value) for cell in cells)
    mended(
        "rows",
        tried=f"the version in MLflow is sent {form}",
        before="MLflow's message printed rows",
        now=str(refusal.value),
    )


def _requests(X: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """One table in every form that a model server takes, and the content type of each."""
    split = json.loads(X.reset_index(drop=True).to_json(orient="split"))
    records = json.loads(X.to_json(orient="records"))
    columns = {name: [record[name] for record in records] for name in X}
    forms = {
        "dataframe_split": split,
        "dataframe_records": records,
        "inputs": columns,
        "instances": records,
    }
    bodies = {name: (json.dumps({name: form}), "application/json") for name, form in forms.items()}
    return bodies | {"csv": (X.to_csv(index=False), "text/csv")}


@pytest.mark.parametrize(
    "form", ["dataframe_split", "dataframe_records", "inputs", "instances", "csv"]
)
def test_a_model_server_gives_the_scores_in_the_order_of_the_rows(
    package: Any, study: SimpleNamespace, form: str
) -> None:
    from mlflow.pyfunc.scoring_server import invocations

    X = study.test.X.sample(40, random_state=0)
    body, content_type = _requests(X)[form]
    answer = invocations(body, content_type, package, package.metadata.get_input_schema())
    told = [row["score"] for row in json.loads(answer.response)["predictions"]]
    np.testing.assert_allclose(told, study.model.predict_proba(X)[:, 1], rtol=1e-12)


PERSON = "김철수 880101-1234567"
NOT_SCORED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a text among numbers": (lambda row: {**row, COUNT: PERSON}, "serving.not_a_number"),
    "an object among numbers": (lambda row: {**row, COUNT: {PERSON: 1}}, "serving.not_a_number"),
    "a list among numbers": (lambda row: {**row, COUNT: [1, 2]}, "serving.not_a_number"),
    "hundreds of digits": (lambda row: {**row, COUNT: 10**400}, "serving.not_a_number"),
    "an infinity": (lambda row: {**row, COUNT: float("inf")}, "serving.infinite"),
    "another table": (lambda row: {PERSON: 1}, "serving.missing_columns"),
    "a text for a row": (lambda row: PERSON, "serving.missing_columns"),
}


def _answered(package: Any, body: object) -> tuple[int, dict[str, Any]]:
    """Return what MLflow's server answers: the status and the content of its body."""
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc.scoring_server import invocations

    try:
        answer = invocations(json.dumps(body), "application/json", package, None)
    except MlflowException as error:
        return error.get_http_status_code(), json.loads(error.serialize_as_json())
    return answer.status, json.loads(answer.response)


@pytest.mark.parametrize("form", NOT_SCORED)
def test_a_model_server_answers_422_with_neither_cell_nor_stack(
    package: Any, study: SimpleNamespace, form: str
) -> None:
    make, code = NOT_SCORED[form]
    record = json.loads(study.test.X.head(1).to_json(orient="records"))[0]
    status, told = _answered(package, {"dataframe_records": [make(record)]})
    assert (status, told["error_code"]) == (422, code)
    assert sorted(told) == ["error_code", "message"]
    assert f"[{code}]" in told["message"]
    assert len(told["message"]) < 600
    for hidden in ("김철수", record["household_type"], "Traceback", ".py", str(Path.cwd())):
        assert hidden not in told["message"]


def test_a_model_server_tells_a_wrong_language_and_no_other_text(
    package: Any, study: SimpleNamespace
) -> None:
    rows = json.loads(study.test.X.head(1).to_json(orient="records"))
    for lang, said in (("kr", "unknown language 'kr'. Allowed: en, ko"), (PERSON, "unknown")):
        status, told = _answered(package, {"dataframe_records": rows, "params": {"lang": lang}})
        assert status == 422
        assert said in told["message"]
        assert "김철수" not in told["message"]


def test_a_refusal_is_a_value_error_with_its_code_for_whoever_loads_it(
    package: Any, study: SimpleNamespace
) -> None:
    with pytest.raises(ValueError, match=r"\[serving.missing_columns\]") as refusal:
        package.predict(study.test.X[[COUNT]])
    assert refusal.value.code == "serving.missing_columns"  # type: ignore[attr-defined]
    assert refusal.value.next_step.startswith("send every column")  # type: ignore[attr-defined]
    found = pickle.loads(pickle.dumps(refusal.value))  # as it leaves a worker of Spark
    assert (str(found), found.code) == (str(refusal.value), refusal.value.code)  # type: ignore[attr-defined]


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
pin = {"digest": sys.argv[4]}
model = mlflow.pyfunc.load_model(sys.argv[2], model_config=pin)
try:
    mlflow.pyfunc.load_model(sys.argv[2], model_config={"digest": 64 * "0"})
except ValueError as error:
    refusal = str(error)
rows = pd.read_json(sys.argv[3], orient="records", dtype={"household_type": str})
rows = rows.astype({c: float for c in rows if c != "household_type"})
scorer = model.unwrap_python_model().scorer
many, one, ten = model.predict(rows), model.predict(rows.head(1)), model.predict(rows.head(10))
shuffled = model.predict(rows.sample(frac=1, random_state=0)).sort_index()
filtered = model.predict(rows[rows.index % 3 == 1])
loaded = sorted(set(sys.modules) & {"sklearn", "lightgbm", "shap", "numba"})
print(json.dumps({
    "score": many.score.tolist(),
    "reasons": many.reasons_json.tolist(),
    "loaded": loaded,
    "one": one.score.tolist() + one.reasons_json.tolist(),
    "ten": ten.equals(many.head(10)),
    "shuffled": shuffled.equals(many),
    "filtered": filtered.equals(many[many.index % 3 == 1]),
    "margin": [margin.hex() for margin in scorer.margin(scorer.matrix(rows).X).tolist()],
    "contributions": scorer.contributions(scorer.matrix(rows).X).tolist(),
    "refusal": refusal,
}))
"""


@pytest.mark.slow
def test_a_fresh_environment_with_only_the_versions_own_requirements(
    registry: Path, study: SimpleNamespace, tmp_path: Path
) -> None:
    version = rm.publish(study.model, study.evaluation, name=NAME)
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
        version.package_digest,
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
    assert [told[way] for way in ("ten", "shuffled", "filtered")] == [True, True, True]
    scorer = rm.load(version, version.digest).scorer
    matrix = scorer.matrix(as_sent(rows)).X
    assert told["margin"] == [margin.hex() for margin in scorer.margin(matrix).tolist()]
    np.testing.assert_allclose(told["contributions"], scorer.contributions(matrix), atol=1e-6)
    assert "the package is not the one that was published" in told["refusal"]
    assert told["loaded"] == []
