"""What the card says of the time after publishing: watching, oversight, and where laws look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskmodel.serving import ENGLISH

PHRASES = ENGLISH.phrases
NOT_SAID = (PHRASES["not_said"],)
"""Of a card that was written before there was such a section."""
MONITORING = tuple(text for key, text in PHRASES.items() if key.startswith("monitor_"))
OVERSIGHT = tuple(text for key, text in PHRASES.items() if key.startswith("oversee_"))

_KOREA, _EU = PHRASES["law_korea"], PHRASES["law_eu"]
_DUTIES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (_KOREA, "1", "law_risk_plan", ("limits", "leaks", "monitoring")),
    (
        _KOREA,
        "2",
        "law_explanation",
        ("explanation", "features", "training", "data", "label"),
    ),
    (_KOREA, "3", "law_protection", ("population", "oversight")),
    (_KOREA, "4", "law_supervision", ("oversight",)),
    (_KOREA, "5", "law_documents", ("data", "libraries")),
    (_EU, "1", "law_general", ("population", "model", "libraries")),
    (_EU, "2", "law_development", ("label", "features", "training", "data", "oversight")),
    (_EU, "3", "law_functioning", ("metrics", "by_group", "by_area", "limits")),
    (_EU, "4", "law_metrics", ("metrics", "calibration", "reliability", "baselines")),
    (_EU, "5", "law_risk_plan", ("limits", "leaks")),
    (_EU, "6", "law_changes", ()),
    (_EU, "7", "law_standards", ()),
    (_EU, "8", "law_declaration", ()),
    (_EU, "9", "law_market", ("monitoring",)),
)
ELSEWHERE = PHRASES["law_elsewhere"]
CROSSWALK: tuple[Mapping[str, Any], ...] = tuple(
    {
        "law": law,
        "point": point,
        "asks": PHRASES[asks],
        "stands_in": list(sections) or ELSEWHERE,
    }
    for law, point, asks, sections in _DUTIES
)
"""What two laws ask of such a system, and in which sections of the card that stands."""
