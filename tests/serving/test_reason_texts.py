"""Golden texts of reasons: every aggregate, kind, unit, value and window, in both languages.

They were written by ``python tests/serving/test_reason_texts.py``. A change that moves a text on
purpose writes them anew and says why in the CHANGELOG; any other change that moves one is a fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riskmodel.panel.specs.aggregates import AGGREGATES, wording_of
from riskmodel.serving import LANGUAGES, ReasonWriter
from riskmodel.serving.reason_writer import ColumnValue, indicator_text

GOLDEN = Path(__file__).with_name("reason_texts.json")
NAMES = {"ko": "건강보험료 체납", "en": "health insurance arrears"}
KINDS = ("event", "state", "reading")
UNITS = ("", "months", "KRW", "visits")
WINDOWS = ("6M", "ever")
VALUES = (-3.25, 0.3, 1.0, 22.0, 1_250_000.0)
TOGETHER: tuple[dict[str, float], ...] = (
    {"now": 3.0, "count__6M": 2.0, "recency": 0.5},
    {"spell": 4.0, "count__12M": 3.0},
    {"last": 5.0, "sum__6M": 9.0, "max__3M": 7.0},
    {"max__ever": 7.0, "sum__60D": 9.0, "count__3M": 2.0},
    {"sum__6M": 0.3, "count__6M": 4.0},
    {"sum__6M": 0.3, "max__12M": 2.0},
    {"count__3M": 1.0, "count__6M": 2.0, "count__12M": 3.0},
    {"count__12M": 3.0, "count__6M": 2.0, "count__3M": 0.0},
    {"count__ever": 1.0, "recency": 1.0},
    {"count__ever": 2.0, "recency": 0.25, "trend": 1.0},
    {"ever__6M": 1.0, "ever__60D": 1.0},
    {"ever__2M": 1.0, "distinct__70D": 2.0},
    {"mean__6M": 12.5, "min__6M": 1.0, "first__6M": 2.0},
    {"first__6M": 2.0, "last__6M": 4.0},
    {"change": 1.0, "min__6M": 2.0},
    {"change": 1.0, "trend": 1.0},
)


class Case(NamedTuple):
    """One indicator in one record."""

    label: str
    indicator: dict[str, Any]
    facts: dict[str, float]


def cases() -> Iterator[Case]:
    alone = [
        {f"{aggregate}__{window}": value}
        for aggregate, window, value in product(AGGREGATES, WINDOWS, VALUES)
    ]
    for kind, unit in product(KINDS, UNITS):
        for facts in (*alone, *TOGETHER):
            if not all(_is_for(fact, kind) for fact in facts):
                continue
            said = " ".join(f"{fact}={value:g}" for fact, value in facts.items())
            yield Case(f"{kind} {unit or '-'} {said}", {**NAMES, "kind": kind, "unit": unit}, facts)


def _is_for(fact: str, kind: str) -> bool:
    return kind in AGGREGATES[fact.partition("__")[0]].aspects


def entry(fact: str, indicator: dict[str, Any]) -> dict[str, Any]:
    """Return a column as an artefact describes it."""
    aggregate, _, window = fact.partition("__")
    return {
        "name": f"nhi__{fact}",
        "indicator": "nhi",
        "aggregate": aggregate,
        "window": window,
        "direction": 1,
        "categories": None,
        **wording_of(aggregate, indicator["kind"], 1)._asdict(),
    }


def texts() -> dict[str, list[str]]:
    """Return for each case its reason in English and in Korean."""
    found = {}
    for label, indicator, facts in cases():
        columns = [entry(fact, indicator) for fact in facts]
        writer = ReasonWriter(columns, {"nhi": indicator})
        x = np.array([list(facts.values())])
        found[label] = [
            writer.reasons(x, np.ones((1, 1)), lang, 1, masked=True)[0][0]["text"]
            for lang in ("en", "ko")
        ]
    return found


def test_every_reason_has_the_text_that_it_had() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert texts() == golden


def test_a_spread_and_its_window_are_of_one_column() -> None:
    spread = {"way": "spread", "rank": 3}
    shown = [
        ColumnValue({**spread, "window": "ever"}, 2_101.0),
        ColumnValue({**spread, "window": "6M"}, 1_308.0),
        ColumnValue({**spread, "window": "12M"}, 1_500.0),
    ]
    for order in (shown, shown[::-1]):
        text = indicator_text("income", "KRW", order, LANGUAGES["en"])
        assert text == "income varies by 1,308 KRW within 6 months"


if __name__ == "__main__":
    lines = [
        f"{json.dumps(label)}: {json.dumps(said, ensure_ascii=False)}"
        for label, said in texts().items()
    ]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
