"""Questions about leaks: what looks as if it knew the outcome, as records that print as lines.

A column cannot tell by its figures whether it is a leak or an honest predictor, so that these are
questions to whoever knows the records, and refuse nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.evaluation.text_tables import TableCells, html_lines, html_table, number, text_table
from riskmodel.serving import ENGLISH

PHRASES = ENGLISH.phrases
GUIDE = "docs/guide.md"
TITLE = f"questions about leaks ({GUIDE}, Could a column know the outcome?)"
NAMED = 5
HEADER = ("code", "about", "figure", "asked", "why")


class Check(NamedTuple):
    """One thing that is looked at.

    Attributes
    ----------
    figure : str
        What is measured; empty where nothing is.
    threshold : float
        From which figure on it is asked; NaN where nothing is measured.
    explanation : str
    """

    figure: str
    threshold: float
    explanation: str


CHECKS = {
    "leaks.alone": Check("AUC of the column alone", 0.95, PHRASES["leak_alone"]),
    "leaks.restates": Check(
        "correlation of the outcome with the column cut in two", 0.75, PHRASES["leak_restates"]
    ),
    "leaks.restates_household": Check(
        "correlation of the household's outcome in any round with its first row, cut in two",
        0.75,
        PHRASES["leak_restates_household"],
    ),
    "leaks.share": Check("share of all contributions", 0.65, PHRASES["leak_share"]),
    "leaks.name": Check("", float("nan"), PHRASES["leak_name"]),
    "leaks.overlap": Check("", float("nan"), PHRASES["leak_overlap"]),
    "leaks.replay": Check("cells that differ", 1, PHRASES["leak_replay"]),
}


@dataclass(frozen=True)
class LeakQuestion:
    """One question.

    Attributes
    ----------
    code : str
        Which of `CHECKS` it is; also the heading of its section in the guide.
    about : str
        The column, or what else is asked about.
    figure : float
        NaN where nothing is measured.
    """

    code: str
    about: str
    figure: float = float("nan")

    @property
    def threshold(self) -> float:
        """From which figure on it is asked; NaN where nothing is measured."""
        return CHECKS[self.code].threshold

    @property
    def explanation(self) -> str:
        """Why it is asked."""
        return CHECKS[self.code].explanation

    @property
    def page(self) -> str:
        """Where the guide says what to look for, and what to do."""
        return f"{GUIDE}#{self.code.replace('.', '')}"


@dataclass(frozen=True, repr=False)
class Leaks:
    """The questions about leaks that an evaluation or a backtest asks.

    Attributes
    ----------
    questions : tuple of LeakQuestion
    columns : int
        How many columns were looked at; 0 where none could be.
    unasked : tuple of str
        What could not be asked, and why.

    Notes
    -----
    It names columns and no household. A column that is other than usual in fewer
    households than a table may show is not named.
    """

    questions: tuple[LeakQuestion, ...] = ()
    columns: int = 0
    unasked: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many questions there are, by code."""
        return {code: len(asked) for code, asked in self._by_code()}

    @property
    def named(self) -> tuple[str, ...]:
        """What is asked about, each once."""
        return tuple(dict.fromkeys(question.about for question in self.questions))

    def joined(self, other: Leaks) -> Leaks:
        """Return the questions of both, each once."""
        return Leaks(
            ordered(dict.fromkeys([*self.questions, *other.questions])),
            max(self.columns, other.columns),
            tuple(dict.fromkeys([*self.unasked, *other.unasked])),
        )

    def frame(self) -> pd.DataFrame:
        """Return one row per question: code, about, figure, threshold, explanation, page."""
        names = ["code", "about", "figure", "threshold", "explanation", "page"]
        rows = [[getattr(question, name) for name in names] for question in self.questions]
        return pd.DataFrame(rows, columns=names)

    def lines(self) -> Iterator[str]:
        """Yield the questions as lines, one per code; nothing where there is none."""
        if self.questions:
            yield f"{TITLE}:"
        for code, asked in self._by_code():
            shown = ", ".join(map(_told, asked[:NAMED]))
            more = f" and {len(asked) - NAMED} more" if len(asked) > NAMED else ""
            yield f"  {code}{_asked_from(code)}: {shown}{more}"

    def _by_code(self) -> Iterator[tuple[str, Sequence[LeakQuestion]]]:
        for code in CHECKS:
            asked = [question for question in self.questions if question.code == code]
            if asked:
                yield code, asked

    def _head(self) -> list[str]:
        about = f"{len(self.questions)} {TITLE}; {self.columns:,} columns looked at"
        return [about, *(f"not asked: {why}" for why in self.unasked)]

    def _cells(self) -> TableCells:
        rows = [
            (
                question.code,
                question.about,
                number(question.figure),
                _asked_from(question.code).removeprefix(", "),
                question.explanation,
            )
            for question in self.questions
        ]
        return TableCells(HEADER, rows)

    def __repr__(self) -> str:
        table = ["", text_table(*self._cells())] if self.questions else []
        return "\n".join([*self._head(), *table])

    def _repr_html_(self) -> str:
        table = html_table(*self._cells()) if self.questions else ""
        return html_lines(self._head()) + table


NO_QUESTIONS = Leaks()


def ordered(questions: Iterable[LeakQuestion]) -> tuple[LeakQuestion, ...]:
    """Return the questions of one code after those of another, the highest figure first."""
    codes = list(CHECKS)

    def place(one: LeakQuestion) -> tuple[int, float, str]:
        return codes.index(one.code), 0.0 if np.isnan(one.figure) else -one.figure, one.about

    return tuple(sorted(questions, key=place))


def _told(question: LeakQuestion) -> str:
    figure = "" if np.isnan(question.figure) else f" {number(question.figure)}"
    return f"{question.about}{figure}"


def _asked_from(code: str) -> str:
    check = CHECKS[code]
    if np.isnan(check.threshold):
        return ""
    return f", {check.figure} from {check.threshold:g}"
