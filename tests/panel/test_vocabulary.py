"""Categories of few households are "other" in vocabularies, and stay as written in X and groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mended import Note
from riskmodel.errors import ConfigError
from riskmodel.models import RiskClassifier, make_classifier
from riskmodel.panel import Attribute, Panel, build_panel
from riskmodel.panel.specs.vocabulary import Vocabulary
from riskmodel.records import Records

PERSON = "김철수, 역삼동 1-2"
TOWNS = ["north"] * 40 + ["south"] * 39 + [PERSON]


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    arrears = rng.poisson(2.0, 80)
    return pd.DataFrame(
        {
            "id": [f"h{i:03d}" for i in range(80)],
            "arrears": arrears,
            "town": TOWNS,
            "crisis": (rng.random(80) < 0.1 + 0.1 * arrears).astype(int),
        }
    )


def of_frame(**more: Any) -> Panel:
    named = {"household_id": "id", "as_of_date": "2024-01-01", "y": "crisis", "area": "town"}
    return Panel.from_frame(frame(), **named, categories=["town"], **more)


def of_records(**more: Any) -> Panel:
    ids = frame()["id"]
    events = pd.DataFrame({"household_id": ids, "code": "late", "event_date": "2023-06-01"})
    towns = pd.DataFrame({"household_id": ids, "name": "town", "text": TOWNS})
    records = Records.from_frames(events, today="2024-06-01", attributes=towns, area="town")
    return build_panel(records, ["2024-01-01"], None, attributes=[Attribute("town")], **more)


@pytest.mark.parametrize("make", [of_frame, of_records])
def test_a_category_of_few_households_is_other_in_both_vocabularies(
    make: Any, mended: Note
) -> None:
    panel = make()
    column = next(column for column in panel.columns if column.name == "town")
    assert column.categories == ("north", "other", "south")
    assert panel.vocabulary_of("town").names == ("north", "other", "south")
    assert set(panel.reported_group("town")) == {"north", "other", "south"}
    assert PERSON in set(panel.X["town"])
    assert PERSON in set(panel.area)
    mended(
        "personal data",
        tried=f"a name and address as a category, {make.__name__.replace('_', ' ')}",
        before="the name and address stood in the model's vocabulary",
        now=f"vocabulary: {', '.join(column.categories)}",
    )


@pytest.mark.parametrize("make", [of_frame, of_records])
def test_the_least_number_of_households_is_an_argument(make: Any) -> None:
    named = make(min_households=1)
    column = next(column for column in named.columns if column.name == "town")
    assert column.categories == ("north", "south", PERSON)
    assert column.rare == named.vocabulary_of("town").rare == 1
    assert next(c for c in make(min_households=40).columns if c.name == "town").categories == (
        "north",
        "other",
    )


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "10"])
def test_a_number_of_households_that_is_none_is_refused(value: object) -> None:
    for make in (of_frame, of_records):
        with pytest.raises(ConfigError, match="min_households is") as error:
            make(min_households=value)
        assert error.value.code == "panel.min_households"


def test_households_are_counted_and_not_rows() -> None:
    towns = pd.Categorical(["north"] * 30 + ["south"] * 10 + [None])
    household = np.array([0] * 30 + list(range(10)) + [11])
    assert Vocabulary.of(towns, household, 10) == (("other", "south"), 0)
    assert Vocabulary.of(towns, household, 1) == (("north", "south"), 1)
    assert Vocabulary.of(pd.Categorical([None]), np.array([0]), 10) == ((), 0)


def test_a_model_knows_no_rare_category_and_scores_it_as_other() -> None:
    panel = of_frame()
    model = make_classifier(panel, "logistic").fit(panel)
    assert model.vocabulary_ == {"town": ["north", "other", "south"]}
    rows = panel.X.head(3)
    told = [
        model.margin(rows.assign(town=pd.Categorical([town] * 3))).tolist()
        for town in (PERSON, "other", "a town of tomorrow")
    ]
    assert told[0] == told[1] == told[2]
    assert model.unseen_categories(panel) == {"town": 1}


def test_a_frame_without_a_panel_counts_its_own_rare_categories() -> None:
    X = frame()[["arrears", "town"]].astype({"town": "category"})
    model = RiskClassifier(kind="logistic").fit(X, frame()["crisis"])
    assert {column.name: column.rare for column in model.columns_} == {"arrears": None, "town": 1}


def test_slices_and_files_keep_the_vocabularies_of_the_whole_panel(tmp_path: Path) -> None:
    panel = of_frame()
    panel.to_parquet(tmp_path / "panel.parquet")
    again = Panel.read_parquet(tmp_path / "panel.parquet")
    assert again.columns == panel.columns
    assert [column.rare for column in again.columns] == [column.rare for column in panel.columns]
    assert again.group_vocabulary == panel.group_vocabulary == panel[:5].group_vocabulary
    pd.testing.assert_frame_equal(again.X, panel.X)
    assert set(panel[:5].reported_group("town")) == {"north"}
