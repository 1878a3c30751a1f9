"""Reads the JSON and the arrays of an artefact out of bytes that nobody vouches for."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from riskmodel.serving.locales import ENGLISH, LANGUAGES
from riskmodel.serving.reader_types import Arrays, Part
from riskmodel.serving.refusal import ServingError

# of all arrays together, as their file declares them
MOST_BYTES = 2**31
_TEXTS = ("name", "aggregate", "window", "way", "evidence", "blank")


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Refuse a file that cannot be read, whatever its bytes do to the libraries that read it."""
    try:
        yield
    except ServingError:
        raise
    except Exception:
        raise ServingError(
            f"{name} cannot be read",
            "serving.unreadable",
            "a file as riskmodel writes it",
            "download the version again; if it is refused again, do not use it",
        ) from None


def json_part(name: str, content: bytes) -> Part:
    """Return a JSON file whose content is a mapping.

    Raises
    ------
    ServingError
        For bytes that are no UTF-8, no JSON, too deep, or no mapping.
    """
    with reading(name):
        return _as_mapping(json.loads(content.decode("utf-8")))


def _as_mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def arrays_of(name: str, content: bytes) -> Arrays:
    """Return the arrays of an npz file.

    Nothing is unpacked before the sizes that the file declares are known, and an array is as long
    as its header says, or the file is refused.

    Raises
    ------
    ServingError
    """
    with reading(name), zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise ServingError(
                f"{name} declares more than {MOST_BYTES // 2**30} GiB",
                "serving.too_large",
                next_step="do not use it; ask who published it",
            )
        return {
            entry.filename.removesuffix(".npy"): _stored_array(archive, entry) for entry in entries
        }


def _stored_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    stored = io.BytesIO(archive.read(entry))
    version = npy.read_magic(stored)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = header(stored)
    length = dtype.itemsize
    for side in shape:
        length *= int(side)
    if dtype.hasobject or min(shape, default=0) < 0 or length != entry.file_size - stored.tell():
        raise ValueError
    stored.seek(0)
    return npy.read_array(stored, allow_pickle=False)


def check_parts(parts: Mapping[str, Part]) -> None:
    """Refuse JSON parts of a scorer that have not the form that scoring relies on.

    Raises
    ------
    ServingError
        Naming the file that has another form.
    """
    with reading("features.json"):
        columns = parts["features"]["columns"]
        _require(isinstance(columns, list) and bool(columns))
        for column in columns:
            _check_column(_as_mapping(column))
    with reading("indicators.json"):
        for indicator in parts["indicators"].values():
            _as_mapping(_as_mapping(indicator).get("label", {}))
    with reading("calibration.json"):
        _require(all(_is_number(parts["calibration"][key]) for key in ("slope", "intercept")))
    with reading("reference.json"):
        _check_reference(parts["reference"])
    with reading("settings.json"):
        _require(parts["settings"]["lang"] in LANGUAGES)


def _check_column(column: Part) -> None:
    categories = column["categories"]
    is_listed = isinstance(categories, list) and all(isinstance(one, str) for one in categories)
    _require(all(isinstance(column[key], str) for key in _TEXTS))
    _require(isinstance(column["indicator"], str | None) and isinstance(column["rank"], int))
    _require(categories is None or is_listed)
    if column["way"] == "kinds" or "family" in column:
        codes = column["codes"]
        _require(column["way"] == "kinds" and column["family"] in ENGLISH.families)
        _require(isinstance(codes, list) and all(isinstance(one, str) for one in codes))


def _check_reference(reference: Part) -> None:
    quantiles, bands = reference["quantiles"], reference["bands"]
    _require(isinstance(quantiles, list) and all(map(_is_number, quantiles)))
    _require(isinstance(bands, list) and bool(bands))
    for band in bands:
        least = band["from_margin"]
        _require(isinstance(band["name"], str) and (least is None or _is_number(least)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def _require(holds: bool) -> None:  # noqa: FBT001
    if not holds:
        raise ValueError
