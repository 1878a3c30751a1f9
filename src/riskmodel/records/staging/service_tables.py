"""What comes with a service beside contacts and lists: requests, referrals, cases and signs."""

from __future__ import annotations

from collections.abc import Iterator

from riskmodel.records.contact_words import NONE
from riskmodel.records.engine import identifier, literal
from riskmodel.records.service_words import CLOSED, DUE_DAYS
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.day_columns import lag_of, read_day, read_known_day
from riskmodel.records.sources.source_columns import Columns
from riskmodel.records.staging.stager import Stager
from riskmodel.records.staging.word_columns import read_label, read_word_or_none

_REQUESTS = """
    household_id, {kind} AS kind, received, coalesce(due, {due}) AS due, "by", decided,
    {outcome} AS outcome, {effect} AS effect, {known} AS known_date, request_id, retracted_date
"""
_REFERRALS = """
    household_id, {referrer} AS referred_by, received, area, answered, {known} AS known_date,
    referral_id, retracted_date
"""
_CASES = """
    household_id, {kind} AS kind, service, "from" AS from_date, "to" AS to_date,
    {known} AS known_date, case_id, retracted_date
"""
_SIGNS = """
    household_id, {sign} AS sign, seen, {seer} AS seen_by, answered, {known} AS known_date,
    sign_id, retracted_date
"""


def stage_service_tables(stager: Stager) -> None:
    """Read requests, referrals, other services' cases and signs, whichever a manifest names."""
    _stage_requests(stager)
    _stage_referrals(stager)
    _stage_cases(stager)
    _stage_signs(stager)


def _stage_requests(stager: Stager) -> None:
    for columns, known in _opened(stager, "requests", "received", "request_id"):
        columns.identity("by", needed=False)
        kind = _needed_word(columns, "kind")
        for key in ("due", "decided"):
            _read_later(columns, key, "received")
        days = ", ".join(f"{literal(word)}: {n}" for word, n in DUE_DAYS.items())
        names = _REQUESTS.format(
            kind=kind,
            due=f"received + MAP {{{days}}}[{kind}]",
            outcome=_word(columns, "outcome"),
            effect=_word(columns, "effect"),
            known=known,
        )
        stager.stage("requests", columns, names)


def _stage_referrals(stager: Stager) -> None:
    for columns, known in _opened(stager, "referrals", "received", "referral_id"):
        columns.constant("area")
        referrer = _needed_word(columns, "referred_by")
        _read_later(columns, "answered", "received")
        stager.stage("referrals", columns, _REFERRALS.format(referrer=referrer, known=known))


def _stage_cases(stager: Stager) -> None:
    for columns, known in _opened(stager, "cases", "from", "case_id"):
        columns.constant("service")
        kind = _needed_word(columns, "kind")
        read_day(columns, "to", needed=False)
        if columns.entry["to"] is not None:
            columns.fail('"to" < "from"', row_checks.NO_PERIOD, columns.blamed("to"))
        stager.stage("cases", columns, _CASES.format(kind=kind, known=known))


def _stage_signs(stager: Stager) -> None:
    """Read what was seen; a row without a sign, of a checklist, says that nothing was."""
    for columns, known in _opened(stager, "signs", "seen", "sign_id"):
        sign, seer = _word(columns, "sign"), _told_by(columns, "seen_by")
        _read_later(columns, "answered", "seen")
        names = _SIGNS.format(sign=sign, seer=seer, known=known)
        stager.stage("signs", columns, names, drop=f"({sign}) IS NULL")


def _opened(stager: Stager, table: str, day: str, own_id: str) -> Iterator[tuple[Columns, str]]:
    """Open the sources of a table, with what all of them have; yield the SQL of known_date, too."""
    for columns in stager.open(table):
        columns.identity("household_id")
        columns.identity(own_id, needed=False)
        read_day(columns, day, first=day == "from")
        read_day(columns, "retracted_date", needed=False)
        read_known_day(columns, needed=False)
        columns.fail_copies()
        on = identifier(day)
        yield columns, f"coalesce(known_date, ({on} + {lag_of(columns.entry)})::DATE, {on})"


def _read_later(columns: Columns, key: str, came: str) -> None:
    """Read a day that cannot lie before the one on which a row's matter came."""
    read_day(columns, key, needed=False)
    if columns.entry[key] is not None:
        columns.fail(f"{key} < {came}", row_checks.BEFORE_IT_CAME, columns.blamed(key))


def _word(columns: Columns, key: str) -> str:
    """Read a column of words, and return the SQL of the package's word; NULL for a blank."""
    return read_word_or_none(columns, key, *_closed(columns, key))


def _told_by(columns: Columns, key: str) -> str:
    """Read one word for all rows, or a column of them; return the SQL, NULL for a blank."""
    words, reason = _closed(columns, key)
    return f"nullif({read_label(columns, key, (*words, NONE), reason)}, {literal(NONE)})"


def _needed_word(columns: Columns, key: str) -> str:
    """Read the same where a blank is bad, too."""
    words, reason = _closed(columns, key)
    word = read_label(columns, key, words, reason)
    columns.fail(f"{word} IS NULL", reason, columns.blamed(key))
    return word


def _closed(columns: Columns, key: str) -> tuple[tuple[str, ...], str]:
    """Return the words of a column, and why a row with another one is bad."""
    table = columns.entry.table
    return CLOSED[table, key], row_checks.unknown_word(table, key)
