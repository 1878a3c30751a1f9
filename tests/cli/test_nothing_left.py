"""A refused command leaves no empty folder and no file behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import riskmodel as rm
from riskmodel.cli import main
from riskmodel.errors import RiskmodelError

STORE = ("data=store", "data.store=records")
FACTS = "household_id,code,event_date\nh1,rent,2024-01-05\nh2,crisis,2024-03-01\n"
MANIFEST = """
name: study
household: household
root: .
since: 2024-01-01
today: 2024-07-01
rounds: {start: 2024-02-01, end: 2024-06-01, every: 1M}
catalogue:
  rent: {en: rent, kind: event, direction: 1}
  crisis: {en: crisis, kind: event, direction: 1}
events:
  - {file: facts.csv, household_id: household_id, code: {column: code}, event_date: event_date}
"""
REFUSED = {
    "score into a folder": ("score", *STORE, "model=study@champion", "output=lists/"),
    "score into a file": ("score", *STORE, "model=study@champion", "output=a/b/round.csv"),
    "score without records": (
        *("score", "data=store", "data.store=none"),
        *("model=study@champion", "output=lists/"),
    ),
    "history": ("history", "name=study"),
    "verify": ("verify", "name=study", "version=1"),
    "rollback": ("rollback", "name=study", "by=kim", "why=better"),
    "promote": ("promote", *STORE, "name=study", "by=kim", "why=better"),
    "trace": ("trace", *STORE, "model=study@champion", "household=h1", "as_of=2024-06-01"),
    "ingest of a missing file": ("ingest", "data=study", "store=new", "data.root=none"),
    "ingest of unknown changes": (
        *("ingest", "data=study", "store=deep/new"),
        "accept_changes=[colour]",
    ),
    "ingest of a missing column": (
        *("ingest", "data=study", "store=new"),
        "data.events.0.household_id=nobody",
    ),
}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest, its file and a store; to be copied before it is touched."""
    folder = tmp_path_factory.mktemp("ingested")
    (folder / "study" / "data").mkdir(parents=True)
    (folder / "study" / "data" / "study.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "facts.csv").write_text(FACTS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["ingest", "-cd", "study", "data=study", "store=records"]) == 0
    return folder


@pytest.fixture
def study(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manifest, its file and a store, without a registry."""
    folder = tmp_path / "office"
    shutil.copytree(ingested, folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_command_leaves_everything_as_it_was(
    words: tuple[str, ...], study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(study.rglob("*"))
    own = ("-cd", "study") if "data=study" in words else ()
    assert main([words[0], *own, *words[1:]]) > 1, capsys.readouterr().err
    assert sorted(study.rglob("*")) == before


DOORS: dict[str, Callable[[], object]] = {
    "load": lambda: rm.load("study@champion"),
    "history": lambda: rm.history("study"),
    "rollback": lambda: rm.rollback("study", by="kim", why="better"),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
def test_nothing_that_only_reads_makes_a_registry(door: Callable[[], object], study: Path) -> None:
    with pytest.raises(RiskmodelError, match=r"no registry at .*\[registry\.none\]"):
        door()
    assert not (study / "riskmodel-registry").exists()


def test_a_refused_first_delivery_leaves_a_folder_that_was_there_empty(study: Path) -> None:
    (study / "new").mkdir()
    words = ["ingest", "-cd", "study", "data=study", "store=new", "data.root=none"]
    assert main(words) == 3
    assert not list((study / "new").iterdir())
    assert main(words[:-1]) == 0


def test_a_first_training_that_is_refused_while_publishing_leaves_no_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    words = [
        "train",
        "data.simulated.n=900",
        "model.kinds=[logistic]",
        "features.aggregates=[{operation: count, codes: [crisis], spans: [6M]}]",
        "name=H0000001",
    ]
    assert main(words) == 6
    assert "registry.personal" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
