"""Texts that users write and that are kept: reasons, names of who decides, statements."""

from __future__ import annotations

import pyarrow as pa

from riskmodel.records.contract import Records
from riskmodel.records.engine import name_source, one_scan_engine, scan_engine
from riskmodel.records.matches import HOUSEHOLD_TABLES
from riskmodel.schema.ids_in_texts import MIN_ID, parts_of
from riskmodel.schema.personal_patterns import personal_kind

# Ids of records are plain texts already. The two cases of a letter become one as `without_case` of
# `schema.ids_in_texts` makes them.
WITHOUT_CASE = "replace(lower(upper(household_id)), 'ß', 'ss')"


def personal_in(text: str, records: Records | None) -> str | None:
    """Return what personal data stands in a text that is kept, None if none.

    Parameters
    ----------
    text : str
    records : Records or None
        Whose households' ids must not stand in the text, however they are written; None where no
        records are at hand. Ids of fewer than 5 characters are not searched for: they are like
        other words and numbers.

    Examples
    --------
    >>> import riskmodel as rm
    >>> personal_in("h0000001 asked", rm.make_households(50, random_state=0))
    'a household_id'
    """
    kind = personal_kind(text)
    if kind is None and records is not None and _names_household(text, records):
        return "a household_id"
    return kind


@one_scan_engine()
def _names_household(text: str, records: Records) -> bool:
    return any(_stands_in(text, records, table) for table in HOUSEHOLD_TABLES)


def _stands_in(text: str, records: Records, table: str) -> bool:
    """Tell whether an id of a table stands in a text; the engine looks the text's parts up."""
    with scan_engine() as con:
        name_source(con, records.relation(table))
        sizes = con.execute(f"SELECT DISTINCT length({WITHOUT_CASE}) FROM source").fetchall()
        parts = parts_of(text, [size for (size,) in sizes if size >= MIN_ID])
        con.register("wanted", pa.table({"id": pa.array(parts, pa.string())}))
        found = con.execute(
            f"SELECT 1 FROM source SEMI JOIN wanted ON {WITHOUT_CASE} = wanted.id LIMIT 1"
        )
        return bool(found.fetchall())
