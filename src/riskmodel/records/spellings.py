"""Ids as they were first written, of the households whose ids are read in another form."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from riskmodel.keys import HOUSEHOLD
from riskmodel.texts import SPACES, as_ids, plain_text

SPELLINGS = [HOUSEHOLD, "written"]


def no_spellings() -> pd.DataFrame:
    """Return the table of a set of records in which every id is read as it is written."""
    return pd.DataFrame(columns=SPELLINGS, dtype="str")


def spellings_in(frames: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    r"""Return the households of some frames whose first id is read in another form.

    Parameters
    ----------
    frames : iterable of DataFrame or None
        In the order in which the first is to be found.

    Returns
    -------
    DataFrame
        ``household_id`` and what is ``written``.

    Examples
    --------
    >>> frame = pd.DataFrame({"household_id": ["A\u200b1", "A1", "B2", "B\u00ad2"]})
    >>> spellings_in([frame])["household_id"].tolist()
    ['A1']
    """
    columns = [frame[HOUSEHOLD] for frame in frames if frame is not None and HOUSEHOLD in frame]
    texts = [column.astype(object) for column in columns if _may_hold_texts(column)]
    if not texts:
        return no_spellings()
    distinct = pd.concat(texts).drop_duplicates()
    written = distinct[[isinstance(value, str) for value in distinct]]
    if all(text.isascii() for text in written):
        return no_spellings()
    table = pd.DataFrame({HOUSEHOLD: as_ids(written), "written": written.str.strip(SPACES)})
    first = table.dropna().drop_duplicates(HOUSEHOLD)
    is_other = [plain_text(text) != text for text in first["written"]]
    return first[is_other].astype("str").sort_values(HOUSEHOLD, ignore_index=True)


def _may_hold_texts(column: pd.Series) -> bool:
    return not pd.api.types.is_any_real_numeric_dtype(column.dtype)


def as_written(ids: pd.Series, spellings: pd.DataFrame) -> pd.Series:
    """Return ids as they were first written."""
    if spellings.empty:
        return ids
    written = spellings.set_index(HOUSEHOLD)["written"]
    return ids.map(written).fillna(ids).astype(ids.dtype)
