"""Handing out: one book for each area and channel of a plan, and a receipt that names nobody."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodel.disks import on_disk
from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.keys import HOUSEHOLD, DateLike, as_days
from riskmodel.models import language_of
from riskmodel.records.store_folder import OWNER_ALONE, sync
from riskmodel.service.outreach_plan import DRAWN, Outreach
from riskmodel.service.sheets.audiences import AUDIENCES, MACHINE
from riskmodel.service.sheets.books import Round, as_csv, as_workbook, book_rows, foot_of
from riskmodel.service.sheets.file_names import stems_of
from riskmodel.service.sheets.final_lists import is_rest, listed_rows
from riskmodel.service.sheets.handed_out import BOOKS, RECEIPT, RECORDS, HandOut
from riskmodel.service.sheets.passwords import check_password, encrypted
from riskmodel.service.sheets.people import people_of, reasons_given
from riskmodel.service.sheets.planned_rows import last_day, planned_rows
from riskmodel.service.sheets.private_files import as_table, write_new
from riskmodel.service.sheets.row_ids import as_ids_file, ids_file, with_new_ids
from riskmodel.serving import LANGUAGES
from riskmodel.texts import as_ids

_WITHOUT = {"without_name": "name", "without_address": "address", "without_number": "phone"}
_FACTS = ("file", "area", "channel", "rows", *_WITHOUT, "sha256")


@door
def hand_out(
    plan: Outreach,
    folder: str | Path,
    *,
    people: pd.DataFrame | str | Path | None = None,
    reasons: pd.DataFrame | None = None,
    lang: str | None = None,
    password: str | None = None,
    delete_by: DateLike | None = None,
) -> HandOut:
    """Write one book for each area and channel of a plan, which does not tell who was drawn.

    A book holds the planned rows alone, each with an id drawn at random, in the order of these ids:
    no stratum, score, band or rank, so that who was chosen and who was drawn look alike. Officers
    (``call``, ``visit``, ``office``, ``online``) see name, address, number, the last day due and,
    where they are given, reasons. Carriers and volunteers (``mail``, ``mail_carrier``) see name,
    address, week and a checklist of signs. The caller by AI gets a CSV of ``id``, ``number``,
    ``topics``, ``attempts`` and ``call_back``. Answers are chosen from lists; `riskmodel.returned`
    reads them.

    Parameters
    ----------
    plan : Outreach
    folder : path-like
        It must not exist, or be empty. ``books`` in it is to be given away; ``records`` says which
        row id is whose, which `riskmodel.returned` needs, and holds the final rows of the table
        `lists` for `ingest` (not again for the rest of a round). ``receipt.json`` says what was
        handed to whom.
    people : DataFrame or path, optional
        ``household_id``, ``name``, ``address``, ``phone``, ``topics`` and ``call_back``, by these
        names or by their titles in a language; of a file: a workbook (also with the password of the
        books), CSV or Parquet. It is written into the books and nowhere else; columns that no book
        has are named in the print. Without it the books hold the household's id.
    reasons : DataFrame, optional
        ``household_id``, ``reason_1``, ... of every planned household, masked as in a list.
    lang : str, optional
        A key of `riskmodel.serving.LANGUAGES`. Default: English.
    password : str, optional
        Each book opens with it alone; also that of the caller by AI, which is then a workbook.
        Needs the extra ``riskmodel[encrypt]``.
    delete_by : date-like, optional
        The day by which every copy must be gone. Default: 30 days after the last day due, until
        when a late contact counts.

    Returns
    -------
    HandOut
        Prints how many rows each book has; `HandOut.receipt` is what the file says.

    Raises
    ------
    ConfigError
        For a folder that holds something, people or reasons that do not fit, a password that is too
        short, or a day before the last one due.
    DiskError
        If the disk refuses to write; then no book is there.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from riskmodel.service import Outreach, hand_out
    >>> row = {"household_id": "H1", "as_of_date": "2024-11-01", "area": "Gangnam", "step": 1,
    ...        "stratum": "random", "probability": 0.25, "channel": "visit", "minutes": 40,
    ...        "due_by": "2024-11-29", "score": 0.3, "value": 0.2, "rule": None, "state": "planned"}
    >>> plan = Outreach("2024-11-01", pd.DataFrame([row]).assign(plan_id=""))
    >>> hand_out(plan, tempfile.mkdtemp()).table[["file", "rows", "without_name"]]
                     file  rows  without_name
    0  Gangnam_visit.xlsx     1             1
    """
    folder, language = Path(folder), LANGUAGES[language_of(lang, "en")]
    check_password(password)
    until = _until(plan, delete_by)
    rows = with_new_ids(planned_rows(plan))
    given, told = people_of(people, rows, password), reasons_given(reasons, rows)
    _check_empty(folder)
    one = Round(plan.plan_id, as_days(plan.as_of), last_day(plan), until, language)
    books: dict[str, bytes] = {}
    facts: list[dict[str, object]] = []
    of_books = _by_book(rows)
    for stem, ((area, channel), own) in zip(stems_of(of_books), of_books.items(), strict=True):
        known = given.rows.loc[own.index]
        table = book_rows(own, known, told.loc[own.index], one, is_named=people is not None)
        ending, content = _book(table, channel, one, foot_of(own, one), password)
        file = f"{stem}{ending}"
        books[file] = content
        lacking = [_lacking(known, channel, column) for column in _WITHOUT.values()]
        digest = hashlib.sha256(content).hexdigest()
        row = (file, area, channel, len(own), *lacking, digest)
        facts.append(dict(zip(_FACTS, row, strict=True)))
    handed = HandOut(
        plan_id=one.plan_id,
        as_of=plan.as_of,
        folder=folder,
        table=pd.DataFrame(facts, columns=list(_FACTS)),
        deadline=str(plan.deadline),
        delete_by=str(until),
        is_encrypted=password is not None,
        drawn_alone=_drawn_alone(rows),
        urgent=len({*as_ids(plan.urgent[HOUSEHOLD])} - {*rows[HOUSEHOLD]}),
        unread=given.unread,
        without_zero=given.without_zero(),
        lists=None if is_rest(plan) else folder / RECORDS / f"lists_{one.plan_id}.csv",
    )
    records = {ids_file(one.plan_id): as_ids_file(rows, given.rows["name"])}
    if handed.lists is not None:
        records[handed.lists.name] = as_table(listed_rows(plan))
    _write(handed, books, records)
    return handed


def _by_book(rows: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the rows of each book, by area and channel."""
    groups = rows.groupby(["area", "channel"], sort=True)
    return {(str(area), str(channel)): own for (area, channel), own in groups}


