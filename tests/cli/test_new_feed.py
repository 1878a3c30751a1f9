"""A feed first live after training: a list by the shell and by another process tells it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.mended import Note

from riskmodel.cli import main

MANIFEST = """\
name: mine
today: {today}
catalogue:
  arrears: {{direction: 1}}
  loan: {{direction: 1}}
  crisis: {{direction: 1}}
events:
  - {{file: {file}, household_id: id, code: {{column: code}}, event_date: day}}
"""
TRAIN = [
    "train",
    "-cd",
    ".",
    "data=early",
    "name=mine",
    "lang=en",
    "label.outcome=crisis",
    "label.window=3M",
    "label.maturity=0D",
    "split.rounds={start: 2022-07-01, end: 2024-01-01, every: 3M}",
    "split.test_rounds=1",
    "model.kinds=[logistic]",
    "model.seeds=1",
]
SCORE = ["score", "-cd", ".", "data=late", "model=mine@challenger", "as_of=2025-01-01"]
NOTE = "live only after the fit, in which their columns were the same for every household: loan"
PYTHON = """
import sys
import riskmodel as rm
listed = rm.score("mine@challenger", rm.read_records("data/late.yaml"), "2025-01-01")
print(listed)
"""


def write_study(folder: Path) -> None:
    """Write facts of 400 households up to two days; loans are delivered from July 2024 on."""
    rng = np.random.default_rng(4)
    days = pd.date_range("2021-07-01", "2024-12-31", freq="D").strftime("%Y-%m-%d").to_numpy()
    frail = rng.random(400) < 0.3
    weights = np.where(frail, 3.0, 1.0) / np.where(frail, 3.0, 1.0).sum()
    facts = pd.DataFrame(
        {
            "id": [f"h{i:03d}" for i in rng.choice(400, 9_000, p=weights)],
            "code": rng.choice(["arrears", "crisis"], 9_000, p=[0.9, 0.1]),
            "day": rng.choice(days, 9_000),
        }
    )
    loans = facts[facts["day"] >= "2024-07-01"].assign(code="loan")
    everything = pd.concat([facts, loans])
    (folder / "data").mkdir()
    for name, today in {"early": "2024-06-01", "late": "2025-01-01"}.items():
        file = folder / "data" / f"{name}.csv"
        everything[everything["day"] < today].to_csv(file, index=False)
        text = MANIFEST.format(today=today, file=file.name)
        (folder / "data" / f"{name}.yaml").write_text(text, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
def test_it_is_told_by_the_shell_and_in_another_process(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    mended: Note,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    # it would stand for the folder of the study's files
    monkeypatch.delenv("RISKMODEL_DATA", raising=False)
    write_study(tmp_path)
    assert main(TRAIN) == 0
    capfd.readouterr()
    assert main([*SCORE, "output=list.csv"]) == 0
    by_shell = capfd.readouterr().out

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PYTHON],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for door, said in {"riskmodel score": by_shell, "another process": done.stdout}.items():
        assert NOTE in said
        mended("new feed", tried=f"a list, {door}", before="scoring.feeds, exit 3", now=NOTE)
