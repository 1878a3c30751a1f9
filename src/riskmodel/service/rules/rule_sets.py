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
KOREA: Mapping[str, Any] = {
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
