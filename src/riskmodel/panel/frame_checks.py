"""What a frame of one's own must hold: its columns, dates, numbers, and nothing personal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.days import FIRST_YEAR, LAST_YEAR, YEARS_ALLOWED, is_iso_day, iso_days
from riskmodel.errors import PanelError, did_you_mean
from riskmodel.few import named
from riskmodel.keys import as_days
from riskmodel.panel.specs.vocabulary import is_of_few
from riskmodel.records.sources.date_forms import forms_of, told
from riskmodel.records.sources.personal import personal_numbers_in
from riskmodel.texts import as_texts, plain_text

SHORTEST = 1_000_000_000
"""The smallest of the numbers that may be a phone's."""


def column_of_dates(df: pd.DataFrame, as_of_date: object) -> list[str]:
    """Return the column that is to hold the dates, none where one date is given for all rows."""
    if not isinstance(as_of_date, str):
        return []
    return [as_of_date] if as_of_date in df or not is_iso_day(as_of_date) else []


def check_columns(df: pd.DataFrame, wanted: list[object]) -> None:
    """Refuse a name that is no column, with the columns that are nearest."""
    missing = [name for name in wanted if name not in df]
    if not missing:
        return
    if len(missing) == len(wanted):
        # without a header, the names of columns are a row's cells
        raise PanelError(
            f"the frame has no column {missing[0]!r}, nor any other that is named, among its "
            f"{len(df.columns)} columns",
            code="frame.column",
            next_step="read the file with its header, or write the names of the frame's columns",
        )
    ids = df[wanted[0]] if wanted[0] in df else pd.Series(range(len(df)))
    raise PanelError(
        f"the frame has no column {missing[0]!r}",
        code="frame.column",
        **nearest_columns(str(missing[0]), df, ids),
    )


class Nearest(TypedDict):
    """What an error says of the columns that there are."""

    allowed: list[str]
    next_step: str


def nearest_columns(name: str, df: pd.DataFrame, ids: Iterable[object]) -> Nearest:
    """Return the columns that a message may name, and the nearest of them to a wrong name.

    Columns in which fewer than 10 households have another number than the usual one are counted:
    they may be named after one of them.

    Parameters
    ----------
    name : str
    df : DataFrame
    ids : iterable
        The household of each row.
    """
    household = pd.factorize(pd.Series(list(ids)).astype(str))[0]
    numbers = df.select_dtypes(["number", "bool"])
    rare = {
        str(column)
        for column, values in numbers.items()
        if is_of_few(values.to_numpy(dtype=float, na_value=np.nan), household)
    }
    every = [str(column) for column in df]
    known = [column for column in every if column not in rare]
    return {"allowed": named(every, rare, "column"), "next_step": did_you_mean(name, known)}


def dates_of(df: pd.DataFrame, as_of_date: object) -> pd.Series:
    """Return the date of each row: of a column, or one date for all."""
    if not isinstance(as_of_date, (str, date, np.datetime64)):
        raise _no_date("as_of_date", as_of_date)
    if isinstance(as_of_date, str) and as_of_date in df:
        return date_column(df, as_of_date)
    day = as_days(as_of_date, "as_of_date").astype("datetime64[s]")
    return pd.Series(np.full(len(df), day), index=df.index)


