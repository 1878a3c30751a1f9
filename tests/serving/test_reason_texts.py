"""Golden texts of reasons: every aggregate, kind, unit, value and window, in both languages.

They were written by ``python tests/serving/test_reason_texts.py``. A change that moves a text on
purpose writes them anew and says why in the CHANGELOG; any other change that moves one is a fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riskmodel.panel.specs.aggregates import AGGREGATES, wording_of
from riskmodel.serving import LANGUAGES, ReasonWriter
from riskmodel.serving.reason_texts import HeldColumn, indicator_text

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
# what carries most of the contribution stands last, and is told with its own window
CARRIED: tuple[dict[str, float], ...] = (
    {"count__ever": 103.0, "count__3M": 2.0, "count__12M": 12.0},
    {"count__3M": 2.0, "count__12M": 12.0, "count__ever": 103.0},
    {"count__ever": 103.0, "recency": 0.5, "count__12M": 12.0},
    {"count__12M": 12.0, "count__ever": 103.0, "recency": 0.5},
    {"count__ever": 103.0, "count__3M": 1.0},
    {"now": 1.0, "max__12M": 22.0},
    {"max__12M": 22.0, "now": 1.0},
    {"max__3M": 7.0, "sum__60D": 9.0, "sum__12M": 40.0},
    {"sum__12M": 40.0, "recency": 0.5, "sum__60D": 9.0},
    {"last__ever": 5.0, "max__12M": 7.0},
    {"last__ever": 5.0, "mean__12M": 6.5},
    {"range__6M": 3.0, "range__12M": 8.0},
    {"ever__60D": 1.0, "ever__12M": 1.0},
)


class Case(NamedTuple):
    """One indicator in one record."""

    label: str
    indicator: dict[str, Any]
    facts: dict[str, float]
    contributions: list[float]


def cases() -> Iterator[Case]:
    alone = [
        {f"{aggregate}__{window}": value}
        for aggregate, window, value in product(AGGREGATES, WINDOWS, VALUES)
    ]
    for kind, unit in product(KINDS, UNITS):
        indicator = {**NAMES, "kind": kind, "unit": unit}
        of_kind = partial(_of_kind, kind=kind)
        for facts in filter(of_kind, (*alone, *TOGETHER)):
            said = _said(f"{kind} {unit or '-'}", facts)
            yield Case(said, indicator, facts, [1.0] * len(facts))
        for facts in filter(of_kind, CARRIED):
            said = _said(f"{kind} {unit or '-'} carried by the last:", facts)
            yield Case(said, indicator, facts, [0.1] * (len(facts) - 1) + [1.0])


def _said(head: str, facts: dict[str, float]) -> str:
    return " ".join([head, *(f"{fact}={value:g}" for fact, value in facts.items())])


def _of_kind(facts: dict[str, float], kind: str) -> bool:
    return all(_is_for(fact, kind) for fact in facts)


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
    for label, indicator, facts, contributions in cases():
        columns = [entry(fact, indicator) for fact in facts]
        writer = ReasonWriter(columns, {"nhi": indicator})
        x = np.array([list(facts.values())])
        phi = np.array([contributions])
        found[label] = [
            writer.reasons(x, phi, lang, 1, masked=True).reasons[0][0]["text"]
            for lang in ("en", "ko")
        ]
    return found


def test_every_reason_has_the_text_that_it_had() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert texts() == golden


def test_a_spread_and_its_window_are_of_one_column() -> None:
    spread = {"way": "spread", "rank": 3}
    shown = [
        HeldColumn({**spread, "window": "ever"}, 2_101.0),
        HeldColumn({**spread, "window": "6M"}, 1_308.0),
        HeldColumn({**spread, "window": "12M"}, 1_500.0),
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
