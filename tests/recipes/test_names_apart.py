"""An attribute, or a frame's column, that is named as an indicator is not told as the indicator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError
from riskmodel.panel import Column

KIND = "reasons"
DAY = "2024-01-01"
MANIFEST_COLUMNS = {"household_id": "id", "known_date": "day"}


def records() -> rm.Records:
    """Sixty households with an income on record, and the income that they stated themselves."""
    rng = np.random.default_rng(0)
    months = pd.date_range("2022-01-01", "2023-12-01", freq="MS")
    rows = [
        (f"H{i:03d}", "income", day, 900.0 + i) for i in range(60) for day in months[i % 6 :: 6]
    ]
    often = np.where(np.arange(60) % 2, 0.05, 0.5)
    rows += [
        (f"H{i:03d}", "cut", day, np.nan)
        for day in months
        for i in range(60)
        if rng.random() < often[i]
    ]
    facts = pd.DataFrame(rows, columns=["id", "code", "day", "value"])
    own = pd.DataFrame({"id": [f"H{i:03d}" for i in range(60)], "income": np.arange(60) * 10.0})
    own["day"] = pd.Timestamp("2022-01-02")
    event = {"frame": facts, "household_id": "id", "code": {"column": "code"}, "event_date": "day"}
    return rm.read_records(
        {
            "today": "2024-06-01",
            "catalogue": {"income": {"kind": "reading", "unit": "KRW"}, "cut": {"direction": 1}},
            "events": [{**event, "known_date": {"lag": "1D"}, "value": "value"}],
            "attributes": [{"frame": own, **MANIFEST_COLUMNS, "numbers": ["income"]}],
        }
    )


def of_default_features(own: rm.Records) -> object:
    return rm.build_panel(own, [DAY], None, attributes=[rm.Attribute("income", number=True)])


def of_named_features(own: rm.Records) -> object:
    features = rm.Features([rm.Agg.last("income"), rm.Attribute("income", number=True)])
    return rm.build_panel(own, [DAY], None, features=features)


def of_a_frame(own: rm.Records) -> object:  # every door has one shape
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 2)), columns=["income__last__ever", "income"])
    columns = (Column("income__last__ever", "income", "last", "ever"),)
    return rm.RiskClassifier(kind="logistic", columns=columns).fit(X, rng.random(200) < 0.3)


@pytest.mark.parametrize("door", [of_default_features, of_named_features, of_a_frame])
def test_a_column_named_as_an_indicator_of_other_columns_is_refused(
    door: Callable[[rm.Records], object], mended: Note
) -> None:
    with pytest.raises(ConfigError, match="'income' has the name of an indicator") as refusal:
        door(records())
    assert refusal.value.code == "features.repeated"
    assert "income_stated" in str(refusal.value)
    mended(
        KIND,
        tried=door.__name__.replace("_", " "),
        before="one reason of both, in the words of the indicator",
        now=f"refused: {refusal.value.code}",
    )


def test_a_trace_tells_which_of_two_things_of_one_name_the_model_used(mended: Note) -> None:
    own = records()
    rounds = ["2023-01-01", "2023-04-01", "2023-07-01"]
    label = rm.Label("cut", window="3M", maturity="1M")
    features = rm.Features([rm.Agg.count("cut", "12M"), rm.Attribute("income", number=True)])
    panel = rm.build_panel(own, rounds, label, features=features)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    facts = rm.trace(model, own, DAY, "H003").facts
    income = facts[facts["indicator"] == "income"]
    is_stated = income["value"] == 30.0
    assert income.loc[is_stated, "used"].tolist() == [True]
    assert not income.loc[~is_stated, "used"].any()
    assert len(income) == 5
    mended(
        KIND,
        tried="a trace of records with an attribute and a reading of one name",
        before="all 5 facts marked as used by the model",
        now=f"{income['used'].sum()} of {len(income)} marked as used",
    )
