"""`riskmodel schema`: what it writes accepts every shipped manifest, and no misspelt key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from riskmodel.cli import main
from riskmodel.cli.configs import conf_folder
from riskmodel.schema.values import as_written
from riskmodel.schema.yaml_files import parse_yaml

MANIFESTS = [
    path
    for path in sorted((conf_folder() / "data").glob("*.yaml"))
    if "\nevents:" in path.read_text(encoding="utf-8")
]
WIDE = """\
today: 2024-12-31
rounds: {start: 2022-01-01, end: 2024-09-01, every: 2M}
catalogue: 지표.yaml
max_quarantined: 0.1
complete_before: {안전: 2024-06-01}
events:
  file: rounds/*.csv
  query: null
  household_id: {column: 세대번호}
  values: {match: "^ind_"}
  event_date: {column: 기준년월, date_format: YYYYMM}
  known_date: {lag: 20D}
contacts:
  - file: results.csv
    household_id: household_no
    as_of_date: round_month
    channel: visit
    result: {column: verdict, map: {1: need_confirmed, absent: not_reached}}
coverage: [{feed: 안전, from: 2022-01-01, to: 2024-12-31}]
deliveries:
  - {feed: ind_gas, every: 2M}
  - {feed: ind_gas, event_date: [2024-01-31], delivered: false}
  - file: log.csv
    feed: {column: f}
    event_date: on
    delivered: {column: c, map: {received: true}}
"""


def as_an_editor_reads(text: str) -> Any:
    """Return a file with its scalars as YAML 1.2 types them."""
    return as_written(parse_yaml(text, "m.yaml"))


@pytest.fixture
def errors_of(capsys: pytest.CaptureFixture[str]) -> Callable[[str], list[Any]]:
    """Return what checks a manifest's text against the schema that the shell writes."""
    jsonschema = pytest.importorskip("jsonschema")
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    return lambda text: list(validator.iter_errors(as_an_editor_reads(text)))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_every_shipped_manifest_is_accepted(
    path: Path, errors_of: Callable[[str], list[Any]]
) -> None:
    assert errors_of(path.read_text(encoding="utf-8")) == []


def test_every_shape_of_the_guide_is_accepted(errors_of: Callable[[str], list[Any]]) -> None:
    assert errors_of(WIDE) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("today:", "toady:"),
        ("household_id:", "houshold_id:"),
        ("{lag:", "{lagg:"),
        ("map:", "maps:"),
        ("ind_gas, every: 2M", "ind_gas, every: monthly"),
        ("max_quarantined: 0.1", "max_quarantined: 5"),
        ("file: rounds/*.csv", "frame: rounds/*.csv"),
        ("feed: ind_gas, every", "event_date: [2024-01-31], every"),
        ("catalogue: 지표.yaml", "catalogue: {안전: {kind: thing}}"),
        ("catalogue: 지표.yaml", "catalogue: {안전: {directon: 1}}"),
    ],
)
def test_a_misspelt_key_or_a_wrong_value_is_not(
    right: str, wrong: str, errors_of: Callable[[str], list[Any]]
) -> None:
    assert right in WIDE
    assert errors_of(WIDE.replace(right, wrong, 1))


def test_it_may_be_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "schemas" / "manifest.json"
    assert main(["schema", f"output={path}"]) == 0
    assert "manifest.json" in capsys.readouterr().out
    assert json.loads(path.read_text(encoding="utf-8"))["required"] == ["today", "events"]
