"""`verify` compares the whole package and runs none of it; every pin is a sha256 that protects."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import riskmodel as rm
from riskmodel.cli import main
from riskmodel.errors import ConfigError, RegistryError
from riskmodel.registry.backend.connection import open_registry, silence
from riskmodel.registry.backend.version import PACKAGE_TAG

NAME = "household-crisis"
EVIL = "import os\nos.environ['RAN'] = 'yes'\n"


@pytest.fixture(scope="module")
def published(
    migrated: Path, study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """One version, its registry and the folder of its package in the store."""
    folder = tmp_path_factory.mktemp("riskmodel-registry")
    shutil.copyfile(migrated, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        version = rm.publish(study.model, study.evaluation, name=NAME)
        (found,) = folder.rglob("MLmodel")
        yield SimpleNamespace(version=version, package=found.parent)


@pytest.fixture
def version(published: SimpleNamespace) -> rm.registry.Version:
    return published.version


@pytest.fixture
def stored(published: SimpleNamespace, tmp_path: Path) -> Iterator[Path]:
    """The package in the store, to be harmed; it is put back afterwards."""
    shutil.copytree(published.package, tmp_path / "whole", symlinks=True)
    yield published.package
    shutil.rmtree(published.package)
    shutil.copytree(tmp_path / "whole", published.package)


@pytest.fixture
def quiet_mlflow() -> Iterator[Any]:
    import mlflow

    uri = os.environ["MLFLOW_TRACKING_URI"]
    with silence():
        mlflow.set_tracking_uri(uri)
        yield mlflow
        mlflow.set_tracking_uri(None)
        os.environ["MLFLOW_TRACKING_URI"] = uri


def test_a_whole_version_is_verified_by_either_digest(version: rm.registry.Version) -> None:
    told = rm.verify(f"{NAME}@challenger")
    assert told.package_digest == version.package_digest
    text = repr(told)
    assert f"the manifest's is {version.digest}, as on the tag riskmodel.digest" in text
    assert f"the sha256 {version.package_digest}, as on the tag riskmodel.package_digest" in text
    assert "no digest was given" in text
    given = {of: rm.verify(version, own).pinned for of, own in digests(version).items()}
    assert given == {"artefact": "artefact", "package": "package"}
    assert "that was given is that of the package" in repr(rm.verify(version, told.package_digest))
    with pytest.raises(RegistryError, match=r"neither that of the artefact.*registry\.tampered"):
        rm.verify(version, 64 * "0")


def digests(version: rm.registry.Version) -> dict[str, str]:
    return {"artefact": version.digest, "package": version.package_digest}


@pytest.mark.parametrize(
    "name", ["serving.py", "MLmodel", "requirements.txt", "conda.yaml", "input_example.json"]
)
def test_a_changed_file_beside_the_artefact_is_found_by_verify_and_never_run_by_load(
    name: str, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAN", "no")
    with (stored / name).open("a") as file:
        file.write(EVIL)
    with pytest.raises(RegistryError, match="a file beside it is not") as refusal:
        rm.verify(f"{NAME}@challenger")
    assert refusal.value.code == "registry.tampered"
    assert rm.load(f"{NAME}@challenger").kind == "lightgbm"
    assert os.environ["RAN"] == "no"


HARM: dict[str, Callable[[Path], object]] = {
    "a file more": lambda folder: (folder / "extra.py").write_text(EVIL),
    "compiled code": lambda folder: _write(folder / "__pycache__" / "serving.cpython-311.pyc"),
    "a file less": lambda folder: (folder / "conda.yaml").unlink(),
}


def _write(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(EVIL)


@pytest.mark.parametrize("harm", HARM)
def test_a_file_more_or_less_is_found(harm: str, stored: Path) -> None:
    HARM[harm](stored)
    with pytest.raises(RegistryError, match="a file beside it is not"):
        rm.verify(f"{NAME}@challenger")


def test_what_cannot_be_checked_is_said(version: rm.registry.Version, stored: Path) -> None:
    with open_registry() as registry:
        client = registry.client
        client.delete_model_version_tag(NAME, "1", PACKAGE_TAG)
    assert "package: not checked, since the version has no tag" in repr(rm.verify(f"{NAME}/1"))
    pinned = rm.verify(f"{NAME}/1", version.package_digest)
    assert "as given; the version has no tag riskmodel.package_digest" in repr(pinned)
    (stored / "serving.py").write_text(EVIL)
    with pytest.raises(RegistryError, match="neither that of"):
        rm.verify(f"{NAME}/1", version.package_digest)
    client.set_model_version_tag(NAME, "1", PACKAGE_TAG, version.package_digest)


@pytest.mark.parametrize("digest", ["", "abc", "sha256"])
def test_a_pin_that_is_no_sha256_is_refused_at_every_door(
    digest: str, version: rm.registry.Version, study: SimpleNamespace, artefact: Path
) -> None:
    name, records = f"{NAME}@challenger", study.records
    doors: list[Callable[[], object]] = [
        lambda: rm.load(name, digest),
        lambda: rm.open(artefact, digest),
        lambda: rm.verify(name, digest),
        lambda: rm.score(name, records, "2024-01-01", digest=digest),
        lambda: rm.trace(name, records, "2024-01-01", "H1", digest=digest),
        lambda: rm.promote(name, records, by="kim", why="better", digest=digest),
    ]
    for door in doors:
        with pytest.raises(RegistryError, match="no sha256") as refusal:
            door()
        assert refusal.value.code == "registry.pin"


def test_another_artefact_than_the_pinned_one_is_refused_at_every_door(
    version: rm.registry.Version, study: SimpleNamespace
) -> None:
    name, records, other = f"{NAME}@challenger", study.records, 64 * "0"
    doors: list[Callable[[], object]] = [
        lambda: rm.load(name, other),
        lambda: rm.score(name, records, study.evaluation.rounds[0], digest=other),
        lambda: rm.promote(name, records, by="kim", why="better", digest=other),
    ]
    for door in doors:
        with pytest.raises(RegistryError, match="is not that of .* version 1, whose files are"):
            door()
    day = study.evaluation.rounds[0]
    listed = rm.score(name, records, as_of=day, capacity=0.05, digest=version.digest)
    assert listed.frame().equals(rm.score(name, records, as_of=day, capacity=0.05).frame())


def test_a_pin_that_would_not_be_looked_at_is_refused(
    version: rm.registry.Version, study: SimpleNamespace
) -> None:
    with pytest.raises(ConfigError, match=r"is loaded already.*registry\.pin"):
        rm.score(study.model, study.records, "2024-01-01", digest=version.digest)


def test_the_packages_digest_is_named_where_the_artefacts_is_wanted(
    version: rm.registry.Version,
) -> None:
    with pytest.raises(RegistryError, match=r"that of the package.*registry\.pin"):
        rm.load(version, version.package_digest)


def test_mlflows_own_loader_takes_the_packages_pin(
    version: rm.registry.Version,
    stored: Path,
    quiet_mlflow: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def loaded(digest: str) -> Any:
        uri = f"models:/{NAME}@challenger"
        return quiet_mlflow.pyfunc.load_model(uri, model_config={"digest": digest})

    assert loaded(version.package_digest).metadata is not None
    with pytest.raises(ValueError, match="no sha256"):
        loaded("")
    with pytest.raises(ValueError, match=r"that of the artefact.*serving\.pin"):
        loaded(version.digest)
    monkeypatch.setenv("RISKMODEL_DIGEST", 64 * "0")
    with pytest.raises(ValueError, match="the package is not the one that was published"):
        quiet_mlflow.pyfunc.load_model(f"models:/{NAME}/1")
    assert loaded(version.package_digest).metadata is not None
    monkeypatch.setenv("RISKMODEL_DIGEST", version.package_digest)
    with (stored / "input_example.json").open("a") as example:
        example.write("\n")
    with pytest.raises(ValueError, match="the package is not the one that was published"):
        quiet_mlflow.pyfunc.load_model(f"models:/{NAME}/1")


def test_a_package_loaded_in_place_loads_again(
    version: rm.registry.Version, stored: Path, quiet_mlflow: Any
) -> None:
    for _ in range(2):
        config = {"digest": version.package_digest}
        quiet_mlflow.pyfunc.load_model(str(stored), model_config=config)


def test_a_publishers_own_pin_hinders_no_publication(
    published: SimpleNamespace, study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKMODEL_DIGEST", 64 * "0")
    assert rm.publish(study.model, study.evaluation, name="another").package_digest
    assert os.environ["RISKMODEL_DIGEST"] == 64 * "0"


def test_the_shell_takes_a_pin_as_the_page_for_consumers_says(
    version: rm.registry.Version, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).parents[2] / "docs" / "consumers.md"
    (line,) = re.findall(r"^riskmodel (verify .*digest=)DIGEST$", page.read_text("utf-8"), re.M)
    words = line.split()
    for digest, of in ((version.digest, "artefact"), (version.package_digest, "package")):
        assert main([*words[:-1], words[-1] + digest]) == 0
        assert f"the digest that was given is that of the {of}" in capsys.readouterr().out
    # digits alone, a float's form, and nothing
    for digest, code in ((64 * "0", "tampered"), ("1e5".ljust(64, "0"), "tampered"), ("''", "pin")):
        assert main([*words[:-1], words[-1] + digest]) == 6
        assert f"[registry.{code}]" in capsys.readouterr().err


def test_the_shell_scores_only_the_pinned_version(
    version: rm.registry.Version, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["score", "data=simulated", "data.n=300", f"model={NAME}/1", f"output={tmp_path}/l.csv"]
    assert main([*words, f"digest={64 * '0'}"]) == 6
    assert "the digest asked for is not that of" in capsys.readouterr().err
    assert not (tmp_path / "l.csv").exists()
