"""Frames of a manifest as tables of plain texts, numbers and days."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.doors import FrameLike
from riskmodel.errors import ConfigError
from riskmodel.records.sources.files import check_case, plain_names
from riskmodel.records.sources.parquet_zones import minutes_of
from riskmodel.texts import as_texts


def arrow(frame: object, place: str) -> pa.Table:
    """Return a frame of the user's as an Arrow table of plain texts, numbers and days.

    A frame is what pandas, Arrow, polars or another library offers as a stream of Arrow.
    """
    if isinstance(frame, pd.DataFrame):
        names = plain_names(map(str, frame.columns), place)
        columns = [_array(frame.iloc[:, number]) for number in range(len(names))]
        table = pa.Table.from_arrays(columns, names)
    elif isinstance(frame, FrameLike):
        streamed = pa.table(frame)
        names = plain_names(streamed.column_names, place)
        table = pa.Table.from_arrays([_local_times(column) for column in streamed.columns], names)
    else:
        raise ConfigError(
            "frame is no DataFrame",
            place=place,
            code="manifest.frame",
            allowed="a DataFrame of pandas or polars, or an Arrow table",
            next_step="make a frame of it; a path stands under file: in a manifest",
        )
    check_case([table.column_names], [place])
    return table


def _array(values: pd.Series) -> pa.Array | pa.ChunkedArray:
    if isinstance(values.dtype, pd.CategoricalDtype):
        code = values.cat.codes.to_numpy()
        return _array(pd.Series(values.cat.categories)).take(pa.array(code, mask=code < 0))
    return _local_times(pa.array(_plain(values), from_pandas=True))


def _local_times(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a column whose zoned times are as a clock of their own zone shows them."""
    if not pa.types.is_timestamp(column.type) or column.type.tz is None:
        return column
    minutes, unit = minutes_of(column.type.tz), column.type.unit
    if minutes is None:
        return pc.local_timestamp(column)
    # Arrow before 22 looks for an offset among the names of zones
    ahead = pa.scalar(timedelta(minutes=minutes), pa.duration(unit))
    return pc.add(column.cast(pa.timestamp(unit)), ahead)


def _plain(values: pd.Series) -> pd.Series | NDArray[np.object_]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    if values.dtype != object and not isinstance(values.dtype, pd.PeriodDtype):
        return values
    return _texts_as_written(values.astype(object))


def _texts_as_written(values: pd.Series) -> NDArray[np.object_]:
    """Return texts as they are written, which is told where they are read, and all else as text."""
    is_other = np.array([not isinstance(value, str) for value in values], dtype=bool)
    texts = values.to_numpy(dtype=object, copy=True)
    texts[is_other] = as_texts(values[is_other])
    return texts
