"""Publishing: whole or not at all, and exactly the model that was given."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

import riskmodel as rm
from riskmodel.errors import RegistryError
from riskmodel.registry import versions_by_records
from riskmodel.registry.backend.connection import open_registry

NAME = "household-crisis"


def published_files(registry: Path) -> Path:
    return next((registry / "artefacts").glob("*/artifacts/model"))


def test_names_and_folders_may_be_korean(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "위기 등록"
    folder.mkdir()
    shutil.copyfile(migrated, folder / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
    publish_own("위기가구 2026")
    assert rm.load("위기가구 2026@challenger").kind == "logistic"
    assert (folder / "artefacts").is_dir()


def test_publishing_says_nothing_on_the_way(
    registry: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    publish_own()
    rm.load("own@challenger")
    assert capfd.readouterr() == ("", "")


def test_what_is_published_scores_as_the_model_row_by_row(
    version: object, study: SimpleNamespace
) -> None:
    loaded, X = rm.load(f"{NAME}@challenger"), study.test.X
    assert np.array_equal(loaded.margin(X), study.margin)
    one_by_one = np.concatenate([loaded.margin(X.iloc[[i]]) for i in range(40)])
    assert np.array_equal(one_by_one, study.margin[:40])
    assert loaded.version == version


def test_a_second_version_takes_the_alias(
    version: rm.registry.Version, study: SimpleNamespace
) -> None:
    second = rm.publish(study.model, study.evaluation, name=NAME)
    assert (version.version, second.version) == ("1", "2")
    assert rm.load(f"{NAME}@challenger").version.version == "2"
    assert rm.load(f"{NAME}/1").version.digest == version.digest


def test_tags_say_what_it_is_and_both_windows(
    version: rm.registry.Version, study: SimpleNamespace
) -> None:
    with open_registry() as registry:
        tags = registry.client.get_model_version(NAME, "1").tags
    assert tags["riskmodel.digest"] == version.digest
    assert tags["riskmodel.records"] == study.records.digest
    assert repr(versions_by_records()) == f"[{NAME} version 1 (challenger)]"
    assert tags["riskmodel.label"] == "crisis within 6M"
    training = study.model.training_
    window = f"{training['first_as_of']} to {training['last_as_of']}"
    assert tags["riskmodel.fitted_on"] == tags["riskmodel.judged_when_fitted_on"] == window
    assert (
        tags["riskmodel.judged_on"]
        == f"{study.evaluation.rounds[0]} to {study.evaluation.rounds[0]}"
    )


def test_a_refit_states_the_window_of_its_backtest_refit(
    registry: Path, study: SimpleNamespace
) -> None:
    again = rm.refit(study.model, study.panel)
    rm.publish(again, study.evaluation, name=NAME)
    with open_registry() as opened:
        tags = opened.client.get_model_version(NAME, "1").tags
    assert tags["riskmodel.fitted_on"].endswith(study.evaluation.rounds[0])
    training = study.model.training_
    assert (
        tags["riskmodel.judged_when_fitted_on"]
        == f"{training['first_as_of']} to {training['last_as_of']}"
    )
    assert rm.load(f"{NAME}@challenger").card.evaluated["by"].startswith("its backtest refit")


def test_mlflows_package_tells_nothing_of_the_publisher(
    version: object, registry: Path, tmp_path: Path
) -> None:
    model = published_files(registry)
    described = (model / "MLmodel").read_text(encoding="utf-8")
    flavour = yaml.safe_load(described)["flavors"]["python_function"]
    assert flavour["model_code_path"] == "serving.py"
    assert flavour["artifacts"]["artefact"] == {
        "path": "artifacts/artefact",
        "uri": "artifacts/artefact",
    }
    assert "riskmodel-" not in described
    assert str(Path.home()) not in described
    assert not list(model.rglob("*.pkl"))
    assert not {"uv.lock", "pyproject.toml"} & {path.name for path in model.rglob("*")}
    wanted = (model / "requirements.txt").read_text(encoding="utf-8").split()
    assert [re.match(r"\w+", line)[0] for line in wanted] == ["mlflow", "numpy", "pandas"]


def test_no_real_household_is_in_any_file(
    version: object, registry: Path, study: SimpleNamespace
) -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in published_files(registry).rglob("*")
        if path.is_file() and path.suffix != ".npz"
    )
    assert not [h for h in study.panel.households.unique() if h in text]


def test_a_file_changed_in_the_registry_is_refused(
    version: rm.registry.Version, registry: Path
) -> None:
    calibration = published_files(registry) / "artifacts" / "artefact" / "calibration.json"
    calibration.write_text(
        calibration.read_text(encoding="utf-8").replace('"slope": ', '"slope": 1'), encoding="utf-8"
    )
    for reference in (f"{NAME}@challenger", f"{NAME}/1", version):
        with pytest.raises(
            RegistryError, match=r"calibration.json is missing, cut short or changed"
        ):
            rm.load(reference)


def test_files_that_are_gone_are_said_to_be(version: object, registry: Path) -> None:
    shutil.rmtree(registry / "artefacts")
    with pytest.raises(
        RegistryError, match="the files of household-crisis version 1 cannot be downloaded"
    ):
        rm.load(f"{NAME}@challenger")


def test_who_pins_a_digest_is_not_fooled_by_the_tag(
    version: rm.registry.Version, study: SimpleNamespace
) -> None:
    logistic = rm.make_classifier(study.panel, kind="logistic").fit(study.train)
    other = rm.publish(logistic, rm.evaluate(logistic, study.test), name=NAME)
    with pytest.raises(RegistryError, match="is not that of .* version 2, whose files are") as told:
        rm.load(f"{NAME}@challenger", digest=version.digest)
    assert told.value.code == "registry.pin"
    assert "an alias moved to a new version" in told.value.next_step
    with open_registry() as registry:
        registry.client.set_model_version_tag(NAME, "1", "riskmodel.digest", other.digest)
    with pytest.raises(RegistryError, match="manifest.json is not the one that was published"):
        rm.load(f"{NAME}/1")
    assert rm.load(version).version.version == "1"


def test_a_history_without_a_promotion_has_blanks(version: object) -> None:
    told = rm.registry.history(NAME)
    assert "published" in repr(told)
    assert "None" not in repr(told) + told._repr_html_()
    assert "NaN" not in repr(told) + told._repr_html_()


def test_wrong_aliases_and_numbers_list_what_there_is(version: object) -> None:
    with pytest.raises(
        RegistryError, match="has no alias 'champion'.*challenger.*promote the challenger first"
    ):
        rm.load(f"{NAME}@champion")
    with pytest.raises(RegistryError, match="has no alias 'chalenger'.*did you mean 'challenger'"):
        rm.load(f"{NAME}@chalenger")
    with pytest.raises(RegistryError, match="has no version 9. Allowed: 1"):
        rm.load(f"{NAME}/9")
    with pytest.raises(RegistryError, match="did you mean 'household-crisis'"):
        rm.load("household-crises@challenger")


@pytest.mark.parametrize("alias", ["2", "v2"])
def test_a_number_after_an_at_sign_is_answered_with_how_a_version_is_written(
    version: object, alias: str
) -> None:
    with pytest.raises(RegistryError, match=f"Next: a version is written {NAME}/2") as no:
        rm.load(f"{NAME}@{alias}")
    assert no.value.code == "registry.alias"


def test_a_bare_name_is_answered_with_an_alias_that_it_has(version: object) -> None:
    with pytest.raises(RegistryError, match=f"names no version.*example {NAME}@challenger"):
        rm.load(NAME)
    with pytest.raises(RegistryError, match="names no version.*example household-crisis@champion"):
        rm.load("another")


def test_a_version_of_others_making_is_refused(registry: Path) -> None:
    with open_registry() as opened:
        opened.client.create_registered_model("foreign")
        opened.client.create_model_version("foreign", source=str(registry))
    with pytest.raises(RegistryError, match="has no tag riskmodel.digest"):
        rm.load("foreign/1")


def own_panel() -> rm.Panel:
    n = np.arange(600)
    df = pd.DataFrame({"id": [f"home{i}" for i in n], "arrears": n % 7.0, "visits": n % 3.0})
    df["y"] = (df["arrears"] + df["visits"] > 5).astype(float)
    label = rm.Label("crisis", window="6M")
    return rm.Panel.from_frame(df, household_id="id", as_of_date="2024-01-01", y="y", label=label)


def publish_own(name: str = "own") -> rm.registry.Version:
    train, test = rm.HouseholdSplit().last(own_panel())
    model = rm.make_classifier(train, kind="logistic").fit(train)
    facts = {"population": {"entity": "household"}, "data": {"digest": "made up here"}}
    return rm.publish(model, rm.evaluate(model, test), name=name, facts=facts)


def test_a_model_of_ones_own_frame_needs_the_missing_facts(registry: Path) -> None:
    train, test = rm.HouseholdSplit().last(own_panel())
    model = rm.make_classifier(train, kind="logistic").fit(train)
    with pytest.raises(RegistryError, match=r"blanks: population, data.*facts="):
        rm.publish(model, rm.evaluate(model, test), name="own")
    publish_own()
    loaded = rm.load("own@challenger")
    assert np.array_equal(loaded.margin(test.X), model.margin(test.X))
    assert loaded.card.evaluated["fitted_on"] == "other households of the same rounds"


def test_an_evaluation_in_sample_or_of_another_model_is_refused(
    registry: Path, study: SimpleNamespace
) -> None:
    with pytest.raises(RegistryError, match="judged rounds on which the model was fitted"):
        rm.publish(study.model, rm.evaluate(study.model, study.train), name=NAME)
    logistic = rm.make_classifier(study.panel, kind="logistic").fit(study.train)
    with pytest.raises(RegistryError, match="of a logistic model, the model is lightgbm"):
        rm.publish(study.model, rm.evaluate(logistic, study.test), name=NAME)


KILLED = """
import os, runpy, signal, sys
import mlflow

def kill(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(mlflow.MlflowClient, sys.argv[2], kill)
runpy.run_path(sys.argv[1])["publish_own"]()
"""


@pytest.mark.parametrize(
    "step",
    [
        "create_model_version",
        pytest.param("log_artifacts", marks=pytest.mark.slow),
        pytest.param("create_registered_model", marks=pytest.mark.slow),
        pytest.param("set_registered_model_alias", marks=pytest.mark.slow),
    ],
)
def test_killed_midway_no_alias_points_at_half_a_version(
    registry: Path, tmp_path: Path, step: str
) -> None:
    command = [sys.executable, "-W", "ignore", "-c", KILLED, __file__, step]
    killed = subprocess.run(command, env=os.environ, cwd=tmp_path, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with pytest.raises(RegistryError, match="no alias 'challenger'|holds no model"):
        rm.load("own@challenger")
    assert publish_own() == rm.load("own@challenger").version
