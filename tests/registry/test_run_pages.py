"""What stands in MLflow of a published version, and of a result that is only logged."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError, RegistryError
from riskmodel.registry import history, kept, prune_runs
from riskmodel.registry.backend.connection import open_registry
from riskmodel.registry.run_pages.run_page import flattened
from riskmodel.serving import LANGUAGES

NAME = "household-crisis"
NOTE = "mlflow.note.content"
CONFIGURATION = {
    "name": "demo",
    "data": {"today": "2024-11-01", "events": [{"file": "kim.csv", "code": "crisis"}]},
    "model": {"kinds": ["lightgbm"], "params": {"seeds": 2}},
    "capacity": {"contacts": 0.05},
}


def run_of(run_id: str) -> Any:
    with open_registry() as registry:
        return registry.client.get_run(run_id)


def version_of(number: str = "1") -> Any:
    with open_registry() as registry:
        return registry.client.get_model_version(NAME, number)


def expected_metrics(evaluation: rm.evaluation.Evaluation) -> dict[str, float]:
    """Return what the table of an evaluation says, under the names of a run."""
    told = {
        "rows": evaluation.rows,
        evaluation.positives_called: evaluation.positives,
        "listed": evaluation.listed,
    }
    for line in evaluation.table.itertuples():
        ends = {"": line.value, ".lower": line.low, ".upper": line.high}
        told |= {f"{line.metric}{end}": value for end, value in ends.items()}
    return {name: value for name, value in told.items() if np.isfinite(value)}


@pytest.fixture(scope="module")
def published(
    migrated: Path, study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """A version's run, its files, and how version and model are described."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copyfile(migrated, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        rm.publish(
            study.model,
            study.evaluation,
            NAME,
            reference=study.test,
            configuration=CONFIGURATION,
            by="kim",
        )
        version = version_of()
        with open_registry() as registry:
            model = registry.client.get_registered_model(NAME)
        files = folder / "artefacts" / version.run_id / "artifacts"
        return SimpleNamespace(
            run=run_of(version.run_id), files=files, version=version, model=model
        )


@pytest.fixture
def own_run(registry: Path) -> Iterator[mlflow.ActiveRun]:
    """A run of the user's own, in an experiment of the user's own."""
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(registry.parent)
        experiment = mlflow.create_experiment("my study", (registry.parent / "own").as_uri())
        with mlflow.start_run(experiment_id=experiment) as run:
            yield run
    mlflow.set_tracking_uri(None)


def test_the_run_of_a_version_has_the_figures_of_its_evaluation_and_no_others(
    published: SimpleNamespace, study: SimpleNamespace
) -> None:
    assert published.run.data.metrics == pytest.approx(expected_metrics(study.evaluation))
    assert published.run.info.status == "FINISHED"


def test_its_params_are_the_kept_configuration_and_what_the_classifier_was_given(
    published: SimpleNamespace, study: SimpleNamespace
) -> None:
    params = published.run.data.params
    assert {name: text for name, text in params.items() if not name.startswith("classifier.")} == {
        "name": "demo",
        "data.today": "2024-11-01",
        "data.events.0.file": "(left out)",
        "data.events.0.code": "crisis",
        "model.kinds": "lightgbm",
        "model.params.seeds": "2",
        "capacity.contacts": "0.05",
    }
    fitted = study.model.get_params()
    for name in ("kind", "seeds", "n_estimators", "learning_rate", "random_state"):
        assert params[f"classifier.{name}"] == str(fitted[name])


def test_its_files_are_the_configuration_the_lock_and_the_tables_of_the_card(
    published: SimpleNamespace, study: SimpleNamespace
) -> None:
    files = published.files
    written = json.loads((files / "configuration.json").read_text(encoding="utf-8"))
    assert written == kept(CONFIGURATION)
    lock = (files / "libraries.txt").read_text(encoding="utf-8").splitlines()
    assert f"lightgbm=={rm.show_versions().libraries['lightgbm']}" in lock
    table = pd.read_csv(files / "figures" / "metrics.csv")
    assert table["metric"].tolist() == study.evaluation.table["metric"].tolist()
    groups = pd.read_csv(files / "figures" / "by_group.csv")
    pd.testing.assert_series_equal(
        groups["rows"].astype("Int64"), study.evaluation.by_group["rows"], check_names=False
    )


