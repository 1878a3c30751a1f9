"""The columns of a round's list. Each is declared here, once, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD

PRINTED_REASONS = 3
NUMBER = "{i}"


class ListRows(NamedTuple):
    """The tables that the columns are filled from, on one index in the order of rank.

    Attributes
    ----------
    ranked : DataFrame
        One row per household of the round, with rank, margin and ``listed``.
    reasons : DataFrame
        The reasons of the listed households, their contributions, and how many weaker ones there
        are; missing for the others.
    lang : str
        The language of the reasons.
    """

    ranked: pd.DataFrame
    reasons: pd.DataFrame
    lang: str


@dataclass(frozen=True)
class ListColumn:
    """One column of the list.

    Attributes
    ----------
    name : str
        ``{i}`` in the name stands for the number of a reason; such a column is repeated.
    dtype : str
        As pandas writes it.
    text : str
        What it holds, for the documentation.
    fill : callable, optional
        Returns the values from `ListRows`; default: the ranked table's column of this name.
    listed_only : bool
        Whether it is missing for households that are not listed.
    optional : bool
        Whether a round may be without it: then its `fill` returns None.
    printed : int, optional
        Its position in the printed list; a column without one is not printed.
    """

    name: str
    dtype: str
    text: str
    fill: Callable[[ListRows], Any] | None = None
    listed_only: bool = False
    optional: bool = False
    printed: int | None = None

    @property
    def is_repeated(self) -> bool:
        """Whether there is one such column for each reason."""
        return NUMBER in self.name

    def of_reason(self, i: int) -> ListColumn:
        """Return the column of the i-th reason."""
        name = self.name.replace(NUMBER, str(i))
        printed = self.printed if i <= PRINTED_REASONS else None
        return replace(self, name=name, printed=printed, fill=self.fill or partial(_reason, name))

    def values(self, rows: ListRows) -> pd.Series | None:
        """Return the column's values in its dtype, or None where the round is without it."""
        filled = rows.ranked.get(self.name) if self.fill is None else self.fill(rows)
        if filled is None and self.optional:
            return None
        if filled is None:
            raise ConfigError(
                f"column {self.name!r} of the list has no values",
                code="scoring.column",
                next_step="give the column a fill, or declare it optional",
            )
        values = pd.Series(filled, index=rows.ranked.index)
        if self.listed_only:
            values = values.where(rows.ranked["listed"])
        # pandas 2 writes a missing text as "nan"
        typed = values.astype(pd.api.types.pandas_dtype(self.dtype))
        return typed.where(values.notna()) if self.dtype == "str" else typed


def _reason(name: str, rows: ListRows) -> pd.Series:
    return rows.reasons[name]


def _weaker(rows: ListRows) -> pd.Series:
    return rows.reasons["weaker"]


def _lang(rows: ListRows) -> str:
    return rows.lang


COLUMNS = [
    ListColumn(HOUSEHOLD, "str", "The household.", printed=2),
    ListColumn(AS_OF, "datetime64[s]", "The morning of the round."),
    ListColumn("area", "str", "Where the records name one.", optional=True, printed=3),
    ListColumn("rank", "int64", "1 is the highest margin.", printed=1),
    ListColumn("tied", "int64", "How many households share the margin."),
    ListColumn("margin", "float64", "The model's score before calibration."),
    ListColumn("score", "float64", "The calibrated probability.", printed=4),
    ListColumn("percentile", "float64", "Among the rounds that the version was published with."),
    ListColumn("percentile_in_round", "float64", "Among the households of this round."),
    ListColumn("band", "str", "The name of the percentile's band.", printed=5),
    ListColumn("listed", "bool", "Whether the household is on the list."),
    ListColumn(
        "stratum",
        "str",
        '``"certain"``: listed by rank alone; ``"random"``: drawn, whatever the rank.',
        listed_only=True,
    ),
    ListColumn("inclusion_probability", "float64", "The total chance to be listed."),
    ListColumn("seed", "Int64", "Of a random draw; missing where nothing was drawn."),
    ListColumn("reason_{i}", "str", "The i-th reason.", listed_only=True, printed=6),
    ListColumn("contribution_{i}", "float64", "Of that reason, in log-odds.", listed_only=True),
    ListColumn(
        "weaker",
        "Int64",
        "How many more indicators in the record raised the score, each less than the last reason.",
        fill=_weaker,
        listed_only=True,
        printed=7,
    ),
    ListColumn("lang", "str", "The language of the reasons.", fill=_lang),
]


def columns_of(top: int) -> list[ListColumn]:
    """Return the columns of a list with so many reasons, in the order of the table.

    Examples
    --------
    >>> [column.name for column in columns_of(2)][-6:]
    ['reason_1', 'contribution_1', 'reason_2', 'contribution_2', 'weaker', 'lang']
    """
    return list(_expanded(top))


def _expanded(top: int) -> Iterator[ListColumn]:
    for is_repeated, group in groupby(COLUMNS, key=lambda column: column.is_repeated):
        columns = list(group)
        if not is_repeated:
            yield from columns
            continue
        for i in range(1, top + 1):
            yield from (column.of_reason(i) for column in columns)


def filled(rows: ListRows, top: int) -> pd.DataFrame:
    """Return the list's table: every declared column, filled.

    Raises
    ------
    ConfigError
        For a column of `rows` that is not declared.
    """
    columns = columns_of(top)
    require_declared([*rows.ranked.columns, *rows.reasons.columns], columns)
    table: dict[str, pd.Series] = {}
    for column in columns:
        values = column.values(rows)
        if values is not None:
            table[column.name] = values
    return pd.DataFrame(table)


def require_declared(names: Iterable[object], columns: Iterable[ListColumn]) -> None:
    """Refuse a column that is not declared; it would be missing from the list."""
    declared = [column.name for column in columns]
    for name in names:
        if name not in declared:
            raise ConfigError(
                f"column {name!r} of the list is not declared",
                code="scoring.column",
                allowed=declared,
                next_step="declare it in scoring/list_columns.py, or leave it out",
            )


def columns_in(table: pd.DataFrame) -> list[ListColumn]:
    """Return the columns of a list's table, or refuse one that is not declared."""
    top = sum(str(name).startswith("reason_") for name in table)
    columns = columns_of(top)
    require_declared(table.columns, columns)
    return [column for column in columns if column.name in table]


def printed_names(columns: Iterable[ListColumn]) -> list[str]:
    """Return the names of the columns that are printed, in their printed order."""
    printed = {column.name: column.printed for column in columns if column.printed is not None}
    return sorted(printed, key=printed.__getitem__)


def columns_section() -> str:
    """Return the section of a docstring that lists the columns."""
    lines = [f"- ``{column.name}``: {column.text}" for column in COLUMNS]
    return "\n".join(["", "Notes", "-----", "The columns:", "", *lines, ""])
