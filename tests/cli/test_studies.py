"""What a configuration describes: the panel, its newest round, its splits."""

from __future__ import annotations

import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.cli.configs import compose
from riskmodel.cli.studies import newest_round, panel_of, read
from riskmodel.indicators import FAMILIES
from riskmodel.registry.artefacts.kept_configuration import kept

# the last household by id is last seen in January, the first one in May
LEFT_EARLY = {"a": ["2024-01-10", "2024-03-10", "2024-05-10"], "z": ["2024-01-20"]}


def _panel() -> rm.Panel:
    visits = [
        {"household_id": household, "code": "visit", "event_date": day}
        for household, days in LEFT_EARLY.items()
        for day in days
    ]
    records = rm.Records.from_frames(pd.DataFrame(visits), today="2024-08-01")
    days = rm.rounds("2024-02-01", "2024-06-01", every="2M")
    return rm.build_panel(records, rounds=days, cohort=rm.Cohort(seen_within="2M"))


def test_the_newest_round_is_the_panels_and_not_the_last_households() -> None:
    panel = _panel()
    assert panel.as_of[-1] == pd.Timestamp("2024-02-01")
    assert newest_round(panel).as_of.unique().tolist() == [pd.Timestamp("2024-06-01")]


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_the_order_of_the_rows_does_not_matter(order: slice) -> None:
    shown = newest_round(_panel()[order])
    assert shown.households.tolist() == ["a"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[{family: utilities, spans: [6M]}]", ["utilities__kinds__6M"]),
        (
            "[{family: utilities, codes: [gas_cut, power_cut], spans: [6M, ever]}]",
            ["utilities__kinds__6M", "utilities__kinds__ever"],
        ),
    ],
)
def test_kinds_of_trouble_are_named_in_the_shell(written: str, expected: list[str]) -> None:
    config = compose(
        "train", ["experiment=demo", "data.simulated.n=80", f"features.kinds={written}"]
    )
    panel = panel_of(read(config), config)
    assert [column.name for column in panel.columns if column.aggregate] == expected
    assert kept(config)["features"]["kinds"] == config["features"]["kinds"]


def test_who_names_no_kinds_has_those_of_every_family() -> None:
    config = compose("train", ["experiment=demo", "data.simulated.n=80"])
    panel = panel_of(read(config), config)
    families = {column.family for column in panel.columns if column.family}
    assert families == {*FAMILIES} - {"insurance"}  # of which one event alone raises the risk
