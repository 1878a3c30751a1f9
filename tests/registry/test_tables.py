"""MLflow's tables in a registry's file are whole, or a refusal says how to come out of it."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.mended import Note

from riskmodel.errors import RegistryError
from riskmodel.registry import check_registry
from riskmodel.registry.backend.connection import (
    EXPERIMENT,
    open_registry,
    silence,
    unless_made_meanwhile,
)
from riskmodel.registry.backend.tables import alone, make_tables

OPEN = """
from riskmodel.registry.backend.connection import open_registry
with open_registry() as opened:
    print(opened.experiment())
"""
A_VERSION = "insert into model_versions (name, version, workspace) values ('crisis', 1, 'default')"
A_MODEL = "insert into registered_models (name, workspace) values ('crisis', 'default')"


def change(registry: Path, *statements: str) -> None:
    with closing(sqlite3.connect(registry / "mlflow.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def refusal(door: str) -> str:
    with pytest.raises(RegistryError) as error:
        check_registry() if door == "doctor" else open_registry().__enter__()
    assert error.value.code == "registry.tables"
    return str(error.value)


@pytest.mark.parametrize("door", ["doctor", "any command"])
@pytest.mark.parametrize(
    "left", ["create table _alembic_tmp_runs (a)", "delete from alembic_version"]
)
def test_a_half_made_registry_is_named_with_its_way_out(
    left: str, door: str, registry: Path
) -> None:
    change(registry, left)
    assert "left half-made by a run" in refusal(door)
    assert "it holds no version: remove mlflow.db, then run this again" in refusal(door)
    (registry / "mlflow.db").unlink()
    assert check_registry().startswith("none yet")


def test_what_holds_versions_is_never_told_to_be_removed(registry: Path) -> None:
    change(registry, A_MODEL, A_VERSION, "create table _alembic_tmp_runs (a)")
    told = refusal("any command")
    assert "it holds 1 version: restore mlflow.db from a backup, or copy it" in told
    assert "remove" not in told


def test_tables_of_another_mlflow_are_named(registry: Path) -> None:
    change(registry, "update alembic_version set version_num = '451aebb31d03'")
    assert "is not one of this version of MLflow" in refusal("any command")


def test_one_run_makes_the_tables_while_others_wait(registry: Path) -> None:
    database = registry / "mlflow.db"
    waited = pytest.raises(RegistryError, match=r"wait until it has ended.*\[registry.busy\]")
    with alone(database), waited:
        alone(database, patience=0.1).__enter__()
    with alone(database, patience=0.0):
        pass


def test_mlflow_prints_nothing_while_it_makes_the_tables(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], mended: Note
) -> None:
    with silence():
        logging.getLogger("mlflow").setLevel(logging.INFO)  # as its import does
        make_tables(tmp_path / "mlflow.db")
    printed = capfd.readouterr().err
    assert not printed
    mended(
        "friction",
        tried="the first command on a new registry",
        before="two log lines of MLflow on stderr",
        now=f"{len(printed.splitlines())} lines",
    )


def test_what_another_run_made_in_between_is_taken(registry: Path) -> None:
    with open_registry() as opened:
        number = opened.experiment()
        with unless_made_meanwhile():
            opened.client.create_experiment(EXPERIMENT)
        assert opened.experiment() == number
        with pytest.raises(RegistryError, match="none"), unless_made_meanwhile():
            raise RegistryError("none", code="registry.unknown")


@pytest.mark.slow
def test_two_first_runs_share_one_registry(tmp_path: Path) -> None:
    folder = tmp_path / "riskmodel-registry"
    uri = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN], env={**os.environ, **uri}, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    printed = [run.communicate(timeout=300)[0] for run in runs]
    assert printed == [b"1\n"] * 3
    assert {path.name for path in folder.iterdir()} == {"mlflow.db", "mlflow.db.lock"}
