"""Attributes, members and contacts, and people's facts mapped to households as known then."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from manifests import adds_up, entry, read, reasons

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records
from riskmodel.records.sources import row_checks

FIRE = [entry(frame=pd.DataFrame({"id": ["a"], "day": ["2024-01-05"]}))]


def attributes(frame: dict[str, Any], known_date: str = "known", **keys: Any) -> Records:
    usual = {"frame": pd.DataFrame(frame), "household_id": "id", "known_date": known_date}
    return read(FIRE, attributes=[usual | (keys or {"columns": {"area": "area"}})])


def contacts(frame: dict[str, Any], manifest: dict[str, Any] | None = None, **keys: Any) -> Records:
    usual = {"household_id": "id", "as_of_date": "round", "channel": "visit", "result": "result"}
    return read(FIRE, contacts=[{"frame": pd.DataFrame(frame)} | usual | keys], **(manifest or {}))


def test_attributes_become_a_long_table_of_news() -> None:
    frame = {
        "id": list("aaaab"),
        "known": ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-01-01"],
        "area": ["north", "north", "south", "north", ""],
    }
    records = attributes(frame)
    table = records.attributes
    assert table["text"].tolist() == ["north", "south", "north"]
    assert table["known_date"].dt.month.tolist() == [1, 3, 4]
    assert records.counts.loc["attributes: frame (cells)"].to_dict() == {
        "read": 4,
        "used": 3,
        "excluded": 0,
        "out_of_bounds": 0,
        "quarantined": 0,
        "repeated": 1,
    }


def test_attributes_of_always_are_told_once() -> None:
    table = attributes(
        {"id": list("aab"), "area": ["north", "north", "south"]}, "always"
    ).attributes
    assert table["text"].tolist() == ["north", "south"]
    assert table["known_date"].isna().all()


def test_attributes_hold_texts_and_numbers() -> None:
    frame = {"id": list("ab"), "size": ["1,200", "big"], "type": [1, 2]}
    records = attributes(
        frame, "always", columns={"type": "type"}, numbers={"m2": "size"}, decimal="."
    )
    rows = records.attributes.set_index(["household_id", "name"])
    assert rows.loc[("a", "m2"), "number"] == 1200
    assert rows.loc[("a", "type"), "text"] == "1"
    assert reasons(records) == [(2, "size", row_checks.NO_NUMBER)]
    assert adds_up(records)


def test_verdicts_are_mapped_onto_the_words() -> None:
    frame = {"id": list("abc"), "round": ["2024-01-01"] * 3, "result": ["위기", "부재", ""]}
    result = {"column": "result", "map": {"위기": "need_confirmed", "부재": "not_reached"}}
    records = contacts(
        frame, result=result, reader="manager", probability=None, known_date={"lag": "10D"}
    )
    table = records.contacts
    assert table["result"].tolist() == ["need_confirmed", "not_reached"]
    assert table["channel"].tolist() == ["visit"] * 2
    assert table["reader"].tolist() == ["manager"] * 2
    assert table["known_date"].dt.strftime("%m-%d").tolist() == ["01-11"] * 2
    assert records.counts.loc["contacts: frame", "excluded"] == 1


def test_a_verdict_without_a_word_is_a_bad_row() -> None:
    frame = {"id": list("ab"), "round": ["2024-01-01"] * 2, "result": ["hush", "no_need"]}
    records = contacts(frame)
    assert records.contacts["result"].tolist() == ["no_need"]
    assert reasons(records) == [(1, "result", row_checks.UNKNOWN_RESULT)]
    assert adds_up(records)
    with pytest.raises(RecordsError, match=r"map: \{'01': word\}") as caught:
        contacts(frame, {"max_quarantined": 0.1})
    assert "hush" not in str(caught.value)
    with pytest.raises(ConfigError, match="did you mean 'no_need'"):
        contacts(frame, result={"column": "result", "map": {"hush": "no_ned"}})


def test_a_month_means_the_round_in_it() -> None:
    frame = {"id": list("ab"), "round": ["202401", "202403"], "result": "no_need"}
    given = {"rounds": {"start": "2024-01-15", "end": "2024-06-01", "every": "2M"}}
    assert contacts(frame, given).contacts["as_of_date"].dt.strftime("%m-%d").tolist() == [
        "01-15",
        "03-15",
    ]
    dated = contacts(frame | {"round": ["2024-01-03", "2024-03-15"]}, given)
    assert dated.contacts["as_of_date"].dt.strftime("%m-%d").tolist() == ["01-03", "03-15"]


def test_a_month_without_its_one_round_names_none() -> None:
    frame = {"id": list("abc"), "round": ["202401", "202402", "202403"], "result": "no_need"}
    with pytest.raises(ConfigError, match="add rounds:"):
        contacts(frame)
    records = contacts(frame, {"rounds": ["2024-01-05", "2024-01-20", "2024-03-05"]})
    assert records.contacts["household_id"].tolist() == ["c"]
    assert reasons(records) == [
        (1, "round", row_checks.NO_ROUND),
        (2, "round", row_checks.NO_ROUND),
    ]


MEMBERS = {
    "p": ["p1", "p1", "p2"],
    "h": ["h1", "h2", "h1"],
    "from": ["202301", "202404", "202301"],
    "to": ["20240331", "", "00000000"],
    "known": ["2023-01-10", "2024-05-20", "2023-01-10"],
}


def person_facts(frame: dict[str, Any]) -> pd.DataFrame:
    source = entry(frame=pd.DataFrame(frame), household_id=None, person_id="p", known_date="known")
    members = {
        "frame": pd.DataFrame(MEMBERS),
        "person_id": "p",
        "household_id": "h",
        "from": "from",
        "to": "to",
        "known_date": "known",
    }
    records = read([source], members=[members])
    assert adds_up(records)
    assert records.members["from_date"].dt.strftime("%Y-%m-%d").tolist()[0] == "2023-01-01"
    return records.events.assign(known=lambda t: t["known_date"].dt.strftime("%Y-%m-%d"))


def test_facts_of_people_belong_to_the_household_known_then() -> None:
    facts = person_facts(
        {
            "p": ["p1", "p1", "p1", "p9"],
            "day": ["2024-02-01", "2024-04-10", "2024-06-01", "2024-02-01"],
            "known": ["2024-02-10", "2024-04-20", "2024-06-10", "2024-02-10"],
        }
    )
    # Of the move in April nothing was known before 20 May: the fact of April becomes known with it.
    assert facts[["household_id", "known"]].to_numpy().tolist() == [
        ["h1", "2024-02-10"],
        ["h2", "2024-05-20"],
        ["h2", "2024-06-10"],
    ]


def test_facts_of_people_need_members() -> None:
    with pytest.raises(ConfigError, match="members:"):
        read(
            [
                entry(
                    frame=pd.DataFrame({"p": ["a"], "day": ["2024-01-01"]}),
                    household_id=None,
                    person_id="p",
                )
            ]
        )
