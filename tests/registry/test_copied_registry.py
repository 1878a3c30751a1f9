"""A moved or copied registry is read where it lies, and written to once it has its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from wide_gates import WIDE

import riskmodel as rm
from mended import Note
from riskmodel.cli import main
from riskmodel.errors import RegistryError
from riskmodel.registry import history, move_registry, prune_runs
from riskmodel.registry.backend.connection import EXPERIMENT, open_registry

NAME = "household-crisis"
REFUSAL = r"was made in another folder.*\[registry.files\]"


def use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")


def publish(study: SimpleNamespace) -> rm.registry.Version:
    return rm.publish(study.model, study.evaluation, name=NAME)


@pytest.fixture
def original(version: rm.registry.Version, registry: Path) -> Path:
    """A registry with one version, in use: its folder."""
    return registry


def whole(original: Path, target: Path) -> None:
    shutil.copytree(original, target)


def without_artefacts(original: Path, target: Path) -> None:
    shutil.copytree(original, target, ignore=shutil.ignore_patterns("artefacts"))


def moved(original: Path, target: Path) -> None:
    shutil.move(original, target)


@pytest.fixture(params=[whole, moved])
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


def promote(study: SimpleNamespace) -> object:
    return rm.promote(f"{NAME}/1", study.records, "kim", "better", 0.05, WIDE)


WRITING: dict[str, Callable[[SimpleNamespace], object]] = {
    "publish": publish,
    "promote": promote,
    "rollback": lambda study: rm.rollback(NAME, by="kim", why="better"),
    "retire": lambda study: rm.retire(f"{NAME}/1", by="kim", why="better"),
    "prune": lambda study: prune_runs("0D", dry=True),
}


def test_a_moved_registry_is_read_where_it_lies_and_never_written_where_it_was(
    elsewhere: Path,
    original: Path,
    study: SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
    mended: Note,
) -> None:
    before = sorted(original.rglob("*"))
    if original.exists():  # what is read is the copy's own
        for file in original.rglob("manifest.json"):
            file.write_text("{}", encoding="utf-8")
    assert np.array_equal(rm.load(f"{NAME}/1").margin(study.test), study.margin)
    assert len(rm.score(f"{NAME}@challenger", study.records, study.test.as_of.max()).table)
    assert main(["verify", f"name={NAME}", "version=1"]) == 0
    assert "whole" in capsys.readouterr().out
    assert rm.history(NAME).doubts == ()
    for door in WRITING.values():
        with pytest.raises(RegistryError, match=REFUSAL) as error:
            door(study)
        assert str(original) in str(error.value)
    assert sorted(original.rglob("*")) == before
    mended("operating", tried="load from a registry in a moved folder", before="refused",
           now="loaded")  # fmt: skip


def test_a_moved_registry_gets_its_place_by_one_command(
    elsewhere: Path,
    original: Path,
    study: SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sorted(original.rglob("*"))
    head = rm.history(NAME).head
    assert main(["registry", "move"]) == 0
    assert f"which named {original}" in capsys.readouterr().out
    assert repr(move_registry()).endswith("is where it was made; nothing was changed")
    assert rm.history(NAME, head=head).doubts == ()
    assert np.array_equal(rm.load(f"{NAME}/1").margin(study.test), study.margin)
    assert publish(study).version == "2"
    assert np.array_equal(rm.load(f"{NAME}@challenger").margin(study.test), study.margin)
    rm.retire(f"{NAME}/1", by="kim", why="old")
    assert sorted(original.rglob("*")) == before
    with open_registry() as opened:  # MLflow's own loader finds it as well
        run_id = opened.client.get_model_version(NAME, "2").run_id
        place = opened.client.get_run(run_id).info.artifact_uri
    assert place.startswith(elsewhere.as_uri())


def test_a_registry_without_its_files_is_refused_by_readers_and_not_moved(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_artefacts(original, tmp_path / "elsewhere")
    use(tmp_path / "elsewhere", monkeypatch)
    with pytest.raises(RegistryError, match=r"do not lie beside.*copy artefacts/ to here"):
        rm.load(f"{NAME}/1")
    with pytest.raises(RegistryError, match=r"artefacts/ does not lie beside"):
        move_registry()
    assert "published" in repr(history(NAME))


def test_only_a_move_is_known(original: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registry", "copy"]) == 2
    assert "riskmodel registry move" in capsys.readouterr().err


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
