"""CSV files without a line break at their end, which may have broken off in their last cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from riskmodel.texts import counted

OPEN_ENDS = ["source", "file"]
_SHOWN = 5


def open_ends(files: Iterable[tuple[str, Iterable[str]]] = ()) -> pd.DataFrame:
    """Return one row per source and file.

    Parameters
    ----------
    files : iterable of (str, iterable of str)
        Each source, and its files without a line break at their end.
    """
    rows = [(source, name) for source, names in files for name in names]
    return pd.DataFrame(rows, columns=OPEN_ENDS, dtype="str")


def open_end_notes(found: pd.DataFrame) -> Iterator[str]:
    """Yield a note on the files, if there are any."""
    names = found["file"].drop_duplicates().tolist()
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        ends = "ends" if len(names) == 1 else "end"
        yield (
            f"{counted(len(names), 'CSV file')} {ends} without a line break and may have broken "
            f"off in the last cell: {', '.join(names[:_SHOWN])}{more}. Compare their sizes with "
            "the sender's; line_break_at_end: true in a source refuses such files"
        )
