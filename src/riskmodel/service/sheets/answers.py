"""One row of a book that came back: its answers in the words of contacts, or what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from riskmodel.errors import RecordsError, did_you_mean
from riskmodel.records.contact_words import NOT_EXECUTED, NOT_REACHED, NOT_TOLD, REFUSED, VERDICTS
from riskmodel.records.service_words import SIGNS, URGENT
from riskmodel.schema.personal_patterns import personal_kind
from riskmodel.service.sheets.audiences import (
    ANSWERS,
    DAY,
    REASON,
    RESULT,
    ROW_ID,
    SUPPORT,
    Audience,
)
from riskmodel.service.sheets.book_words import (
    MEANINGS,
    TICKS,
    allowed_answers,
    is_blank,
    is_failed,
    parts_of,
    title,
    told,
    urgent_in,
    words_of,
)
from riskmodel.service.sheets.loose_tables import LooseTable
from riskmodel.service.sheets.written_days import Span, day_in
from riskmodel.serving import LANGUAGES
from riskmodel.texts import heading

NO_NEED = VERDICTS[0]
_SHORT = 3
"""How many letters a word of Hangul has at most that is compared with no other such word."""


class Answer(NamedTuple):
    """What a row says, in the words of contacts.

    Attributes
    ----------
    day : datetime64[D], optional
        None for what was not carried out.
    result : str
    reason, support : str, optional
    signs : tuple of str
    """

    day: np.datetime64 | None
    result: str
    reason: str | None
    support: str | None
    signs: tuple[str, ...]


def answer_of(
    table: LooseTable, row: int, span: Span, audience: Audience
) -> tuple[Answer | None, list[RecordsError]]:
    """Return the answer of a row, None where it is blank, and everything that is wrong in it.

    A reason or a sign without a result says that nobody was met, or that they refused; a support
    without one, that the verdict is not told. An urgent sign beside an answer, in a column that no
    book has or in a comment, is a sign as a ticked one is.

    Parameters
    ----------
    table : LooseTable
    row : int
        By its number.
    span : Span
    audience : Audience
        Who made the contacts; words that it does not choose from are no answers.
    """
    failed = [name for name, text in table.rows[row].items() if is_failed(text)]
    if failed:
        return None, [failed_at(table, row, name) for name in failed]
    cells = {name: text for name, text in table.rows[row].items() if name in ANSWERS}
    cells = {name: text for name, text in cells.items() if not is_blank(text)}
    faults: list[RecordsError] = []
    words = {name: _word(table, row, name, faults, audience) for name in MEANINGS if name in cells}
    ticked = [name for name in SIGNS if name in cells and _tick(table, row, name, faults, audience)]
    day = _day(table, row, span, faults) if DAY in cells else None
    if faults or not (words or ticked or DAY in cells):
        return None, faults
    result = words.get(RESULT) or _result(words, ticked)
    if result is None:
        return None, [_incomplete(table, row, "a date and no answer", RESULT)]
    if result in VERDICTS and words.get(REASON):
        faults.append(_contradiction(table, row, "a verdict, and why there is none", REASON))
    if result == NO_NEED and words.get(SUPPORT):
        faults.append(_contradiction(table, row, "no need, and a support", SUPPORT))
    if result == NOT_EXECUTED and (day is not None or ticked):
        what = "nothing was carried out, and something was seen or done"
        faults.append(_contradiction(table, row, what, ticked[0] if day is None else DAY))
    if faults:
        return None, faults
    if day is None and result != NOT_EXECUTED:
        return None, [_incomplete(table, row, "an answer and no date of contact", DAY)]
    if day is not None:
        beside = urgent_beside(table, row)
        ticked = [name for name in SIGNS if name in ticked or name in beside]
    return Answer(day, result, words.get(REASON), words.get(SUPPORT), tuple(ticked)), []


def urgent_of(table: LooseTable, row: int) -> list[str]:
    """Return the urgent signs that a row tells of, in any of its cells, well written or not.

    A sign is told unless its cell says that it was not; so a doubtful one goes to a human, too.
    So is one whose word stands in the heading of a column that no book has.
    """
    found: list[str] = []
    for name, text in table.rows.get(row, {}).items():
        if name in URGENT:
            found += [name] * _is_told(table, text, name)
        if name in ANSWERS:
            found += urgent_in(text)
    found += urgent_beside(table, row)
    return [sign for sign in URGENT if sign in found]


def denied_in(table: LooseTable, row: int) -> list[str]:
    """Return the urgent signs of which the cells of a row say that there were none."""
    cells = table.rows[row]
    return [sign for sign in URGENT if sign in cells and not _is_told(table, cells[sign], sign)]


def urgent_beside(table: LooseTable, row: int) -> list[str]:
    """Return the urgent signs that a row tells of in columns that no book has, and in comments."""
    found: list[str] = []
    for called, text in table.others.get(row, []):
        found += urgent_in(text) + urgent_in(called) * _is_told(table, text)
    for text in table.remarks.get(row, []):
        found += urgent_in(text)
    return [sign for sign in URGENT if sign in found]


def _is_told(table: LooseTable, text: str, column: str = ROW_ID) -> bool:
    """Tell whether a cell below an urgent sign says anything else than that there is none."""
    is_no = TICKS[_lang(table, column)].get(told(text)) is False
    return is_failed(text) or not (is_no or (is_blank(text) and "?" not in text))


def failed_at(table: LooseTable, row: int, column: str) -> RecordsError:
    """Return the refusal of a cell in which an error stands."""
    return RecordsError(
        "an error of the spreadsheet stands in the place of a value, or a number in that of a date",
        place=table.place(row, column),
        code="outreach.unclear",
        allowed="a value, or a blank cell",
        next_step="ask for the value and type it as text, or clear the cell",
    )


def _result(words: Mapping[str, str | None], ticked: list[str]) -> str | None:
    """Return the result of a row that tells none, as `ingest` reads such a contact."""
    if words.get(SUPPORT):
        return NOT_TOLD
    if words.get(REASON) == REFUSED:
        return REFUSED
    return NOT_REACHED if words.get(REASON) or ticked else None


def _word(
    table: LooseTable, row: int, column: str, faults: list[RecordsError], audience: Audience
) -> str | None:
    text, own = table.rows[row][column], words_of(column, audience)
    meanings = {spelling: word for spelling, word in MEANINGS[column].items() if word in own}
    if told(text) in meanings:
        return meanings[told(text)]
    several = {meanings.get(told(part)) for part in parts_of(text)}
    if len(several) == 1 and None not in several:
        return several.pop()
    if several and None not in several:
        faults.append(_two_answers(table.place(row, column)))
    else:
        faults.append(_no_answer(table, row, column, audience))
    return None


def _tick(
    table: LooseTable, row: int, column: str, faults: list[RecordsError], audience: Audience
) -> bool:
    tick = TICKS[_lang(table, column)].get(told(table.rows[row][column]))
    if tick is None:
        faults.append(_no_answer(table, row, column, audience))
    return bool(tick)


def _day(
    table: LooseTable, row: int, span: Span, faults: list[RecordsError]
) -> np.datetime64 | None:
    day = day_in(table.rows[row][DAY], span)
    if day is None:
        faults.append(_unwritten(table, row))
    elif not span.has(day):
        faults.append(
            RecordsError(
                "the date lies outside of the round",
                place=table.place(row, DAY),
                code="outreach.date",
                allowed=f"{span.first} to {span.last}",
                next_step="correct it; a contact of another round stands in the books of that one",
            )
        )
    return day


def _unwritten(table: LooseTable, row: int) -> RecordsError:
    kind = personal_kind(table.rows[row][DAY])
    return RecordsError(
        "what stands there is no date" if kind is None else f"{kind} stands where a date does",
        place=table.place(row, DAY),
        code="outreach.date" if kind is None else "outreach.personal",
        allowed="a day with its year first, such as 2024-11-05; a shorter one where the round has "
        "one such day alone",
        next_step="write the date of the contact so",
    )


def _incomplete(table: LooseTable, row: int, what: str, lacking: str) -> RecordsError:
    called = table.titles.get(lacking, lacking)
    return RecordsError(
        f"the row has {what}",
        place=table.place(row),
        code="outreach.incomplete",
        allowed="both, or a row that is blank",
        next_step=f"fill {called!r}, or clear the row",
    )


def _contradiction(table: LooseTable, row: int, what: str, column: str) -> RecordsError:
    return RecordsError(
        f"the row says two things that cannot both be: {what}",
        place=table.place(row, column),
        code="outreach.contradiction",
        allowed="one of them",
        next_step="ask who made the contact which of them holds, and clear the other",
    )


def _two_answers(place: str) -> RecordsError:
    return RecordsError(
        "two answers stand in one cell",
        place=place,
        code="outreach.two_answers",
        allowed="one",
        next_step="ask who made the contact which of them holds",
    )


def _no_answer(table: LooseTable, row: int, column: str, audience: Audience) -> RecordsError:
    """Return the refusal of a text that is no answer, which it does not show."""
    text, language = table.rows[row][column], LANGUAGES[_lang(table, column)]
    allowed = allowed_answers(column, language, audience)
    kind = personal_kind(text)
    return RecordsError(
        "there is no such answer" if kind is None else f"{kind} stands where an answer does",
        place=table.place(row, column),
        code="outreach.answer" if kind is None else "outreach.personal",
        allowed=allowed or "a blank cell, as this channel is not asked",
        next_step=_advice(text, allowed) if kind is None else "choose one of the list",
    )


def _advice(text: str, allowed: Collection[str]) -> str:
    """Return the advice for a text; short words of Hangul are alike by chance, and mean another."""
    if not allowed:
        return "clear the cell"
    long = [word for word in allowed if max(len(told(word)), len(told(text))) > _SHORT]
    return did_you_mean(text, allowed if text.isascii() else long)


def _lang(table: LooseTable, column: str) -> str:
    """Return the language in which a column is called as it is; English for any other name."""
    own = heading(table.titles.get(column, "")).lower()
    spoken = (lang for lang, one in LANGUAGES.items() if heading(title(column, one)).lower() == own)
    return next(spoken, "en")
