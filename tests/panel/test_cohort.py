"""Who is in the cohort of a date."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from panel_records import records

from riskmodel.errors import ConfigError, PanelError
from riskmodel.panel import Agg, Cohort, Features, build_panel

FACTS = pd.DataFrame(
    [
        ("old", "rent", "2022-01-10"),
        ("new", "rent", "2023-05-31"),
        ("both", "rent", "2023-05-01"),
        ("both", "crisis", "2023-01-15"),
        ("todays", "rent", "2023-06-01"),
        ("crisis", "crisis", "2022-02-01"),
    ],
    columns=["household_id", "code", "event_date"],
).assign(value=1.0)
LISTED = pd.DataFrame(
    {
        "household_id": ["old", "listed", "today", "always"],
        "name": "gu",
        "text": "n",
        "known_date": ["2023-01-01", "2023-05-31", "2023-06-01", None],
    }
)


def members(cohort: Cohort | None) -> set[str]:
    made = records(FACTS, attributes=LISTED, rounds=None)
    return set(
        build_panel(
            made, ["2023-06-01"], cohort=cohort, features=Features([Agg.count("rent")])
        ).households
    )


@pytest.mark.parametrize(
    ("cohort", "expected"),
    [
        (None, {"old", "new", "both", "crisis"}),
        (Cohort(seen_within="1M"), {"new", "both"}),
        (Cohort(seen_within="1D"), {"new"}),
        (Cohort(codes="crisis"), {"both", "crisis"}),
        (Cohort(codes=["crisis"], seen_within="12M"), {"both"}),
        (Cohort(exclude={"crisis": "ever"}), {"old", "new"}),
        (Cohort(exclude={"crisis": "6M"}), {"old", "new", "crisis"}),
        (Cohort(where="crisis__count__ever <= 0"), {"old", "new"}),
        (Cohort(where="rent__count__12M > 0 and not crisis__ever__ever == 1"), {"new"}),
        (Cohort(where="0 < rent__count__ever + crisis__count__ever < 2"), {"old", "new", "crisis"}),
        (Cohort(listed=True), {"old", "listed"}),
        (Cohort(listed=True, where="rent__count__ever == 0"), {"listed"}),
        (Cohort(listed=True, codes="rent"), {"old"}),
    ],
)
def test_members(cohort: Cohort | None, expected: set[str]) -> None:
    assert members(cohort) == expected


def test_features_of_the_condition_do_not_become_columns() -> None:
    cohort = Cohort(where="visit__count__ever <= 2")
    panel = build_panel(records(), cohort=cohort, features=Features([Agg.count("rent")]))
    assert list(panel.X) == ["rent__count__ever"]
    assert panel.recipe.cohort == cohort
    assert set(panel.recipe.catalogue) == {"rent", "visit"}


def test_a_comparison_with_missing_holds_for_neither_side() -> None:
    x = {"a": np.array([1.0, np.nan], np.float32)}
    assert (
        Cohort(where="a != 2").holds(x).tolist()
        == Cohort(where="a <= 2").holds(x).tolist()
        == [True, False]
    )


def test_written_and_read_it_is_the_same() -> None:
    cohort = Cohort("12M", ["rent"], {"crisis": "6M"}, "rent__count__ever > 1", listed=True)
    assert Cohort.from_dict(cohort.to_dict()) == cohort
    assert hash(Cohort.from_dict({})) == hash(Cohort())


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("__import__('os').getcwd() == 1", "not a condition"),
        ("rent__count__ever", "not a condition"),
        ("rent__count__ever >", "not a condition"),
        ("rent__count__ever == 'a'", "not a condition"),
        ("rent__count__ever > 1  # Mrs Lee, 12 Rose Lane", "not a condition"),
    ],
)
def test_only_conditions_are_evaluated(where: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Cohort(where=where)


def test_a_misspelled_feature_or_code_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'rent__count__ever'"):
        build_panel(records(), cohort=Cohort(where="rnt__count__ever > 1"))
    with pytest.raises(ConfigError, match="did you mean 'crisis'"):
        build_panel(records(), cohort=Cohort(exclude={"crises": "ever"}))
    with pytest.raises(ConfigError, match="did you mean 'listed'"):
        Cohort.from_dict({"list": True})


def test_a_cohort_of_nobody_names_the_round() -> None:
    with pytest.raises(PanelError, match="no household is in the cohort of 2023-06-30"):
        build_panel(records(), cohort=Cohort(where="rent__count__ever > 1000"))