def date_column(df: pd.DataFrame, name: str) -> pd.Series:
    """Return the dates of a column, or refuse it by its name."""
    column = df[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_datetime64_any_dtype(column) and column.notna().all():
        return _of_years(name, column)
    numbers = column.map(lambda value: isinstance(value, (int, float, np.number)))
    if column.isna().any() or numbers.any():
        raise _no_date(name, column[numbers].iloc[0] if numbers.any() else "")
    try:
        days = iso_days(column).astype("datetime64[s]")
    except (ValueError, TypeError):
        raise _no_iso_days(name, column) from None
    return _of_years(name, pd.Series(days, index=df.index))


def _of_years(name: str, days: pd.Series) -> pd.Series:
    """Return days, or refuse those of a year that cannot be meant."""
    others = int(days.dt.year.lt(FIRST_YEAR).sum() + days.dt.year.gt(LAST_YEAR).sum())
    if others:
        raise PanelError(
            f"column {name!r} holds {others:,} days of years that cannot be meant",
            code="frame.date",
            allowed=YEARS_ALLOWED,
            next_step=f"read them by how they are written: pd.to_datetime(df[{name!r}], "
            "format='%y.%m.%d')",
        )
    return days


def _no_date(name: str, value: object) -> PanelError:
    if not isinstance(value, (int, float, np.number)):
        fix = f"pd.to_datetime(df[{name!r}], format='%m/%d/%Y')"
    elif 10_000_000 <= value < 100_000_000:
        fix = f"pd.to_datetime(df[{name!r}], format='%Y%m%d')"
    else:
        days = f"pd.to_datetime(df[{name!r}], unit='D', origin='1899-12-30')"
        fix = f"{days} for a spreadsheet's day numbers"
    return _unread(name, f"convert it: {fix}")


def _no_iso_days(name: str, column: pd.Series) -> PanelError:
    """Return the refusal of texts, which says how they are written."""
    forms = forms_of(map(plain_text, column.astype(str)))
    patterns = forms[0].patterns if len(forms) == 1 else ()
    fixes = [f"pd.to_datetime(df[{name!r}], format={pattern!r})" for pattern in patterns]
    by_hand = f"pd.to_datetime(df[{name!r}], format='%m/%d/%Y'), with the format of its texts"
    advice = f"convert it: {', or '.join(fixes) or by_hand}"
    return _unread(name, advice, f": {told(forms)}" if forms else "")


def _unread(name: str, advice: str, forms: str = "") -> PanelError:
    return PanelError(
        f"column {name!r} holds numbers, blanks, or texts other than YYYY-MM-DD{forms}",
        code="frame.date",
        allowed="a column of dates, or one date such as '2024-05-01'",
        next_step=advice,
    )


def check_finite(df: pd.DataFrame, names: list[object]) -> None:
    """Refuse columns that hold infinity, or numbers beyond those of X."""
    limit = float(np.finfo(np.float32).max)
    numbers = [name for name in dict.fromkeys(names) if _holds_numbers(df[name])]
    beyond = [name for name in numbers if (np.abs(_doubles(df[name])) > limit).any()]
    if beyond:
        raise PanelError(
            f"column {beyond[0]!r} holds infinity, or numbers beyond 3e38",
            code="frame.infinite",
            allowed="finite numbers and blanks",
            next_step="mend what divides by zero, or leave the cells blank",
        )


def _doubles(column: pd.Series) -> NDArray[np.float64]:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def check_numbers(df: pd.DataFrame, names: list[object]) -> None:
    """Refuse columns of texts or dates among the numbers, all of them at once."""
    texts = [name for name in names if not _holds_numbers(df[name])]
    if not texts:
        return
    those = ", ".join(map(repr, texts))
    what = f"column {those} holds" if len(texts) == 1 else f"columns {those} hold"
    raise PanelError(
        f"{what} texts or dates, not numbers",
        code="frame.text",
        next_step="; ".join(_advice(df, texts)),
    )


def _advice(df: pd.DataFrame, names: list[object]) -> Iterable[str]:
    """Return what to do with columns of texts, those that hold numbers as texts first."""
    numbers = [name for name in names if _holds_numbers_as_texts(df[name])]
    for name in numbers:
        yield f"make numbers of texts: df[{name!r}] = pd.to_numeric(df[{name!r}])"

    described = ", ".join(map(repr, names))
    if len(numbers) == len(names):
        yield f"or, where they are codes, categories=[{described}]"
        return
    yield "drop names and addresses of persons: df.drop(columns=[...])"
    yield (
        f"list what describes a household: categories=[{described}] as features, "
        f"groups=[{described}] for tables only"
    )
    yield "or leave it out with features=[...]"


def _holds_numbers(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _holds_numbers_as_texts(column: pd.Series) -> bool:
    filled = column.dropna()
    if pd.api.types.is_datetime64_any_dtype(column) or filled.empty:
        return False
    return bool(pd.to_numeric(filled.astype(str), errors="coerce").notna().all())


def refuse_personal_numbers(
    df: pd.DataFrame, names: Iterable[object], allowed: Iterable[object]
) -> None:
    """Refuse columns of registration or phone numbers or e-mail addresses, all of them at once."""
    looked = [name for name in dict.fromkeys(names) if name not in set(allowed)]
    found = {name: personal_numbers_in(as_texts(df[name])) for name in looked if _is_long(df[name])}
    told = [f"{name!r} looks like {one}" for name, one in found.items() if one is not None]
    if told:
        raise PanelError(
            f"{'column' if len(told) == 1 else 'columns'} {', '.join(told)}",
            code="frame.personal_numbers",
            allowed="ids that cannot be read back, such as keyed hashes",
            next_step="drop or replace the column; if it holds none, add "
            "allow_personal_numbers=[its name]",
        )


def _is_long(column: pd.Series) -> bool:
    """Tell whether a column may hold such numbers: texts, or numbers of ten digits."""
    return not _holds_numbers(column) or bool((column >= SHORTEST).any())
