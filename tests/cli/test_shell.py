"""The shell tells the truth by its exit code, and a whole round goes through it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TextIO

import pandas as pd
import pytest
from tests.mended import Note

from riskmodel.cli import main

SMALL = ["data.simulated.n=700", "model.seeds=1", "model.params={n_estimators: 10}"]

# to read these fails, and with another exit code than a capacity that is refused before
NO_RECORDS = ["data=nyc_evictions", "data.root=nowhere"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of one's own, with the registry inside it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def unread_output() -> TextIO:
    """Return a pipe that its reader has closed."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
)
def test_a_whole_round_goes_through_the_shell(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with unread_output() as output, contextlib.redirect_stdout(output):
        assert main(["train", "experiment=demo", *SMALL, "output=tables"]) == 0
    assert main(["history"]) == 0
    assert "published" in capsys.readouterr().out
    shutil.rmtree(folder / "tables")
    assert main(["train", "experiment=demo", *SMALL, "output=tables"]) == 0
    told = "already published as version 1, and no alias was moved; challenger is version 1"
    assert told in capsys.readouterr().out
    assert {path.name for path in (folder / "tables").iterdir()} == {
        "backtest.csv",
        "test.csv",
        "reliability.csv",
        "leaks.csv",
    }
    score = [
        "score",
        "data.simulated.n=700",
        "model=household-crisis@challenger",
        "capacity.contacts=25",
    ]
    (folder / "목록.csv").write_text("yesterday's list", encoding="utf-8")
    capsys.readouterr()
    assert main([*score, "output=목록.csv"]) == 2
    refused = capsys.readouterr()
    assert "목록.csv exists without its sidecar" in refused.err
    assert refused.out == ""
    with unread_output() as output, contextlib.redirect_stdout(output):
        assert main([*score, "output=목록.csv", "overwrite=true"]) == 0
    listed = pd.read_csv(folder / "목록.csv", encoding="utf-8-sig", dtype={"household_id": str})
    assert listed["listed"].sum() == 25
    traced = listed["household_id"].iloc[0]
    capsys.readouterr()
    drawn = ["explore=.2", "seed=3"]
    assert main(["trace", *score[1:], f"household={traced}", *drawn]) == 0
    told = capsys.readouterr()
    assert traced in told.out
    assert "명단에 있음" in told.out
    assert traced not in told.err  # the printed configuration names no household
    assert main(["trace", *score[1:], "household=nobody"]) == 3
    assert "nobody" not in capsys.readouterr().err
    assert main([*score, "output=round.xls"]) == 2
    assert main([*score, "mode=rw-r-----"]) == 2

    assert main([*score, "as_of=2024-11-01", "mode=0640"]) == 0
    path = folder / "household-crisis_2024-11-01.csv"
    said = "written to household-crisis_2024-11-01.csv; whence it is, to household-crisis_2024-11-"
    assert said in capsys.readouterr().out
    draw = ["explore=.2", "seed=3", "proposal=chances.csv"]
    assert main([*score, "as_of=2024-09-01", "output=명단/", "whole=true", *draw]) == 0
    chances = pd.read_csv(folder / "chances.csv")
    assert chances["probability"].sum() == pytest.approx(25)
    assert chances["drawn"].sum() == 25
    for wrong in (["explore=2", "seed=3"], ["explore=.2"], ["seed=3"]):
        assert main([*score, *wrong]) == 2
        assert "scoring.explore" in capsys.readouterr().err
    assert len(pd.read_csv(folder / "명단" / "household-crisis_2024-09-01.csv")) == 700
    assert not list(folder.rglob("*.part*"))
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o640

    assert main(["lists", "."]) == 0
    told = capsys.readouterr().out
    row = next(line for line in told.splitlines() if line.lstrip().startswith(path.name))
    assert row.split()[1:6] == ["list", "household-crisis", "1", "2024-11-01", "25"]
    assert main(["lists", "folder=명단"]) == 0
    assert "2024-09-01" in capsys.readouterr().out
    assert main(["verify", "version=1"]) == 0
    assert main(["rollback", "by=kim", "why=none before"]) == 6
    assert main(["score", "model=household-criss@champion"]) == 6
    assert "household-crisis" in capsys.readouterr().err


def test_deliveries_are_ingested_and_the_store_read(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RISKMODEL_DATA", raising=False)
    (folder / "연구" / "data").mkdir(parents=True)
    (folder / "연구" / "data" / "우리.yaml").write_text(
        "name: 화재\ntoday: 2025-01-01\n"
        "events: [{file: '*.csv', household_id: 세대, code: 화재, event_date: 일자}]\n",
        encoding="utf-8",
    )
    # the manifest's own folder holds its files, wherever the command is given
    (folder / "연구" / "data" / "1차.csv").write_text(
        "세대,일자\n001,2024-01-05\n002,2024-02-05\n", encoding="utf-8"
    )
    words = ["ingest", "-cd", "연구", "data=우리", "store=저장소"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "1 new and 0 known files; now 화재: 2 events in Parquet" in said
    assert said.count("2 events in Parquet") == 1
    assert "\nAll deliveries together:\n" in said
    assert main(words) == 0
    assert "0 new and 1 known files" in capsys.readouterr().out
    (folder / "연구" / "data" / "2차.csv").write_text(
        "세대,일자\n003,2024-03-05\n,x\n", encoding="utf-8"
    )
    assert main(words) == 3
    assert "cannot be used" in capsys.readouterr().err
    assert (
        main(["train", "data=store", "data.store=저장소", "publish=false"]) == 4
    )  # two facts carry no rounds
    assert "화재: 2 events in Parquet" in capsys.readouterr().out
    assert main(["train", "data=store", "data.store=없음"]) == 2


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["ingest", "store=s"], 2, "ingest reads the files that a manifest names"),
        (["ingest"], 2, "store must be given"),
        (
            ["ingest", "store=s", "accept_changes=today"],
            2,
            "Next: write accept_changes=[today], in",
        ),
        (
            ["score", "accept_feeds=rent"],
            2,
            "a list, such as [FEED]. Next: write accept_feeds=[FEED]",
        ),
        (["lists"], 2, "folder must be given"),
        (["lists", "명단", "목록"], 2, "word 2 after the command is no override"),
        (["lists", "명단"], 2, "folder '명단' does not exist"),
        (["trian"], 2, "did you mean 'train'"),
        (["train", "experiment=dmeo"], 2, "did you mean 'demo'"),
        (["train", "exp"], 2, "word 1 after the command is no override. Allowed: key=value"),
        (["train", "-cd"], 2, "needs a folder"),
        (["train", "data.simulated.preset=defalt"], 2, "did you mean 'default'"),
        (["train", "label.outcome=crises"], 4, "did you mean 'crisis'"),
        (["train", "split.rounds={start: 2031-01-01, end: 2031-05-01}"], 4, "today"),
        (["train", "data=nyc_evictions", "data.root=nowhere"], 3, "evictions.csv.gz"),
        (["promote", "by=kim"], 2, "why must be given"),
        *(
            ([*command, *NO_RECORDS, "capacity.contacts=1.5"], 2, "write 1 for so many per round")
            for command in (["train"], ["score"], ["promote", "by=kim", "why=better"])
        ),
        (["train", "registry.uri=sqlite:///no/mlflow.db"], 6, "folder 'no' does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_goes_wrong_is_said_and_counted(
    words: list[str],
    code: int,
    text: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RISKMODEL_DATA", raising=False)
    small = (
        SMALL[:1]
        if words[0] == "train" and "data=nyc_evictions" not in words and len(words) > 1
        else []
    )
    assert main([*words, *(small if "=" in words[-1] else [])]) == code
    refusal = capsys.readouterr().err.splitlines()[-1]
    assert refusal.startswith("riskmodel: ")
    assert text in refusal


@pytest.mark.parametrize(
    "words",
    [["score", "whole=true", "김철수"], ["promote", "by=[김철수"], ["score", "as_of=김철수"]],
    ids=["no key", "no list", "no day"],
)
def test_no_refusal_shows_a_word_that_may_be_a_name(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert "김철수" not in capsys.readouterr().err


@pytest.mark.parametrize("before", [None, "sqlite:///mine.db"])
def test_a_registry_named_in_the_shell_is_for_that_command_alone(
    before: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if before is not None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", before)
    assert main(["history", "registry.uri=sqlite:///no/mlflow.db"]) == 6
    assert os.environ.get("MLFLOW_TRACKING_URI") == before


def test_help_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert main(["score", "--help"]) == 0
    assert main(["ingest", "--help"]) == 0
    assert main(["promote", "--help"]) == 0
    out = capsys.readouterr().out
    assert "exit codes" in out
    assert "household-crisis@champion" in out
    assert "store: ???" in out


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of shap, at its import
def test_the_doctor_finds_us_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "lightgbm" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of shap, at its import
def test_the_doctor_writes_nothing(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    mended: Note,
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert main(["doctor"]) == 0
    left = list(folder.iterdir())
    assert left == []
    out = capsys.readouterr().out
    assert "the first publication makes it at sqlite:///riskmodel-registry/mlflow.db" in out

    registry = folder / "riskmodel-registry"
    registry.mkdir()
    (registry / "mlflow.db").write_bytes(b"")
    assert main(["doctor"]) == 0
    assert "registry: answers at" in capsys.readouterr().out
    assert (registry / "mlflow.db").read_bytes() == b""
    (registry / "mlflow.db").write_bytes(b"no database" * 100)
    assert main(["doctor"]) == 1
    assert "MISSING registry" in capsys.readouterr().out
    mended(
        "friction",
        tried="riskmodel doctor in an empty folder",
        before="riskmodel-registry/mlflow.db is made",
        now=f"{len(left)} files",
    )