def test_its_pictures_are_png_files(published: SimpleNamespace) -> None:
    pytest.importorskip("matplotlib", reason="the plot extra is not installed")
    pictures = sorted((published.files / "pictures").iterdir())
    names = [path.stem for path in pictures]
    assert names[:2] == ["capacity", "contributions"]
    assert names[-1] == "reliability"
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)


def test_its_rows_are_told_by_digest_and_number_alone(
    published: SimpleNamespace, study: SimpleNamespace
) -> None:
    fit, judged = (one.dataset for one in published.run.inputs.dataset_inputs)
    if fit.name == "rows judged":
        fit, judged = judged, fit
    assert fit.digest == study.records.digest[:36]
    assert json.loads(fit.profile)["num_rows"] == study.model.training_["rows"]
    assert json.loads(fit.profile)["sha256"] == study.records.digest
    assert judged.digest == study.evaluation.data_digest[:36]
    columns = [column["name"] for column in json.loads(fit.schema)["mlflow_colspec"]]
    assert columns == list(study.panel.X)


def test_it_says_who_and_by_which_programs(published: SimpleNamespace) -> None:
    tags = published.run.data.tags
    assert tags["mlflow.user"] == "kim"
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, check=False)
    commit = head.stdout.decode().strip() if head.returncode == 0 else None
    assert tags.get("mlflow.source.git.commit") == commit


