"""The sets of channels that have a name, which conf/outreach repeats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OFFICERS: Mapping[str, Any] = {
    "call": {
        "minutes": 15,
        "reach": 0.5,
        "learn": 100,
        "budgets": [{"by": "area", "minutes": 375}],
    },
    "mail": {"minutes": 5, "reach": 0.1, "learn": 100, "budgets": [{"by": "area", "minutes": 50}]},
    "visit": {
        "minutes": 40,
        "reach": 0.65,
        "learn": 100,
        "budgets": [{"by": "area", "minutes": 800}],
    },
}
KOREA: Mapping[str, Any] = {
    "text_message": {"minutes": 0.5, "reach": 0.05, "learn": 100, "budgets": [{"minutes": 50_000}]},
    "ai_call": {"minutes": 2, "reach": 0.45, "learn": 100, "budgets": [{"minutes": 200_000}]},
    **_OFFICERS,
    "mail_carrier": {
        "minutes": 10,
        "reach": 0.4,
        "learn": 100,
        "budgets": [{"by": "area", "minutes": 100}],
    },
}
SETS: Mapping[str, Mapping[str, Any]] = {"default": _OFFICERS, "korea": KOREA}
