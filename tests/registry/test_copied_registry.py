"""A registry that was copied or moved is refused, not read in the folder where it was before."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import riskmodel as rm
from riskmodel.cli import main
from riskmodel.errors import RegistryError
from riskmodel.registry import history, prune_runs
from riskmodel.registry.connection import EXPERIMENT, open_registry

NAME = "household-crisis"
REFUSAL = r"was made in another folder.*\[registry.files\]"


def use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")


def publish(study: SimpleNamespace) -> rm.registry.Version:
    return rm.publish(study.model, study.evaluation, name=NAME)


@pytest.fixture
def original(study: SimpleNamespace, registry: Path) -> Path:
    """A registry with one version, in use: its folder."""
    publish(study)
    return registry


def whole(original: Path, target: Path) -> None:
    shutil.copytree(original, target)


def without_artefacts(original: Path, target: Path) -> None:
    shutil.copytree(original, target, ignore=shutil.ignore_patterns("artefacts"))


def moved(original: Path, target: Path) -> None:
    shutil.move(original, target)


@pytest.fixture(params=[whole, without_artefacts, moved])
def elsewhere(
    request: pytest.FixtureRequest,
    original: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The registry in another folder, in use."""
    target = tmp_path / "elsewhere"
    request.param(original, target)
    use(target, monkeypatch)
    return target


DOORS: dict[str, Callable[[SimpleNamespace], object]] = {
    "load": lambda study: rm.load(f"{NAME}/1"),
    "score": lambda study: rm.score(f"{NAME}@challenger", study.records, study.test.as_of.max()),
    "publish": publish,
    "prune": lambda study: prune_runs("0D", dry=True),
}


def test_no_door_reads_or_writes_the_files_of_another_folder(
    elsewhere: Path, original: Path, study: SimpleNamespace
) -> None:
    before = sorted(original.rglob("*"))
    for door in DOORS.values():
        with pytest.raises(RegistryError, match=REFUSAL) as error:
            door(study)
        assert str(original) in str(error.value)
    assert sorted(original.rglob("*")) == before


def test_verify_does_not_call_a_copy_whole(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", f"name={NAME}", "version=1"]) == 6
    out, err = capsys.readouterr()
    assert "[registry.files]" in err
    assert "whole" not in out


def test_the_versions_of_a_copy_are_still_named(elsewhere: Path) -> None:
    assert "published" in repr(history(NAME))


def test_a_copy_put_back_in_place_is_whole(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.move(original, tmp_path / "backup")
    shutil.copytree(tmp_path / "backup", original)
    assert main(["verify", f"name={NAME}", "version=1"]) == 0
    assert "whole" in capsys.readouterr().out


def test_another_way_to_the_same_folder_is_the_same_registry(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(original)
    use(tmp_path / "link", monkeypatch)
    assert rm.load(f"{NAME}/1").version
    monkeypatch.chdir(original.parent)
    use(Path(original.name), monkeypatch)
    assert rm.load(f"{NAME}/1").version


@pytest.mark.parametrize("root", ["root", "other/artefacts"])
def test_files_that_somebody_keeps_elsewhere_by_mlflows_own_means_are_read_there(
    root: str,
    study: SimpleNamespace,
    registry: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = tmp_path / root
    with open_registry() as opened:
        opened.client.create_experiment(EXPERIMENT, artifact_location=chosen.as_uri())
    publish(study)
    assert any(chosen.rglob("manifest.json"))
    assert not (registry / "artefacts").exists()
    shutil.copytree(registry, tmp_path / "copy")
    for folder in (registry, tmp_path / "copy"):
        use(folder, monkeypatch)
        assert rm.load(f"{NAME}/1").version
