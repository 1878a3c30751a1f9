"""The connection to the registry, and the refusal if it does not answer."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import riskmodel as rm
from riskmodel.errors import RegistryError
from riskmodel.registry import check_registry
from riskmodel.registry.backend.addresses import without_credentials
from riskmodel.registry.backend.connection import Registry, open_registry, registry_uri
from riskmodel.registry.backend.responsible import account_of, own_account, user_of


def test_by_default_it_lies_in_a_folder_beside_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert registry_uri() == f"sqlite:///{tmp_path.as_posix()}/riskmodel-registry/mlflow.db"


def test_mlflows_own_variable_is_honoured(registry: Path) -> None:
    assert check_registry() == f"answers at sqlite:///{registry}/mlflow.db"


def test_artefacts_lie_beside_the_database(registry: Path) -> None:
    with open_registry() as opened:
        experiment = opened.client.get_experiment(opened.experiment())
    assert experiment.artifact_location == (registry / "artefacts").as_uri()


def test_a_server_that_is_down_is_refused_in_seconds_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://kim:s3cret@127.0.0.1:{port}")
    start = time.monotonic()
    with pytest.raises(
        RegistryError, match=rf"http://127.0.0.1:{port} is out of reach.*MLFLOW_TRACKING_URI"
    ) as error:
        rm.load("any@champion")
    assert time.monotonic() - start < 20
    assert "s3cret" not in str(error.value)
    assert "kim" not in str(error.value)


@pytest.mark.parametrize(
    "uri", ["sqlite:////no/such/folder/mlflow.db", "gibberish://x", "postgresql://kim:s3cret@x/y"]
)
def test_an_address_that_cannot_be_meant_is_refused(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(RegistryError, match=r"out of reach.*\[registry.unreachable\]") as error:
        check_registry()
    assert "s3cret" not in str(error.value)


def test_a_file_that_is_no_database_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.txt").write_text("no database, though long enough to look like one" * 10)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/notes.txt")
    with pytest.raises(RegistryError, match="out of reach"):
        check_registry()


def test_the_callers_environment_is_left_as_it_was(registry: Path) -> None:
    before = dict(os.environ)
    check_registry()
    assert dict(os.environ) == before


def test_what_fails_inside_without_mlflow_is_not_dressed_up(registry: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_registry():
        _ = 1 / 0


def test_a_password_never_shows() -> None:
    assert (
        without_credentials("mysql://kim:s3cret@db:3306/mlflow?ssl=1") == "mysql://db:3306/mlflow"
    )


class Answering(BaseHTTPRequestHandler):
    """A server that answers every request as one with accounts does to who may not ask."""

    status, kind = 401, "UNAUTHENTICATED"

    def do_GET(self) -> None:
        body = json.dumps({"error_code": self.kind, "message": "kim may not"}).encode()
        if self.status == 401:
            body = b"You are not authenticated."  # as MLflow's own server says it
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "code", "next_step"),
    [
        (401, "registry.no_user", "MLFLOW_TRACKING_PASSWORD"),
        (403, "registry.no_right", "whoever keeps the registry"),
    ],
)
def test_who_may_not_is_told_in_one_line(
    status: int, code: str, next_step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}[status]
    answering = type("Own", (Answering,), {"status": status, "kind": kind})
    with ThreadingHTTPServer(("127.0.0.1", 0), answering) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        uri = f"http://kim:s3cret@127.0.0.1:{server.server_port}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        with pytest.raises(RegistryError, match=next_step) as error:
            rm.load("any@champion")
        server.shutdown()
    assert error.value.code == code
    assert "s3cret" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        # as MLflow's own server with basic auth answers
        (200, '{"is_basic_auth":true,"user":{"id":1,"is_admin":true,"username":"kim"}}', "kim"),
        (404, '{"error_code":"ENDPOINT_NOT_FOUND"}', ""),
        (200, "<html>MLflow</html>", ""),
        (200, '{"user":null}', ""),
    ],
)
def test_a_server_with_accounts_names_who_acts_and_any_other_nobody(
    status: int, body: str, name: str
) -> None:
    class Naming(Answering):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Naming) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        registry = Registry(f"http://127.0.0.1:{server.server_port}", None)
        assert user_of(registry) == name
        assert account_of(registry) == (name or own_account())
        server.shutdown()
    assert user_of(Registry("sqlite:///mlflow.db", None)) == ""


def test_a_server_that_does_not_say_who_acts_is_no_server_without_accounts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        registry = Registry(f"http://kim:s3cret@127.0.0.1:{taken.getsockname()[1]}", None)
        with pytest.raises(RegistryError, match="out of reach") as error:
            user_of(registry)
    assert error.value.code == "registry.unreachable"
    assert "s3cret" not in str(error.value)
