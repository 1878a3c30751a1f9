"""A column of the list is one object; one that is not declared is refused, never dropped."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from riskmodel.errors import ConfigError
from riskmodel.scoring import ScoreList, list_columns
from riskmodel.scoring.list_columns import COLUMNS, ListColumn, ListRows, filled

PLACE = 4
FIRST_HALF = ListColumn(
    "first_half",
    "bool",
    "Whether the household is in the first half of the round.",
    fill=lambda rows: rows.ranked["rank"] <= len(rows.ranked) / 2,
    printed=0,
)
VISITOR = ListColumn(
    "visitor", "str", "Who visits the household.", fill=lambda rows: "day team", listed_only=True
)


def ranked(n: int = 6, listed: int = 2) -> pd.DataFrame:
    rank = pd.RangeIndex(1, n + 1)
    return pd.DataFrame(
        {
            "household_id": [f"=H{i}" for i in rank],
            "as_of_date": pd.Timestamp("2024-03-01"),
            "rank": rank,
            "tied": 1,
            "margin": -1.0 * rank,
            "score": 1.0 / rank,
            "percentile": 50.0,
            "percentile_in_round": 50.0,
            "band": "high",
            "listed": rank <= listed,
            "stratum": "certain",
            "inclusion_probability": (rank <= listed).astype(float),
            "seed": pd.array([pd.NA] * n, dtype="Int64"),
        }
    )


def rows() -> ListRows:
    table = ranked()
    told = {"reason_1": "arrears", "contribution_1": 0.5, "weaker": 2}
    reasons = pd.DataFrame(told, index=table.index)
    return ListRows(table, reasons.where(table["listed"]), "en")


def list_of(table: pd.DataFrame) -> ScoreList:
    return ScoreList(table, "a model", "2024-03-01", 2)


def test_each_column_has_its_declared_dtype_and_place() -> None:
    table = filled(rows(), top=1)
    declared = {column.name: column for column in list_columns.columns_of(1)}
    assert list(table) == [name for name in declared if name != "area"]
    for name in table:
        assert table[name].dtype == pd.Series(dtype=declared[name].dtype).dtype
    of_listed = table[["stratum", "reason_1", "contribution_1", "weaker"]]
    assert of_listed[~table["listed"]].isna().all(axis=None)
    assert of_listed[table["listed"]].notna().all(axis=None)
    assert table.loc[table["listed"], "weaker"].tolist() == [2, 2]


def test_a_column_is_added_by_one_object(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    extended = [*COLUMNS[:PLACE], FIRST_HALF, VISITOR, *COLUMNS[PLACE:]]
    monkeypatch.setattr(list_columns, "COLUMNS", extended)
    found = list_of(filled(rows(), top=1))

    frame = found.frame()
    assert list(frame)[3:5] == ["first_half", "visitor"]
    assert frame["first_half"].tolist() == [True] * 3 + [False] * 3
    assert frame["first_half"].dtype == bool
    assert frame["visitor"].isna().tolist() == [False] * 2 + [True] * 4

    csv = pd.read_csv(found.to_csv(tmp_path / "list.csv", whole=True))
    excel = pd.read_excel(found.to_excel(tmp_path / "list.xlsx", whole=True))
    for file in (csv, excel):
        assert file["first_half"].tolist() == frame["first_half"].tolist()
        assert file["visitor"].isna().tolist() == frame["visitor"].isna().tolist()

    head = repr(found).splitlines()[2].split()
    assert head == ["first_half", "rank", "household_id", "score", "band", "reason_1", "weaker"]
    assert "visitor" not in repr(found)


def test_a_column_that_is_not_declared_is_refused_by_name() -> None:
    extra = rows()._replace(ranked=ranked().assign(hunch=1.0))
    with pytest.raises(ConfigError, match="column 'hunch' of the list is not declared") as error:
        filled(extra, top=1)
    assert error.value.code == "scoring.column"
    with pytest.raises(ConfigError, match="'reason_2' of the list is not declared"):
        filled(rows()._replace(reasons=rows().reasons.assign(reason_2="more")), top=1)
    with pytest.raises(ConfigError, match="'hunch' of the list is not declared"):
        list_of(filled(rows(), top=1).assign(hunch=1.0))


def test_a_declared_column_without_values_is_refused_unless_optional() -> None:
    with pytest.raises(ConfigError, match="column 'band' of the list has no values"):
        filled(rows()._replace(ranked=ranked().drop(columns="band")), top=1)
    assert "area" not in filled(rows(), top=1)
    with_area = rows()._replace(ranked=ranked().assign(area="S01"))
    assert filled(with_area, top=1)["area"].eq("S01").all()


def test_ids_that_begin_with_an_equals_sign_stay_texts_in_a_workbook(tmp_path: Path) -> None:
    path = list_of(filled(rows(), top=1)).to_excel(tmp_path / "list.xlsx", whole=True)
    assert pd.read_excel(path)["household_id"].tolist() == [f"=H{i}" for i in range(1, 7)]


def test_only_the_first_reasons_are_printed() -> None:
    reasons = {f"reason_{i}": "arrears" for i in range(1, 6)}
    contributions = {f"contribution_{i}": 0.5 for i in range(1, 6)}
    many = pd.DataFrame({**reasons, **contributions, "weaker": 0}, index=ranked().index)
    printed = repr(list_of(filled(rows()._replace(reasons=many), top=5)))
    assert "reason_3" in printed
    assert "reason_4" not in printed


def test_every_column_stands_in_the_documentation() -> None:
    for column in COLUMNS:
        assert f"``{column.name}``: {column.text}" in (ScoreList.__doc__ or "")
