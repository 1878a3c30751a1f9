"""The door of records: a manifest, or a store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from riskmodel.doors import door
from riskmodel.records.contract import Records
from riskmodel.records.kept_texts import refuse_personal_reasons
from riskmodel.records.opening import is_store, open_store
from riskmodel.records.settled_sources import loaded
from riskmodel.records.sources.manifest import read_manifest


@door
def read_records(
    source: str | Path | Mapping[str, object], root: str | Path | None = None
) -> Records:
    """Read records as their manifest describes them, or open a store.

    Parameters
    ----------
    source : path-like or mapping
        A YAML file, or the same keys; sources are files (``file:``) or frames (``frame:``). Or a
        folder that `ingest` filled.
    root : path-like, optional
        Folder of the files; default: $RISKMODEL_DATA, the manifest's `root`, the manifest's own
        folder.

    Returns
    -------
    Records
        With the bad rows in `quarantine`, and how many rows have which status in `counts`.

    Raises
    ------
    ConfigError
        For a manifest with unknown keys or values.
    RecordsError
        For a file that cannot be read, a column that is not there or holds personal numbers, or too
        many bad rows.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": ["a", "b", ""], "on": ["20240105", "2024-01-20", "20240301"]})
    >>> entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    >>> manifest = {"name": "fires", "today": "2024-06-01", "events": [entry]}
    >>> records = read_records({**manifest, "max_quarantined": 0.5})
    >>> records
    fires: 2 events of 2 households, complete before 2024-06-01
    >>> print(records.quarantine.to_string(index=False))
           source  row column reason
    events: frame    3     id  no id
    """
    if is_store(source):
        return open_store(Path(str(source)))
    return refuse_personal_reasons(Records(**loaded(read_manifest(source, root))))
