"""The reader of YAML: scalars stay texts, and a key that stands twice is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue
from riskmodel.records.sources.manifest import read_manifest
from riskmodel.schema.yaml_files import Written, as_yaml_texts, parse_yaml

MANIFEST = """\
today: 2025-01-01
events:
  - file: e.csv
    household_id: id
    code: fire
    event_date: day
"""


@pytest.mark.parametrize(
    "scalar", ["010", "no", "1e3", "0x10", "1_000", "2024-01-01", "12:30", "3.0", ".5", "=", "true"]
)
def test_scalars_stay_as_they_are_written(scalar: str) -> None:
    assert parse_yaml(f"code: {scalar}\n{scalar}: code", "m.yaml") == {
        "code": scalar,
        scalar: "code",
    }


def test_texts_of_python_are_read_as_those_of_a_file_at_every_depth() -> None:
    plain = {"events": [{"code": "010", "rows": 3}], "name": "no"}
    read = as_yaml_texts(plain)
    assert read == plain
    assert isinstance(read["events"][0]["code"], Written)  # type: ignore[index]
    assert isinstance(read["name"], Written)  # type: ignore[index]
    assert not isinstance(read["events"][0]["rows"], Written)  # type: ignore[index]


def test_only_nothing_is_none() -> None:
    assert parse_yaml("{a: , b: ~, c: null, d: 'null', e: ''}", "m.yaml") == {
        "a": None,
        "b": None,
        "c": None,
        "d": "null",
        "e": "",
    }


def test_merged_keys_may_be_said_again() -> None:
    text = "a: {b: &b {<<: &c {x: 1}, x: 2}}\nd: {<<: *b, x: 3}\n"
    assert parse_yaml(text, "m.yaml") == {"a": {"b": {"x": "2"}}, "d": {"x": "3"}}


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        (f"{MANIFEST}today: 2025-02-01\n", "today", 7),
        (MANIFEST.replace("    code: fire\n", "    code: fire\n    code: rent\n"), "code", 6),
        (f"{MANIFEST}catalogue:\n  fire: {{ko: 화재}}\n  fire: {{en: fire}}\n", "fire", 9),
        (
            f"{MANIFEST}groups: [a]\ncatalogue: {{fire: {{direction: 1, direction: -1}}}}",
            "direction",
            8,
        ),
        (f"{MANIFEST}complete_before: {{no: 2024-01-01, no: 2024-02-01}}", "no", 7),
    ],
)
def test_a_key_twice_in_a_manifest_is_refused_with_its_line(
    tmp_path: Path, text: str, key: str, line: int
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_manifest(path)
    assert caught.value.code == "yaml.repeated_key"
    assert f"mine.yaml, line {line}: the key {key!r} stands twice" in str(caught.value)


def test_a_key_twice_in_a_catalogue_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "indicators.yaml"
    path.write_text("rent: {direction: 1}\nfire:\nrent: {direction: -1}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"indicators.yaml, line 3: the key 'rent' stands twice"):
        Catalogue.read(path)
