"""A fingerprint of rows that depends on their content alone, not on how they are cut or stored."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_STORED_AS = {pa.date32(): pa.int32(), pa.bool_(): pa.int8()}


class ColumnBytes(NamedTuple):
    """The bytes of what is filled (of texts, their lengths), and of the content."""

    is_filled: bytes
    content: bytes | memoryview


def fingerprint(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, optional: Collection[str] = ()
) -> str:
    """Return the sha256 of rows in their order.

    Parameters
    ----------
    batches : iterable of RecordBatch
    schema : Schema
    optional : collection of str
        The columns that count only if some row fills them.

    Examples
    --------
    >>> table = pa.table({"code": ["rent", None, "fire"]})
    >>> whole = fingerprint(table.to_batches(), table.schema)
    >>> whole == fingerprint(table.to_batches(max_chunksize=1), table.schema)
    True
    """
    # Per column one stream of bytes for what is filled and one for the content: so the digest does
    # not depend on batches.
    streams = {name: (hashlib.sha256(), hashlib.sha256()) for name in schema.names}
    blank = set(optional)
    for batch in batches:
        for name, kind in zip(schema.names, schema.types, strict=True):
            is_filled, content = streams[name]
            values = batch.column(name).cast(kind)
            column = _bytes(values)
            is_filled.update(column.is_filled)
            content.update(column.content)
            if values.null_count < len(values):
                blank.discard(name)

    whole = "".join(
        f"{name} {is_filled.hexdigest()} {content.hexdigest()}"
        for name, (is_filled, content) in streams.items()
        if name not in blank
    )
    return hashlib.sha256(whole.encode()).hexdigest()


def _bytes(values: pa.Array) -> ColumnBytes:
    return _bytes_of_texts(values) if pa.types.is_string(values.type) else _bytes_of_numbers(values)


def _bytes_of_numbers(values: pa.Array) -> ColumnBytes:
    is_filled = values.is_valid().to_numpy(zero_copy_only=False)
    numbers = values.cast(_STORED_AS.get(values.type, values.type))
    content = numbers.fill_null(0).to_numpy(zero_copy_only=False)
    return ColumnBytes(is_filled.tobytes(), content.tobytes())


def _bytes_of_texts(values: pa.Array) -> ColumnBytes:
    lengths = pc.binary_length(values).fill_null(-1).to_numpy(zero_copy_only=False)
    filled = values.fill_null("")
    _, ends, content = filled.buffers()
    if not content or not len(filled):
        return ColumnBytes(lengths.tobytes(), b"")

    offsets = np.frombuffer(ends, dtype=np.int32)[filled.offset :]
    first, last = offsets[0], offsets[len(filled)]
    return ColumnBytes(lengths.tobytes(), memoryview(content)[first:last])
