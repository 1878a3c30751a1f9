"""The manifest: misspelled keys, missing keys, where the files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from manifests import TODAY, entry

from riskmodel.errors import ConfigError
from riskmodel.records.sources.manifest import find_root, read_manifest

EVENTS = [entry(file="e.csv")]


def refused(**keys: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_manifest({"today": TODAY, "events": EVENTS} | keys)
    return caught.value


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"toady": TODAY}, "did you mean 'today'"),
        ({"events": [entry(file="e", evnt_date="x")]}, r"events[0]: unknown key 'evnt_date'"),
        (
            {"attributes": [{"file": "e", "household_id": "id", "known": "x"}]},
            "attributes[0]: unknown key 'known'",
        ),
        (
            {"attributes": [{"file": "e", "household_id": "id", "columns": {"a": "b"}}]},
            "known_date is missing",
        ),
        (
            {"attributes": [{"file": "e", "household_id": "id", "known_date": "always"}]},
            "no attribute is named",
        ),
        (
            {"contacts": [{"file": "e", "household_id": "id", "as_of_date": "r"}]},
            "result is missing",
        ),
        (
            {
                "contacts": [
                    {"file": "e", "household_id": "i", "as_of_date": "r", "result": {"map": {}}}
                ]
            },
            "no column",
        ),
        ({"coverage": [{"feeds": "x"}]}, "did you mean 'feed'"),
        ({"events": [entry(file="e", code=None)]}, "exactly one of code and values"),
        ({"events": [entry(file="e") | {"values": ["a"]}]}, "exactly one of code and values"),
        ({"events": [entry()]}, "exactly one of file and frame"),
        (
            {"events": [entry(file="e", household_id=None)]},
            "exactly one of household_id and person_id and dwelling_id",
        ),
        (
            {"events": [entry(file="e", known_date={"lags": "3D"})]},
            "events[0].known_date: unknown key 'lags'",
        ),
        (
            {"events": [entry(file="e", known_date={"lag": "3 days"})]},
            "events[0].known_date: lag '3 days' is not a length",
        ),
        (
            {"catalogue": {"fire": {"minimum": 5, "maximum": 1}}},
            "minimum of indicator 'fire' lies above its maximum",
        ),
        ({"events": ["e.csv"]}, "an entry is a mapping"),
        ({"events": []}, "events is missing"),
        ({"today": None}, "today is missing"),
        ({"today": "soon"}, "today 'soon' is not a date"),
        (
            {"today": "2204-11-01"},
            "today '2204-11-01' is a day of a year that cannot be meant. "
            "Allowed: days of the years 1900 to 2199. Next: correct the year",
        ),
        ({"since": "0024-05-01"}, "since '0024-05-01' is a day of a year that cannot be meant"),
        ({"area": "borough"}, "'borough' is no attribute"),
        ({"max_quarantined": 5}, "a number from 0 to 1"),
        ({"catalogue": {"fire": {"directon": 1}}}, "did you mean 'direction'"),
        ({"catalogue": "nowhere.yaml"}, "does not exist"),
        ({"rounds": {"first": TODAY}}, "rounds: unknown key 'first'"),
    ],
)
def test_a_fault_is_refused_by_its_place(keys: dict[str, Any], text: str) -> None:
    if "events" in keys and keys["events"] == []:
        keys = {"events": None}
    assert text in str(refused(**keys))


def test_groups_name_the_nearest_attribute() -> None:
    attributes = [
        {"file": "e", "household_id": "id", "known_date": "always", "columns": {"borough": "b"}}
    ]
    assert "did you mean 'borough'" in str(refused(attributes=attributes, groups=["boroug"]))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "does not exist"),
        (b"a: [", "is not YAML at line 1"),
        (b"name: a\nevents:\n\t- file: x.csv\n", r"is not YAML at line 3.*no tabs"),
        (b"- a\n", "holds no keys"),
        ("이름: 가".encode("cp949"), "utf-8"),
    ],
)
def test_a_file_that_is_no_manifest(tmp_path: Path, content: bytes | None, text: str) -> None:
    path = tmp_path / "m.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=text) as caught:
        read_manifest(path)
    assert caught.value.code == "manifest.file"


@pytest.mark.parametrize(
    "name", ["mine.csv", "mine.CSV", "mine.tsv", "mine.csv.gz", "mine.xlsx", "mine.parquet"]
)
def test_a_table_is_no_manifest_but_is_named_in_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("이름,일자\n가,2024-01-05\n".encode("cp949"))
    with pytest.raises(ConfigError, match=f"{name} is a table.*events: - file: {name}") as caught:
        read_manifest(tmp_path / name)
    assert caught.value.code == "manifest.file"
    with pytest.raises(ConfigError, match="does not exist"):
        read_manifest(tmp_path / "absent" / name)


def test_where_the_files_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "conf"
    assert find_root(None, None, here) == here
    assert find_root("../data/nyc", None, here) == Path("../data/nyc")
    assert find_root("../data/nyc", tmp_path, here) == tmp_path
    monkeypatch.setenv("RISKMODEL_DATA", str(tmp_path))
    assert find_root("../data/nyc", None, here) == tmp_path
    (tmp_path / "nyc").mkdir()
    assert find_root("../data/nyc", None, here) == tmp_path / "nyc"
    assert find_root("../data/nyc", here, here) == here


def test_a_catalogue_lies_beside_the_manifest_or_the_files(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "data").mkdir()
    manifest = tmp_path / "conf" / "m.yaml"
    manifest.write_text(
        f"{{today: 2025-01-01, root: {(tmp_path / 'data').as_posix()}, catalogue: c.yaml, "
        "events: [{file: e.csv, household_id: id, code: fire, event_date: day}]}"
    )
    (tmp_path / "data" / "c.yaml").write_text("fire: {direction: 1}")
    assert read_manifest(manifest).catalogue["fire"].direction == 1
    (tmp_path / "conf" / "c.yaml").write_text("fire: {direction: -1}")
    assert read_manifest(manifest).catalogue["fire"].direction == -1


def test_empty_keys_are_as_if_not_written() -> None:
    events = [entry(file="e.csv") | {"query": None}]
    given = read_manifest({"today": TODAY, "events": events, "members": None, "area": None})
    assert "query" not in given.entries[0].keys
    assert given.area is None
