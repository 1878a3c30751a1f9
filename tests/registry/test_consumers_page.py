"""The page for consumers: every block of each way is run as it stands, against the real thing."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from wide_gates import WIDE

import riskmodel as rm

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "consumers.md").read_text(encoding="utf-8")
NAME, PERSON = "household-crisis", "김철수 880101-1234567"
COUNT = "crisis__count__6M"
SERVED, PROXIED = 5001, 8080


class Block(NamedTuple):
    """A block of code of the page, and the language that it is written in."""

    lang: str
    code: str


def blocks_of(heading: str) -> list[Block]:
    """Return the blocks of a section of the page, in their order."""
    section = PAGE.split(f"\n### {heading}\n", 1)[1].split("\n### ", 1)[0]
    return [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```", section, re.S | re.M)]


@pytest.fixture
def consumer(registry: Path, study: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    """A folder with the rows that the page names, and a champion in a registry."""
    version = rm.publish(study.model, study.evaluation, NAME)
    rm.promote(version, study.records, "kim", "better", 0.05, WIDE)
    rows = study.test.X.head(20).reset_index()
    rows.drop(columns="as_of_date").to_csv(tmp_path / "rows.csv", index=False)
    records = json.loads(study.test.X.head(20).to_json(orient="records"))
    body = {"dataframe_records": records, "params": {"lang": "ko", "top": 2}}
    (tmp_path / "rows.json").write_text(json.dumps(body), encoding="utf-8")
    scores = study.model.predict_proba(study.test.X.head(20))[:, 1]
    return SimpleNamespace(folder=tmp_path, version=version, scores=scores, records=records)


def filled(code: str, consumer: SimpleNamespace, **ports: int) -> str:
    """Return a block with the version's digests, and with free ports."""
    code = code.replace("PACKAGE_DIGEST", consumer.version.package_digest)
    code = code.replace("ARTEFACT_DIGEST", consumer.version.digest)
    for number, port in ports.items():
        code = code.replace(number.removeprefix("_"), str(port))
    return code


def environment() -> dict[str, str]:
    """Return the environment of a shell in which this Python's programs are found."""
    found = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": found, "MLFLOW_DISABLE_TELEMETRY": "true"}


def ran(block: Block, consumer: SimpleNamespace, after: str = "") -> str:
    """Run a block in the consumer's folder and return what it printed."""
    code = filled(block.code, consumer) + after
    command = [sys.executable, "-c", code] if block.lang == "python" else ["bash", "-ec", code]
    done = subprocess.run(
        command, cwd=consumer.folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


SCORES = "\nimport json; print(json.dumps([float(one) for one in answer['score']]))\n"


def test_mlflows_own_loader_scores_the_rows(consumer: SimpleNamespace) -> None:
    (block,) = blocks_of("In Python, by MLflow")
    printed = ran(block, consumer, SCORES).splitlines()
    np.testing.assert_allclose(json.loads(printed[-1]), consumer.scores, rtol=1e-12)


def test_numpy_alone_scores_the_rows(consumer: SimpleNamespace) -> None:
    download, block = blocks_of("With numpy alone")
    ran(download, consumer)
    code = "import sys\nsys.modules.update(dict.fromkeys(['pandas', 'riskmodel']))\n"
    alone = Block(block.lang, code + block.code + "assert 'mlflow' not in sys.modules\n")
    printed = ran(alone, consumer, SCORES).splitlines()
    np.testing.assert_allclose(json.loads(printed[-1]), consumer.scores, rtol=1e-12)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: list[str], folder: Path, env: dict[str, str]) -> Iterator[Path]:
    """Run a program for the time of the block; give the file of what it writes."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=written, stderr=written, start_new_session=True
        )
    try:
        yield log
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(120)


class Answer(NamedTuple):
    """The status and the text of an answer."""

    status: int
    text: str


def asked(port: int, body: str, kind: str = "application/json") -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        connection.request("POST", "/invocations", body.encode(), {"Content-Type": kind})
        response = connection.getresponse()
        return Answer(response.status, response.read().decode())


def got(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def wait_for(port: int, path: str, log: Path) -> None:
    for _ in range(900):
        try:
            if got(port, path) == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def with_cell(consumer: SimpleNamespace, value: object) -> str:
    record = {**consumer.records[0], COUNT: value}
    return json.dumps({"dataframe_records": [record]})


def bad_requests(consumer: SimpleNamespace) -> dict[str, tuple[str, int, int]]:
    """Return what is sent, the status of MLflow's server, and that of the proxy."""
    rows = consumer.records[:2]
    return {
        "a text": (with_cell(consumer, PERSON), 422, 422),
        "a list": (with_cell(consumer, [PERSON]), 422, 422),
        "an object": (with_cell(consumer, {PERSON: 1}), 422, 422),
        "hundreds of digits": (with_cell(consumer, 10**400), 422, 422),
        "an infinity": (with_cell(consumer, float("inf")), 422, 422),
        "another table": (json.dumps({"dataframe_records": [{PERSON: 1}]}), 422, 422),
        "rows without names": (json.dumps({"inputs": [[1.0, 2.0]]}), 422, 422),
        "a language": (
            json.dumps({"dataframe_records": rows, "params": {"lang": PERSON}}),
            422,
            422,
        ),
        "no reasons": (json.dumps({"dataframe_records": rows, "params": {"top": 0}}), 422, 422),
        "no json": (f'{{"dataframe_records": [{{"name": "{PERSON}"', 400, 400),
        "no table": (json.dumps({"name": PERSON}), 400, 400),
        "params of a wrong type": (
            json.dumps({"dataframe_records": rows, "params": {"top": PERSON}}),
            400,
            400,
        ),
        "nothing": ("", 400, 400),
        "lists in lists": ('{"inputs": ' + "[" * 100_000 + "]" * 100_000 + "}", 500, 503),
    }


