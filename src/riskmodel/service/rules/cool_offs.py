"""Who is left alone after a verdict, and what lifted it of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import Span
from riskmodel.records import Records
from riskmodel.service.rules.listed_rows import ID
from riskmodel.service.rules.new_families import are_of_new_family
from riskmodel.service.rules.outreach_rules import OutreachRules
from riskmodel.service.rules.rule_parts import (
    NEW_FAMILY,
    NEW_KIND,
    NO_ANSWER,
    TWO_KINDS,
    URGENT,
    VERY_HIGH,
)
from riskmodel.service.rules.seen_codes import SeenCodes, codes_of, worsening_codes
from riskmodel.service.rules.told_history import ToldHistory

HIGHEST_BAND = "very high"
CLOSED = "closed"
OF_KINDS = (NEW_KIND, TWO_KINDS, NEW_FAMILY)

Flags = NDArray[np.bool_]
Cells = NDArray[np.object_]


class CoolOffs(NamedTuple):
    """The cool-offs of some households, each array in their order.

    Attributes
    ----------
    hold : ndarray of bool
        Who is left alone.
    lifted_by : ndarray of tuple of str
        Of who had a verdict as lately and is not left alone, what speaks against it: of
        `rule_parts.LIFTS`, or ``"no_answer"``; empty for all others.
    news : ndarray of tuple of str
        The indicators that are new or urgent since, where they are what lifts.
    """

    hold: Flags
    lifted_by: Cells
    news: Cells


def cool_offs(
    rows: pd.DataFrame,
    told: ToldHistory,
    seen: SeenCodes,
    records: Records,
    rules: OutreachRules,
) -> CoolOffs:
    """Tell who is left alone since a verdict, and what lifted it of others.

    Who was tried since and not reached is tried until somebody meets it. Who was listed and never
    tried is left alone as before.
    """
    verdict, catalogue = told.days("verdict_date"), records.catalogue
    worse = told.words("new_indicators", worsening_codes(catalogue))
    urgent = seen.known_since(codes_of(rules.urgent, catalogue), verdict)
    holds: Mapping[str, Callable[[], Flags]] = {
        NEW_KIND: lambda: _at_least(1, worse),
        TWO_KINDS: lambda: _at_least(2, worse),
        NEW_FAMILY: lambda: are_of_new_family(records, rows[ID], verdict, seen.day),
        URGENT: lambda: _at_least(1, urgent),
        VERY_HIGH: lambda: rows.reindex(columns=["band"])["band"].eq(HIGHEST_BAND).to_numpy(),
    }
    is_late = Span.parse(rules.cool_off.span).after(verdict) > seen.day
    lifts = {NO_ANSWER: is_late & ~told.is_state(CLOSED) & (told.unanswered > 0)}
    lifts |= {name: is_late & holds[name]() for name in rules.cool_off.lifted_by}
    is_lifted = np.any(list(lifts.values()), axis=0)

    lifted_by, news = _no_words(len(rows)), _no_words(len(rows))
    for place in np.flatnonzero(is_lifted):
        by = tuple(name for name, are in lifts.items() if are[place])
        codes = worse[place] if set(by).intersection(OF_KINDS) else ()
        lifted_by[place] = by
        news[place] = tuple(sorted({*codes, *(urgent[place] if URGENT in by else ())}))
    return CoolOffs(is_late & ~is_lifted, lifted_by, news)


def _at_least(number: int, words: Cells) -> Flags:
    return np.array([len(several) >= number for several in words], dtype=bool)


def _no_words(households: int) -> Cells:
    cells = np.empty(households, dtype=object)
    cells[:] = [()] * households
    return cells
