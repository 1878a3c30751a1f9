"""The help of a command shows every key, and nothing private of what somebody wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mended import Note
from riskmodel.cli import main

PRIVATE = ("/home/kim", "Kim", "kim:pw", "registry.example", "Rose Lane")
MANIFEST = """\
name: mine
root: /home/kim/deliveries
today: 2024-11-01
events:
  - file: /home/kim/deliveries/events.csv
    household_id: {column: household_id}
    code: rent
    event_date: day
    where: name <> 'Kim'
"""
EXPERIMENT = """\
name: mine
data: umd
output: /home/kim/out
registry: {uri: "https://kim:pw@registry.example:99"}
capacity: {contacts: {Rose Lane: 3}}
label: {outcome: rent, window: 3M}
"""
WORDS = {
    "an experiment of one's own": ["train", "-cd", "own", "experiment=mine"],
    "a manifest of one's own": ["ingest", "-cd", "own", "data=umd", "store=/home/kim/store"],
    "words of a person": ["promote", "by=Kim", "why=told by Kim", "external=Rose Lane"],
    "an address": ["history", "registry.uri=https://kim:pw@registry.example:99"],
    "a folder": ["score", "output=/home/kim/lists", "published=mine@champion"],
}


def help_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", WORDS)
def test_help_keeps_to_itself_what_is_private(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    mended: Note,
) -> None:
    for file, text in {"data/umd.yaml": MANIFEST, "experiment/mine.yaml": EXPERIMENT}.items():
        path = tmp_path / "own" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    out = help_of(capsys, *WORDS[name])
    assert [private for private in PRIVATE if private in out] == []
    assert str(tmp_path) not in out
    shipped = yaml.safe_load(help_of(capsys, WORDS[name][0]))
    assert set(yaml.safe_load(out)) == set(shipped)
    assert "(left out)" in out
    mended(
        "errors",
        tried=f"riskmodel {WORDS[name][0]} --help, with {name}",
        before="paths, addresses and names as they were written",
        now=f"private texts in it: {sum(private in out for private in PRIVATE)}",
    )


def test_help_shows_the_shipped_values_and_plain_ones_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = yaml.safe_load(help_of(capsys, "train", "model.seeds=9", "name=mine"))
    assert (found["name"], found["model"]["seeds"], found["publish"]) == ("mine", 9, True)
    assert found["capacity"] == {"contacts": 0.02}
    assert found["output"] is None
    assert found["registry"] == {"uri": None}
