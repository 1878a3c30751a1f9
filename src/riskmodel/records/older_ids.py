"""Rows that a store read by an older rule of text, and whose ids would now be others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from riskmodel.errors import RecordsError
from riskmodel.records.engine import as_pattern, identifier, literal, scan_engine
from riskmodel.records.log_entries import Batch
from riskmodel.records.sources import cell_sql
from riskmodel.records.sources.row_checks import FAULTS_OF_IDS
from riskmodel.texts import RULE, counted

_IDS = ("household_id", "person_id", "dwelling_id", "code", "feed")
_SPELLED = "spelled"


def ids_read_otherwise(store: Path, batch: Batch) -> Mapping[str, int]:
    """Return for each source of a batch how many of its ids and codes would now be others.

    A batch that was read by the rule of now has none, and is not looked at.

    Parameters
    ----------
    store : Path
    batch : Batch
    """
    found: Counter[str] = Counter()
    if batch.rule >= RULE:
        return found
    kept = {source.name for source in batch.kept}
    with scan_engine() as con:
        for path in sorted((store / batch.folder).glob("*.parquet")):
            schema = pq.read_schema(path)
            ids = [name for name in _IDS if name in schema.names]
            if not ids or path.stem == _SPELLED:
                continue
            # rows of a wide source have a file of their own, which its number names
            source = "source" if "source" in schema.names else path.stem.rpartition(" ")[2]
            is_good = "reason IS NULL" if "reason" in schema.names else "TRUE"
            each = " UNION ".join(
                f"""
                SELECT {source} AS source, {identifier(name)} AS id
                FROM read_parquet({literal(as_pattern(path))})
                WHERE {is_good}
                """
                for name in ids
            )
            for number, many in con.execute(_read_otherwise(each)).fetchall():
                title = batch.sources[number].name
                found[title] += many if title in kept else 0
    return +found


def _read_otherwise(ids: str) -> str:
    """Return the SQL that counts by source the ids that would be others, or none, if read now."""
    faults = " OR ".join(has_fault("id") for has_fault, _ in FAULTS_OF_IDS)
    # each step is materialised: put into one expression, the text of the first stands in the last
    # hundreds of times, and planning takes seconds
    return f"""
        WITH ids AS ({ids}),
        plain_ids AS MATERIALIZED (SELECT source, id, {cell_sql.plain("id")} AS plain FROM ids),
        texts AS MATERIALIZED (
            SELECT source, id, {cell_sql.text("plain", "VARCHAR")} AS text FROM plain_ids
        ),
        read AS MATERIALIZED (SELECT source, id, {cell_sql.identity("text")} AS read FROM texts)
        SELECT source, count(*)
        FROM read
        WHERE id IS NOT NULL AND (read IS DISTINCT FROM id OR {faults})
        GROUP BY source
        """


def refuse_older_ids(store: Path, batches: Iterable[Batch]) -> None:
    """Refuse a store some of whose ids would now be others.

    Raises
    ------
    RecordsError
        With how many of each source.
    """
    found = sum((Counter(ids_read_otherwise(store, batch)) for batch in batches), Counter[str]())
    if found:
        told = "; ".join(f"{title}: {counted(many, 'id')}" for title, many in sorted(found.items()))
        raise RecordsError(
            f"some ids or codes were read by an older rule and would now be others ({told})",
            place=store.name,
            code="records.older_ids",
            allowed="ids as this version reads them, by which full width, digits of other scripts, "
            "quotes and unseen characters make no other household",
            next_step="run riskmodel ingest with the store's manifest: the files are judged again, "
            "where they lie or as kept by keep_files: true; or ingest all files into a new folder",
        )
