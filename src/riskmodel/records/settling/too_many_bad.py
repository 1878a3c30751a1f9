"""Sources that too many bad rows refuse: how many for which reason, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from riskmodel.days import YEARS_ALLOWED
from riskmodel.errors import RecordsError
from riskmodel.records.contact_words import CHANNELS, REASONS, RESULTS, SUPPORTS
from riskmodel.records.service_words import CLOSED
from riskmodel.records.sources import row_checks
from riskmodel.records.sources.entries import FRAMES_DOOR
from riskmodel.records.staging.staged_source import StagedSource
from riskmodel.records.staging.unread_days import DaysUnread

ADVICE = {
    row_checks.NO_DATE: (
        f"write {YEARS_ALLOWED} as YYYY-MM-DD, or in a manifest give date_format as the file "
        "writes its dates; for one column alone write {column: NAME, date_format: ...}"
    ),
    row_checks.NO_ID: "check that the id column is the right one",
    row_checks.ROUNDED_ID: (
        "save the column as text in the program that wrote the file: 1.23457E+11 has lost digits"
    ),
    row_checks.MARKED_ID: (
        "save the column as plain numbers or texts in the program that wrote the file: 1,234 is "
        "how it shows 1234, which would be another id"
    ),
    row_checks.STYLED_ID: (
        "write the column in plain letters and digits in the program that wrote the file: 1 for ①, "
        "III for Ⅲ"
    ),
    row_checks.NO_NAME: "fill the column with the name of the attribute that each row tells",
    row_checks.NO_HOUSEHOLD: "check that members holds these people, and over these dates",
    row_checks.NO_RESIDENT: "check that members holds these dwellings, and over these dates",
    row_checks.UNKNOWN_CODE: "add the codes to the catalogue",
    row_checks.UNKNOWN_RESULT: (
        "map each of the column's codes: result: {column: NAME, map: {'01': word}}, with the words "
        f"{', '.join(RESULTS)}"
    ),
    row_checks.UNKNOWN_SUPPORT: (
        "map each of the column's codes: support: {column: NAME, map: {'01': word}}, with the "
        f"words {', '.join(SUPPORTS)}, or none where no support followed"
    ),
    row_checks.TWO_SUPPORTS: "keep the support in one of the two columns, or the same in both",
    row_checks.UNKNOWN_CHANNEL: (
        "map each of the column's codes: channel: {column: NAME, map: {'01': word}}, with the "
        f"words {', '.join(CHANNELS)}"
    ),
    row_checks.UNKNOWN_REASON: (
        "map each of the column's codes: reason: {column: NAME, map: {'01': word}}, with the words "
        f"{', '.join(REASONS)}, or none"
    ),
    row_checks.UNKNOWN_BLIND: (
        "map the column's words: blind: {column: NAME, map: {blind: true, open: false}}"
    ),
    row_checks.BEFORE_ROUND: (
        "check that as_of_date is the date of the round, and contact_date the day of the contact"
    ),
    row_checks.KNOWN_BEFORE: (
        "check that known_date is the day on which the result became known, and its year"
    ),
    row_checks.AFTER_TODAY: "check today, before which all is complete, and contact_date",
    row_checks.NO_ROUND: "check rounds: a month names a round where exactly one lies in it",
    row_checks.UNKNOWN_DELIVERED: (
        "map the column's words: delivered: {column: NAME, map: {received: true, missed: false}}"
    ),
    row_checks.NO_LIST: "fill the column with the name of the list on which each row stands",
    row_checks.UNKNOWN_DRAWN: (
        "map the column's words: drawn: {column: NAME, map: {selected: true, rest: false}}"
    ),
    row_checks.NO_CHANCE: "write probabilities as shares from 0 to 1, not as percentages",
    row_checks.CHANCE_UNTOLD: (
        "fill the probability of all who were drawn: 1 for those listed for certain"
    ),
    row_checks.CHANCE_OF_0: (
        "write the total chance to be drawn, over all strata: who was drawn had one above 0"
    ),
    row_checks.CHANCE_OF_1: (
        "write the total chance to be drawn, over all strata: who was not drawn had one below 1"
    ),
    row_checks.TWICE_IN_LIST: (
        "give each list of a round a name of its own, and each household one row of it with its "
        "total chance over all strata"
    ),
    row_checks.NO_PERIOD: "check from and to; 99991231 and a blank are no end",
    row_checks.BEFORE_IT_CAME: "check which column holds the day on which it came, and its year",
    **{
        row_checks.unknown_word(table, column): (
            f"map each of the column's codes: {column}: {{column: NAME, map: {{'01': word}}}}, "
            f"with the words {', '.join(words)}"
        )
        for (table, column), words in CLOSED.items()
    },
    row_checks.NO_NUMBER: "check that the column holds numbers, none of them infinite",
    row_checks.OUT_OF_RANGE: "check the unit, or the catalogue's minimum and maximum",
    row_checks.CONTRADICTED: (
        "ask the agency which of the values stands; where both are true, add the column that "
        "distinguishes them to fact_id"
    ),
    row_checks.DUPLICATE: "check whether the file holds the same rows twice",
    row_checks.RAGGED: "check whether the file's separator also stands inside its cells",
}
# Frames given without a manifest have no keys: their columns are changed before they are given.
ADVICE_ON_FRAMES = ADVICE | {
    row_checks.NO_DATE: (
        f"write {YEARS_ALLOWED} as YYYY-MM-DD, or make days of the column: "
        "pd.to_datetime(df['event_date'], format='%m/%d/%Y'), with its own name and format"
    ),
    row_checks.UNKNOWN_RESULT: (
        "map each of the column's codes: df['result'].replace({'01': 'no_need'}), with the "
        f"words {', '.join(RESULTS)}"
    ),
    row_checks.UNKNOWN_SUPPORT: (
        "map each of the column's codes: df['support'].replace({'01': 'public_support'}), with the "
        f"words {', '.join(SUPPORTS)}, or none where no support followed"
    ),
    row_checks.UNKNOWN_CHANNEL: (
        "map each of the column's codes: df['channel'].replace({'01': 'visit'}), with the words "
        f"{', '.join(CHANNELS)}"
    ),
    row_checks.UNKNOWN_REASON: (
        "map each of the column's codes: df['reason'].replace({'01': 'moved'}), with the words "
        f"{', '.join(REASONS)}, or none"
    ),
    row_checks.UNKNOWN_BLIND: (
        "map the column's words: df['blind'].replace({'blind': 'true', 'open': 'false'})"
    ),
    row_checks.UNKNOWN_DELIVERED: (
        "map the column's words: df['delivered'].replace({'received': 'true', 'missed': 'false'})"
    ),
    row_checks.UNKNOWN_DRAWN: (
        "map the column's words: df['drawn'].replace({'selected': 'true', 'rest': 'false'})"
    ),
    row_checks.NO_PERIOD: "check from_date and to_date; 99991231 and a blank are no end",
    **{
        row_checks.unknown_word(table, column): (
            f"map each of the column's codes: df['{column}'].replace({{'01': '{words[0]}'}}), with "
            f"the words {', '.join(words)}"
        )
        for (table, column), words in CLOSED.items()
    },
    row_checks.CONTRADICTED: "ask the agency which of the values stands, and keep its row",
    row_checks.DUPLICATE: "check whether the frame holds the same rows twice",
}


class BadRows(NamedTuple):
    """How many rows of a source are bad for one reason, and the column to blame."""

    reason: str
    column: str | None
    rows: int


def refuse(source: StagedSource, bad: Sequence[BadRows], rows: int) -> NoReturn:
    """Refuse a source with the counts of its bad rows, by reason and column."""
    n = sum(part.rows for part in bad)
    listed = "; ".join(_listed(source, part) for part in bad)
    unread = _unread_days(source, bad[0])
    advice = ADVICE_ON_FRAMES if source.place == FRAMES_DOOR else ADVICE
    raise RecordsError(
        f"{n:,} of {rows:,} rows cannot be used ({n / rows:.1%}): {listed}",
        place=f"{source.place}, {source.name}",
        code="records.quarantined",
        allowed=f"at most {source.limit:.1%} (max_quarantined)",
        next_step=(unread and unread.advice) or advice[bad[0].reason],
    )


def _listed(source: StagedSource, part: BadRows) -> str:
    if part.column is None:
        return f"{part.rows:,} {part.reason}"
    unread = _unread_days(source, part)
    forms = "" if unread is None else f", {unread.forms}"
    return f"{part.rows:,} {part.reason} (column {part.column}{forms})"


def _unread_days(source: StagedSource, part: BadRows) -> DaysUnread | None:
    is_day = part.reason == row_checks.NO_DATE
    return source.unread_days.get(part.column or "") if is_day else None
