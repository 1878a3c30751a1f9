"""PostgreSQL as the registry's database, directly and behind MLflow's server: the whole life."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from wide_gates import WIDE

import riskmodel as rm
from riskmodel.errors import RegistryError
from riskmodel.registry.backend.connection import check_registry

NAME = "household-crisis"
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAMS, reason="apt-get install postgresql"),
    pytest.mark.skipif(
        importlib.util.find_spec("psycopg") is None, reason="pip install 'psycopg[binary]'"
    ),
]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of this test's own, run as its own user; the address of an empty database."""
    folder, bins, port = Path("/var/tmp") / f"riskmodel-pg-{os.getpid()}", PROGRAMS[-1].parent, 0
    folder.mkdir(mode=0o700)
    own = [] if os.getuid() else ["runuser", "-u", "postgres", "--"]
    if own:
        shutil.chown(folder, "postgres")
    port = free_port()
    data, log = folder / "data", folder / "log"
    start = [f"{bins}/pg_ctl", "-D", data, "-l", log, "-w", "-t", "120"]
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
    try:
        quietly([*own, f"{bins}/initdb", "-D", data, "-A", "trust", "-U", "keeper"])
        quietly([*own, *start, "-o", options, "start"])
        quietly(["createdb", "-h", "127.0.0.1", "-p", port, "-U", "keeper", "mlflow"])
        yield f"postgresql+psycopg://keeper:s3cret@127.0.0.1:{port}/mlflow"
    finally:
        quietly([*own, f"{bins}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(folder)


def quietly(command: list[object]) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MLflow's server on a database of its own there; its address."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    words = ["mlflow", "server", "--backend-store-uri", database, "--workers", "1"]
    words += ["--artifacts-destination", str(folder / "artefacts")]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words, "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env={**os.environ, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        for _ in range(3_000):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(120)


@pytest.fixture(params=["database", "server"])
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    uri = str(request.getfixturevalue(request.param))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "120")  # a busy machine answers late
    monkeypatch.chdir(tmp_path)
    return uri


def test_a_version_lives_its_whole_life(address: str, study: SimpleNamespace) -> None:
    name = f"{NAME}-{address.partition(':')[0].partition('+')[0]}"
    assert "s3cret" not in check_registry()
    first = rm.publish(study.model, study.evaluation, name, by="lee")
    rm.promote(first, study.records, "kim", "the first", 0.05, WIDE)
    second = rm.publish(study.model, study.evaluation, name, by="lee")
    promotion = rm.promote(second, study.records, "kim", "a refit", 0.05, WIDE)
    assert rm.load(f"{name}@champion").version.version == second.version

    assert rm.verify(f"{name}@champion", second.package_digest).pinned == "package"
    assert rm.history(name, head=promotion.head).doubts == ()
    back = rm.rollback(name, by="kim", why="the first was better")
    assert back.version == first.version
    rm.publish(study.model, study.evaluation, name, by="lee")  # takes the alias challenger
    rm.retire(second, by="kim", why="not used")
    told = rm.history(name, head=promotion.head)
    assert told.doubts == ()
    assert set(told.frame()["state"]) == {"done"}
    assert {"published", "promoted", "retired"} <= set(told.frame()["event"])

    loaded = rm.load(f"{name}@champion", first.digest)
    assert (loaded.margin(study.test) == study.margin).all()
    day = study.test.as_of.max()
    assert len(rm.score(f"{name}@champion", study.records, day, 0.05).table)
    with pytest.raises(RegistryError, match="no version") as refusal:
        rm.load(f"{name}/{second.version}")
    assert "s3cret" not in str(refusal.value)
