"""The real records beside the checkout: rows add up, by reason."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from manifests import adds_up

from riskmodel.keys import rounds
from riskmodel.records import Records, read_records
from riskmodel.records.sources import row_checks

CONF = Path(__file__).resolve().parents[2] / "conf" / "data"
pytestmark = pytest.mark.records


@pytest.fixture(scope="module")
def nyc(real_records: Path) -> Records:
    return read_records(CONF / "nyc_evictions.yaml", root=real_records / "nyc_evictions")


@pytest.fixture(scope="module")
def gsoep(real_records: Path) -> Records:
    return read_records(CONF / "gsoep_poverty.yaml", root=real_records / "gsoep")


@pytest.fixture(scope="module")
def uci(real_records: Path) -> Records:
    return read_records(CONF / "uci_credit.yaml", root=real_records / "uci_credit")


def test_nyc_rows_add_up_by_reason(nyc: Records) -> None:
    # Two rows repeat docket, building, unit and day of others; only the index year is missing.
    assert nyc.counts.loc["events: evictions.csv.gz"].to_dict() == {
        "read": 40_148,
        "used": 36_686,
        "excluded": 3_214,
        "out_of_bounds": 220,
        "quarantined": 26,
        "repeated": 2,
    }
    assert nyc.quarantine["reason"].unique().tolist() == [row_checks.DUPLICATE]
    assert adds_up(nyc)


def test_nyc_units_of_one_building_on_one_day_all_count(nyc: Records) -> None:
    of_a_day = nyc.events.groupby(["household_id", "event_date"]).size()
    assert (of_a_day > 1).sum() > 1000
    assert of_a_day.max() > 5


def test_nyc_holds_no_fact_of_the_future_and_its_cohort_is_that_of_the_readme(nyc: Records) -> None:
    first = nyc.events.groupby("household_id")["event_date"].min()
    assert nyc.events["event_date"].max() < pd.Timestamp("2018-10-01")
    size = [
        sum(int((first < day).sum()) for day in rounds(*ends, every="1M"))
        for ends in (("2017-07-01", "2018-01-01"), ("2018-04-01", "2018-07-01"))
    ]
    assert size == [82_241, 77_342]
    assert set(nyc.attributes["text"]) == {
        "BROOKLYN",
        "BRONX",
        "QUEENS",
        "MANHATTAN",
        "STATEN ISLAND",
    }


def test_gsoep_people_years_and_poverty(gsoep: Records) -> None:
    events = gsoep.events
    assert events.groupby("code").size()[["seen", "poverty", "hhninc"]].tolist() == [
        19_609,
        2_687,
        19_609,
    ]
    assert events["event_date"].dt.strftime("%m-%d").unique().tolist() == ["12-31"]
    year = (
        events[events["code"] == "hhninc"]
        .set_index(["household_id", "event_date"])["value"]
        .unstack()
    )
    poor = (year < 0.6 * year.median()).stack()
    listed = events[events["code"] == "poverty"].set_index(["household_id", "event_date"]).index
    assert set(poor[poor].index) == set(listed)
    assert adds_up(gsoep)


def test_gsoep_labels_have_the_rows_of_the_readme(gsoep: Records) -> None:
    seen = gsoep.events.query("code == 'seen'").assign(year=lambda t: t["event_date"].dt.year)
    pairs = set(zip(seen["household_id"], seen["year"], strict=True))
    both = pd.Series([year for person, year in pairs if (person, year + 1) in pairs]).value_counts()
    assert both[[1984, 1985, 1986]].sum() == 8_597
    assert both[1987] == 3_265


def test_uci_months_arrears_and_default(uci: Records) -> None:
    codes = uci.events.groupby("code").size()
    assert codes[["status", "bill", "payment"]].tolist() == [180_000] * 3
    assert codes["default"] == 6_636
    status = (
        uci.events.query("code == 'status'")
        .set_index(["household_id", "event_date"])["value"]
        .unstack()
    )
    under = status < 2
    assert int(under["2005-06-30"].sum() + under["2005-07-31"].sum()) == 52_283
    assert int(under["2005-08-31"].sum()) == 25_590
    assert uci.events["value"].min() < 0
    assert adds_up(uci)