def test_outside_of_a_repository_there_is_no_commit(
    registry: Path, study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    logged = rm.log_to_mlflow(study.evaluation)
    assert "mlflow.source.git.commit" not in run_of(logged.run_id).data.tags


def test_the_card_describes_version_run_and_model(published: SimpleNamespace) -> None:
    version, model = published.version, published.model
    assert version.description == published.run.data.tags[NOTE]
    assert version.description.startswith("Rank every household of a round")
    assert "## How well it did" in version.description
    assert len(version.description) <= 5_000
    assert "## Who decides" in model.description
    assert "## How well it did" not in model.description


def test_a_description_is_in_the_versions_language_and_one_that_somebody_wrote_stays(
    registry: Path, study: SimpleNamespace
) -> None:
    with open_registry() as opened:
        opened.client.create_registered_model(NAME, description="ask Kim first")
    rm.publish(study.model, study.evaluation, NAME, lang="ko")
    assert f"## {LANGUAGES['ko'].headings['metrics']}" in version_of().description
    with open_registry() as opened:
        assert opened.client.get_registered_model(NAME).description == "ask Kim first"


def test_what_is_not_drawn_is_said(
    registry: Path, study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "riskmodel.displays.picture", raising=False)
    rm.publish(study.model, study.evaluation, NAME)
    version = version_of()
    assert "Not drawn: reliability: matplotlib is not installed" in version.description
    assert "Not drawn: contributions: no rows were given" in version.description
    assert len(version.description) <= 5_000
    assert not list(registry.rglob("*.png"))


def test_nothing_logged_names_a_household(
    published: SimpleNamespace, study: SimpleNamespace
) -> None:
    texts = [json.dumps(published.run.to_dictionary(), ensure_ascii=False)]
    texts += [published.version.description, published.model.description]
    for path in published.files.rglob("*"):
        if path.suffix in (".csv", ".json", ".txt", ".md", ".html"):
            texts.append(path.read_text(encoding="utf-8"))
    whole = "\n".join(texts)
    assert not [household for household in study.panel.households.unique() if household in whole]
    assert "kim.csv" not in whole


def test_a_version_lies_below_the_users_run_and_in_its_experiment(
    own_run: mlflow.ActiveRun, study: SimpleNamespace
) -> None:
    version = rm.publish(study.model, study.evaluation, NAME)
    run = run_of(version_of().run_id)
    assert run.info.experiment_id == own_run.info.experiment_id
    assert run.data.tags["mlflow.parentRunId"] == own_run.info.run_id
    assert mlflow.active_run().info.run_id == own_run.info.run_id
    assert rm.load(f"{NAME}@challenger").version == version
    assert "is whole" in repr(rm.verify(version))
    assert prune_runs("0D") == []


def test_a_run_of_another_registry_is_no_parent(registry: Path, study: SimpleNamespace) -> None:
    logged = rm.log_to_mlflow(study.evaluation)
    assert logged.experiment == "riskmodel"
    assert "mlflow.parentRunId" not in run_of(logged.run_id).data.tags


def test_an_evaluation_is_logged_without_publishing(
    own_run: mlflow.ActiveRun, study: SimpleNamespace
) -> None:
    logged = rm.log_to_mlflow(study.evaluation, "try 1", by="kim")
    run = run_of(logged.run_id)
    assert run.data.metrics == pytest.approx(expected_metrics(study.evaluation))
    assert run.info.run_name == "try 1"
    assert run.data.params["judged"] == "lightgbm"
    assert run.data.tags["mlflow.parentRunId"] == own_run.info.run_id
    assert repr(logged).startswith(f"try 1: run {logged.run_id} in the experiment my study")
    assert logged.frame()["run_id"].tolist() == [logged.run_id]
    with open_registry() as registry:
        assert not registry.client.search_registered_models()
        paths = [found.path for found in registry.client.list_artifacts(logged.run_id, "figures")]
    assert paths == [f"figures/{name}.csv" for name in ("by_round", "metrics", "reliability")]


def test_several_rounds_are_steps_at_their_days(registry: Path, study: SimpleNamespace) -> None:
    _, test = rm.TemporalSplit(test_rounds=2).last(study.panel)
    evaluation = rm.evaluate(study.model, test, capacity=0.05)
    logged = rm.log_to_mlflow(evaluation)
    with open_registry() as opened:
        points = opened.client.get_metric_history(logged.run_id, "by_round/auc")
    points.sort(key=lambda point: point.step)
    assert [point.value for point in points] == pytest.approx(evaluation.by_round["auc"].tolist())
    days = [pd.Timestamp(point.timestamp, unit="ms").date().isoformat() for point in points]
    assert tuple(days) == evaluation.rounds


def test_a_suppressed_round_has_no_figure(registry: Path, study: SimpleNamespace) -> None:
    _, test = rm.TemporalSplit(test_rounds=2).last(study.panel)
    first = test.as_of.min()
    some = np.flatnonzero((test.as_of == first) | (np.arange(len(test.X)) % 201 == 0))
    evaluation = rm.evaluate(study.model, test[some], capacity=0.05)
    hidden = evaluation.by_round["rows"].isna()
    assert hidden.any()
    logged = rm.log_to_mlflow(evaluation)
    with open_registry() as opened:
        points = opened.client.get_metric_history(logged.run_id, "by_round/rows")
    assert len(points) == int((~hidden).sum())


def test_a_backtest_has_one_run_per_model_below_it(registry: Path, study: SimpleNamespace) -> None:
    classifier = rm.make_classifier(study.panel, kind="logistic")
    backtest = rm.backtest(classifier, study.panel, rm.TemporalSplit(1), capacity=0.05)
    logged = rm.log_to_mlflow(backtest)
    assert [part.name for part in logged.parts] == list(backtest.evaluations)
    assert run_of(logged.run_id).data.params["chosen"] == backtest.chosen
    for part, evaluation in zip(logged.parts, backtest.evaluations.values(), strict=True):
        run = run_of(part.run_id)
        assert run.data.tags["mlflow.parentRunId"] == logged.run_id
        assert run.data.metrics["auc"] == pytest.approx(evaluation.metrics["auc"])
    compared = rm.log_to_mlflow(backtest.comparisons())
    assert len(compared.parts) == len(backtest.evaluations) - 1
    (against,) = [part for part in compared.parts if part.name.endswith("area_rate")]
    table = backtest.beats("area_rate").table.set_index("metric")
    metrics = run_of(against.run_id).data.metrics
    assert metrics["auc.difference"] == pytest.approx(table.loc["auc", "difference"])
    assert prune_runs("0D") == []


def test_a_wrong_argument_is_refused_at_the_door(study: SimpleNamespace) -> None:
    with pytest.raises(ConfigError, match=r"an Evaluation") as error:
        rm.log_to_mlflow(study.test)
    assert error.value.code == "arguments.type"
    with pytest.raises(ConfigError, match="no argument 'experiment'"):
        rm.log_to_mlflow(study.evaluation, experiment="mine")
    with pytest.raises(RegistryError, match="by holds a phone number|by holds"):
        rm.log_to_mlflow(study.evaluation, by="010-1234-5678")


def test_small_cells_and_few_households_are_not_logged(
    registry: Path, study: SimpleNamespace
) -> None:
    shown = rm.evaluate(study.model, study.test, capacity=0.05, min_cell=1)
    with pytest.raises(RegistryError) as refused:
        rm.log_to_mlflow(shown)
    assert refused.value.code == "card.small_cells"
    household = study.test.households[0]
    with pytest.raises(RegistryError) as named:
        rm.log_to_mlflow(study.evaluation, f"without {household}")
    assert named.value.code == "registry.personal"
    assert household not in str(named.value)
    with open_registry() as opened:
        experiments = [one.experiment_id for one in opened.client.search_experiments()]
        assert not opened.client.search_runs(experiments)


KILLED = """
import os, runpy, signal, sys
import mlflow
module = runpy.run_path(sys.argv[1])
study = module["publish_own"]
def kill(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(mlflow.MlflowClient, sys.argv[2], kill)
study()
"""


def test_what_an_interrupted_publication_logged_is_swept(
    registry: Path, study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mlflow.MlflowClient, "log_inputs", interrupt)
    with pytest.raises(KeyboardInterrupt):
        rm.log_to_mlflow(study.evaluation)
    assert len(prune_runs("0D")) == 1
    assert not list(registry.rglob("*.csv"))
    with open_registry() as opened:
        experiments = [one.experiment_id for one in opened.client.search_experiments()]
        assert not opened.client.search_runs(experiments)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["log_inputs", "log_batch"])
