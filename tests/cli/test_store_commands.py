"""What an operator does with a store through the shell alone."""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from tests.mended import Note

import riskmodel as rm
from riskmodel.cli import main
from riskmodel.records.sources.row_checks import NO_DATE
from riskmodel.registry.backend.connection import open_registry
from riskmodel.registry.backend.version import RECORDS_TAG
from riskmodel.scoring.round_record import RecordsOfRound, RoundRecord, WrittenFile, text_of

STUDY = ["-cd", "study", "data=ours", "store=store"]
HEADER = "id,day,v,no"


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a study, whose manifest finds its files beside itself."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "study" / "data"
    folder.mkdir(parents=True)
    (folder / "ours.yaml").write_text(
        "name: fires\ntoday: 2024-09-01\nmax_quarantined: 1\n"
        "events: [{file: 'fire*.csv', household_id: id, code: fire, event_date: day, value: v,"
        " fact_id: no}]\n",
        encoding="utf-8",
    )
    return folder


def deliver(inbox: Path, name: str, rows: list[str]) -> None:
    (inbox / f"fire-{name}.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    assert main(["ingest", *STUDY]) == 0


def test_a_delivery_is_undone_and_taken_again(
    inbox: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    deliver(inbox, "1", ["a,2024-01-01,1,k"])
    deliver(inbox, "2", ["비밀칠,2024-01-01,22,m", "비밀칠,?,23,n"])
    capsys.readouterr()
    assert main(["undo", *STUDY, "delivery=2", "why=of another town"]) == 0
    said = capsys.readouterr()
    assert "delivery 2 of 2024-08-31 is set aside: 1 file; now fires: 1 event" in said.out
    assert "was fitted from this store while it held the delivery" in said.out
    assert "비밀칠" not in said.out + said.err
    assert "another town" not in said.err  # the printed configuration keeps no reason
    assert not Path("riskmodel-registry").exists()
    mended(
        "undo",
        tried="riskmodel undo delivery=2 why=...",
        before="unknown command 'undo'",
        now=said.out.splitlines()[0],
    )
    assert main(["ingest", *STUDY]) == 0
    assert "left out, as their delivery was undone (again=true): 1 file" in capsys.readouterr().out
    assert main(["ingest", *STUDY, "again=true"]) == 0
    assert "1 new and 1 known files" in capsys.readouterr().out
    assert main(["undo", *STUDY, "delivery=2", "why=wrong", "erase=true"]) == 0
    assert "its rows are erased" in capsys.readouterr().out
    assert main(["undo", *STUDY, "delivery=3", "why=wrong", "erase=true"]) == 0
    assert rm.read_records("store").quarantine.empty


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ([*STUDY, "delivery=9", "why=w"], 3, "there is no delivery 9. Allowed: 1."),
        ([*STUDY, "delivery=2"], 2, "why must be given"),
        ([*STUDY, "delivery=two", "why=w"], 2, "delivery"),
        ([*STUDY, "delivery=2", "why="], 2, "why is empty"),
        (["store=store", "delivery=2", "why=w"], 2, "undo reads the files that a manifest names"),
        ([*STUDY[:3], "store=none", "delivery=2", "why=w"], 2, "holds no records"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_undone_is_one_line(
    words: list[str], code: int, text: str, inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if code == 3:
        deliver(inbox, "1", ["a,2024-01-01,1,k"])
    assert main(["undo", *words]) == code
    refusal = capsys.readouterr().err.splitlines()[-1]
    assert refusal.startswith("riskmodel: ")
    assert text in refusal


def test_versions_that_rest_on_a_delivery_are_named(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digests = []
    for number in (1, 2):
        deliver(inbox, str(number), [f"a,2024-01-0{number},1,k{number}"])
        digests.append(rm.read_records("store").digest)
    with open_registry() as registry:
        registry.client.create_registered_model("ours")
        for digest in digests:
            tags = {RECORDS_TAG: digest}
            registry.client.create_model_version("ours", source="file:///none", tags=tags)
        registry.client.set_registered_model_alias("ours", "champion", "2")
    Path("lists").mkdir()
    for number, digest in enumerate(digests, start=1):
        file = WrittenFile("0" * 64, rows=1, whole=False)
        made = RecordsOfRound("fires", digest=digest)
        record = RoundRecord("2024-09-01", 1, records=made, files={f"{number}.csv": file})
        Path(f"lists/{number}.csv.json").write_text(text_of(record), encoding="utf-8")
    capsys.readouterr()
    assert main(["undo", *STUDY, "delivery=2", "why=wrong", "lists=lists"]) == 0
    out = capsys.readouterr().out
    assert "lists that rest on it: 2.csv; score these rounds again" in out
    assert "versions that rest on it: ours version 2 (champion); train" in out
    assert main(["undo", *STUDY, "delivery=1", "why=wrong"]) == 0
    assert "on it: ours version 1, ours version 2 (champion);" in capsys.readouterr().out


def test_deliveries_and_refused_rows_are_listed_without_a_cell(
    inbox: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    deliver(inbox, "1", ["비밀칠,2024-01-01,777,k"])
    deliver(inbox, "2", ["비밀칠,어제,777,m", "비밀칠,2024-01-01,778,k"])
    capsys.readouterr()
    assert main(["deliveries", "store=store"]) == 0
    assert main(["quarantine", "store=store"]) == 0
    assert main(["quarantine", *STUDY[:3]]) == 0
    out = capsys.readouterr().out
    assert not {"비밀칠", "어제", "777", "778"} & set(out.split())
    assert [line.split() for line in out.splitlines() if NO_DATE in line] == [
        ["events:", "fire-2.csv", "1", "day", *NO_DATE.split()]
    ] * 2
    (row,) = [line for line in out.splitlines() if "fire-2.csv" in line and "0.1" in line]
    mended(
        "undo",
        tried="riskmodel deliveries, riskmodel quarantine",
        before="unknown commands",
        now=" ".join(row.split()),
    )
    assert main(["undo", *STUDY, "delivery=2", "why=of another town"]) == 0
    assert main(["deliveries", "store=store"]) == 0
    assert "set aside: of another town" in capsys.readouterr().out
    assert main(["quarantine", "store=store"]) == 0
    assert "no row was refused" in capsys.readouterr().out


@pytest.mark.parametrize("words", ["deliveries store=store", "quarantine store=store"])
def test_what_only_prints_ends_where_nobody_reads(inbox: Path, words: str) -> None:
    deliver(inbox, "1", ["a,2024-01-01,1,k"])
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as output, redirect_stdout(output):
        assert main(words.split()) == 141


def test_what_broken_runs_left_is_pruned_and_told(
    inbox: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    deliver(inbox, "1", ["a,2024-01-01,1,k"])
    before = rm.read_records("store").digest
    left = [Path("store/batch-00002-dead"), Path("store/store.json.part"), Path(".a.0f.part.csv")]
    left[0].mkdir()
    for path in (left[0] / "events.parquet", *left[1:]):
        path.write_text("half", encoding="utf-8")
    with open_registry() as registry:
        run = registry.client.create_run(registry.experiment())
        registry.client.log_text(run.info.run_id, "half", "model/half.txt")
        files = Path("riskmodel-registry/artefacts") / run.info.run_id
        assert files.is_dir()
    words = ["prune", "store=store", "lists=."]
    capsys.readouterr()
    assert main(words) == 0
    assert "nothing to remove" in capsys.readouterr().out  # all of it may still be at work
    assert main([*words, "age=0D", "dry=true"]) == 0
    assert capsys.readouterr().out.count("would be removed: ") == 4
    assert all(path.exists() for path in (*left, files))
    assert main([*words, "age=0D"]) == 0
    out = capsys.readouterr().out
    assert "removed: store batch-00002-dead" in out
    assert "removed: store store.json.part" in out
    assert "removed: list .a.0f.part.csv" in out
    assert run.info.run_id in out
    assert not any(path.exists() for path in (*left, files))
    assert rm.read_records("store").digest == before
    mended(
        "undo",
        tried="riskmodel prune after killed runs",
        before="unknown command 'prune'",
        now=f"{out.count('removed: ')} left-overs removed",
    )
    assert main([*words, "age=0D"]) == 0
    assert "nothing to remove" in capsys.readouterr().out
    assert main(["prune", "age=soon"]) == 2
    assert main(["prune", "store=none"]) == 2


@pytest.mark.parametrize("dry", [[], ["dry=true"]], ids=["removed", "dry"])
def test_a_misspelled_folder_of_lists_is_not_pruned(
    dry: list[str], inbox: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    deliver(inbox, "1", ["a,2024-01-01,1,k"])
    left = Path("store/store.json.part")
    left.write_text("half", encoding="utf-8")
    Path("lists").mkdir()
    capsys.readouterr()
    code = main(["prune", "store=store", "lists=lsits", "age=0D", *dry])
    said = capsys.readouterr()
    assert code == 2
    assert "riskmodel: the folder 'lsits' does not exist. Next: did you mean 'lists'?" in said.err
    assert "[scoring.folder]" in said.err
    assert said.out == ""
    assert left.exists()
    mended("operating", tried=" ".join(["prune lists=TYPO", *dry]),
           before="exit 0, nothing to remove", now=f"exit {code}, scoring.folder")  # fmt: skip


def test_a_folder_of_lists_that_is_not_made_yet_stops_nothing(
    inbox: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    """As before the first list; one of nearly that name beside it would be a typo."""
    deliver(inbox, "1", ["a,2024-01-01,1,k"])
    deliver(inbox, "2", ["b,2024-01-01,1,k"])
    Path("store/store.json.part").write_text("half", encoding="utf-8")
    Path("listing").mkdir()
    told = "the folder 'lists' does not exist yet: no list was looked at"
    capsys.readouterr()
    undone = main(["undo", *STUDY, "delivery=2", "why=wrong", "lists=lists"])
    out = capsys.readouterr().out
    assert told in out
    assert "1 file; now fires: 1 event" in out
    Path("store/store.json.part").write_text("half", encoding="utf-8")
    pruned = main(["prune", "store=store", "lists=lists", "age=0D"])
    assert (undone, pruned) == (0, 0)
    assert capsys.readouterr().out.splitlines()[:2] == [told, "removed: store store.json.part"]
    mended("operating", tried="undo and prune with lists= before the first list",
           before="exit 2, scoring.folder", now=f"exit {undone} and {pruned}, {told}")  # fmt: skip
    assert main(["lists", "lists"]) == 2
    assert main(["undo", *STUDY, "delivery=1", "why=wrong", "lists=store/store.json"]) == 2


@pytest.mark.parametrize("store", [[], ["store=store"]], ids=["files as they are", "store"])
def test_cells_of_refused_rows_are_shown_where_they_are_asked_for(
    store: list[str], inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(inbox, "1", ["a,2024-01-01,1,k", "b,어제,2,m", ",2024-01-02,3,n"])
    deliver(inbox, "2", ["c,그제,4,o"])
    words = ["quarantine", *STUDY[:3], *store, "cells=true"]
    capsys.readouterr()
    assert main(words) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "fire-" in line]
    assert [(line[1], line[2], line[3], line[-1]) for line in lines] == [
        ("fire-1.csv", "2", "day", "어제"),
        ("fire-1.csv", "3", "id", "id"),
        ("fire-2.csv", "1", "day", "그제"),
    ]
    if store:  # a file that is another now holds other cells
        (inbox / "fire-2.csv").write_text(f"{HEADER}\nc,글피,4,o\n", encoding="utf-8")
        assert main(words) == 0
        out = capsys.readouterr().out
        assert "어제" in out
        assert "글피" not in out
        capsys.readouterr()
        assert main(["quarantine", *store, "cells=true"]) == 2
        refusal = "quarantine cells=true reads the files that a manifest names, and data names none"
        assert refusal in capsys.readouterr().err
