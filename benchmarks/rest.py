"""A version behind `mlflow models serve`: right answers, latency, memory, and whose time it is.

Clients send requests of 1 to 100 rows side by side, and each answer is compared with the scores of
the version as riskmodel opens it. Latency depends on what else the machine does; the share of our
code is told in CPU seconds of the server's workers, which depend on it less.

    python benchmarks/rest.py [--requests 1_000] [--clients 4] [--workers 2] [--households 2_500]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel import serving
from riskmodel.registry.backend.connection import silence
from riskmodel.registry.publishing.pyfunc import save_pyfunc
from riskmodel.registry.reading.loaded_model import LoadedModel
from serving import published

BUCKETS = ((1, 1), (2, 10), (11, 50), (51, 100))
WARM_UP = 40
PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


class Request(NamedTuple):
    """The rows of a request, its body, and the scores that the answer must hold."""

    rows: pd.DataFrame
    body: str
    scores: list[float]


class Answer(NamedTuple):
    """How many rows were asked for, the seconds that it took, and what was wrong with it."""

    rows: int
    seconds: float
    fault: str


def main() -> None:
    """Publish, serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--households", type=int, default=2_500)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, silence():
        folder = Path(temporary) / "artefact"
        X = published(folder, asked.households)
        package = save_pyfunc(Path(temporary) / "model", folder, LoadedModel.read(folder))
        requests = list(made(folder, X, asked.requests))
        with served(package, asked.workers) as server:
            report(server, requests, asked.clients)
        print(share(folder, requests))


def made(folder: Path, X: pd.DataFrame, number: int) -> Iterator[Request]:
    """Yield requests of 1 to 100 rows, with the scores of the version as riskmodel opens it."""
    score = rm.open(folder).predict_proba(X)[:, 1]
    texts = dict.fromkeys(X.select_dtypes("category").columns, "str")
    plain = X.astype({**dict.fromkeys(X.columns.difference(list(texts)), "float64"), **texts})
    rng = np.random.default_rng(0)
    for i in range(number):
        chosen = rng.choice(len(X), 1 + i % 100, replace=False)
        rows = plain.iloc[chosen].reset_index(drop=True)
        body = json.dumps({"dataframe_split": json.loads(rows.to_json(orient="split"))})
        yield Request(rows, body, score[chosen].tolist())


class Server(NamedTuple):
    """Where a server answers, and the process that started its workers."""

    port: int
    pid: int

    def ask(self, requests: list[Request]) -> list[Answer]:
        """Send requests over one connection, one after the other."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        answers = [_answer(connection, request) for request in requests]
        connection.close()
        return answers

    def workers(self) -> list[int]:
        """Return the processes below it that answer: those that hold the model."""
        children: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                after_name = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(after_name[1]), []).append(int(path.parent.name))
        found, open_ = [], [self.pid]
        while open_:
            below = children.get(open_.pop(), [])
            found += below
            open_ += below
        return found

    def memory(self) -> float:
        """Return the resident memory of all its processes, MiB."""
        pages = (Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in self.workers())
        return sum(map(int, pages)) * PAGE / 2**20

    def cpu(self) -> float:
        """Return the CPU seconds that its processes have used."""
        stats = (Path(f"/proc/{pid}/stat").read_text() for pid in self.workers())
        used = (text.rpartition(")")[2].split()[11:13] for text in stats)
        return sum(int(user) + int(system) for user, system in used) / TICKS


def _answer(connection: http.client.HTTPConnection, request: Request) -> Answer:
    began = time.perf_counter()
    connection.request("POST", "/invocations", request.body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    content = response.read()
    seconds = time.perf_counter() - began
    if response.status != 200:
        return Answer(len(request.rows), seconds, f"status {response.status}")
    found = [row["score"] for row in json.loads(content)["predictions"]]
    is_right = np.allclose(found, request.scores, rtol=1e-12, atol=0)
    return Answer(len(request.rows), seconds, "" if is_right else "other scores")


@contextmanager
def served(package: Path, workers: int) -> Iterator[Server]:
    """Serve a package for the time of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["mlflow", "models", "serve", "-m", str(package), "--env-manager", "local"]
    # MLflow starts uvicorn by its name
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        [sys.executable, "-m", *words, "--port", str(port), "--workers", str(workers)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PATH": path},
    )
    try:
        for _ in range(600):
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as one:
                    one.request("GET", "/ping")
                    if one.getresponse().status == 200:
                        break
            except OSError:
                time.sleep(0.2)
        yield Server(port, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def report(server: Server, requests: list[Request], clients: int) -> None:
    """Send all requests from some clients side by side, and print what came of it."""
    for _ in range(clients):
        server.ask(requests[:WARM_UP])
    memory, cpu = [server.memory()], server.cpu()
    answers = side_by_side(server, requests, clients)
    cpu = server.cpu() - cpu
    memory.append(server.memory())
    again = side_by_side(server, requests, clients)
    memory.append(server.memory())
    faults = [answer.fault for answer in answers + again if answer.fault]
    rows = sum(answer.rows for answer in answers)
    print(f"{len(answers):,} requests of {clients} clients, {rows:,} rows: {len(faults)} faults")
    told = ", ".join(f"{one:.0f}" for one in memory)
    print(f"memory of all workers before, after, and after as many again: {told} MiB")
    print("rows      requests  p50 ms  p95 ms  p99 ms")
    for low, high in BUCKETS:
        own = [1000 * a.seconds for a in answers if low <= a.rows <= high]
        if own:
            p50, p95, p99 = np.percentile(own, (50, 95, 99))
            told = f"{low} to {high}"
            print(f"{told:9} {len(own):8}  {p50:6.0f}  {p95:6.0f}  {p99:6.0f}")
    print(f"CPU of all workers: {1000 * cpu / len(answers):.1f} ms a request")
    if faults:
        raise SystemExit(f"faults: {sorted(set(faults))}")


def side_by_side(server: Server, requests: list[Request], clients: int) -> list[Answer]:
    """Send requests from some clients at once, each its share one after the other."""
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda own=own: answers.extend(server.ask(own)))
        for own in (requests[client::clients] for client in range(clients))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def share(folder: Path, requests: list[Request]) -> str:
    """Return the CPU time of the same rows in our code alone."""
    scorer = serving.read(folder)
    scorer.score(requests[0].rows)
    began = time.process_time()
    for request in requests:
        scorer.score(request.rows)
    ours = 1000 * (time.process_time() - began) / len(requests)
    return f"of these, in our code: {ours:.1f} ms a request"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
