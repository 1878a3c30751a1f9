"""An aggregate is one specification, which the declaration, the kernel and reasons read."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from riskmodel.indicators import Kind
from riskmodel.panel import Agg
from riskmodel.panel.filling.kernel import Finish
from riskmodel.panel.specs.aggregates import AGGREGATES, Way, Wording, wording_of


@pytest.mark.parametrize("name", AGGREGATES)
def test_each_aggregate_has_a_documented_method_that_declares_it(name: str) -> None:
    declared = getattr(Agg, name)("rent")
    assert declared.operation == name
    assert declared.specification is AGGREGATES[name]
    assert inspect.getdoc(getattr(Agg, name))


def test_the_kernel_finishes_every_aspect_and_nothing_else() -> None:
    needed = {
        (aspect.finish or name).upper()
        for name, aggregate in AGGREGATES.items()
        for aspect in aggregate.aspects.values()
    }
    assert needed == {finish.name for finish in Finish} - {"HALF"}


def test_every_way_is_that_of_some_column() -> None:
    used = {
        aspect.way for aggregate in AGGREGATES.values() for aspect in aggregate.aspects.values()
    }
    assert used | {"figure", "kinds"} == set(get_args(Way))


@pytest.mark.parametrize(
    ("aggregate", "kind", "direction", "expected"),
    [
        ("now", "state", 1, Wording("level", 0, "positive", "undelivered")),
        ("sum", "event", 1, Wording("total", 4, "positive", "undelivered")),
        ("sum", "reading", -1, Wording("value", 4, "present", "no_value")),
        ("trend", "event", 0, Wording("nothing", 15, "none", "undelivered")),
        ("trend", "reading", 0, Wording("nothing", 15, "present", "no_value")),
        ("count", None, 0, Wording("times", 7, "positive", "undelivered")),
        ("now", None, 0, Wording("level", 0, "positive", "undelivered")),
        ("", None, 1, Wording("figure", 0, "positive", "no_value")),
        ("", None, 0, Wording("figure", 0, "present", "no_value")),
    ],
)
def test_a_column_is_worded_by_its_aggregate_and_the_kind_of_its_indicator(
    aggregate: str, kind: Kind | None, direction: int, expected: Wording
) -> None:
    assert wording_of(aggregate, kind, direction) == expected
