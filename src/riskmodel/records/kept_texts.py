"""Texts that users write and that are kept: reasons, names of who decides, statements."""

from __future__ import annotations

import re

import pyarrow as pa

from riskmodel.records.contract import Records
from riskmodel.records.engine import name_source, scan_engine
from riskmodel.records.matches import HOUSEHOLD_TABLES
from riskmodel.schema.personal_patterns import MIN_ID, personal_kind

_WORD = re.compile(r"[\w-]+")
_AROUND = ".,;:!?()[]{}'\"`“”‘’"


def personal_in(text: str, records: Records | None) -> str | None:
    """Return what personal data stands in a text that is kept, None if none.

    Parameters
    ----------
    text : str
    records : Records or None
        Whose households' ids must not be words of the text; None where no records are at hand. Ids
        of fewer than 5 characters are not searched for: they are like other words and numbers.

    Examples
    --------
    >>> import riskmodel as rm
    >>> personal_in("H0000001 asked", rm.make_households(50, random_state=0))
    'a household_id'
    """
    kind = personal_kind(text)
    if kind is None and records is not None and _names_household(text, records):
        return "a household_id"
    return kind


def _names_household(text: str, records: Records) -> bool:
    words = {*_WORD.findall(text), *(word.strip(_AROUND) for word in text.split())}
    wanted = pa.table({"household_id": [word for word in words if len(word) >= MIN_ID]})
    if not wanted.num_rows:
        return False
    return any(_has_any_of(records, table, wanted) for table in HOUSEHOLD_TABLES)


def _has_any_of(records: Records, table: str, wanted: pa.Table) -> bool:
    with scan_engine() as con:
        name_source(con, records.relation(table))
        con.register("wanted", wanted)
        found = con.execute("SELECT 1 FROM source SEMI JOIN wanted USING (household_id) LIMIT 1")
        return bool(found.fetchall())
