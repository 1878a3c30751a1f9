"""A panel stays aligned, prints itself, and survives a file."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from panel_records import ROUNDS, records

from mended import Note
from riskmodel.errors import PanelError
from riskmodel.panel import Agg, Attribute, Cohort, Features, Label, Panel, Recipe, build_panel

FEATURES = Features(
    [
        Agg.count("*", ["3M", "ever"]),
        Agg.last("income"),
        Attribute("gu"),
        Attribute("size", number=True),
    ]
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    cohort = Cohort(seen_within="12M", exclude={"crisis": "1M"}, where="visit__count__ever <= 9")
    made = records(today="2024-03-15")
    index = pd.MultiIndex.from_product([["1", "2"], ROUNDS], names=["household_id", "as_of_date"])
    made = made.replace(truth=pd.DataFrame({"probability": 0.5}, index=index))
    return build_panel(made, ROUNDS, Label("crisis", "3M", "1M"), cohort, FEATURES)


def test_x_is_float32_and_categories_sorted_by_household_and_date(panel: Panel) -> None:
    assert panel.X.index.names == ["household_id", "as_of_date"]
    assert panel.X.index.is_monotonic_increasing
    kinds = {name: str(dtype) for name, dtype in panel.X.dtypes.items()}
    assert set(kinds.values()) == {"float32", "category"}
    assert [name for name, kind in kinds.items() if kind == "category"] == ["gu"]
    assert tuple(panel.X) == tuple(column.name for column in panel.columns)
    assert panel.columns[-2].categories == ("north", "south")


def test_a_mask_keeps_everything_aligned(panel: Panel) -> None:
    mask = (panel.as_of == ROUNDS[1]) & (panel.X["size"] > 2)
    part = panel[mask]
    assert len(part) == mask.sum() == part.counts["rows"]
    for name in ("y", "groups", "round", "truth", "_late"):
        assert getattr(part, name).index.equals(part.X.index), name
    assert part.area.index.equals(part.X.index)
    pd.testing.assert_frame_equal(panel[np.flatnonzero(mask)].X, part.X)
    pd.testing.assert_frame_equal(panel[:7].X, panel.X[:7])


def test_the_round_is_the_date_unless_said(panel: Panel) -> None:
    assert (panel.round.to_numpy() == panel.as_of.to_numpy()).all()


def test_print_names_rows_labels_and_constant_columns(panel: Panel) -> None:
    text = repr(panel)
    c = panel.counts
    assert f"{c['rows']} rows" in text
    assert (
        f"{c['positive']} x 1 + {c['negative']} x 0 + {c['immature']} immature + 0 not observed"
        in text
    )
    assert "constant: crisis__" not in text
    assert "1 constant: gu" in repr(panel[panel.X["gu"] == "north"])
    assert "<table" in panel._repr_html_()


def test_parquet_round_trip_keeps_everything(panel: Panel, tmp_path: Path) -> None:
    panel.to_parquet(tmp_path / "panel.parquet")
    again = Panel.read_parquet(tmp_path / "panel.parquet")
    assert list(tmp_path.iterdir()) == [tmp_path / "panel.parquet"]
    for name in ("X", "groups", "truth"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(panel, name))
    for name in ("y", "round", "_late"):
        pd.testing.assert_series_equal(getattr(again, name), getattr(panel, name))
    for name in (
        "columns",
        "label",
        "recipe",
        "counts",
        "area_name",
        "partly_covered",
        "note",
        "today",
    ):
        assert getattr(again, name) == getattr(panel, name), name
    assert repr(again) == repr(panel)


def test_keys_are_ordinary_columns_in_the_file(panel: Panel, tmp_path: Path) -> None:
    panel.to_parquet(tmp_path / "panel.parquet")
    assert {"household_id", "as_of_date", "panel__y"} < set(
        pd.read_parquet(tmp_path / "panel.parquet")
    )


def test_another_file_is_no_panel(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(PanelError, match="from_frame"):
        Panel.read_parquet(tmp_path / "a.parquet")


def test_a_pickle_holds_no_records(panel: Panel) -> None:
    again = pickle.loads(pickle.dumps(panel))
    pd.testing.assert_frame_equal(again.X, panel.X)
    with pytest.raises(PanelError, match="build_panel"):
        again.with_label(Label("visit", "1M"))


def test_the_recipe_makes_the_same_panel_again(panel: Panel) -> None:
    recipe = Recipe.from_dict(panel.recipe.to_dict())
    assert recipe == panel.recipe
    assert recipe.household == "household"
    again = build_panel(
        records(), list(recipe.rounds), recipe.label, recipe.cohort, recipe.features
    )
    pd.testing.assert_frame_equal(again.X, panel.X)


@pytest.mark.parametrize(
    ("unit", "one", "many"),
    [
        ("family", "1 family on", "80 families on"),
        ("address", "1 address on", "80 addresses on"),
        ("household", "1 household on", "80 households on"),
        ("世帯", "1 世帯 on", "80 世帯 on"),
    ],
)
def test_units_are_counted_in_their_plural(unit: str, one: str, many: str, mended: Note) -> None:
    made = records(household=unit)
    panel = build_panel(made, ROUNDS)
    alone = panel[panel.households == panel.households[0]]
    assert many in repr(panel)
    assert one in repr(alone)
    assert f" of {many.removesuffix(' on')}," in repr(made)
    mended("friction", tried=f"household: {unit}", before=f"80 {unit}s, 1 {unit}s", now=many)