def _drawn_alone(rows: pd.DataFrame) -> int:
    """Return how many books hold none but drawn households."""
    is_drawn = rows["stratum"].isin(DRAWN)
    return int(is_drawn.groupby([rows["area"], rows["channel"]]).all().sum())


def _until(plan: Outreach, delete_by: DateLike | None) -> np.datetime64:
    """Return the day by which books must be gone."""
    last = last_day(plan)
    until = last if delete_by is None else as_days(delete_by, "delete_by")
    if until < plan.deadline:
        raise ConfigError(
            f"the books would be deleted before the last row is due, on {plan.deadline}",
            place="delete_by",
            code="outreach.delete_by",
            allowed=f"{plan.deadline} or a later day",
            next_step=f"leave it out: then it is {last}",
        )
    return until


def _check_empty(folder: Path) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigError(
            f"{folder.name!r} holds something: books that were handed out may be filled in",
            code="outreach.exists",
            allowed="a folder that is not there yet, or an empty one",
            next_step="name another folder",
        )


def _book(
    table: pd.DataFrame, channel: str, one: Round, foot: str, password: str | None
) -> tuple[str, bytes]:
    """Return how the file of a book ends, and what is in it."""
    if channel in MACHINE and password is None:
        return ".csv", as_csv(table, channel)
    content = as_workbook(table, channel, one, foot)
    return ".xlsx", content if password is None else encrypted(content, password)


def _lacking(people: pd.DataFrame, channel: str, column: str) -> int:
    """Return how many rows of a book lack what its channel needs."""
    return int(people[column].isna().sum()) if column in AUDIENCES[channel].given else 0


def _write(handed: HandOut, books: dict[str, bytes], records: dict[str, bytes]) -> None:
    """Write everything beside the folder, then move it to its place: all of it, or nothing."""
    folder = handed.folder
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    with on_disk(folder):
        try:
            part.mkdir(parents=True, mode=OWNER_ALONE)
            part.chmod(OWNER_ALONE)
            for inside, files in {BOOKS: books, RECORDS: records}.items():
                (part / inside).mkdir(mode=OWNER_ALONE)
                for name, content in files.items():
                    write_new(part / inside / name, content)
            receipt = json.dumps(handed.receipt(), ensure_ascii=False, indent=2)
            write_new(part / RECEIPT, f"{receipt}\n".encode())
            if folder.exists():
                folder.rmdir()
            os.replace(part, folder)
            sync(folder.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)
