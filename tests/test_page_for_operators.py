"""The page for operators: its shell lines run in their order, and its exit codes are the code's."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import riskmodel as rm
from riskmodel import cli, errors
from riskmodel.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
CODES = ("crisis", "loan_overdue", "power_cut")
MANIFEST = {
    "name": "mine",
    "today": "2024-11-01",
    "events": [
        {
            "file": "*.csv",
            "household_id": "household_id",
            "code": {"column": "code"},
            "event_date": "event_date",
            "known_date": "known_date",
        }
    ],
    "catalogue": {code: {"en": code.replace("_", " "), "direction": 1} for code in CODES},
    "rounds": {"start": "2022-03-01", "end": "2024-09-01", "every": "2M"},
}
EXPERIMENT = {
    "name": "mine",
    "data": "mine",
    "features": {
        "aggregates": [{"operation": "count", "codes": [*CODES], "spans": ["6M", "ever"]}]
    },
    "model": {"kinds": ["logistic"]},
    "capacity": 0.05,
}


def shell_lines() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line]


INGEST = "riskmodel ingest -cd my_study data=mine store=records"
WRONG = "household_id,code,event_date,known_date\nH0000001,power_cut,2024-10-01,2024-10-02\n"


def study_in(folder: Path) -> None:
    """Write a manifest, its delivered files and an experiment, as the page names them."""
    for group, content in (("data", MANIFEST), ("experiment", EXPERIMENT)):
        (folder / "my_study" / group).mkdir(parents=True)
        text = yaml.safe_dump(content, sort_keys=False)
        (folder / "my_study" / group / "mine.yaml").write_text(text, encoding="utf-8")
    events = rm.make_households(2_500, random_state=0).events
    used = events[events["code"].isin(CODES)]
    for year, rows in used.groupby(used["event_date"].dt.year):
        columns = rows[["household_id", "code", "event_date", "known_date"]]
        columns.to_csv(folder / "my_study" / "data" / f"{year}.csv", index=False)


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
    "ignore::UserWarning",
    "ignore::PendingDeprecationWarning",
)
def test_every_shell_line_of_the_page_ends_with_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    study_in(tmp_path)
    told: dict[str, str] = {}
    for line in shell_lines():
        if line == INGEST and line in told:  # the delivery that the page sets aside
            (tmp_path / "my_study" / "data" / "wrong.csv").write_text(WRONG, encoding="utf-8")
        if line.startswith("riskmodel "):
            words = shlex.split(line.split(">>")[0])
            code = main(words[1:])
        else:
            code = subprocess.run(line, shell=True, cwd=tmp_path, check=False).returncode
        out, err = capsys.readouterr()
        assert code == 0, (line, out, err)
        told[line] = out
    assert "0 new and" in told[INGEST]
    (undone,) = (out for line, out in told.items() if line.startswith("riskmodel undo"))
    assert "mine_2024-11-01.csv" in undone
    assert "files of another town" in told["riskmodel deliveries store=records"]
    assert "missing" in told["riskmodel lists lists"]
    assert (tmp_path / "lists" / "mine_2024-11-01.csv.json").is_file()


def test_every_command_of_the_shell_stands_on_the_page() -> None:
    from riskmodel.cli.shell import COMMANDS

    named = set(re.findall(r"(?:`|riskmodel )([a-z]+)\b", PAGE))
    assert set(COMMANDS) <= named


def exit_codes_of_the_shell() -> Iterator[int]:
    """Yield the codes of refusals, and those that the shell's entry returns."""
    kinds = [errors.RiskmodelError, *errors.RiskmodelError.__subclasses__()]
    yield from (kind.exit_code for kind in kinds if kind.__module__ == errors.__name__)
    files = sorted(Path(str(cli.__file__)).parent.glob("*.py"))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {
        node.targets[0].id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    ends = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name in ENDING]
    assert len(ends) == len(ENDING)
    for returned in (n for end in ends for n in ast.walk(end) if isinstance(n, ast.Return)):
        for node in ast.walk(returned):
            if isinstance(node, ast.Constant):
                yield node.value
            elif isinstance(node, ast.Name) and node.id in named:
                yield named[node.id]


ENDING = ("main", "_exit_code")


def test_the_table_of_exit_codes_is_that_of_the_code() -> None:
    table = PAGE.split("## Exit codes\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\d+) \|", table, flags=re.MULTILINE)
    codes = sorted(set(exit_codes_of_the_shell()))
    assert codes[0] == 0
    assert codes[-1] == 141
    assert [int(row) for row in rows] == codes
