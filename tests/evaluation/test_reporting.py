"""How late outcomes become known: what a label counts, beside the truth of simulated records."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.datasets import World
from riskmodel.errors import ConfigError, PanelError, RiskmodelError
from riskmodel.evaluation import ReportingDelays, reporting_delays
from riskmodel.keys import as_days
from riskmodel.records import Records
from riskmodel.records.known_on import known_on

SLOW = World(reporting=(0.5, 0.25, 0.15, 0.1))
LABEL = rm.Label("crisis", "6M", "2M")
YOUNG, WHOLE = replace(LABEL, maturity="0M"), replace(LABEL, maturity="8M")
EVERYBODY = rm.Cohort(listed=True)
FEW = rm.Features([rm.Agg.count("nhi_arrears", "12M")])


@cache
def made(n: int, seed: int, **layers: Any) -> Records:
    return rm.make_households(n, n_rounds=12, preset=SLOW, random_state=seed, **layers)


@cache
def as_known(n: int, seed: int, **layers: Any) -> Records:
    """Return the records as they stood on the ninth round."""
    records = made(n, seed, **layers)
    return known_on(records, as_days(records.rounds[8]))


@cache
def panels(n: int, seed: int, **layers: Any) -> tuple[rm.Panel, rm.Panel]:
    """Return closed windows with labels as known when they closed, and with all outcomes."""
    records = made(n, seed, **layers)
    rounds = records.rounds[:6]
    young = rm.build_panel(as_known(n, seed, **layers), rounds, YOUNG, EVERYBODY, FEW)
    return young, rm.build_panel(records, rounds, WHOLE, EVERYBODY, FEW)


def ratios(
    n: int, seed: int, by: str | None = None, odds: float = 1.0, **layers: Any
) -> pd.DataFrame:
    """Return the estimated rates of all rows and of each type, beside the true ones."""
    delays = reporting_delays(as_known(n, seed, **layers), LABEL, by=by)
    young, whole = panels(n, seed, **layers)
    lines = {}
    types = young.groups["household_type"]
    for name in ["all", *types.cat.categories]:
        rows = np.ones(len(young), bool) if name == "all" else (types == name).to_numpy()
        line = delays.rates(young[rows], odds).loc["all"]
        lines[name] = {**line, "truth": whole.y.to_numpy()[rows].mean()}
    return pd.DataFrame(lines).T


def test_the_rate_of_young_labels_is_corrected() -> None:
    line = ratios(6_000, 1).loc["all"]
    assert line["observed"] / line["truth"] < 0.8
    assert line["estimated"] / line["truth"] == pytest.approx(1, abs=0.06)
    assert line["low"] <= line["truth"] <= line["high"]


def test_a_delay_by_a_recorded_value_is_found_and_told_apart() -> None:
    layers = {"late_by_type": 1.0}
    delays = reporting_delays(as_known(6_000, 1, **layers), LABEL)
    assert delays.differing.set_index("by")["differs"].to_dict() == {
        "household_type": True,
        "area": False,
    }
    assert "the delay differs by household_type" in str(delays)
    mixed = ratios(6_000, 1, **layers)
    assert not mixed["truth"].between(mixed["low"], mixed["high"])[["family", "single_elder"]].any()
    apart = ratios(6_000, 1, by="household_type", **layers)
    assert apart["truth"].between(apart["low"], apart["high"]).all()
    types = apart.drop(index="all")
    of_all = (types["rows"] * types["estimated"]).sum() / types["rows"].sum()
    assert apart.loc["all", "estimated"] == pytest.approx(of_all)
    assert "by='household_type'" not in str(
        reporting_delays(as_known(6_000, 1, **layers), LABEL, by="household_type")
    )


def test_a_delay_by_hidden_severity_is_inside_the_bounds() -> None:
    layers = {"late_by_severity": 1.5}
    delays = reporting_delays(as_known(6_000, 1, **layers), LABEL)
    young, whole = panels(6_000, 1, **layers)
    hidden = made(6_000, 1, **layers).truth["state"].loc[young.X.index].to_numpy()
    assert not delays.differing["differs"].any()
    for state in ("stable", "strained", "acute"):
        rows = hidden == state
        line, truth = delays.rates(young[rows], 3.0).loc["all"], whole.y.to_numpy()[rows].mean()
        assert line["lowest"] <= truth <= line["highest"]


def test_a_maturity_is_suggested_that_counts_so_many() -> None:
    delays = reporting_delays(as_known(6_000, 1), LABEL)
    months = delays.maturity()
    assert months == "4M"
    assert f"a maturity of {months} counts 95% of them" in str(delays)
    records, rounds = made(6_000, 1), made(6_000, 1).rounds[:6]
    counted = [
        rm.build_panel(records, rounds, replace(LABEL, maturity=m), EVERYBODY, FEW).y.sum()
        for m in (months, "8M")
    ]
    assert counted[0] / counted[1] == pytest.approx(0.95, abs=0.03)


def test_counted_is_the_offset_of_each_row() -> None:
    layers = {"late_by_type": 1.0}
    delays = reporting_delays(as_known(6_000, 1, **layers), LABEL, by="household_type")
    young, _ = panels(6_000, 1, **layers)
    by_type = delays.counted(young).groupby(young.groups["household_type"].to_numpy()).unique()
    assert by_type.map(len).eq(1).all()
    frame = reporting_delays(as_known(6_000, 1, **layers), YOUNG, by="household_type").frame()
    assert by_type["family"][0] == pytest.approx(frame.loc["family", "counted"])
    assert by_type["family"][0] > by_type["single_elder"][0] + 0.2
    rates = delays.rates(young)
    assert list(rates.index[:-1]) == list(as_days(made(6_000, 1, **layers).rounds[:6]))
    assert rates.loc["all", "rows"] == len(young)


def test_delays_by_agency_are_of_the_codes_of_each() -> None:
    records = as_known(6_000, 1)
    two = rm.Label(["crisis", "power_cut"], "6M", "2M")
    delays = reporting_delays(records, two, by="agency")
    codes = {records.catalogue[code].agency or code for code in two.outcome}
    assert set(delays.curves) == {"all", *codes}


def test_what_tells_no_delay_is_refused() -> None:
    records = as_known(6_000, 1)
    served = rm.make_households(500, n_rounds=2, capacity=0.2)
    verdicts = rm.Label("need_confirmed", "2M", observed_by="contacts")
    few = known_on(records, as_days(records.rounds[0]) - np.timedelta64(330, "D"))
    young, _ = panels(6_000, 1)
    cases = [
        (lambda: reporting_delays(served, verdicts), "reporting.verdicts"),
        (lambda: reporting_delays(few, LABEL), "reporting.few_facts"),
        (lambda: reporting_delays(records, replace(LABEL, min_count=2)), "reporting.min_count"),
        (lambda: reporting_delays(records.replace(rounds=None), LABEL), "reporting.rounds"),
        (lambda: reporting_delays(records, LABEL, records.rounds[-1:]), "reporting.few_facts"),
        (
            lambda: reporting_delays(records, replace(LABEL, window="2M")).rates(young),
            "reporting.label",
        ),
        (lambda: reporting_delays(records, LABEL, by="area").rates(ungrouped(young)), GROUP),
    ]
    for call, code in cases:
        with pytest.raises(PanelError) as refusal:
            call()
        assert refusal.value.code == code


GROUP = "reporting.group"


def ungrouped(panel: rm.Panel) -> rm.Panel:
    return replace(panel, groups=None)


def test_it_prints_itself() -> None:
    delays = reporting_delays(as_known(6_000, 1), LABEL)
    assert isinstance(delays, ReportingDelays)
    assert "how late" in str(delays)
    assert "<table>" in delays._repr_html_()
    assert delays.frame().loc["all", "days_50%"] == pytest.approx(36, abs=6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rates_and_delays_are_within_what_is_promised(seed: int) -> None:
    line = ratios(40_000, seed).loc["all"]
    assert 0.97 <= line["estimated"] / line["truth"] <= 1.03
    delays = reporting_delays(as_known(40_000, seed), LABEL)
    curve = delays.curves["all"]
    crises = made(40_000, seed).events.query("code == 'crisis'")
    today = pd.Timestamp(made(40_000, seed).today)
    old = crises[crises["event_date"] < today - pd.Timedelta(days=curve.longest + 1)]
    late = (old["known_date"] - old["event_date"]).dt.days
    true = np.array([(late <= day).sum() for day in range(curve.longest + 1)])
    assert np.abs(curve.share - true / true[-1]).max() < 0.01


def test_arguments_that_would_answer_nothing_are_refused() -> None:
    records = rm.make_households(3_000, random_state=0)
    delays = reporting_delays(records, records.label)
    for share in (0, 1, 2, "a"):
        with pytest.raises(ConfigError, match=r"reporting\.share"):
            delays.maturity(share)
    panel = rm.build_panel(records, rounds=records.rounds[:2], label=records.label)
    for odds_ratio in (0.5, 0, -2, "a"):
        with pytest.raises(RiskmodelError, match=r"selective\.odds_ratio"):
            delays.rates(panel, odds_ratio=odds_ratio)
    for longest in ("0D", "10D"):
        with pytest.raises(ConfigError, match=r"shorter than the label's maturity"):
            reporting_delays(records, records.label, longest=longest)
    with pytest.raises(PanelError, match=r"unknown outcome 'crises'.*did you mean 'crisis'"):
        reporting_delays(records, replace(records.label, outcome="crises"))
