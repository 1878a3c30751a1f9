"""Who the households are, and why they are on the plan: given at the handing out, kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError, nearest
from riskmodel.keys import HOUSEHOLD
from riskmodel.records.sources.files import shown
from riskmodel.service.sheets.audiences import AUDIENCES
from riskmodel.service.sheets.book_words import COLUMNS_OF_PEOPLE, OF_PEOPLE
from riskmodel.service.sheets.people_files import read_people
from riskmodel.texts import as_ids, as_texts, counted, heading

_NO_ZERO = re.compile(r"[1-9]\d{8,9}")
_REASON = re.compile(r"reason_[1-9]\d*")


class People(NamedTuple):
    """What is given of the households of planned rows.

    Attributes
    ----------
    rows : DataFrame
        The columns of `OF_PEOPLE`, in the order of the planned rows; None where nothing is given.
    unread : tuple of str
        The columns that no book has.
    """

    rows: pd.DataFrame
    unread: tuple[str, ...]

    def without_zero(self) -> int:
        """Return how many numbers look as if a spreadsheet had taken the zero off their front."""
        return sum(_NO_ZERO.fullmatch(str(number)) is not None for number in self.rows["phone"])


def people_of(
    people: pd.DataFrame | str | Path | None, rows: pd.DataFrame, password: str | None = None
) -> People:
    """Return what is given of the household of each planned row.

    Parameters
    ----------
    people : DataFrame, path or None
        ``household_id`` and some of `OF_PEOPLE`, by these names or their titles in any language.
    rows : DataFrame
        Planned rows.
    password : str, optional
        Of a workbook of people.

    Raises
    ------
    ConfigError
        Without a column of households or of what a book says of them, where one stands twice, where
        two rows tell of one household, where ids lack the zeros in front, and where none is
        planned.
    """
    empty = pd.DataFrame(index=rows.index, columns=list(OF_PEOPLE), dtype=object)
    if people is None:
        return People(empty, ())
    table = read_people(people, password)
    meant = [COLUMNS_OF_PEOPLE.get(heading(str(name)).lower()) for name in table.rows]
    is_read = [column is not None for column in meant]
    columns = [column for column in meant if column is not None]
    unread = tuple(shown(str(name) for name in table.rows.columns[~np.array(is_read, dtype=bool)]))
    _check_columns(columns, unread, table.name)
    own = table.rows.loc[:, is_read].set_axis(columns, axis=1)
    texts = {name: as_texts(own[name]) for name in columns if name != HOUSEHOLD}
    by_household = _by_household(own.assign(**texts), table.name)
    _check_households(rows[HOUSEHOLD], by_household.index, table.name)
    found = by_household.reindex(rows[HOUSEHOLD]).set_axis(rows.index)
    filled = found.reindex(columns=list(OF_PEOPLE)).astype(object)
    return People(filled.where(filled.notna(), None), unread)


def _check_columns(columns: Sequence[str], unread: Sequence[str], name: str) -> None:
    """Refuse columns of which one is missing, or of which two mean the same."""
    allowed = [HOUSEHOLD, *OF_PEOPLE]
    if HOUSEHOLD not in columns:
        what = "no column says whose each row is"
        raise _refusal(name, what, allowed, f"name the column of ids {HOUSEHOLD}")
    if len(set(columns)) < len(columns):
        raise _refusal(name, "two columns mean the same", allowed, "leave one of them")
    if len(columns) == 1:
        near = [one for text in unread for one in nearest(text, COLUMNS_OF_PEOPLE)]
        meant = f"did you mean {near[0]!r}?" if near else "name the columns so"
        raise _refusal(name, "no column says anything that a book has", allowed, meant)


def _check_households(planned: pd.Series, given: pd.Index, name: str) -> None:
    """Refuse ids that are others than those of the plan, or lack the zeros in front."""
    allowed = "ids as the records write them, with the zeros in front"
    others = {str(own).lstrip("0") for own in set(given) - set(planned)}
    is_missing = ~planned.isin(given)
    rows = counted(len(planned), "planned row")
    short = int(planned[is_missing].str.lstrip("0").isin(others).sum())
    if short:
        what = f"of {rows}, {short:,} stand here with other zeros in front of the id"
        advice = "write ids as texts: dtype=str, or a column of texts in a spreadsheet"
        raise _refusal(name, what, allowed, advice)
    if len(planned) and is_missing.all():
        what = f"of {rows}, none is of a household given here"
        advice = "look whether the column of ids is the one of the plan"
        raise _refusal(name, what, allowed, advice)


def _refusal(name: str, what: str, allowed: str | list[str], next_step: str) -> ConfigError:
    return ConfigError(
        what, place=name, code="outreach.people", allowed=allowed, next_step=next_step
    )


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
    numbered = reasons[[HOUSEHOLD, *names]].set_axis(range(1, len(reasons) + 1))
    own = _by_household(numbered, "reasons")[names]
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


def _by_household(given: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return rows by household; who stands there without an id is nobody of the plan."""
    ids = pd.Series(as_ids(given[HOUSEHOLD]), index=given.index)
    own = given.assign(**{HOUSEHOLD: ids})[ids.notna()].drop_duplicates()
    repeated = own[own[HOUSEHOLD].duplicated()]
    if len(repeated):
        first = repeated.index[0]
        above = own.index[own[HOUSEHOLD] == repeated.loc[first, HOUSEHOLD]][0]
        raise ConfigError(
            f"{counted(len(repeated), 'row')} of a household of which another row says something "
            f"else: row {first} and row {above} are the first",
            place=name,
            code="outreach.reasons" if name == "reasons" else "outreach.people",
            allowed="one row of each household",
            next_step="leave one of them; several numbers may stand in one cell",
        )
    return own.set_index(HOUSEHOLD)
