"""The rules applied to a round's list: who may be turned to, by which channels, and who may not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, Days, as_days
from riskmodel.metrics import UNKNOWN, group_names
from riskmodel.records import Records
from riskmodel.records.earlier_rounds import LEFT
from riskmodel.records.engine import one_scan_engine
from riskmodel.records.service_words import BY_HUMAN, CASES, NO_AI_CALL, NOT_LISTED
from riskmodel.records.service_words import URGENT as URGENT_SIGNS
from riskmodel.service.attribute_values import AttributeValues
from riskmodel.service.rules.cool_offs import CLOSED, cool_offs
from riskmodel.service.rules.ladders import ladders_from, rungs_of
from riskmodel.service.rules.listed_rows import ID, HasTable, listed_rows
from riskmodel.service.rules.outreach_rules import OutreachRules
from riskmodel.service.rules.rule_parts import AI_CALL, Bar, Urgent
from riskmodel.service.rules.seen_codes import SeenCodes, codes_of
from riskmodel.service.rules.told_history import ToldHistory

OBJECTION, URGENT_NOW, REFUSED_LATELY, COOLS_OFF = (
    "objection_upheld",
    "urgent",
    "refused_lately",
    "cool_off",
)
RULES = (*LEFT, OBJECTION, URGENT_NOW, *CASES, REFUSED_LATELY, COOLS_OFF)
"""Rules that speak against a household, in the order in which they count."""
OUT_OF_FRAME = (*LEFT, OBJECTION, URGENT_NOW)
"""Rules by which a household leaves the frame; by every other one it may still be drawn."""
OVERDUE = "overdue"
NO_NUMBER = "no_number"
BY_PHONE = ("text_message", AI_CALL, "call")

Flags = NDArray[np.bool_]


@door
@one_scan_engine()
def apply_rules(
    listed: pd.DataFrame | HasTable,
    records: Records,
    rules: OutreachRules,
    history: pd.DataFrame,
    as_of: DateLike,
) -> pd.DataFrame:
    """Tell of each listed household how it may be turned to, or by which rule it may not.

    Parameters
    ----------
    listed : DataFrame or ScoreList
        The round's whole list, one row per household: ``household_id``, ``as_of_date``, ``score``
        (the chance of need) and, if there are any, ``area`` and ``band``.
    records : Records
    rules : OutreachRules
    history : DataFrame
        ``rm.contact_history(records, as_of)``.
    as_of : date-like
        The morning of the round.

    Returns
    -------
    DataFrame
        One row per household, in the order of the list:

        - ``household_id``, ``as_of_date``, ``area`` (of the list, else where it lives on the day),
          ``score``, and ``band`` where the list has one;
        - ``rule``: why it is left out, the first that holds of ``"died"``, ``"in_institution"``,
          ``"objection_upheld"``, ``"urgent"`` (a human turns to it the same day), the kind of a
          case elsewhere, ``"refused_lately"`` and ``"cool_off"``; None where it may be turned to;
        - ``lifted_by``: of who would be in a cool-off, what lifted it, as a tuple: of the words of
          the rules' ``lifted_by``, or ``"no_answer"``, an attempt since the verdict that nobody
          answered; and ``news``, the indicators that are new or urgent since and lift it;
        - ``in_frame``: it may be drawn, which the first four of these forbid; ``is_candidate``: it
          may be chosen, since no rule speaks against it;
        - ``channels``, what is left of its ladder, and ``due_by``, a day for each; empty for who
          is not in the frame;
        - ``must``: the channel that it gets in this round by a local rule, and ``must_rule``, the
          rule's name, else None;
        - ``overdue``: its case is open and overdue, so that it stands at the head of the queue;
          ``waited``: for how many days its case has been open, 0 without one;
        - ``floors``: the names of the floors that it counts for.

    Raises
    ------
    ConfigError
        For a list of another round, a household that stands twice, has no score or is not in the
        records, a code that the catalogue does not have, and a value that no household has.
    PanelError
        For an attribute that the records do not have.

    Notes
    -----
    Who has an open case and was not reached stands on the next rung, never below it; where the last
    attempt found no number, on the next that needs none. A must-visit's channel is the household's
    own rung, where it stands higher already.

    Examples
    --------
    >>> import riskmodel as rm
    >>> records = rm.make_households(400, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    >>> day = "2024-09-01"
    >>> ids = sorted(set(records.events["household_id"]))[:200]
    >>> listed = pd.DataFrame({"household_id": ids, "as_of_date": day, "score": 0.1})
    >>> rules = OutreachRules.read("korea")
    >>> frame = apply_rules(listed, records, rules, rm.contact_history(records, day), day)
    >>> frame["rule"].value_counts().to_dict()
    {'cool_off': 29}
    """
    day = as_days(as_of, "as_of")
    rules.check_codes(records.catalogue)
    rows = listed_rows(listed, records, day)
    ids = pd.Index(rows[ID], dtype=object)
    told, seen = ToldHistory(history, ids), _seen(records, rules, ids, day)
    values = AttributeValues(records, ids, day)

    cools = cool_offs(rows, told, seen, records, rules)
    rule = _first_rules(told, rules, cools.hold, day)
    in_frame = ~np.isin(rule.astype(str), OUT_OF_FRAME)
    is_candidate = pd.isna(rule)
    steps = _steps(told, seen, records, rules, values, is_candidate, day)
    return pd.DataFrame(
        {
            HOUSEHOLD: rows[HOUSEHOLD],
            AS_OF: np.full(len(rows), day.astype("datetime64[s]")),
            "area": _areas(rows, records, values),
            "score": rows["score"],
            **({"band": rows["band"]} if "band" in rows else {}),
            "rule": pd.Series(rule, dtype=object),
            "lifted_by": pd.Series(cools.lifted_by, dtype=object),
            "news": pd.Series(cools.news, dtype=object),
            "in_frame": in_frame,
            "is_candidate": is_candidate,
            "channels": _kept(in_frame, steps.channels),
            "due_by": _kept(in_frame, steps.due_by),
            "must": pd.Series(steps.must, dtype=object),
            "must_rule": pd.Series(steps.must_rule, dtype=object),
            "overdue": told.is_state(OVERDUE) & is_candidate,
            "waited": _days_since(told.days("open_since"), day),
            "floors": _floors(rules, values, is_candidate),
        }
    )


def _seen(records: Records, rules: OutreachRules, ids: pd.Index, day: np.datetime64) -> SeenCodes:
    catalogue = records.catalogue
    parts: list[Urgent | Bar] = [rules.urgent, *rules.barred]
    codes = {code for part in parts for code in codes_of(part, catalogue)}
    codes.update(code for rule in rules.must_visit for code in rule.codes)
    return SeenCodes.of(records, ids, codes, day)


def _first_rules(
    told: ToldHistory, rules: OutreachRules, cools_off: Flags, day: np.datetime64
) -> NDArray[np.object_]:
    """Return the first rule that speaks against each household, None where none does."""
    left, elsewhere = told.text("left"), told.text("other_case")
    holds: Mapping[str, Flags] = {
        **{reason: (left == reason).to_numpy() for reason in LEFT},
        OBJECTION: told.holds("effects", [NOT_LISTED]),
        URGENT_NOW: told.holds("urgent", URGENT_SIGNS),
        **{kind: (elsewhere == kind).to_numpy() for kind in rules.elsewhere},
        REFUSED_LATELY: told.refused_until(rules.after_refusal) > day,
        COOLS_OFF: cools_off,
    }
    rule = np.full(len(cools_off), None, dtype=object)
    for name, are in reversed(list(holds.items())):
        rule[are] = name
    return rule


class _Steps(NamedTuple):
    channels: NDArray[np.object_]
    due_by: NDArray[np.object_]
    must: NDArray[np.object_]
    must_rule: NDArray[np.object_]


def _steps(
    told: ToldHistory,
    seen: SeenCodes,
    records: Records,
    rules: OutreachRules,
    values: AttributeValues,
    is_candidate: Flags,
    day: np.datetime64,
) -> _Steps:
    """Return what is left of each household's ladder, and what a local rule makes of it."""
    unanswered = np.where(told.is_state(CLOSED), 0, told.unanswered)
    rung = rungs_of(rules.ladder, unanswered, told.text("last_channel"))
    must_rule = np.full(len(rung), None, dtype=object)
    for rule in reversed(rules.must_visit):
        holds = is_candidate & values.are(rule.where, f"must_visit, {rule.name}")
        holds &= seen.all_of(rule.all_of, rule.within)
        if rule.any_of:
            holds &= seen.any_of(rule.any_of, rule.within)
        must_rule[holds] = rule.name
    for rule in rules.must_visit:
        own = must_rule == rule.name
        rung[own] = np.maximum(rung[own], rules.channels.index(rule.channel))
    ladders = ladders_from(rules.ladder, rung, _barred(told, seen, records, rules), day)
    must = np.full(len(rung), None, dtype=object)
    for place in np.flatnonzero(pd.notna(must_rule)):
        must[place] = ladders.channels[place][0]
    return _Steps(ladders.channels, ladders.due_by, must, must_rule)


def _barred(told: ToldHistory, seen: SeenCodes, records: Records, rules: OutreachRules) -> Flags:
    """Tell which rungs are barred for each household, shape (n_households, n_rungs)."""
    barred = np.zeros((seen.households, len(rules.ladder)), dtype=bool)
    for bar in rules.barred:
        is_seen = seen.any_of(codes_of(bar, records.catalogue), bar.within)
        barred |= is_seen[:, None] & np.isin(rules.channels, bar.channels)
    by_request = told.holds("effects", [NO_AI_CALL, BY_HUMAN])
    barred |= by_request[:, None] & np.isin(rules.channels, [AI_CALL])
    # who has no number is not called again, unless nothing but calls is left
    has_none = (told.text("last_reason") == NO_NUMBER).to_numpy() & ~told.is_state(CLOSED)
    with_phone = barred | (has_none[:, None] & np.isin(rules.channels, BY_PHONE))
    leaves_some = np.count_nonzero(~with_phone, axis=1) > 0
    return np.where(leaves_some[:, None], with_phone, barred)


def _days_since(days: Days, day: np.datetime64) -> NDArray[np.int64]:
    return np.where(np.isnat(days), 0, (day - days).astype(np.int64))


def _areas(rows: pd.DataFrame, records: Records, values: AttributeValues) -> NDArray[np.str_]:
    if "area" in rows:
        return group_names(rows["area"])
    return np.full(len(rows), UNKNOWN) if records.area is None else values.of(records.area)


def _floors(
    rules: OutreachRules, values: AttributeValues, is_candidate: Flags
) -> NDArray[np.object_]:
    """Return the names of the floors that each household counts for, as a tuple."""
    named: list[tuple[str, ...]] = [() for _ in is_candidate]
    for floor in rules.floors:
        counts = is_candidate & values.are(floor.where, f"floors, {floor.name}")
        for place in np.flatnonzero(counts):
            named[place] = (*named[place], floor.name)
    return pd.Series(named, dtype=object).to_numpy()


def _kept(are: Flags, cells: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return cells where a flag is set, else an empty tuple."""
    kept = cells.copy()
    for place in np.flatnonzero(~are):
        kept[place] = ()
    return kept