def test_what_a_killed_publication_logged_is_swept(
    registry: Path, tmp_path: Path, step: str
) -> None:
    publishes = Path(__file__).with_name("test_publishing.py")
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(publishes), step]
    killed = subprocess.run(command, env=os.environ, cwd=tmp_path, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(prune_runs("0D")) == 1
    with open_registry() as opened:
        experiments = [one.experiment_id for one in opened.client.search_experiments()]
        assert not opened.client.search_runs(experiments)


def test_what_others_run_in_our_experiment_is_not_swept(registry: Path) -> None:
    with open_registry() as opened:
        experiment = opened.experiment()
        tags = {"mlflow.source.type": "LOCAL"}
        run = opened.client.create_run(experiment, run_name="of a colleague", tags=tags)
        old = opened.client.create_run(experiment, run_name="an upload of an older riskmodel")
    (swept,) = prune_runs("0D")
    assert swept.endswith(old.info.run_id)
    assert run_of(run.info.run_id).info.lifecycle_stage == "active"


def test_a_promotion_stands_on_the_versions_page(
    registry: Path, study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rm.publish(study.model, study.evaluation, NAME)
    told = {"by": "kim", "why": "better than the rules"}
    gates = {"auc": -1.0, "average_precision": -1.0, "precision": -1.0}
    rm.promote(f"{NAME}/1", study.records, gates=gates, **told)
    tags = version_of().tags
    (event,) = [act for act in history(NAME).frame().to_dict("records") if act["by"] == "kim"][-1:]
    assert (tags["approved_by"], tags["why"]) == ("kim", "better than the rules")
    assert str(event["when"]).startswith(tags["approved_on"])
    with open_registry() as opened:
        opened.client.delete_model_version_tag(NAME, "1", "approved_by")
    rm.promote(f"{NAME}/1", study.records, gates=gates, **told)
    assert version_of().tags["approved_by"] == "kim"


def test_long_settings_are_params_that_name_their_file() -> None:
    params = flattened({"a": {"b": "x" * 7_000, "c/d": 1, "e*": True}})
    assert params == {
        "a.b": "(too long for a param: see configuration.json)",
        "a.c/d": "1",
        "a.e_": "true",
    }


def test_a_picture_holds_no_text_of_its_maker(published: SimpleNamespace) -> None:
    image = pytest.importorskip("PIL.Image", reason="comes with the plot extra")
    for path in (published.files / "pictures").glob("*.png"):
        with image.open(io.BytesIO(path.read_bytes())) as picture:
            assert set(picture.info) <= {"Software", "dpi"}
