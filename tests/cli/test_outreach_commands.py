"""A round from the shell: planned, handed out, returned, and the rest of it planned."""

from __future__ import annotations

import os
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.cli import main

DATA = ["data=simulated", "data.n=300", "data.preset=korea", "data.n_rounds=10"]
DAY = "2024-11-01"
PLAN = [*DATA, "model=crises@challenger", f"as_of={DAY}", "outreach=korea"]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a published version of the simulated households."""
    folder = tmp_path_factory.mktemp("office")
    before = Path.cwd()
    os.chdir(folder)
    try:
        records = rm.make_households(300, preset="korea", n_rounds=10, random_state=0)
        label = rm.Label("crisis", window="2M", maturity="2M")
        panel = rm.build_panel(records, rounds=records.rounds, label=label, attributes=["area"])
        train, test = rm.TemporalSplit(test_rounds=1).last(panel)
        model = rm.make_classifier(panel, kind="logistic").fit(train)
        rm.publish(model, rm.evaluate(model, test), name="crises")
    finally:
        os.chdir(before)
    return folder


def run(office: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(office)
    return main(words)


def test_a_round_is_planned_handed_out_and_comes_back(
    office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handed = ["explore=.1", "seed=3", "output=계획", "hand_out=나눔", "lang=ko"]
    assert run(office, ["outreach", *PLAN, *handed], monkeypatch) == 0
    said = capsys.readouterr()
    plan = rm.Outreach.read(office / "계획")
    assert f"계획 {plan.plan_id}, {DAY} 차수" in said.out
    assert plan.lang == "ko"
    assert all(re.search("[가-힣]", note) for note in plan.notes)
    assert "written to 계획" in said.out
    assert "to be given away: 나눔/books" in said.out
    assert not set(plan.table["household_id"]) & set((said.out + said.err).split())
    assert run(office, ["outreach", *PLAN, *handed[:3]], monkeypatch) == 0, "the same plan again"

    book = next((office / "나눔" / "books").glob("*_visit.xlsx"))
    titles = [cell.value for row in openpyxl.load_workbook(book).active.iter_rows() for cell in row]
    assert any(isinstance(title, str) and "주소" in title for title in titles)

    capsys.readouterr()
    words = ["returned", "나눔", "plan=계획", "today=2025-02-01"]
    assert run(office, words, monkeypatch) == 0
    (contacts,) = (office / "나눔" / "records").glob("contacts_*.csv")
    table = pd.read_csv(contacts)
    assert table["result"].eq("not_executed").all()
    planned = plan.table[plan.table["state"] == "planned"]
    assert len(table) == len(planned)


def test_the_rest_of_a_round_is_planned_from_its_plan(
    office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(office, ["outreach", *PLAN, "output=first", "lang=ko"], monkeypatch) == 0
    rest = [*DATA, "model=crises@challenger", "outreach=korea", "rest_of=first"]
    assert run(office, ["outreach", *rest, "rest_from=2024-11-20"], monkeypatch) == 0
    first, then = (rm.Outreach.read(office / name) for name in ("first", "outreach_2024-11-20"))
    assert then.as_of == DAY
    assert then.lang == first.lang == "ko", "the rest is told as the plan was"
    assert set(then.table["household_id"]) == set(first.table["household_id"])
    capsys.readouterr()
    for words, message in (
        (rest, "rest_from is missing"),
        ([*rest, "rest_from=2024-11-20", f"as_of={DAY}"], "as_of is given"),
        ([*rest, "rest_from=2024-11-01"], "cannot begin on 2024-11-01"),
    ):
        assert run(office, ["outreach", *words], monkeypatch) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("password", ["MyRealSecret99", "87654321"])
def test_a_password_given_by_mistake_for_its_variable_is_never_shown(
    office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], password: str
) -> None:
    assert run(office, ["outreach", *PLAN, "hand_out=x", f"password={password}"], monkeypatch) == 2
    shown = capsys.readouterr()
    assert "the name of an environment variable that holds the password" in shown.err
    assert password not in shown.out + shown.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["explore=.1"], "a draw needs a seed"),
        (["outreach=korae"], "no option 'korae' in group 'outreach'"),
        (["outreach.cool_of.span=3M"], "did you mean 'cool_off'"),
        (["outreach.cool_off.span=three"], "cool_off"),
        (["hand_out=x", "password=NO_SUCH_VARIABLE"], "no environment variable of this name"),
        (["rest_of=nowhere", "rest_from=2024-11-20"], "holds no plan of outreach"),
        (["due=soon"], "due"),
        (["peopel=x.csv"], "did you mean 'people'"),
        (["rest_from=2024-11-20"], "does nothing without rest_of"),
        (["people=people.csv"], "does nothing without hand_out"),
        (["delete_by=2025-01-01"], "does nothing without hand_out"),
        (["hand_out=books", "people=nowhere.csv"], "nowhere.csv"),
        (["hand_out=books", "delete_by=2024-01-01"], "delete"),
    ],
)
def test_a_slip_is_told_before_anything_is_written(
    office: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    given = [word for word in PLAN if not word.startswith("as_of") or "rest_of" not in words[0]]
    code = run(office, ["outreach", *given, "output=never", *words], monkeypatch)
    assert code == 2
    assert message in capsys.readouterr().err
    assert not (office / "never").exists()


def test_books_of_another_plan_are_refused(
    office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(office, ["outreach", *PLAN, "output=one", "hand_out=books1"], monkeypatch) == 0
    other = ["explore=.2", "seed=1", "output=two"]
    assert run(office, ["outreach", *PLAN, *other], monkeypatch) == 0
    capsys.readouterr()
    words = ["returned", "books1", "plan=two", "today=2025-02-01"]
    assert run(office, words, monkeypatch) == 2
    said = capsys.readouterr()
    assert "outreach.rows" in said.err
    assert "the folder into which this plan was handed out" in said.err
