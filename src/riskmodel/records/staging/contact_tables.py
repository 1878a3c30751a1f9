"""Contacts: who was contacted in which round, how, what was found, and what followed."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from riskmodel.records.contact_words import (
    CHANNELS,
    FOUND,
    NOT_REACHED,
    NOT_TOLD,
    REASONS,
    REFUSED,
    SUPPORTS,
)
from riskmodel.records.engine import literal, literals, number_of
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.day_columns import lag_of, read_day, read_known_day
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.staging.round_days import round_sql
from riskmodel.records.staging.stager import Stager
from riskmodel.records.staging.told_words import read_told
from riskmodel.records.staging.word_columns import read_label, read_word, read_word_or_none

_CONTACTS = """
    household_id,
    {round} AS as_of_date,
    {channel} AS channel,
    try_cast(attempt AS BIGINT) AS attempt,
    contact_date,
    probability,
    stratum,
    reader,
    {result} AS result,
    coalesce(
        known_date,
        (coalesce(contact_date, as_of_date) + {lag})::DATE,
        contact_date,
        as_of_date
    ) AS known_date,
    {support} AS support,
    contact_id,
    "by",
    {reason} AS contact_reason,
    {blind} AS blind,
    retracted_date
"""
_BLIND = "whether the reader did not know an earlier verdict"


def stage_contacts(stager: Stager, rounds: pd.DatetimeIndex | None) -> None:
    """Read who was contacted in which round, how, and with what result.

    Parameters
    ----------
    stager : Stager
    rounds : DatetimeIndex, optional
        The manifest's rounds; without them a round written as a month is refused.
    """
    for columns in stager.open("contacts"):
        columns.identity("household_id")
        columns.read["is_month"] = read_day(columns, "as_of_date")
        for key in ("stratum", "reader"):
            columns.constant(key)
        for key in ("contact_id", "by"):
            columns.identity(key, needed=False)
        for key in ("attempt", "probability"):
            columns.number(key)
        for key in ("contact_date", "retracted_date"):
            read_day(columns, key, needed=False)
        read_known_day(columns, needed=False)
        round_of_row = round_sql(stager.con, columns, rounds)
        reason = read_word_or_none(columns, "reason", tuple(REASONS), row_checks.UNKNOWN_REASON)
        found = _read_found(columns, reason)
        named = {
            "round": round_of_row,
            "channel": read_label(columns, "channel", CHANNELS),
            "reason": reason,
            "blind": read_told(columns, "blind", _BLIND, row_checks.UNKNOWN_BLIND, needed=False),
            "lag": lag_of(columns.entry),
        }
        columns.fail_copies()
        names = _CONTACTS.format(result=found.result, support=found.support, **named)
        stager.stage("contacts", columns, names, drop=f"({found.result}) IS NULL")
        stager.amend(blank_results=_count_blank(stager, columns, found))


class _Found(NamedTuple):
    """The SQL of what a contact found, and of the support that followed."""

    result: str
    support: str


def _read_found(columns: Columns, reason: str) -> _Found:
    """Read the result and the support of each contact.

    A support that stands in the column of results, or alone, leaves the verdict not told. A reason
    alone says that nobody was met, or that they refused.
    """
    word = read_word(columns, "result", FOUND, row_checks.UNKNOWN_RESULT)
    support = read_word_or_none(columns, "support", SUPPORTS, row_checks.UNKNOWN_SUPPORT)
    is_support = f"list_contains({literals(SUPPORTS)}, {word})"
    columns.fail(
        f"{is_support} AND {support} <> {word}",
        row_checks.TWO_SUPPORTS,
        columns.blamed("support" if columns.entry["support"] is not None else "result"),
    )
    not_told = literal(NOT_TOLD)
    result = f"CASE WHEN {is_support} THEN {not_told} ELSE {word} END"
    alone = f"CASE WHEN {support} IS NOT NULL THEN {not_told} END"
    of_result = f"CASE WHEN {is_support} THEN {word} END"
    refused, not_reached = literal(REFUSED), literal(NOT_REACHED)
    of_reason = (
        f"CASE WHEN {reason} = {refused} THEN {refused} "
        f"WHEN {reason} IS NOT NULL THEN {not_reached} END"
    )
    return _Found(f"coalesce({result}, {alone}, {of_reason})", f"coalesce({support}, {of_result})")


def _count_blank(stager: Stager, columns: Columns, found: _Found) -> int:
    """Return how many good rows have no result."""
    judged = f"SELECT *, {row_checks.verdict(columns.checks)} FROM ({columns.sql()})"
    blank = f"reason IS NULL AND ({found.result}) IS NULL"
    return number_of(stager.con, f"SELECT count(*) FROM ({judged}) WHERE {blank}")
