"""Codes that only the data name are published where ten households have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import RegistryError

PERSON = "visit to 김철수, 역삼동"
LABEL = rm.Label("crisis", window="6M", maturity="2M")
FACTS = {"purpose": "to rank", "facts": {"population": {"who": "households"}}}


def events(having: int) -> pd.DataFrame:
    """Facts of 300 households, of whom so many have the code that names a person."""
    rng = np.random.default_rng(0)
    ids = [f"h{i:04d}" for i in range(300)]
    # some households have more of everything than others
    household = (300 * rng.random(4_000) ** 3).astype(int)
    rows = pd.DataFrame(
        {
            "household_id": np.array(ids)[household],
            "code": rng.choice(["rent", "power", "crisis"], 4_000, p=[0.5, 0.4, 0.1]),
            "event_date": pd.Timestamp("2021-01-01")
            + pd.to_timedelta(rng.integers(0, 1_000, 4_000), "D"),
        }
    )
    rare = pd.DataFrame({"household_id": ids[:having] * 2, "code": PERSON})
    return pd.concat([rows, rare.assign(event_date=pd.Timestamp("2021-06-01"))])


def saved(folder: Path, having: int, **records: Any) -> Path:
    known = rm.Records.from_frames(events(having), today="2024-01-01", **records)
    codes = ["rent", "power", PERSON]
    panel = rm.build_panel(
        known,
        rounds=["2022-01-01", "2022-07-01", "2023-01-01"],
        label=LABEL,
        features=rm.Features([rm.Agg.count(codes, "ever")]),
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train)
    return rm.save(model, rm.evaluate(model, test), folder / "model", **FACTS)


def test_a_code_of_few_households_is_not_published(tmp_path: Path, mended: Note) -> None:
    with pytest.raises(RegistryError, match="1 of the model stand in no catalogue") as error:
        saved(tmp_path, having=9)
    assert error.value.code == "registry.rare_codes"
    assert "김철수" not in str(error.value)
    assert not (tmp_path / "model").exists()
    mended("personal data", tried="a code of 9 households, without a catalogue",
           before="features.json, indicators.json, card.json and card.md named it",
           now=error.value.code)  # fmt: skip


def test_a_code_of_ten_households_is_published(tmp_path: Path) -> None:
    assert PERSON in rm.open(saved(tmp_path, 10)).catalogue_


def test_a_code_of_the_catalogue_is_published_however_few_have_it(tmp_path: Path) -> None:
    named = {PERSON: {"en": "a code that the office has named"}}
    catalogue = named | {code: {} for code in ("rent", "power", "crisis")}
    assert PERSON in rm.open(saved(tmp_path, 1, catalogue=catalogue)).catalogue_


def test_a_panel_read_from_its_file_still_knows_its_rare_codes(tmp_path: Path) -> None:
    known = rm.Records.from_frames(events(1), today="2024-01-01")
    panel = rm.build_panel(known, rounds=["2022-01-01"], label=LABEL)
    panel.to_parquet(tmp_path / "panel.parquet")
    read = rm.Panel.read_parquet(tmp_path / "panel.parquet")
    assert read.recipe.catalogue.rare == panel.recipe.catalogue.rare == {PERSON}


def test_codes_that_a_panel_does_not_use_are_not_counted() -> None:
    known = rm.Records.from_frames(events(1), today="2024-01-01")
    features = rm.Features([rm.Agg.count("rent", "ever")])
    panel = rm.build_panel(known, rounds=["2022-01-01"], label=LABEL, features=features)
    assert panel.recipe.catalogue.rare == frozenset()
    assert "rare_codes" not in panel.recipe.to_dict()
