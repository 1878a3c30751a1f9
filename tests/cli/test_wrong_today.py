"""`riskmodel train` on records with a wrong `today` refuses, names the rounds, and takes them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.mended import Note

from riskmodel.cli import main

MANIFEST = """\
name: arrears
today: 2025-09-01     # the files end on 2024-01-01
events:
  - {file: events.csv, household_id: id, code: {column: code}, event_date: day}
rounds: {start: 2022-07-01, end: 2025-04-01, every: 3M}
"""


def write_study(folder: Path) -> None:
    """Write two years of facts of 300 households, and two typing errors in each later month."""
    rng = np.random.default_rng(4)
    days = pd.date_range("2022-01-01", "2023-12-31", freq="D").strftime("%Y-%m-%d").to_numpy()
    events = pd.DataFrame(
        {
            "id": rng.integers(300, size=6_000).astype(str),
            "code": rng.choice(["arrears", "crisis"], size=6_000, p=[0.9, 0.1]),
            "day": rng.choice(days, size=6_000),
        }
    )
    months = np.repeat(pd.date_range("2024-01-05", "2025-08-05", freq="MS").strftime("%Y-%m-%d"), 2)
    ids = rng.integers(300, size=len(months)).astype(str)
    wrong = pd.DataFrame({"id": ids, "code": "crisis", "day": months})
    (folder / "data").mkdir()
    pd.concat([events, wrong]).to_csv(folder / "data" / "events.csv", index=False)
    (folder / "data" / "mine.yaml").write_text(MANIFEST, encoding="utf-8")


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
def test_a_wrong_today_is_refused_by_the_shell_until_its_rounds_are_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    mended: Note,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path)
    words = ["train", "-cd", ".", "data=mine", "label.outcome=crisis", "label.window=3M"]
    words += [
        "label.maturity=0D",
        "model.seeds=1",
        "model.params={n_estimators: 20}",
        "publish=false",
        "split.test_rounds=1",
    ]

    assert main(words) == 5
    said = capsys.readouterr()
    assert "models.doubtful_rounds" in said.err
    rounds = re.findall(r"^round ([\d-]+): few outcomes since 2024-01-01", said.out, re.MULTILINE)
    assert rounds[0] == "2024-01-01"
    assert f"accept_rounds=[{rounds[0]}," in said.err
    now = f"exit 5, models.doubtful_rounds: {rounds[0]} and later"
    mended("today", tried="riskmodel train", before="trained on zeros, exit 0", now=now)

    advised = re.search(r"in the shell (accept_rounds=\[[\d,-]+\])", said.err)[1]
    assert advised == f"accept_rounds=[{','.join(rounds)}]"
    assert main([*words, advised]) == 0
    mended(
        "today",
        tried="riskmodel train with the rounds that its refusal names, the test round among them",
        before="models.accept_rounds: the test round was no round of the panel",
        now="exit 0",
    )
