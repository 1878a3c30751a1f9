"""What households ask and what is seen of them, from files to a review in the shell."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.cli import main

STUDY = ["-cd", "study", "data=ours", "store=store"]
MANIFEST = """
name: 동네
today: 2024-09-01
events: [{file: fire.csv, household_id: id, code: fire, event_date: day}]
requests:
  - file: "이의*.xlsx"
    household_id: 번호
    kind: {column: 종류, map: {이의: objection}}
    received: 접수
    decided: 결정
    outcome: {column: 결과, map: {기각: rejected, 인용: upheld}}
    request_id: 접수번호
referrals:
  - {file: app.csv, household_id: id, referred_by: self, received: day, area: 중앙동}
cases:
  - {file: care.parquet, household_id: id, kind: public_care, from: start, to: end}
signs:
  - file: seen.csv
    encoding: cp949
    household_id: id
    sign: {column: 징후, map: {불: fire}}
    seen: 날짜
    seen_by: carrier
"""


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a study, whose manifest finds its files beside itself."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "study" / "data"
    folder.mkdir(parents=True)
    (folder / "ours.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "fire.csv").write_text("id,day\n가1,2024-01-05\n", encoding="utf-8")
    (folder / "app.csv").write_text("id,day\n새가구,2024-08-01\n", encoding="utf-8")
    care = {"id": ["가1"], "start": ["2024-02-01"], "end": ["2024-03-31"]}
    pd.DataFrame(care).to_parquet(folder / "care.parquet")
    (folder / "seen.csv").write_text("id,징후,날짜\n가1,불,2024-08-20\n", encoding="cp949")
    objections(folder, "1", None, None)
    return folder


def objections(folder: Path, name: str, decided: str | None, outcome: str | None) -> None:
    row = {"번호": "가1", "종류": "이의", "접수": "2024-08-10", "결정": decided, "결과": outcome}
    pd.DataFrame([row | {"접수번호": "007"}]).to_excel(folder / f"이의{name}.xlsx", index=False)


def test_the_shell_takes_in_undoes_and_tells_what_was_asked_and_seen(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", *STUDY]) == 0
    objections(inbox, "2", "2024-08-18", "인용")
    assert main(["ingest", *STUDY]) == 0
    records = rm.read_records("store")
    assert [len(records.frame(name)) for name in ("referrals", "cases", "signs")] == [1, 1, 1]
    history = rm.contact_history(records, "2024-09-01").set_index("household_id")
    assert history.loc["가1", "effects"] == ("not_listed",)
    assert history.loc["가1", "urgent"] == ("fire",)
    assert not history.loc["새가구", "in_system"]
    capsys.readouterr()

    assert main(["review", "data=store", "data.store=store", "household=가1"]) == 0
    told = capsys.readouterr()
    assert "requests, referrals, other services and signs: 3, of which late 1" in told.out
    assert "objection to being listed" in told.out
    assert "가1" not in told.err
    assert main(["review", "data=store", "data.store=store", "household=새가구", "lang=ko"]) == 0
    assert "본인" in capsys.readouterr().out

    assert main(["undo", *STUDY, "delivery=2", "why=of another town"]) == 0
    before = rm.contact_history(rm.read_records("store"), "2024-09-01").set_index("household_id")
    assert before.loc["가1", "effects"] == ()
    assert before.loc["가1", "requests_open"] == 1
