"""Texts that users write and that are kept: reasons, names of who decides, statements."""

from __future__ import annotations

import pyarrow as pa

from riskmodel.errors import ConfigError
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.records.contract import Records
from riskmodel.records.engine import name_source, one_scan_engine, query, scan_engine
from riskmodel.records.matches import HOUSEHOLD_TABLES
from riskmodel.schema.ids_in_texts import MIN_ID, Ids, parts_of
from riskmodel.schema.personal_patterns import personal_kind
from riskmodel.texts import plain_word

# Ids of records are plain texts already. The two cases of a letter become one as `without_case` of
# `schema.ids_in_texts` makes them.
WITHOUT_CASE = "replace(lower(upper(household_id)), 'ß', 'ss')"

A_RARE_NAME = f"a name of fewer than {MIN_HOUSEHOLDS} households"
_RARE = """
    SELECT text
    FROM source
    WHERE text IS NOT NULL
    GROUP BY text
    HAVING count(DISTINCT household_id) < $least
"""


def personal_in(text: str, records: Records | None) -> str | None:
    """Return what personal data stands in a text that is kept, None if none.

    Parameters
    ----------
    text : str
    records : Records or None
        Whose households' ids must not stand in the text, however they are written, nor the areas,
        other attributes and codes of fewer than 10 households; None where no records are at hand.
        Ids of fewer than 5 characters are not searched for: they are like other words and numbers.

    Examples
    --------
    >>> import riskmodel as rm
    >>> personal_in("h0000001 asked", rm.make_households(50, random_state=0))
    'a household_id'
    """
    kind = personal_kind(text)
    if kind is not None or records is None:
        return kind
    if _names_household(text, records):
        return "a household_id"
    return A_RARE_NAME if Ids.of_names(rare_names(records)).stand_in(text) else None


def require_text(key: str, text: object, *, code: str, allowed: str, kept: str) -> str:
    """Return a text that is kept, or refuse what is none.

    Parameters
    ----------
    key : str
        What the caller calls it.
    text : object
    code : str
        Of the refusal.
    allowed : str
    kept : str
        Where it is kept, as a sentence.

    Raises
    ------
    ConfigError
        For a blank text, one of characters that nobody sees, and anything that is no text.

    Examples
    --------
    >>> require_text("why", " moved ", code="a.why", allowed="words", kept="it is kept")
    ' moved '
    """
    if not isinstance(text, str) or not plain_word(text):
        raise ConfigError(
            f"{key} is empty",
            code=code,
            allowed=allowed,
            next_step=f"write {key}='...': {kept}",
        )
    return text


def refuse_personal_reasons(records: Records) -> Records:
    """Return records, or refuse those whose reasons to accept a feed name a household.

    Raises
    ------
    ConfigError
    """
    for feed, reason in records.accept_feeds.items():
        kind = personal_in(reason, records)
        if kind is not None:
            raise ConfigError(
                f"the reason to accept the feed {feed!r} holds {kind}",
                place="accept_feeds",
                code="manifest.accept_feeds",
                allowed="a reason in words",
                next_step="take it out: every list shows the reason",
            )
    return records


def rare_names(records: Records) -> list[str]:
    """Return the attributes, and the codes in no catalogue, of fewer than 10 households."""
    rare = query(records.relation("attributes"), _RARE, least=MIN_HOUSEHOLDS)
    return [*rare["text"], *records.catalogue.rare]


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
