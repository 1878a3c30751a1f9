"""Files that their owner alone reads: written whole, or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pandas as pd

from riskmodel.records.store_folder import sync
from riskmodel.spreadsheets import without_formulas

_OWNER = 0o600


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER), "wb") as file:
        file.write(content)
    sync(path)


def replace(path: Path, content: bytes) -> None:
    """Write a file in the place of another, which stays until the new one is whole."""
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    try:
        write_new(part, content)
        os.replace(part, path)
        sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def as_table(rows: pd.DataFrame) -> bytes:
    """Return rows as the CSV that `ingest` takes, and that a spreadsheet may open."""
    return without_formulas(rows).to_csv(index=False).encode()