SCORED = (-1, 1e308, None, True, 0.5)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("nginx") is None, reason="apt-get install nginx-light")
def test_a_model_server_behind_the_proxy_answers_and_shows_nothing(
    consumer: SimpleNamespace,
) -> None:
    serve, curl, proxy = blocks_of("A model server")
    ports = {f"_{SERVED}": free_port(), f"_{PROXIED}": free_port()}
    folder = consumer.folder
    (folder / "nginx.conf").write_text(filled(proxy.code, consumer, **ports), encoding="utf-8")
    nginx = ["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "error.log"]
    nginx += ["-g", f"daemon off; pid {folder}/nginx.pid; user root;"]
    server = ["bash", "-ec", filled(serve.code, consumer, **ports)]
    served, proxied = ports.values()
    with (
        running(server, folder, environment()) as log,
        running(nginx, folder, environment()) as other,
    ):
        wait_for(served, "/ping", log)
        wait_for(proxied, "/ping", other)
        answer = json.loads(ran(Block("sh", filled(curl.code, consumer, **ports)), consumer))
        scores = [row["score"] for row in answer["predictions"]]
        np.testing.assert_allclose(scores, consumer.scores, rtol=1e-12)
        assert answer["predictions"][0]["version"] == f"{NAME}/1"
        for form, (body, of_mlflow, of_proxy) in bad_requests(consumer).items():
            direct, answered = (asked(port, body) for port in (served, proxied))
            assert (direct.status, answered.status) == (of_mlflow, of_proxy), form
            shows_nothing(answered, form)
            if of_mlflow == 422:
                assert answered == direct
        unequal = asked(proxied, f"a,b\n1,2\n1,2,3,{PERSON}", "text/csv")
        assert unequal.status == 400
        shows_nothing(unequal, "csv")
        for value in SCORED:
            assert asked(proxied, with_cell(consumer, value)).status == 200
        (told,) = json.loads(asked(proxied, with_cell(consumer, -1)).text)["predictions"]
        assert told["impossible"] == [COUNT]
        large = asked(proxied, json.dumps({"dataframe_records": [{"name": "x" * 10_000_000}]}))
        assert (large.status, "larger than 4 MB" in large.text) == (413, True)
        assert [got(proxied, path) for path in ("/docs", "/openapi.json", "/")] == [404] * 3
    logged = (folder / "access.log").read_text(encoding="utf-8")
    assert "POST /invocations" in logged
    assert "김철수" not in logged
    assert "880101" not in logged


def shows_nothing(answer: Answer, form: str) -> None:
    """Check that an answer is one JSON object of a code and a text, with neither rows nor paths."""
    told = json.loads(answer.text)
    assert sorted(told) == ["error_code", "message"], form
    for hidden in ("김철수", "880101", "Traceback", ".py", "/usr", str(ROOT), "single_elder"):
        assert hidden not in told["message"], (form, hidden)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
    reason="pip install 'pyspark>=4' and apt-get install openjdk-17-jre-headless",
)
def test_spark_scores_the_rows(consumer: SimpleNamespace) -> None:
    (block,) = blocks_of("Spark")
    ran(block, consumer)
    answer = pd.read_parquet(consumer.folder / "scored")
    assert len(answer) == 20
    assert answer["digest"].unique().tolist() == [consumer.version.digest]
    np.testing.assert_allclose(np.sort(answer["score"]), np.sort(consumer.scores), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("flask_wtf") is None, reason="pip install 'mlflow[auth]'"
)
def test_a_version_moves_to_a_server_where_readers_read_and_the_publisher_writes(
    consumer: SimpleNamespace, study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve, users = blocks_of("A tracking server with users")
    move, verify = blocks_of("From the embedded registry to a server")
    port = {"_5002": free_port()}
    server = ["bash", "-ec", filled(serve.code, consumer, **port)]
    monkeypatch.chdir(consumer.folder)

    def be(user: str, password: str = "") -> None:
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password or f"{user}-password-1")

    with running(server, consumer.folder, environment()) as log:
        wait_for(port["_5002"], "/health", log)
        ran(Block("python", filled(users.code, consumer, **port)), consumer)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port['_5002']}")
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "120")  # a busy machine answers late
        be("publisher")
        ran(move, consumer)
        assert "whole" in ran(verify, consumer)
        rm.promote(f"{NAME}/1", study.records, "kim", "moved", 0.05, WIDE)

        be("reader")
        loaded = rm.load(f"{NAME}@champion", consumer.version.digest)
        assert (loaded.margin(study.test) == study.margin).all()
        assert rm.history(NAME).doubts == ("version 1 is there, and no event published it",)
