"""A version that was tampered with is refused by every reader, and none of its code is run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import riskmodel as rm
from riskmodel import serving
from riskmodel.errors import RegistryError
from riskmodel.registry.backend.connection import open_registry, silence
from riskmodel.registry.backend.version import DIGEST_TAG, PACKAGE_TAG
from riskmodel.registry.publishing.pyfunc import save_pyfunc
from riskmodel.registry.reading.loaded_model import LoadedModel

GOLDEN = Path(__file__).parents[1] / "serving" / "golden"
KEPT = GOLDEN / "schema_3_regions"
ROWS = json.loads(KEPT.with_suffix(".json").read_text(encoding="utf-8"))
FLIPS = 200


@pytest.fixture(scope="module")
def whole(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A package in a registry's store, a copy of it, and its two digests."""
    folder = tmp_path_factory.mktemp("riskmodel-registry")
    shutil.copyfile(migrated, folder / "mlflow.db")
    artefact = shutil.copytree(KEPT, folder / "written" / "artefact")
    with silence():
        package = save_pyfunc(folder / "written" / "model", artefact, LoadedModel.read(artefact))
    digest, of_package = ROWS["digest"], serving.package_digest(package)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        with open_registry() as registry:
            client = registry.client
            run = client.create_run(registry.experiment()).info.run_id
            client.log_artifacts(run, str(package), "model")
            client.create_registered_model("kept")
            tags = {DIGEST_TAG: digest, PACKAGE_TAG: of_package}
            client.create_model_version("kept", f"runs:/{run}/model", run, tags=tags)
        (stored,) = (folder / "artefacts").rglob("MLmodel")
        yield SimpleNamespace(
            stored=stored.parent, copy=package, artefact=digest, package=of_package
        )


@pytest.fixture
def stored(whole: SimpleNamespace) -> Iterator[Path]:
    """The package in the store, to be harmed; it is put back afterwards."""
    yield whole.stored
    shutil.rmtree(whole.stored)
    shutil.copytree(whole.copy, whole.stored)


def by_load(whole: SimpleNamespace) -> Any:
    return rm.load("kept/1", whole.artefact).scorer.margin


def by_its_tag(whole: SimpleNamespace) -> Any:
    return rm.load("kept/1").scorer.margin


def by_numpy(whole: SimpleNamespace) -> Any:
    return serving.read(whole.stored / serving.ARTEFACT, whole.artefact).margin


