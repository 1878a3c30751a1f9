"""`Agg.std` and `Agg.range` equal what pandas computes, also for values far from 0."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd
import pytest

from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue
from riskmodel.panel import Agg, Features, build_panel
from riskmodel.records import Records

AS_OF = pd.Timestamp("2024-06-01")
CATALOGUE = {"income": {"kind": "reading"}, "claim": {}, "arrears": {"kind": "state"}}
FEATURES = Features([Agg.std("income"), Agg.range(["income", "claim"]), Agg.std("income", "3M")])


def panel_of(facts: pd.DataFrame) -> pd.DataFrame:
    records = Records.from_frames(facts, today="2025-01-01", catalogue=CATALOGUE)
    return build_panel(records, [AS_OF], label=None, features=FEATURES).X.droplevel(1)


def facts_of(code: str, values: dict[str, list[float]]) -> pd.DataFrame:
    """Return one fact per value, a day apart, the last on the eve of the date."""
    rows = [
        (household, code, AS_OF - pd.Timedelta(days=age), value)
        for household, own in values.items()
        for age, value in enumerate(reversed(own), start=1)
    ]
    return pd.DataFrame(rows, columns=["household_id", "code", "event_date", "value"])


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e9, 1e9])
def test_std_and_range_are_those_of_pandas_wherever_the_values_lie(offset: float) -> None:
    rng = np.random.default_rng(0)
    samples = [offset + rng.normal(0, 10 ** rng.uniform(-2, 3), 1 + i % 12) for i in range(240)]
    values = {f"h{i:03d}": sample.tolist() for i, sample in enumerate(samples)}
    X = panel_of(facts_of("income", values))
    pandas = [pd.Series(own).std(ddof=1) for own in values.values()]
    exact = [statistics.stdev(own) if len(own) > 1 else np.nan for own in values.values()]
    ranges = np.array([max(own) - min(own) for own in values.values()], np.float32)
    assert X["income__std__ever"].to_numpy() == pytest.approx(exact, rel=1e-7, nan_ok=True)
    assert X["income__std__ever"].to_numpy() == pytest.approx(pandas, rel=1e-5, nan_ok=True)
    assert np.array_equal(X["income__range__ever"], ranges)


def test_a_spread_of_one_around_a_billion_keeps_every_digit() -> None:
    X = panel_of(facts_of("income", {"h": [1e9 + 1, 1e9 + 2, 1e9 + 3]}))
    assert X.loc["h", "income__std__ever"] == 1.0
    assert X.loc["h", "income__range__ever"] == 2.0


def test_equal_values_spread_by_nothing_and_one_value_has_no_std() -> None:
    X = panel_of(facts_of("income", {"same": [0.1] * 7, "single": [0.1]}))
    assert X.loc["same", "income__std__ever"] == 0.0
    assert np.isnan(X.loc["single", "income__std__ever"])
    assert X.loc["single", "income__range__ever"] == 0.0


def test_a_blank_value_is_no_value() -> None:
    incomes = facts_of("income", {"h": [1.0, np.nan, 3.0, np.nan], "blank": [np.nan] * 3})
    X = panel_of(pd.concat([incomes, facts_of("claim", {"blank": [1.0]})]))
    assert X.loc["h", "income__std__ever"] == np.float32(np.sqrt(2.0))
    assert X.loc["blank", ["income__std__ever", "income__range__ever"]].isna().all()


def test_without_facts_a_reading_has_no_range_and_an_event_has_one_of_0() -> None:
    facts = [facts_of("income", {"a": [1.0, 2.0]}), facts_of("claim", {"b": [5.0, 8.0]})]
    X = panel_of(pd.concat(facts))
    assert np.isnan(X.loc["b", "income__range__ever"])
    assert X["claim__range__ever"].to_dict() == {"a": 0.0, "b": 3.0}


def test_a_window_holds_only_its_own_values() -> None:
    old = facts_of("income", {"h": [100.0]}).assign(event_date=pd.Timestamp("2023-06-01"))
    X = panel_of(pd.concat([old, facts_of("income", {"h": [1.0, 3.0]})]))
    assert X.loc["h", "income__std__3M"] == np.float32(np.sqrt(2.0))
    assert X.loc["h", "income__std__ever"] == np.float32(statistics.stdev([100.0, 1.0, 3.0]))


@pytest.mark.parametrize("agg", [Agg.std("claim"), Agg.std("arrears"), Agg.range("arrears")])
def test_a_spread_is_refused_of_a_kind_that_it_is_not_for(agg: Agg) -> None:
    with pytest.raises(ConfigError, match="of kind") as refusal:
        Features([agg]).columns(Catalogue.read(CATALOGUE))
    assert refusal.value.code == "features.kind"


def test_a_spread_has_no_direction() -> None:
    catalogue = Catalogue.read({"income": {"kind": "reading", "direction": -1}})
    columns = Features([Agg.std("income"), Agg.range("income")]).columns(catalogue)
    assert [column.direction for column in columns] == [0, 0]
