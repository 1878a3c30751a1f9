"""The audit of the draw: who was drawn and not tried, and who was picked in the place."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.service import audit_draw

DAY = "2024-07-01"
HOMES = {"a": "Jung", "b": "Jung", "c": "Jung", "d": "Seo", "e": "Jung"}


def records_of(*contacts: dict[str, Any]) -> rm.Records:
    facts = [{"household_id": h, "code": "rent", "event_date": "2024-01-05"} for h in HOMES]
    homes = [
        {"household_id": h, "name": "gu", "text": gu, "known_date": "2024-01-01"}
        for h, gu in HOMES.items()
    ]
    return rm.Records.from_frames(
        pd.DataFrame(facts),
        today="2024-12-01",
        attributes=pd.DataFrame(homes),
        area="gu",
        contacts=pd.DataFrame(list(contacts)) if contacts else None,
    )


def contact(household: str, result: str, on: str = "2024-07-09", **rest: Any) -> dict[str, Any]:
    row = {"household_id": household, "as_of_date": DAY, "contact_date": on, "result": result}
    return row | {"channel": "visit"} | rest


def plan_of(**strata: str) -> pd.DataFrame:
    rows = [
        {"household_id": h, "as_of_date": DAY, "area": HOMES[h], "stratum": s, "channel": "visit"}
        for h, s in strata.items()
    ]
    return pd.DataFrame(rows)


def found(records: rm.Records, **strata: str) -> dict[str, tuple[bool, tuple[str, ...]]]:
    table = audit_draw(plan_of(**strata), records)
    return {row.household_id: (row.tried, row.substitutes) for row in table.itertuples(index=False)}


def test_a_picked_substitute_is_named() -> None:
    records = records_of(contact("b", "not_reached"), contact("c", "no_need"))
    assert found(records, a="random", c="certain") == {"a": (False, ("b",))}


@pytest.mark.parametrize(
    "other",
    [
        contact("d", "no_need"),  # of another area
        contact("b", "no_need", channel="call"),
        contact("b", "not_executed"),
        contact("b", "no_need", on="2024-09-09", as_of_date="2024-09-01"),
    ],
    ids=["another area", "another channel", "not carried out", "another round"],
)
def test_who_was_tried_elsewhere_is_no_substitute(other: dict[str, Any]) -> None:
    assert found(records_of(other), a="random") == {"a": (False, ())}


def test_who_was_tried_has_no_substitute_whatever_the_channel() -> None:
    records = records_of(contact("a", "not_reached", channel="call"), contact("b", "no_need"))
    assert found(records, a="near") == {"a": (True, ())}


def test_only_the_drawn_are_audited_once_each() -> None:
    plan = pd.concat([plan_of(a="random", b="certain", e="disagree")] * 2)
    table = audit_draw(plan, records_of(contact("e", "refused")))
    assert table["household_id"].tolist() == ["a", "e"]
    assert table["tried"].tolist() == [False, True]


def test_what_is_not_known_yet_counts_for_nothing() -> None:
    records = records_of(contact("a", "no_need", known_date="2024-08-01"))
    early = audit_draw(plan_of(a="random"), records, "2024-08-01")
    assert not early["tried"].any()
    assert audit_draw(plan_of(a="random"), records, "2024-08-02")["tried"].all()


def test_a_table_that_is_no_plan_is_refused() -> None:
    with pytest.raises(ConfigError, match="the plan has no column 'stratum'"):
        audit_draw(plan_of(a="random").drop(columns="stratum"), records_of())
