"""Faults that users met, by kind; what tests observe of each becomes one table.

A test that holds such a promise says so with the fixture ``mended``. ``pytest --mended=FILE`` then
writes the table: per kind what came before, what comes now, and which neighbours were tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

KINDS = {
    "experiment": "An experiment file of one's own is ignored",
    "rows": "Scores land on the wrong household",
    "days": "Days move with time zones",
    "yaml": "YAML that is not what was written",
    "look-alikes": "Text that looks the same",
    "ids": "Ids that a spreadsheet rounded, or that two doors read by two rules",
    "classes": "Classes as words",
    "today": "A wrong `today:` makes zeros of unknowns",
    "need": "Support overwrites need",
    "no value": '"Not delivered" is said of households that have no value',
    "reasons": "Reasons leave out what matters",
    "version's settings": "promote and score forget the experiment",
    "numbers": "Numbers, encodings and file names as offices write them",
    "capacity": "Areas without a place, arrears in two units",
    "sql": "A manifest's SQL reads and writes any file",
    "personal data": "Personal data passes the scanner",
    "errors": "Errors print cells",
    "html": "HTML and formulas in cells; files hold more than the list",
    "pictures": "No picture appears in a notebook",
    "pickle": "Errors cannot be unpickled",
    "new feed": "A feed first live after training refuses every later round",
    "friction": "Friction on the first day",
    "killed": "A command that is killed and run again does not end as an undisturbed one",
    "redelivered": "A file delivered again under its old name changes rounds before its delivery",
    "matches": "Tables whose ids never meet are used without a word",
    "repeats": "The same training is published twice",
    "lists": "A list does not say whence it is, and takes the place of another",
    "half copied": "A half-copied file is whole",
    "rebuild": "A store is not what a rebuild gives",
    "modes": "A store is readable by every account",
    "undo": "A wrong delivery stays for ever",
    "figures": "A printed figure does not hold",
    "disks": "A full or read-only disk is told as bad records, or without path and next step",
    "rounds": "Contacts of no round are used without a word",
    "operating": "What an operator reads is not what is",
}

Note = Callable[..., None]
"""``mended(kind, tried=, before=, now=)``: one row of the table."""


class Row(NamedTuple):
    """What one test observed of one kind of fault."""

    kind: str
    tried: str
    before: str
    now: str


@pytest.fixture
def mended(record_property: Callable[[str, object], None]) -> Note:
    """Return a function that notes what was tried, what came before, and what comes now."""

    def note(kind: str, *, tried: str, before: object, now: object) -> None:
        assert kind in KINDS, f"{kind!r} is no kind of tests/mended.py"
        record_property("mended", [kind, tried, str(before), str(now)])

    return note


class Collector:
    """Gathers the rows of tests that passed; with several workers, on the controller."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.rows: list[Row] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.rows += [Row(*value) for name, value in report.user_properties if name == "mended"]

    def pytest_sessionfinish(self) -> None:
        self.file.write_text("\n".join(_table(self.rows)) + "\n", encoding="utf-8")


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| | kind | tried | before | now |"
    yield "|---|---|---|---|---|"
    for number, (kind, sentence) in enumerate(KINDS.items(), start=1):
        for row in dict.fromkeys(row for row in rows if row.kind == kind):
            cells = [str(number), sentence, row.tried, row.before, row.now]
            yield "| " + " | ".join(_cell(text) for text in cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
