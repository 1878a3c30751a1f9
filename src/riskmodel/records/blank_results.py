"""Contacts without a result: they are left out, counted and told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from riskmodel.texts import counted

BLANK_RESULTS = ["source", "contacts"]


def blank_results(counts: Iterable[tuple[str, int]] = ()) -> pd.DataFrame:
    """Return one row per source with contacts whose result is blank.

    Parameters
    ----------
    counts : iterable of (str, int)
        Each source, and how many of its contacts have no result.
    """
    rows = [(source, contacts) for source, contacts in counts if contacts]
    return pd.DataFrame(rows, columns=BLANK_RESULTS).astype({"source": "str", "contacts": "int64"})


def blank_result_notes(found: pd.DataFrame) -> Iterator[str]:
    """Yield a note on the contacts of each source that has any."""
    for source, contacts in found.itertuples(index=False):
        have = "has" if contacts == 1 else "have"
        yield (
            f"{source}: {counted(contacts, 'contact')} {have} no result and {have} been left out "
            "(they count under excluded). Where a blank has a meaning, write it in the column, "
            "such as not_reached"
        )
