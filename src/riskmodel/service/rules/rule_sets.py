"""The sets of rules that have a name, which conf/outreach repeats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UNPAID = (
    "power_bill_arrears",
    "gas_bill_arrears",
    "water_bill_arrears",
    "power_cut",
    "gas_cut",
    "water_cut",
)
# a text message first, an AI call on each number in turn, then people
_LADDER = (
    {"channel": "text_message", "within": "3D"},
    {"channel": "ai_call", "within": "7D", "tries": 3},
    {"channel": "call", "within": "1D"},
    {"channel": "mail", "within": "14D"},
    {"channel": "mail_carrier", "within": "14D"},
    {"channel": "visit", "within": "14D"},
)
KOREA: Mapping[str, Any] = {
    "ladder": list(_LADDER),
    "urgent": {"codes": ["fire_victim", "power_cut", "gas_cut", "water_cut"]},
    "must_visit": [
        {
            "name": f"{rent} and utilities unpaid",
            "channel": "visit",
            "all_of": [code],
            "any_of": list(_UNPAID),
            "within": "2M",
        }
        for rent, code in (
            ("low-price rent", "monthly_rent_vulnerable"),
            ("low-price deposit", "jeonse_vulnerable"),
        )
    ],
}
SETS: Mapping[str, Mapping[str, Any]] = {"default": {}, "korea": KOREA}
