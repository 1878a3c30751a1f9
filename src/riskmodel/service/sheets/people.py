"""Who the households are, and why they are on the plan: given at the handing out, kept nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import HOUSEHOLD
from riskmodel.service.sheets.audiences import AUDIENCES
from riskmodel.service.sheets.book_words import COLUMNS
from riskmodel.service.sheets.loose_tables import read_table
from riskmodel.texts import as_ids, as_texts, counted, heading

OF_PEOPLE = ("name", "address", "phone", "topics", "call_back")
"""What may be given of a household."""
_OTHER_TITLES = {"\uc131\uba85": "name", "\uc5f0\ub77d\ucc98": "phone"}
"""What offices call a column beside its titles: full name, and contact."""
_REASON = re.compile(r"reason_[1-9]\d*")


def people_of(people: pd.DataFrame | str | Path | None, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what is given of the household of each planned row; missing where nothing is.

    Parameters
    ----------
    people : DataFrame, path or None
        ``household_id`` and some of `OF_PEOPLE`, by these names or their titles in any language;
        other columns are left alone.
    rows : DataFrame
        Planned rows.

    Returns
    -------
    DataFrame
        The columns of `OF_PEOPLE`, in the order of `rows`.

    Raises
    ------
    ConfigError
        Without a column of households, where one stands twice, or where none is planned.
    """
    empty = pd.DataFrame(index=rows.index, columns=list(OF_PEOPLE), dtype=object)
    if people is None:
        return empty
    given = people if isinstance(people, pd.DataFrame) else _read(Path(people))
    titles = {**COLUMNS, **_OTHER_TITLES}
    named = given.rename(columns={name: titles.get(_plain(name), name) for name in given})
    own = named[[name for name in (HOUSEHOLD, *OF_PEOPLE) if name in named]]
    if HOUSEHOLD not in own:
        raise ConfigError(
            "no column says whose each row is",
            place="people",
            code="outreach.people",
            allowed=[HOUSEHOLD, *OF_PEOPLE],
            next_step=f"name the column of ids {HOUSEHOLD}",
        )
    if own.columns.has_duplicates:
        raise ConfigError(
            "two columns mean the same",
            place="people",
            code="outreach.people",
            allowed=[HOUSEHOLD, *OF_PEOPLE],
            next_step="leave one of them",
        )
    by_household = _by_household(own, "people")
    texts = {name: as_texts(by_household[name]) for name in OF_PEOPLE if name in by_household}
    plain = pd.DataFrame(texts, index=by_household.index, columns=list(OF_PEOPLE), dtype=object)
    if len(rows) and not rows[HOUSEHOLD].isin(plain.index).any():
        raise ConfigError(
            f"of {counted(len(rows), 'planned row')}, none is of a household given here",
            place="people",
            code="outreach.people",
            allowed="ids as the records write them, with the zeros in front",
            next_step="look whether the column of ids is the one of the plan",
        )
    found = plain.reindex(rows[HOUSEHOLD]).set_axis(rows.index)
    return found.where(found.notna(), None)


def reasons_given(reasons: pd.DataFrame | None, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the reasons of each planned row whose reader may see them, in the order of `rows`.

    Parameters
    ----------
    reasons : DataFrame, optional
        ``household_id`` and ``reason_1``, ``reason_2``, ..., masked as in a list; other columns,
        such as the score, are not looked at.
    rows : DataFrame
        Planned rows.

    Raises
    ------
    ConfigError
        Where a planned household has none: a row without reasons would tell that it was drawn.
    """
    if reasons is None:
        return pd.DataFrame(index=rows.index)
    names = sorted(filter(_REASON.fullmatch, map(str, reasons)), key=lambda name: int(name[7:]))
    if HOUSEHOLD not in reasons or not names:
        raise ConfigError(
            "the frame has no column of ids, or none of reasons",
            place="reasons",
            code="outreach.reasons",
            allowed=[HOUSEHOLD, "reason_1", "reason_2", "..."],
            next_step="pass riskmodel.reasons_of(...), or the listed rows of a list",
        )
    own = _by_household(reasons[[HOUSEHOLD, *names]], "reasons")[names]
    found = own.reindex(rows[HOUSEHOLD]).set_axis(rows.index)
    sees = rows["channel"].map({name: one.sees_reasons for name, one in AUDIENCES.items()})
    lacking = int((sees & found[names[0]].isna()).sum())
    if lacking:
        raise ConfigError(
            f"{lacking:,} of {counted(int(sees.sum()), 'planned row')} have no reason",
            place="reasons",
            code="outreach.reasons",
            allowed="a reason for every household of the books that show them, or reasons=None",
            next_step="give reasons of all planned households: a row without one would tell that "
            "it was drawn",
        )
    return found.where(found.notna(), None)


def _plain(name: object) -> str:
    return heading(str(name)).lower()


def _read(path: Path) -> pd.DataFrame:
    table = read_table(path, path.name, HOUSEHOLD, "table of people")
    others = (dict(cells) for cells in table.others.values())
    rows = [{**beside, **own} for own, beside in zip(table.rows.values(), others, strict=True)]
    return pd.DataFrame(rows, dtype=object) if rows else pd.DataFrame(columns=list(table.titles))


def _by_household(given: pd.DataFrame, place: str) -> pd.DataFrame:
    """Return rows by household; who stands there without an id is nobody of the plan."""
    ids = as_ids(given[HOUSEHOLD])
    own = given.drop(columns=HOUSEHOLD).set_axis(pd.Index(ids, dtype=object))
    own = own[own.index.notna()]
    repeated = int(own.index.duplicated().sum())
    if repeated:
        raise ConfigError(
            f"{counted(repeated, 'row')} of a household that another row is of, too",
            place=place,
            code=f"outreach.{place}",
            allowed="one row of each household",
            next_step="leave one of them; several numbers may stand in one cell",
        )
    return own
