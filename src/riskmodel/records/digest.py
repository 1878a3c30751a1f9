"""A fingerprint of rows that depends on their content alone, not on how they are cut or stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def fingerprint(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> str:
    """Return the sha256 of rows in their order.

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
    for batch in batches:
        for name, kind in zip(schema.names, schema.types, strict=True):
            is_filled, content = streams[name]
            filled_bytes, content_bytes = _bytes(batch.column(name).cast(kind))
            is_filled.update(filled_bytes)
            content.update(content_bytes)
    whole = "".join(
        f"{name} {is_filled.hexdigest()} {content.hexdigest()}"
        for name, (is_filled, content) in streams.items()
    )
    return hashlib.sha256(whole.encode()).hexdigest()


def _bytes(values: pa.Array) -> tuple[bytes | memoryview, bytes | memoryview]:
    """Return the bytes of what is filled (of texts, their lengths), and of the content."""
    if not pa.types.is_string(values.type):
        is_filled = values.is_valid().to_numpy(zero_copy_only=False)
        narrow = {pa.date32(): pa.int32(), pa.bool_(): pa.int8()}
        numbers = values.cast(narrow.get(values.type, values.type))
        return is_filled.tobytes(), numbers.fill_null(0).to_numpy(zero_copy_only=False).tobytes()
    lengths = pc.binary_length(values).fill_null(-1).to_numpy(zero_copy_only=False)
    filled = values.fill_null("")
    _, ends, content = filled.buffers()
    offsets = np.frombuffer(ends, dtype=np.int32)[filled.offset : filled.offset + len(filled) + 1]
    if not content or not len(filled):
        return lengths.tobytes(), b""
    return lengths.tobytes(), memoryview(content)[offsets[0] : offsets[-1]]
