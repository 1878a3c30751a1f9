"""A list's file says whence it is, is its owner's alone, and takes the place of nothing else."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError
from riskmodel.scoring import ScoreList, lists_in, sidecar_of
from riskmodel.scoring.list_files import sha256_of
from riskmodel.scoring.round_record import ModelOfRound, RoundRecord
from riskmodel.versions import library_versions, source_digest

WAYS: dict[str, Callable[..., Path]] = {
    "list.csv": ScoreList.to_csv,
    "list.xlsx": ScoreList.to_excel,
    "list.parquet": ScoreList.to_parquet,
}


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(300, random_state=3)
    features = rm.Features([rm.Agg.count("crisis", ["6M", "ever"])])
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(records, rounds=records.rounds, label=label, features=features)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    day = str(records.rounds[-1].date())
    return SimpleNamespace(records=records, model=model, day=day, listed=score(model, records, day))


def score(model: Any, records: rm.Records, day: str, **options: Any) -> ScoreList:
    return rm.score(model, records, day, capacity=12, **options)


def published(listed: ScoreList, version: str = "3", as_of: str | None = None) -> ScoreList:
    """Return the list as one of a published version, of this round or of another."""
    assert listed.made_of is not None
    model = ModelOfRound("logistic", "위기", version, f"digest of {version}")
    made_of = replace(listed.made_of, model=model, as_of=as_of or listed.as_of)
    return replace(listed, made_of=made_of, as_of=made_of.as_of)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def written_in(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", WAYS)
def test_a_sidecar_says_whence_a_list_is(
    name: str, study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    listed = published(study.listed)
    path = WAYS[name](listed, tmp_path / name)
    said = written_in(tmp_path / f"{name}.json")
    assert said == {
        "schema": "riskmodel.round",
        "schema_version": 1,
        "as_of": study.day,
        "capacity": 12,
        "model": {
            "kind": "logistic",
            "name": "위기",
            "version": "3",
            "digest": "digest of 3",
        },
        "records": {
            "name": study.records.name,
            "site": study.records.site,
            "today": str(study.records.today),
            "digest": study.records.digest,
        },
        "as_of_digest": said["as_of_digest"],
        "rules": ["the highest margin first", "ties by household_id"],
        "accepted_feeds": [],
        "reasons": {"lang": "en", "top": 3, "masked": True},
        "scored": 300,
        "listed": 12,
        "programs": {"source": source_digest(), "libraries": library_versions()},
        "files": {name: {"sha256": sha256_of(path), "rows": 12, "whole": False}},
    }
    text = sidecar_of(path).read_text(encoding="utf-8")
    assert not any(household in text for household in listed.table["household_id"])
    mended(
        "lists",
        tried=f"whence is {name}",
        before="no file says it",
        now=f"version {said['model']['version']}, {said['as_of']}, sha256 of the file",
    )


def test_the_same_list_is_the_same_file_and_sidecar(study: SimpleNamespace, tmp_path: Path) -> None:
    def both() -> tuple[bytes, bytes]:
        path = score(study.model, study.records, study.day).to_csv(tmp_path / "list.csv")
        return path.read_bytes(), sidecar_of(path).read_bytes()

    assert both() == both()


def test_the_digest_of_a_round_stays_where_later_facts_change_that_of_the_records(
    study: SimpleNamespace,
) -> None:
    def with_fact_of(day: str) -> rm.Records:
        own = study.records.frame("events")
        more = own[own["code"] == "crisis"].iloc[:1].assign(event_date=day, known_date=day)
        dated = dict.fromkeys(["event_date", "known_date"], "datetime64[s]")
        events = pd.concat([own, more.astype(dated)], ignore_index=True)
        return rm.Records.from_frames(
            events, today=str(study.records.today), catalogue=study.records.catalogue
        )

    def digests(records: rm.Records) -> tuple[str | None, str | None]:
        record = score(study.model, records, study.day).record
        return record.records.digest, record.as_of_digest

    day = pd.Timestamp(study.day)
    before, after = (str((day + pd.Timedelta(days=days)).date()) for days in (-9, 9))
    records, rows = zip(*map(digests, map(with_fact_of, (before, after))), strict=True)
    assert len({*records, study.records.digest}) == 3
    usual = digests(study.records.replace(area=None, groups=()))[1]
    assert rows[1] == usual != rows[0]


def test_accepted_feeds_are_named_but_for_sensitive_ones_of_a_masked_list(
    study: SimpleNamespace,
) -> None:
    records = study.records.replace(accept_feeds={"crisis": "a new form"})
    assert score(study.model, records, study.day).record.accepted_feeds == ("crisis",)
    accepted = score(study.model, study.records, study.day, accept_feeds=["crisis"]).record
    assert accepted.accepted_feeds == ("crisis",)
    secret = replace(records.catalogue["crisis"], sensitivity="suicide")
    catalogue = type(records.catalogue)(
        tuple(secret if code == "crisis" else one for code, one in records.catalogue.items())
    )
    hidden = records.replace(catalogue=catalogue)
    assert score(study.model, hidden, study.day).record.accepted_feeds == ("sensitive",)
    told = score(study.model, hidden, study.day, masked=False).record
    assert told.accepted_feeds == ("crisis",)


def test_capacity_by_area_and_the_whole_round_are_told(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    areas = sorted(study.listed.table["area"].unique())
    capacity = dict.fromkeys(areas, 1)
    listed = rm.score(study.model, study.records, study.day, capacity)
    path = listed.to_csv(tmp_path / "list.csv", whole=True)
    said = written_in(sidecar_of(path))
    assert said["capacity"] == capacity
    assert said["files"]["list.csv"]["rows"] == said["scored"] == 300
    assert said["files"]["list.csv"]["whole"]
    assert said["listed"] == len(listed.listed)


@pytest.mark.parametrize("name", WAYS)
def test_only_the_unchanged_list_of_the_same_round_and_version_is_replaced(
    name: str, study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    write, path = WAYS[name], tmp_path / name
    own = published(study.listed)
    write(own, path)
    assert write(own, path, whole=True) == path  # the same round and version
    write(own, path)
    first = path.read_bytes(), sidecar_of(path).read_bytes()

    others = [published(study.listed, version="4"), published(study.listed, as_of="2024-01-01")]
    for other in others:
        with pytest.raises(ConfigError, match="is of another round or version") as refused:
            write(other, path)
        assert refused.value.code == "scoring.exists"
        assert (path.read_bytes(), sidecar_of(path).read_bytes()) == first
    mended(
        "lists",
        tried=f"{name} of another version over this one",
        before="replaced without a word",
        now=str(refused.value).split(". ")[0],
    )
    write(others[0], path, overwrite=True)
    assert written_in(sidecar_of(path))["model"]["version"] == "4"
    assert names_in(tmp_path) == [name, f"{name}.json"]


def test_what_somebody_wrote_into_a_list_is_not_lost(
    study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    path = study.listed.to_csv(tmp_path / "list.csv")
    path.write_text("H0000001,called twice", encoding="utf-8")
    with pytest.raises(ConfigError, match="has changed since it was written") as refused:
        study.listed.to_csv(path)
    assert path.read_text(encoding="utf-8") == "H0000001,called twice"
    mended(
        "lists",
        tried="notes written into the list, and the round scored again",
        before="the notes are gone",
        now=str(refused.value).split(". ")[0],
    )
    study.listed.to_csv(path, overwrite=True)
    assert lists_in(tmp_path).frame()["state"].tolist() == ["as written"]


@pytest.mark.parametrize("present", ["list.csv", "list.csv.json"])
def test_a_file_of_something_else_is_not_replaced(
    present: str, study: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / present).write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"list\.csv (exists|is of another)"):
        study.listed.to_csv(tmp_path / "list.csv")
    assert names_in(tmp_path) == [present]
    assert (tmp_path / present).read_text(encoding="utf-8") == "{}"


def test_a_list_that_was_removed_is_written_again(study: SimpleNamespace, tmp_path: Path) -> None:
    path = study.listed.to_csv(tmp_path / "list.csv")
    path.unlink()  # as after a run that was killed between sidecar and list
    assert study.listed.to_csv(path).is_file()


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
@pytest.mark.parametrize("name", WAYS)
def test_a_list_is_its_owners_alone_unless_it_is_shared(
    name: str, study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    def modes(**options: int) -> set[int]:
        path = WAYS[name](study.listed, tmp_path / name, **options)
        return {one.stat().st_mode & 0o777 for one in (path, sidecar_of(path))}

    usual = modes()
    assert usual == {0o600}
    before = os.umask(0o077)
    try:
        assert modes(mode=0o640) == {0o640}
    finally:
        os.umask(before)
    assert modes() == {0o600}
    mended("lists", tried=f"mode of {name}", before="0o644", now=", ".join(map(oct, usual)))


@pytest.mark.parametrize("mode", [640, 0o577, 0o1600, 0])
def test_what_is_no_mode_of_a_list_is_refused(
    mode: int, study: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="mode is no mode of a file"):
        study.listed.to_csv(tmp_path / "list.csv", mode=mode)
    assert names_in(tmp_path) == []


def test_a_folder_that_does_not_exist_is_named(study: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="folder '명단' does not exist"):
        study.listed.to_csv(tmp_path / "명단" / "list.csv")
    with pytest.raises(ConfigError, match="folder '명단' does not exist"):
        lists_in(tmp_path / "명단")


def test_nothing_is_left_where_writing_fails(study: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        study.listed.to_csv(tmp_path / "list.csv", encoding="no encoding")
    assert names_in(tmp_path) == []


def test_lists_written_at_once_are_whole(study: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"

    def write() -> None:
        study.listed.to_csv(path)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names_in(tmp_path) == ["list.csv", "list.csv.json"]
    assert lists_in(tmp_path).frame()["state"].tolist() == ["as written"]


def test_a_folders_lists_are_told_by_date_with_what_became_of_their_files(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    folder = tmp_path / "명단"
    folder.mkdir()
    published(study.listed).to_csv(folder / "b.csv")
    published(study.listed).to_parquet(folder / "c.parquet", whole=True)
    published(study.listed, "2", as_of="2024-01-01").to_excel(folder / "z.xlsx")
    study.listed.to_csv(folder / "own.csv")
    with (folder / "b.csv").open("a", encoding="utf-8") as file:
        file.write("one more row")
    (folder / "z.xlsx").unlink()
    (folder / "other.json").write_text("[1]", encoding="utf-8")
    (folder / "notes.csv").write_text("no sidecar", encoding="utf-8")

    found = lists_in(folder)
    table = found.frame().set_index("file")
    assert table.index.tolist() == ["z.xlsx", "b.csv", "c.parquet", "own.csv"]
    assert table["state"].tolist() == ["missing", "changed", "as written", "as written"]
    assert table["version"].tolist()[:3] == ["2", "3", "3"]
    assert table["version"].isna().tolist() == [False, False, False, True]
    assert table["rows"].tolist() == [12, 12, 300, 12]
    assert set(table["records"]) == {study.records.digest}
    assert table.loc["b.csv", "rules"] == "the highest margin first; ties by household_id"
    text = repr(found)
    assert text.startswith("명단: 4 lists\n")
    for word in ("위기", "2024-01-01", "12 per round", "ties by household_id", "changed"):
        assert word in text
    assert "changed" in found._repr_html_()


@pytest.mark.parametrize(
    "change",
    [
        lambda said: "no JSON",
        lambda said: json.dumps({**said, "schema_version": 2}),
        lambda said: json.dumps({**said, "schema_version": "x"}),
        lambda said: json.dumps({key: said[key] for key in said if key != "model"}),
        lambda said: json.dumps({**said, "files": [1]}),
        lambda said: json.dumps({**said, "model": {"owner": "kim"}}),
    ],
    ids=["no JSON", "later", "no version", "a part missing", "no files", "another key"],
)
def test_a_sidecar_that_cannot_be_read_is_named(
    change: Callable[[dict[str, Any]], str], study: SimpleNamespace, tmp_path: Path
) -> None:
    study.listed.to_csv(tmp_path / "a.csv")
    path = study.listed.to_csv(tmp_path / "b.csv")
    sidecar_of(path).write_text(change(written_in(sidecar_of(path))), encoding="utf-8")
    found = lists_in(tmp_path)
    assert found.frame()["file"].tolist() == ["a.csv"]
    assert "the sidecar b.csv.json cannot be read" in repr(found)
    with pytest.raises(ConfigError, match=r"b\.csv is of another round or version"):
        study.listed.to_csv(path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that cannot be read")
def test_what_another_account_keeps_to_itself_is_told(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    path = study.listed.to_csv(tmp_path / "list.csv")
    path.unlink()
    path.symlink_to("/proc/self/mem")  # reading it fails, for any account
    (tmp_path / "b.json").symlink_to("/proc/self/mem")
    found = lists_in(tmp_path)
    assert found.frame()["state"].tolist() == ["cannot be read"]
    assert "the sidecar b.json cannot be read" in repr(found)


def test_an_empty_folder_has_no_lists(tmp_path: Path) -> None:
    found = lists_in(tmp_path)
    assert repr(found) == f"{tmp_path.name}: 0 lists"
    assert found.frame().empty
    assert "records" in found.frame()


def test_a_list_that_was_put_together_by_hand_says_what_is_known(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    listed = ScoreList(study.listed.table, "a model", study.day, study.listed.capacity)
    path = listed.to_csv(tmp_path / "list.csv")
    record = RoundRecord.from_dict(written_in(sidecar_of(path)))
    assert (record.as_of, record.capacity, record.listed) == (study.day, 12, 12)
    assert record.model == ModelOfRound()
    assert record.rules == ()
