"""What is written in YAML or on the command line is what counts, at every door of the shell."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.mended import Note

from riskmodel.cli import main, shell
from riskmodel.cli.configs import compose
from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue
from riskmodel.records.sources.manifest import read_manifest

SCALARS = ["010", "no", "1e3", "1_000", "1.0", "true", "+5", "0x10", "2024-01-01", ".5", "12:30"]
EVENTS = "events: [{file: e.csv, household_id: id, code: a, event_date: day}]\n"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def as_option(path: Path) -> object:
    return compose("train", [f"{path.parent.name}=mine"], path.parents[1])


def as_gates(path: Path) -> object:
    return compose("promote", ["gates=mine", "by=kim", "why=better"], path.parents[1])


def as_word(path: Path) -> object:
    return compose("train", [f"model.params={path.read_text(encoding='utf-8')}"])


@pytest.mark.parametrize(
    ("door", "name", "text", "line", "read"),
    [
        ("manifest", "m.yaml", EVENTS + "today: 2025-01-01\n" + EVENTS, 3, read_manifest),
        ("catalogue", "c.yaml", "a: {direction: 1}\na: {direction: -1}\n", 2, Catalogue.read),
        ("data", "data/mine.yaml", EVENTS + "today: 2025-01-01\n" + EVENTS, 3, as_option),
        ("label", "label/mine.yaml", "outcome: a\nwindow: 6M\nwindow: 3M\n", 3, as_option),
        ("capacity", "capacity/mine.yaml", "contacts: {a: 1,\n  a: 2}\n", 2, as_option),
        ("experiment", "experiment/mine.yaml", "name: a\n\nname: b\n", 3, as_option),
        ("gates", "gates/mine.yaml", "auc: 0.0\nauc: -1\n", 2, as_gates),
        ("a word", "w.txt", "{l2: 1, l2: 2}", 1, as_word),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)
def test_a_key_twice_is_refused_with_its_line_at_every_door(
    tmp_path: Path,
    door: str,
    name: str,
    text: str,
    line: int,
    read: Callable[[Path], object],
    mended: Note,
) -> None:
    path = written(tmp_path, name, text)
    with pytest.raises(ConfigError, match=f"line {line}: the key .* stands twice") as refused:
        read(path)
    before = "the last one counted" if door == "a word" else "refused already"
    mended("yaml", tried=f"a key twice: {door}", before=before, now=refused.value)


@pytest.mark.parametrize("code", SCALARS)
def test_a_code_stays_as_written_in_files_and_on_the_command_line(
    tmp_path: Path, code: str, mended: Note
) -> None:
    written(tmp_path, "experiment/mine.yaml", f"label: {{outcome: [{code}]}}\n")
    texts = {
        "a file": compose("train", ["experiment=mine"], tmp_path)["label"]["outcome"],
        "a word": [compose("train", [f"label.outcome={code}"])["label"]["outcome"]],
        "a list": compose("train", [f"label.outcome=[{code}]"])["label"]["outcome"],
    }
    excluded = compose("train", [f"cohort.exclude={{{code!r}: 1M}}"])["cohort"]["exclude"]
    assert texts == {door: [code] for door in texts}
    assert list(excluded) == [code]
    mended(
        "yaml",
        tried=f"label.outcome=[{code}] on the command line",
        before="1e3 became 1000.0, 1_000 1000, true True",
        now=texts["a list"],
    )


@pytest.mark.parametrize("text", ["costs ${5}", "${", "${by}", "a, b: c {d} [e] 'f' \"g\" #h ="])
def test_free_text_is_text(tmp_path: Path, text: str, mended: Note) -> None:
    said = compose("promote", ["by=kim", f"why={text}"])["why"]
    catalogue = f"catalogue:\n  a:\n    en: {json.dumps(text)}\n"
    written(tmp_path, "data/mine.yaml", "today: 2025-01-01\n" + EVENTS + catalogue)
    label = compose("train", ["data=mine"], tmp_path)["data"]["catalogue"]["a"]["en"]
    query = compose(
        "train", ["data=mine", f"data.events=[{{where: {json.dumps(text)}}}]"], tmp_path
    )["data"]
    assert [said, label, query["events"][0]["where"]] == [text] * 3
    mended("yaml", tried=f"why={text}", before="an error of the lexer, or a traceback", now=said)


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        ("${oc.env:NO_SUCH_VARIABLE}", "the variable NO_SUCH_VARIABLE is not set"),
        ("of ${nowhere}", r"\$\{nowhere\} names no key"),
        ("${name}", "a reference"),
        ("${", "a reference"),
    ],
)
@pytest.mark.parametrize("door", ["file", "word"])
def test_a_reference_that_leads_nowhere_is_refused_by_name(
    tmp_path: Path, door: str, value: str, refusal: str, mended: Note
) -> None:
    written(tmp_path, "experiment/mine.yaml", f"name: '{value if door == 'file' else 'a'}'\n")
    words = ["experiment=mine", *([f"name={value}"] if door == "word" else [])]
    with pytest.raises(ConfigError, match=refusal) as refused:
        compose("train", words, tmp_path)
    assert refused.value.code == "config.reference"
    mended("yaml", tried=f"name: {value} in a {door}", before="traceback", now=refused.value)


def test_a_variable_that_is_set_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_NAME", "위기")
    written(tmp_path, "experiment/mine.yaml", "name: of ${oc.env:MY_NAME}\n")
    assert compose("train", ["experiment=mine"], tmp_path)["name"] == "of 위기"


def test_a_manifest_reads_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mended: Note
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    text = "${oc.env:DB_PASSWORD}"
    written(tmp_path, "data/mine.yaml", f"today: 2025-01-01\nsite: {text}\n" + EVENTS)
    site = compose("train", ["data=mine"], tmp_path)["data"]["site"]
    assert site == text
    mended("yaml", tried=f"site: {text} in data/", before="the password, published", now=site)


def test_a_manifest_sets_no_keys_of_the_command(tmp_path: Path, mended: Note) -> None:
    header = "# @package _global_\noutput: /elsewhere\ndata:\n  today: 2025-01-01\n"
    written(tmp_path, "data/mine.yaml", header)
    with pytest.raises(ConfigError, match="sets keys of data alone") as refused:
        compose("train", ["data=mine"], tmp_path)
    mended(
        "yaml", tried="# @package in data/", before="output written elsewhere", now=refused.value
    )


WRONG_FILES = {
    "an anchor that holds itself": b"a: &a {b: *a}\n",
    "nested 5,000 deep": b"a: " + b"[" * 5_000,
    "a list": b"- a\n",
    "another encoding": "name: 위기\n".encode("cp949"),
    "a null character": b"name: a\0b\n",
    "a tag": b"name: !!python/name:os.system\n",
    "a key that is a list": b"? [a]\n: b\n",
    "two documents": b"--- a\n--- b\n",
    "an experiment that chooses itself": b"defaults: [mine]\n",
    "a choice of nothing": b"defaults: [{override /data: null}]\n",
    "a choice made twice": b"defaults: [{override /data: store}]\ndata: simulated\n",
    "a list for a mapping": b"model: {params: [a]}\n",
    "a number for a mapping": b"data: {n: 50}\nmodel: {params: 3}\n",
    "a parameter with a key of its own": b"data: {n: 50}\nmodel: {params: {seeds: 3}}\n",
    "a store that is a list": b"data: {store: [a]}\n",
    "a preset that is a mapping": b"data: {preset: {a: 1}}\n",
}


@pytest.mark.parametrize("what", WRONG_FILES)
def test_no_file_ends_in_a_traceback(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    path = tmp_path / "experiment" / "mine.yaml"
    path.parent.mkdir()
    path.write_bytes(WRONG_FILES[what])
    assert main(["train", "-cd", str(tmp_path), "experiment=mine", "publish=false"]) == 2
    refusal = capsys.readouterr().err.splitlines()[-1]
    assert refusal.startswith("riskmodel: ")
    assert "Next: " in refusal
    mended("yaml", tried=what, before="refused, or a traceback", now=refusal)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["data={a: b}"], "data is not the name of an option"),
        (["data=null"], "data is not the name of an option"),
        (["data=[a, b]"], "data is not the name of an option"),
        (["experiment={a"], "the value of experiment cannot be read"),
        (["model.params=[1"], "the value of model.params cannot be read"),
        (["model.seeds=1,2"], "seeds is not a whole number"),
        (["model.seeds.x=1"], "seeds is not a whole number"),
        (["model..seeds=1"], "unknown key 'model..seeds'|model"),
        (["hydra.searchpath=[x]"], "unknown key or group 'hydra.searchpath'"),
        (["~data"], "word 1 after the command is no override"),
        (["=x"], "unknown key or group ''"),
        (["-cd", ""], "-cd needs a folder"),
        (["name='"], "a model cannot be called|n="),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_no_word_ends_in_a_traceback(
    words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words, *([] if words[0].startswith("data") else ["data.n=many"])]) == 2
    assert re.search(text, capsys.readouterr().err.splitlines()[-1])


def test_a_key_is_refused_under_the_name_that_users_write(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["score", "model=[a]"]) == 2
    assert "model is not a name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ZeroDivisionError("cell 김철수"), 1, "unexpected ZeroDivisionError at"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "a.csv"), 1, "a.csv: this account has no right"),
    ],
    ids=["a defect", "Ctrl-C", "a file that may not be read"],
)
def test_what_nobody_expects_is_one_line_without_cells(
    error: BaseException,
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    mended: Note,
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setitem(shell.COMMANDS, "history", shell.Command("version", failing))
    assert main(["history"]) == code
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("riskmodel: ")
    assert text in last
    assert "김철수" not in last
    before = "traceback" if "unexpected" in last else "this"
    mended("yaml", tried=f"{type(error).__name__} in a command", before=before, now=last)


def test_a_terminal_without_korean_still_gets_its_answer(
    monkeypatch: pytest.MonkeyPatch, mended: Note
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    saying = shell.Command("version", lambda _, console: console.write("위기\n"))
    monkeypatch.setitem(shell.COMMANDS, "history", saying)
    assert main(["history"]) == 0
    stream.flush()
    printed = stream.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
    assert printed == "\\uc704\\uae30\n"
    mended("yaml", tried="위기 on an ASCII terminal", before="UnicodeEncodeError", now=printed)
