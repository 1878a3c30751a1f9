"""What each aggregate is: one specification each, which columns, the kernel and reasons read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from riskmodel.indicators import Kind

Way = Literal[
    "level",
    "latest",
    "amount",
    "total",
    "times",
    "presence",
    "age",
    "value",
    "spread",
    "nothing",
    "figure",
    "kinds",
]
Rises = Literal["always", "nonnegative", "never"]
Window = Literal["any", "halves", "none"]
Evidence = Literal["positive", "present", "none"]
Blank = Literal["undelivered", "no_value"]

MISSING = math.nan


@dataclass(frozen=True)
class Aspect:
    """What an aggregate is for one kind of indicator.

    Attributes
    ----------
    way : str
        How a reason words it. For events and states: ``"level"`` (the amount that holds now),
        ``"latest"`` (the latest amount), ``"amount"`` (the largest of the window), ``"total"``
        (those of the window added up), ``"times"``, ``"presence"``, ``"age"`` or ``"nothing"`` (the
        indicator's name alone). For readings: ``"value"`` or ``"nothing"``. For both: ``"spread"``
        (how far values vary).
    rises : {"always", "nonnegative", "never"}
        Whether one more fact, or a larger value, can only raise it: always, if no value is
        negative, or never.
    empty : float
        Its value where the feed was delivered and holds no such fact: 0 or missing.
    evidence : {"positive", "present", "none"}
        When it shows that the indicator is in the record: above 0, not missing, or never.
    by_deliveries : bool
        Whether the feed's deliveries decide it, those without the household included.
    finish : str
        The kernel's name of it; default: the aggregate's own.
    """

    way: Way
    rises: Rises = "never"
    empty: float = 0.0
    evidence: Evidence = "positive"
    by_deliveries: bool = False
    finish: str = ""


@dataclass(frozen=True)
class Aggregate:
    """One aggregate.

    Attributes
    ----------
    name : str
    aspects : mapping of kind to Aspect
        The kinds of indicator that it is for.
    window : {"any", "halves", "none"}
        ``"halves"``: it compares the halves of a window, so the window must have a first day.
        ``"none"``: it has no window.
    reads_detail : bool
        Whether it is computed from the texts in `detail`.
    reads_value : bool
        Whether it is computed from values, so that their unit matters.
    """

    name: str
    aspects: Mapping[Kind, Aspect]
    window: Window = "any"
    reads_detail: bool = False
    reads_value: bool = True


class Wording(NamedTuple):
    """How a reason words a column.

    Attributes
    ----------
    way : str
    rank : int
        Its place among columns of its way.
    evidence : str
        When it shows that the indicator is in the record.
    blank : {"undelivered", "no_value"}
        What a missing figure says: that the feed was not delivered, or only that the household has
        no value on record, as with a reading that most households do not have.
    """

    way: Way
    rank: int
    evidence: Evidence
    blank: Blank


def _each(facts: Aspect, readings: Aspect) -> dict[Kind, Aspect]:
    """Return one aspect for events and states, and another for readings."""
    return {"event": facts, "state": facts, "reading": readings}


_NAME = Aspect("nothing")
_NO_EVIDENCE = Aspect("nothing", evidence="none")
_NAME_OF_READING = Aspect("nothing", evidence="present")
_VALUE = Aspect("value", "always", MISSING, "present")
_DIFFERENCE = Aspect("nothing", empty=MISSING, evidence="present")

# In the order in which a reason prefers them, where several say how much.
_ALL = (
    Aggregate("now", {"state": Aspect("level", "always", by_deliveries=True)}, window="none"),
    Aggregate("last", _each(Aspect("latest"), _VALUE)),
    Aggregate("mean", _each(_NAME, _VALUE)),
    Aggregate("max", _each(Aspect("amount", "nonnegative"), _VALUE)),
    Aggregate("sum", _each(Aspect("total", "nonnegative"), replace(_VALUE, rises="nonnegative"))),
    Aggregate("min", _each(_NAME, _VALUE)),
    Aggregate("first", _each(_NAME, _VALUE)),
    Aggregate("count", _each(Aspect("times", "always"), _NAME_OF_READING), reads_value=False),
    Aggregate("ever", _each(Aspect("presence", "always"), _NAME_OF_READING), reads_value=False),
    Aggregate(
        "distinct",
        _each(Aspect("presence", "always"), _NAME_OF_READING),
        reads_detail=True,
        reads_value=False,
    ),
    Aggregate(
        "recency",
        _each(Aspect("age", "always"), _NAME_OF_READING),
        window="none",
        reads_value=False,
    ),
    Aggregate(
        "spell",
        {"state": Aspect("nothing", "always", by_deliveries=True)},
        window="none",
        reads_value=False,
    ),
    Aggregate(
        "change",
        {
            "event": _NO_EVIDENCE,
            "state": replace(_NO_EVIDENCE, by_deliveries=True, finish="change_of_state"),
            "reading": _DIFFERENCE,
        },
    ),
    Aggregate(
        "range",
        {
            "event": Aspect("spread"),
            "reading": Aspect("spread", empty=MISSING, evidence="present"),
        },
    ),
    Aggregate("std", {"reading": Aspect("spread", empty=MISSING, evidence="present")}),
    Aggregate(
        "trend",
        _each(_NO_EVIDENCE, replace(_DIFFERENCE, finish="trend_of_values")),
        window="halves",
    ),
)
AGGREGATES: Mapping[str, Aggregate] = {aggregate.name: aggregate for aggregate in _ALL}
# What columns of several indicators have in the place of an aggregate.
KINDS = "kinds"


def wording_of(aggregate: str, kind: Kind | None, direction: int) -> Wording:
    """Return how a reason says a column.

    Parameters
    ----------
    aggregate : str
        Empty for an attribute or a column of a frame; ``"kinds"`` for a number of different
        indicators.
    kind : str or None
        The indicator's; None where the catalogue does not hold it.
    direction : {-1, 0, 1}
        The column's.

    Examples
    --------
    >>> wording_of("sum", "event", 1)
    Wording(way='total', rank=4, evidence='positive', blank='undelivered')
    >>> wording_of("last", "reading", -1).blank
    'no_value'
    """
    if aggregate == KINDS:
        return Wording("kinds", 0, "positive", "undelivered")
    if not aggregate:
        return Wording("figure", 0, "positive" if direction > 0 else "present", "no_value")
    aspects = AGGREGATES[aggregate].aspects
    aspect = aspects.get(kind or "event") or next(iter(aspects.values()))
    blank: Blank = "no_value" if math.isnan(aspect.empty) else "undelivered"
    return Wording(aspect.way, list(AGGREGATES).index(aggregate), aspect.evidence, blank)
