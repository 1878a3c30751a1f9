"""A delivery set aside: its rows count no more, as if it had never come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from riskmodel.doors import door
from riskmodel.errors import RecordsError
from riskmodel.records.changes import check_changes
from riskmodel.records.contract import Records
from riskmodel.records.found_files import at_hand, check_order, found_files
from riskmodel.records.judged_again import judge_again
from riskmodel.records.kept_texts import personal_in, require_text
from riskmodel.records.log_entries import SetAside
from riskmodel.records.opening import records_of, require_store
from riskmodel.records.replay import changed_files, with_files
from riskmodel.records.settled_store import remove_others, settled
from riskmodel.records.sources.manifest import Manifest, read_manifest
from riskmodel.records.stated_days import stated_day
from riskmodel.records.store_folder import locked
from riskmodel.records.store_log import StoreLog, read_log, write_log
from riskmodel.records.undone import Undone, moved_files, result_of

_REASON = "a reason in words"


@door
def undo(
    source: str | Path | Mapping[str, object],
    store: str | Path,
    delivery: int,
    why: str,
    root: str | Path | None = None,
    *,
    erase: bool = False,
) -> Undone:
    """Set a delivery of a store aside: the store then is as if it had never come.

    Its files are not taken in again, though they still lie where the manifest names them, unless
    ``ingest(..., again=True)`` is wanted. A file that was skipped as a copy of one of them steps
    in, under the number and day on which it came. A run that is killed leaves the store as it was,
    and the same call works again.

    Parameters
    ----------
    source : path-like or mapping
        The manifest, as for `ingest`. No new files are taken in.
    store : path-like
        A folder that was ingested into.
    delivery : int
        Its number; see `deliveries`.
    why : str
        The reason, which the store keeps; of a later erasure beside the first. It must hold no id
        of a household, in whatever spelling; ids of fewer than 5 characters are not searched for.
    root : path-like, optional
        Folder of the files, as for `read_records`.
    erase : bool, default False
        Whether its rows are deleted, too: staged rows, tables of the state before, and copies of
        its files. The store keeps the names and digests of its files, so as to know them again. A
        delivery that was set aside before can be erased later.

    Returns
    -------
    Undone

    Raises
    ------
    ConfigError, RecordsError
        For a delivery that the store does not know or that is set aside already, a reason that is
        empty or holds personal data, a manifest that changed, a file that must be read again and
        is gone, and as `ingest`; the store then stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from riskmodel.records import ingest
    >>> frame = pd.DataFrame({"id": ["a", "b"], "on": ["2024-01-05", "2024-02-20"]})
    >>> entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    >>> manifest = {"name": "fires", "today": "2024-06-01", "events": [entry]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ingest(manifest, folder)
    ...     print(undo(manifest, folder, 1, "of another town"))
    delivery 1 of 2024-05-31 is set aside: 1 file; now fires: 0 events of 0 households, ...
    set aside: frame (delivery 1, events: frame)
    ingest leaves its files out; again=true takes them in again
    """
    require_text("why", why, code="records.why", allowed=_REASON, kept="the store keeps it")
    manifest, folder = read_manifest(source, root), Path(store)
    require_store(folder)
    with locked(folder):
        log = read_log(folder)
        _refuse_personal(why, records_of(folder, log))
        check_changes(manifest, log, folder.name, None)
        check_order(manifest, log)
        was_unfinished = remove_others(folder, log)
        before = next((own for own in log.set_aside if own.number == delivery), None)
        if before is None:
            return _set_aside(folder, manifest, log, delivery, why, erase=erase)
        if erase and not before.is_erased:
            return _erase(folder, log, before, why)
        if was_unfinished:
            return result_of(folder, before, log, [])
        raise _is_set_aside(folder, before)


def _set_aside(
    folder: Path, manifest: Manifest, log: StoreLog, number: int, why: str, *, erase: bool
) -> Undone:
    gone = _delivery(folder, log, number, str(manifest.day_before), why, erase=erase)
    rest = replace(
        log,
        batches=tuple(batch for batch in log.batches if batch.number != number),
        copies=tuple(copy for copy in log.copies if copy.number != number),
        set_aside=(*log.set_aside, gone),
    )
    paths = at_hand(found_files(manifest, log))
    wanted = changed_files(manifest, rest)
    changed = with_files(folder, manifest, rest, wanted, paths)
    batches, left = judge_again(folder, manifest, changed.batches, paths)
    now = settled(folder, manifest, replace(changed, batches=batches))
    if erase:
        now = replace(now, tables_before="")
    write_log(folder, now)
    remove_others(folder, now)
    return result_of(folder, gone, now, moved_files(rest, now), left)


def _erase(folder: Path, log: StoreLog, before: SetAside, why: str) -> Undone:
    """Erase the rows of a delivery that was set aside before."""
    gone = replace(before, folders=(), is_erased=True, erased_why=why.strip())
    set_aside = tuple(gone if own is before else own for own in log.set_aside)
    now = replace(log, set_aside=set_aside, tables_before="")
    write_log(folder, now)
    remove_others(folder, now)
    return result_of(folder, gone, now, [])


def _delivery(
    folder: Path, log: StoreLog, number: int, on: str, why: str, *, erase: bool
) -> SetAside:
    """Return a delivery as one that is set aside.

    Raises
    ------
    RecordsError
        If the store knows none of that number.
    """
    arrivals = [arrival for arrival in log.arrivals() if arrival.number == number]
    if not arrivals:
        raise _unknown(folder, log, number)
    files: dict[str, dict[str, str]] = {}
    for arrival in arrivals:
        files.setdefault(arrival.source, {})[arrival.key] = arrival.name
    folders = [batch.folder for batch in log.batches if batch.number == number]
    kept = () if erase else tuple(folders)
    day = stated_day(folder, log, number, arrivals[0].day)
    return SetAside(number, day, on, why.strip(), files, kept, erase, log.versions(number))


def _refuse_personal(why: str, records: Records) -> None:
    kind = personal_in(why, records)
    if kind is not None:
        raise RecordsError(
            f"why holds {kind}, and the store keeps it",
            code="records.why",
            allowed=_REASON,
            next_step="take it out, and do it again",
        )


def _unknown(folder: Path, log: StoreLog, number: int) -> RecordsError:
    known = [str(n) for n in sorted({arrival.number for arrival in log.arrivals()})]
    return RecordsError(
        f"there is no delivery {number}",
        place=folder.name,
        code="records.delivery",
        allowed=known or "none: all are set aside",
        next_step="riskmodel deliveries store=FOLDER lists them",
    )


def _is_set_aside(folder: Path, delivery: SetAside) -> RecordsError:
    rows = "and its rows are erased" if delivery.is_erased else "erase=true deletes its rows, too"
    return RecordsError(
        f"delivery {delivery.number} is set aside already",
        place=folder.name,
        code="records.set_aside",
        allowed="deliveries that count",
        next_step=f"{rows}; ingest with again=true takes its files in again",
    )
