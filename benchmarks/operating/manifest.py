"""The manifest of the service as its operator has it before each round."""

from __future__ import annotations

from datetime import date
from typing import Any

from operating.service import CAMPAIGN, FORGOTTEN, LAG, LATE, REDEFINED, day_of

ACCEPTED = {"debt_advice": "campaign of July 2025"}
# in these rounds the agency confirms that the feed is late, and the call accepts it
SILENT = {LATE: ["ind_power"], LATE + 1: ["ind_power"]}


def manifest(number: int, today: date | None = None) -> dict[str, Any]:
    """Return the manifest before a round; in one, the operator forgot to state its rounds."""
    last = day_of(FORGOTTEN - 2 if number == FORGOTTEN else number)
    return {
        "name": "service",
        "household": "household",
        "root": "inbox",
        "since": "2024-01-01",
        "today": str(today or day_of(number)),
        "rounds": {"start": "2024-02-01", "end": str(last), "every": "1M"},
        "keep_files": True,
        "catalogue": _catalogue(number),
        "events": _events(),
        "members": [_source("members/*.csv", person_id="person", household_id="id")
                    | {"from": "since", "known_date": "known"}],
        "attributes": [_source("homes/*.csv", household_id="id", known_date="known")
                       | {"columns": {"area": "area"}}],
        "contacts": [_source("contacts/*.csv", household_id="id", as_of_date="round")
                     | {"date_format": "YYYYMM", "channel": "visit", "result": "result"}
                     | {"max_quarantined": 1}],
        "accept_feeds": ACCEPTED if number >= CAMPAIGN else {},
        "groups": ["area"],
        "area": "area",
    }  # fmt: skip


def _catalogue(number: int) -> dict[str, Any]:
    redefined = {"redefined": [{"from": "2025-08-01", "note": "praise is counted, too"}]}
    return {
        "ind_rent": {"en": "rent arrears", "kind": "state", "direction": 1, "unit": "months"},
        "ind_power": {"en": "power arrears", "kind": "state", "direction": 1, "unit": "months"},
        "ind_gas": {"en": "gas arrears", "kind": "state", "direction": 1, "unit": "months"},
        "water_cut": {
            "en": "water cut",
            "kind": "event",
            "direction": 1,
            "lag": "4D" if number >= LAG else "2D",
        },
        "complaint": {"en": "complaint", "kind": "event", "unit": "times"}
        | (redefined if number >= REDEFINED else {"direction": 1}),
        "debt_advice": {"en": "debt advice", "kind": "event", "direction": 1},
        "hospital": {"en": "hospital", "kind": "event", "direction": 1, "roll_up": "sum"},
        "crisis": {"en": "crisis confirmed", "kind": "event", "direction": 1},
    }


def _events() -> list[dict[str, Any]]:
    calls = {"code": {"column": "topic"}, "known_date": "known", "value": "times"}
    return [
        _source("wide/*.parquet", household_id="id", event_date="month", fact_id="month")
        | {"values": {"match": "^ind_"}, "known_date": {"lag": "20D"}},
        _source("water/*.csv", household_id="세대번호", event_date="단수일", code="water_cut")
        | {"encoding": "cp949", "redelivered": "replaces"}
        | {"delivered_on": {"match": r"water_(\d{8})\.csv"}},
        _source("calls.csv", household_id="id", event_date="day", redelivered="adds") | calls,
        _source("outcomes/*.parquet", household_id="id", code="crisis", event_date="day")
        | {"fact_id": "docket", "known_date": "known", "retracted_date": "gone"},
        _source("people/*.csv", person_id="person", code="hospital", event_date="day")
        | {"known_date": "known", "value": "nights"},
    ]


def _source(file: str, **keys: Any) -> dict[str, Any]:
    return {"file": file, **keys}
