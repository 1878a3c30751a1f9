"""The file of a list: the listed households, and no text that a spreadsheet runs as a formula."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.cli.outputs import ListTarget, save_tables
from riskmodel.scoring import ScoreList

FORMULAS = ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
WRITTEN = [f"'{text}".replace("\r", "\n") for text in FORMULAS]


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(300, random_state=3)
    features = rm.Features([rm.Agg.count("crisis", ["6M", "ever"])])
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(records, rounds=records.rounds, label=label, features=features)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    listed = rm.score(model, records, str(records.rounds[-1].date()), capacity=12)
    return SimpleNamespace(panel=panel, model=model, listed=listed)


def read_back(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    reader = pd.read_excel if path.suffix == ".xlsx" else pd.read_csv
    return reader(path, dtype={"household_id": str})


WAYS: dict[str, Callable[..., Path]] = {
    "list.csv": ScoreList.to_csv,
    "list.xlsx": ScoreList.to_excel,
    "list.parquet": ScoreList.to_parquet,
}


def write_in_the_shell(listed: ScoreList, path: Path, *, whole: bool = False) -> Path:
    target = ListTarget(path, path.parent, whole=whole, overwrite=False, mode=0o600)
    return target.write(listed)


@pytest.mark.parametrize("through_the_shell", [False, True])
@pytest.mark.parametrize("name", WAYS)
def test_a_file_holds_the_listed_unless_the_whole_round_is_asked_for(
    name: str, through_the_shell: bool, study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    listed = study.listed
    write = write_in_the_shell if through_the_shell else WAYS[name]
    usual = read_back(write(listed, tmp_path / name))
    assert usual["household_id"].tolist() == listed.listed["household_id"].tolist()
    assert len(usual) == 12

    whole = read_back(write(listed, tmp_path / name, whole=True))
    assert whole["household_id"].tolist() == listed.table["household_id"].tolist()
    mended(
        "html",
        tried=f"{name}{' of the shell' if through_the_shell else ''}",
        before="all scored households",
        now=f"{len(usual)} listed; {len(whole)} with whole",
    )


def dangerous(listed: ScoreList) -> ScoreList:
    """The list, whose first ids begin as formulas do."""
    ids = [*FORMULAS, *listed.table["household_id"].iloc[len(FORMULAS) :]]
    table = listed.table.assign(household_id=ids, area=pd.Categorical(ids))
    return ScoreList(table, listed.model, listed.as_of, listed.capacity)


def test_no_text_of_a_csv_file_begins_as_a_formula(
    study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    written = dangerous(study.listed).to_csv(tmp_path / "list.csv")
    for column in ("household_id", "area"):
        ids = pd.read_csv(written, dtype=str)[column].tolist()
        assert ids[: len(FORMULAS)] == WRITTEN
        assert not any(value.startswith("'") for value in ids[len(FORMULAS) :])
    numbers = pd.read_csv(written)
    assert numbers["margin"].tolist() == pytest.approx(study.listed.listed["margin"].tolist())
    mended("html", tried="ids = + - @ in CSV", before="cells that run", now=ids[: len(FORMULAS)])


def test_texts_of_a_workbook_stay_texts(
    study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    formulas = [text for text in FORMULAS if text.isprintable()]
    path = dangerous(study.listed).to_excel(tmp_path / "list.xlsx")
    sheet = openpyxl.load_workbook(path).active
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value in formulas]
    assert len(cells) == 2 * len(formulas)
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    mended(
        "html",
        tried="ids = + - @ in a workbook",
        before="texts, which become formulas when edited",
        now=f"{len(cells)} texts, quoted",
    )


def test_tables_of_a_run_hold_no_formula(tmp_path: Path) -> None:
    save_tables(str(tmp_path), test=pd.DataFrame({"name": FORMULAS, "gap": [-0.5] * 6}))
    back = pd.read_csv(tmp_path / "test.csv")
    assert back["name"].tolist() == WRITTEN
    assert back["gap"].tolist() == [-0.5] * 6