def by_pyfunc(whole: SimpleNamespace) -> Any:
    """MLflow's own loader, with the pin of its call; the variable holds where MLmodel is harmed."""
    import mlflow

    with silence(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKMODEL_DIGEST", whole.package)
        config = {"digest": whole.package}
        loaded = mlflow.pyfunc.load_model(str(whole.stored), model_config=config)
    return loaded.unwrap_python_model().scorer.margin


READERS = {"rm.load": by_load, "its tag": by_its_tag, "numpy": by_numpy, "pyfunc": by_pyfunc}
OURS = (RegistryError, serving.ServingError)


def refused_by(reader: str, whole: SimpleNamespace) -> bool:
    """Tell whether a reader refuses: by our error, or by MLflow's outside of our files."""
    try:
        READERS[reader](whole)
    except OURS:
        return True
    except Exception:
        # its code is a module of its own, with its own error; harmed metadata is refused by MLflow
        return reader == "pyfunc"
    return False


def changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def swapped(path: Path) -> None:
    other = next(one for one in sorted(path.parent.iterdir()) if one.is_file() and one != path)
    mine, its = path.read_bytes(), other.read_bytes()
    path.write_bytes(its)
    other.write_bytes(mine)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


HARM: dict[str, Callable[[Path], None]] = {
    "changed": changed,
    "truncated": truncated,
    "swapped": swapped,
    "emptied": emptied,
    "removed": Path.unlink,
}
FILES = sorted(path.name for path in KEPT.iterdir())
BESIDE = ("MLmodel", "serving.py", "requirements.txt", "conda.yaml", "input_example.json")


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_reads_the_whole_version(reader: str, whole: SimpleNamespace) -> None:
    matrix = serving.read(KEPT).matrix(ROWS["rows"]).X
    assert [one.hex() for one in READERS[reader](whole)(matrix).tolist()] == ROWS["margin"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("name", ["tables.npz", "manifest.json"])
def test_a_harmed_file_is_refused_by_every_reader(
    name: str, harm: str, reader: str, whole: SimpleNamespace, stored: Path
) -> None:
    HARM[harm](stored / serving.ARTEFACT / name)
    assert refused_by(reader, whole)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("harm", HARM)
def test_every_harmed_file_is_refused_by_every_reader(
    harm: str, reader: str, whole: SimpleNamespace, stored: Path
) -> None:
    for name in FILES:
        HARM[harm](stored / serving.ARTEFACT / name)
        assert refused_by(reader, whole), name
        shutil.copytree(whole.copy, stored, dirs_exist_ok=True)


@pytest.mark.slow
@pytest.mark.parametrize("harm", [*HARM, "replaced by a link"])
def test_every_harmed_file_beside_the_artefact_is_found(
    harm: str, whole: SimpleNamespace, stored: Path, tmp_path: Path
) -> None:
    for name in BESIDE:
        _harm(stored / name, harm, tmp_path / name)
        if harm != "replaced by a link":
            with pytest.raises(RegistryError, match="a file beside it is not"):
                rm.verify("kept/1")
        if (name, harm) != ("serving.py", "emptied"):
            assert refused_by("pyfunc", whole), name
        (stored / name).unlink(missing_ok=True)
        shutil.copytree(whole.copy, stored, dirs_exist_ok=True)


def _harm(path: Path, harm: str, aside: Path) -> None:
    if harm == "replaced by a link":
        _link(path, aside)
    else:
        HARM[harm](path)


def _link(path: Path, aside: Path) -> None:
    shutil.move(path, aside)
    path.symlink_to(aside)


@pytest.mark.parametrize("reader", READERS)
def test_a_link_to_the_same_bytes_is_refused(
    reader: str, whole: SimpleNamespace, stored: Path, tmp_path: Path
) -> None:
    _link(stored / serving.ARTEFACT / "tables.npz", tmp_path / "tables.npz")
    assert refused_by(reader, whole)


@pytest.mark.parametrize("read", [rm.load, rm.verify])
def test_a_link_in_the_place_of_a_file_is_told_as_that(
    read: Callable[[str], Any], whole: SimpleNamespace, stored: Path, tmp_path: Path
) -> None:
    _link(stored / serving.ARTEFACT / "tables.npz", tmp_path / "tables.npz")
    with pytest.raises(RegistryError, match="a link stands in the place of 'tables.npz'") as found:
        read("kept/1")
    assert found.value.code == "registry.tampered"
    assert str(tmp_path) not in str(found.value)


def test_another_versions_artefact_is_refused(whole: SimpleNamespace, stored: Path) -> None:
    shutil.rmtree(stored / serving.ARTEFACT)
    shutil.copytree(GOLDEN / "schema_3_blend", stored / serving.ARTEFACT)
    assert all(refused_by(reader, whole) for reader in READERS)


def flipped(whole: SimpleNamespace, stored: Path, reader: str, number: int) -> list[str]:
    """Return where a flipped bit was not refused."""
    root = stored if reader == "pyfunc" else stored / serving.ARTEFACT
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    sizes = np.array([path.stat().st_size for path in files])
    rng, passed = np.random.default_rng(17), []
    for _ in range(number):
        # files by turns of chance, so that small ones are harmed as often as large ones
        k = int(rng.integers(len(files)))
        at, bit = int(rng.integers(sizes[k])), int(rng.integers(8))
        kept = files[k].read_bytes()
        harmed = bytearray(kept)
        harmed[at] ^= 1 << bit
        files[k].write_bytes(harmed)
        if not refused_by(reader, whole):
            passed.append(f"{files[k].name}:{at}:{bit}")
        files[k].write_bytes(kept)
    return passed


@pytest.mark.parametrize("reader", READERS)
def test_a_flipped_bit_is_refused(reader: str, whole: SimpleNamespace, stored: Path) -> None:
    assert flipped(whole, stored, reader, 8) == []


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_two_hundred_flipped_bits_are_refused(
    reader: str, whole: SimpleNamespace, stored: Path
) -> None:
    assert flipped(whole, stored, reader, FLIPS) == []


def test_no_file_of_a_package_is_a_pickle(whole: SimpleNamespace) -> None:
    files = [path for path in whole.copy.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".md", ".npz", ".py", ".txt", ".yaml", ""}
    assert not any(path.read_bytes().startswith(b"\x80") for path in files)
    with np.load(whole.copy / serving.ARTEFACT / "tables.npz", allow_pickle=False) as tables:
        assert all(tables[name].dtype.kind in "fiuUb" for name in tables.files)


UNPICKLING = """
import os, sys
import mlflow, mlflow.pyfunc, pandas
import riskmodel as rm
import riskmodel.registry
from riskmodel import serving

def refuse(event, args):
    if event == "pickle.find_class":
        raise RuntimeError(f"unpickled {args}")

folder, artefact = sys.argv[1], os.path.join(sys.argv[1], "artifacts", "artefact")
sys.addaudithook(refuse)
model = mlflow.pyfunc.load_model(folder, suppress_warnings=True)
columns = serving.read(artefact).columns
rows = pandas.DataFrame([{column["name"]: None for column in columns}])
print(model.predict(rows)["score"][0] == rm.open(artefact).scorer.score(rows)["score"][0])
"""


@pytest.mark.slow
def test_nothing_is_unpickled_where_mlflow_forbids_it(whole: SimpleNamespace) -> None:
    env = os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", UNPICKLING, str(whole.copy)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split()[-1:] == ["True"], done.stderr


def test_the_digests_are_those_that_anybody_can_compute(whole: SimpleNamespace) -> None:
    """As `sha256sum` gives them, with no code of ours."""
    names = sorted(
        path.relative_to(whole.copy).as_posix()
        for path in whole.copy.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    )
    lines = [
        f"{hashlib.sha256((whole.copy / name).read_bytes()).hexdigest()}  {name}\n"
        for name in names
    ]
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == whole.package
