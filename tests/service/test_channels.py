"""Channels are read from a file, a mapping or a set's name, and what cannot be meant is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from allocation_cases import plain_records

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.records.contact_words import CHANNELS
from riskmodel.records.table_schemas import conform
from riskmodel.service.channels.budget_rows import BudgetRows
from riskmodel.service.channels.channel_sets import SETS
from riskmodel.service.channels.channels import Channels
from riskmodel.service.channels.reaching import learned
from riskmodel.service.plan_notes import PlanNotes
from riskmodel.service.rules.outreach_rules import OutreachRules

VISIT = {"minutes": 40, "reach": 0.5, "budgets": [{"by": "area", "minutes": 400}]}


CONF = Path(__file__).parents[2] / "conf" / "outreach"


@pytest.mark.parametrize("name", sorted(SETS))
def test_the_files_of_outreach_hold_the_sets(name: str) -> None:
    assert Channels.read(CONF / f"{name}.yaml") == Channels.read(name)


@pytest.mark.parametrize("name", sorted(SETS))
def test_each_rung_of_a_set_has_its_channel_and_each_channel_its_rung(name: str) -> None:
    ladder, channels = OutreachRules.read(name).channels, Channels.read(name)
    assert sorted(ladder) == sorted(channels)
    assert PlanNotes("en").of_ladder(ladder, channels) == []


def test_what_stands_on_the_ladder_alone_or_among_the_channels_alone_is_told() -> None:
    without, beside = PlanNotes("en").of_ladder(
        ["call", "mail", "visit"], ["visit", "mail_carrier"]
    )
    assert without.endswith("no channel of the service: call, mail")
    assert beside.endswith("not used: mail_carrier")


@pytest.mark.parametrize("name", sorted(SETS))
def test_a_set_of_channels_is_read_from_a_file_as_from_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"cool_off": {}, "channels": SETS[name]}), encoding="utf-8")
    assert Channels.read(path) == Channels.read(name) == Channels.read(SETS[name])
    assert Channels.read(Channels.read(name)) is not None


def test_channels_stand_in_the_order_of_their_words_whatever_the_order_of_the_file() -> None:
    keys = dict(SETS["korea"])
    backwards = dict(reversed(keys.items()))
    in_order = [channel for channel in CHANNELS if channel in keys]
    assert list(Channels.read(backwards)) == in_order


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"vist": VISIT}, "channels: unknown key 'vist'.*did you mean 'visit'"),
        ({"visit": {**VISIT, "minuts": 3}}, "channels.visit: unknown key 'minuts'.*'minutes'"),
        (
            {"visit": {**VISIT, "budgets": [{"by": "area", "minute": 3}]}},
            r"unknown key 'minute'.*did you mean 'minutes'",
        ),
        ({"visit": {"minutes": 40, "reach": 0.5}}, "channels.visit: it takes minutes of no budget"),
        ({"visit": {"minutes": 40, "budgets": VISIT["budgets"]}}, "reach is missing"),
        (
            {"visit": {**VISIT, "reach": 1.5}},
            "channels.visit.reach: .* Allowed: a number from 0 to 1",
        ),
        (
            {"visit": {**VISIT, "minutes": -1}},
            "channels.visit.minutes: .* 0, or a number from 0.001 to 10,080",
        ),
        ({"visit": {**VISIT, "minutes": 1e300}}, "channels.visit.minutes: no number"),
        ({"visit": {**VISIT, "minutes": 10**400}}, "channels.visit.minutes: no number"),
        ({"visit": {**VISIT, "minutes": True}}, "minutes is not a number"),
        # less than a thousandth would count as no minutes at all
        ({"visit": {**VISIT, "minutes": 1e-9}}, "channels.visit.minutes: no number"),
        (
            {"visit": {**VISIT, "minutes": {"usual": 4, "by": "kind", "values": {"a": 1e9}}}},
            r"channels.visit.minutes.values\['a'\]: no number",
        ),
        (
            {"visit": {**VISIT, "minutes": {"by": "kind", "values": {"a": 9}}}},
            "channels.visit.minutes: usual is missing",
        ),
        (
            {"visit": {**VISIT, "budgets": [{"minutes": 1e300}]}},
            "channels.visit.budgets.minutes: .* to 1,000,000,000",
        ),
        ({"visit": {**VISIT, "budgets": [{"by": "area"}]}}, "budgets: minutes is missing"),
        ({"visit": {**VISIT, "budgets": [{"minutes": None}]}}, "budgets: minutes is missing"),
        (
            {"visit": {**VISIT, "budgets": [{"by": "area", "minutes": {}}]}},
            "channels.visit.budgets: a budget names no groups",
        ),
        ({"visit": {**VISIT, "needs": [{"one_of": ["a"]}]}}, r"needs\[0\]: attribute is missing"),
        ({"visit": {**VISIT, "learn": 1e300}}, "channels.visit.learn: .* to 1,000,000"),
        ({"visit": {**VISIT, "minutes": float("nan")}}, "channels.visit.minutes: no number"),
        ({"visit": {**VISIT, "minutes": "long"}}, "minutes is not a number"),
        ({"visit": {**VISIT, "budgets": [{"minutes": -5}]}}, "channels.visit.budgets.minutes"),
        (
            {"visit": {**VISIT, "budgets": [{"by": "area", "minutes": {"A": float("nan")}}]}},
            r"channels.visit.budgets.minutes\['A'\]: no number",
        ),
        ({"visit": {**VISIT, "budgets": [{"minutes": {"A": 5}}]}}, "but not of what"),
        ({"visit": {**VISIT, "budgets": VISIT["budgets"] * 2}}, "two budgets are by the same"),
        ({"visit": {**VISIT, "shares": "call"}}, "has budgets, and shares those"),
        ({"visit": VISIT, "call": {"minutes": 5, "reach": 0.1, "shares": "mail"}}, "shares names"),
        ({"visit": {**VISIT, "learn": -1}}, "channels.visit.learn"),
        (
            {"visit": {**VISIT, "reach": {"usual": 0.5, "values": {"rural": 0.4}}}},
            "values are named, but not of what",
        ),
        (
            {"visit": {**VISIT, "needs": [{"attribute": "phone", "if_unknown": True}]}},
            "a need of 'phone' asks for nothing",
        ),
        ({}, "no channel is named"),
        ("kores", "unknown set of channels 'kores'.*did you mean 'korea'"),
        ("nothing.yaml", "does not exist"),
    ],
)
def test_channels_that_cannot_be_meant_are_refused(keys: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Channels.read(keys)  # type: ignore[arg-type]


def records_of_visits(met: int, tried: int, households: int) -> rm.Records:
    """Return records of a round in which some visits met somebody."""
    results = ["no_need"] * met + ["not_reached"] * (tried - met)
    rows = [
        {
            "household_id": f"h{number % households}",
            "as_of_date": f"2024-{1 + number // households:02d}-01",
            "channel": "visit",
            "attempt": 1,
            "contact_date": f"2024-{1 + number // households:02d}-05",
            "known_date": f"2024-{1 + number // households:02d}-05",
            "result": result,
        }
        for number, result in enumerate(results)
    ]
    # a second attempt is no second step, and a step that was not made is none
    rows += [{**rows[0], "attempt": 2}, {**rows[-1], "result": "not_executed", "channel": "call"}]
    empty = plain_records()
    return empty.replace(
        tables={**empty.tables, "contacts": conform("contacts", pd.DataFrame(rows))}
    )


def reach_of(records: rm.Records, day: str = "2024-12-01", **keys: object) -> float:
    channels = Channels.read({"visit": {**VISIT, "learn": 50, **keys}})
    values = lambda name, ids: np.array(["rural"] * len(ids))  # noqa: E731
    return float(learned(channels, records, np.datetime64(day), values)["visit"].reach.usual)


def test_reach_is_learned_and_shrunk_to_the_prior() -> None:
    records = records_of_visits(met=20, tried=25, households=25)
    assert reach_of(records) == pytest.approx((20 + 50 * 0.5) / (25 + 50))
    # nothing was known before the first round, and without `learn` nothing is learned
    assert reach_of(records, "2024-01-01") == 0.5
    assert learned(Channels.read({"visit": VISIT}), records, np.datetime64("2024-12-01"), None)[
        "visit"
    ].reach.usual == 0.5  # fmt: skip


def test_contacts_of_fewer_than_ten_households_teach_nothing() -> None:
    assert reach_of(records_of_visits(met=18, tried=18, households=9)) == 0.5


def test_reach_by_an_attribute_is_learned_for_each_value() -> None:
    records = records_of_visits(met=20, tried=25, households=25)
    keys = {"reach": {"usual": 0.5, "by": "kind", "values": {"rural": 0.4}}, "learn": 50}
    channels = Channels.read({"visit": {**VISIT, **keys}})
    values = lambda name, ids: np.where(ids.str[1:].astype(int) < 15, "rural", "urban")  # noqa: E731
    reach = learned(channels, records, np.datetime64("2024-12-01"), values)["visit"].reach
    assert reach.values == pytest.approx(
        {"rural": (15 + 50 * 0.4) / (15 + 50), "urban": (5 + 50 * 0.5) / (10 + 50)}
    )


@pytest.mark.parametrize(
    ("others", "minutes"),
    [("each_other", {"A": 120, "B": 80, "C": 80}), ("other", {"A": 120, "other": 80})],
)
def test_groups_that_are_not_named_have_minutes_each_or_share_them(
    others: str, minutes: dict[str, float]
) -> None:
    budget = {"by": "area", "minutes": {"A": 120, others: 80}}
    channels = Channels.read({"visit": {"minutes": 40, "reach": 0.5, "budgets": [budget]}})
    rows = BudgetRows.make(channels, {"area": np.array(["A", "B", "C", "B"])}, 4)
    assert dict(zip(rows.table["group"], rows.table["minutes"], strict=True)) == minutes
    place = {name: number for number, name in enumerate(minutes)}
    own = [place.get(area, place.get("other")) for area in "ABCB"]
    assert rows.of["visit"][:, 0].tolist() == own


def test_minutes_for_each_other_group_and_for_all_of_them_are_refused_together() -> None:
    budget = {"by": "area", "minutes": {"other": 80, "each_other": 80}}
    with pytest.raises(ConfigError, match=r"budgets.*says both 'each_other' and 'other'"):
        Channels.read({"visit": {"minutes": 40, "reach": 0.5, "budgets": [budget]}})


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ({"visit": VISIT | {"reech": None}}, "channels.visit: unknown key 'reech'"),
        ({"visit": VISIT, "vist": None}, "unknown key 'vist'.*did you mean 'visit'"),
        ({"visit": VISIT | {"budgets": [{"minutes": 1, "bye": None}]}}, "unknown key 'bye'"),
    ],
)
def test_a_misspelt_key_is_refused_also_where_nothing_is_written_for_it(
    written: dict[str, object], place: str
) -> None:
    with pytest.raises(ConfigError, match=place):
        Channels.read(written)
    assert Channels.read({"visit": VISIT | {"learn": None}}) == Channels.read({"visit": VISIT})
