"""The folder of a saved plan: its tables as Parquet and as CSV, and its facts."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError, DiskError
from riskmodel.records.store_folder import OWNER_ALONE, sync
from riskmodel.spreadsheets import without_formulas

_FACTS = "plan.json"
_VERSION = 2
_WITHOUT_DIGESTS = 1
"""The version of saved plans whose plan_id alone tells whether they were changed."""


class Facts(NamedTuple):
    """What a plan says beside its tables."""

    plan_id: str
    as_of: str
    seed: int | None
    explore: float | None
    notes: tuple[str, ...]
    lang: str = "en"


def write_plan(folder: Path, tables: Mapping[str, pd.DataFrame], facts: Facts) -> Path:
    """Write a plan into a new folder, whole or not at all; see `Outreach.save`.

    Parameters
    ----------
    folder : Path
    tables : mapping of str to DataFrame
        By name.
    facts : Facts
    """
    if folder.exists() and _is_saved(folder, facts.plan_id):
        return folder
    if folder.exists():
        raise ConfigError(
            f"{folder.name!r} exists, and holds something else than this plan",
            code="outreach.exists",
            allowed="a folder that is not there yet",
            next_step="name another folder, or remove this one",
        )
    part = folder.with_name(f"{folder.name}.part")
    with on_disk(folder):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, mode=OWNER_ALONE)
        for name, table in tables.items():
            table.to_parquet(_table_in(part, name), index=False)
            sync(_table_in(part, name))
            rows = without_formulas(table)
            rows.to_csv(part / f"{name}.csv", index=False, encoding="utf-8-sig")
        written = {"version": _VERSION, **facts._asdict(), "tables": _digests_of(part, tables)}
        written["facts"] = _digest_of_facts(written)
        (part / _FACTS).write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
        sync(part / _FACTS)
        os.replace(part, folder)
        sync(folder.parent)
    return folder


def read_plan(folder: Path, names: Iterable[str]) -> tuple[dict[str, pd.DataFrame], Facts]:
    """Return the tables of these names and the facts of a saved plan, or refuse it.

    See `Outreach.read`.
    """
    names = tuple(names)
    written = _facts_of(folder)
    _check_whole(folder, names, written)
    try:
        facts = Facts(**{name: written[name] for name in Facts._fields if name in written})
        with on_disk(folder):
            tables = {name: pd.read_parquet(_table_in(folder, name)) for name in names}
    except DiskError:
        raise
    except (OSError, TypeError, ValueError):
        raise changed(folder) from None
    return tables, facts._replace(notes=tuple(facts.notes))


def changed(folder: Path) -> ConfigError:
    """Return the refusal of a plan that is not as it was saved."""
    return ConfigError(
        "the plan is not whole, or not the one that was saved",
        place=folder.name,
        code="outreach.changed",
        next_step="make the plan again, or restore the folder",
    )


def _is_saved(folder: Path, plan_id: object) -> bool:
    try:
        return bool(_facts_of(folder)["plan_id"] == plan_id)
    except ConfigError:
        return False


def _facts_of(folder: Path) -> dict[str, Any]:
    path = folder / _FACTS
    if not path.is_file():
        raise ConfigError(
            "the folder holds no plan of outreach",
            place=folder.name,
            code="outreach.no_plan",
            next_step="name the folder that Outreach.save or 'riskmodel outreach' wrote",
        )
    with on_disk(path):
        text = path.read_text(encoding="utf-8")
    try:
        facts = dict(json.loads(text))
        version = int(facts["version"])
    except (ValueError, KeyError, TypeError):
        raise changed(folder) from None
    if version > _VERSION:
        raise ConfigError(
            "the plan was written by a newer version of riskmodel",
            place=folder.name,
            code="outreach.version",
            next_step="install that version, or make the plan again",
        )
    return facts


def _check_whole(folder: Path, names: Iterable[str], facts: Mapping[str, Any]) -> None:
    """Refuse a folder of which a table is missing, or something is not as it was saved."""
    if not all(_table_in(folder, name).is_file() for name in names):
        raise changed(folder)
    if facts["version"] == _WITHOUT_DIGESTS:
        return
    with on_disk(folder):
        tables = _digests_of(folder, names)
    if facts.get("tables") != tables or facts.get("facts") != _digest_of_facts(facts):
        raise changed(folder)


def _table_in(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def _digests_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the digest of each table's file."""
    contents = {name: _table_in(folder, name).read_bytes() for name in names}
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def _digest_of_facts(facts: Mapping[str, Any]) -> str:
    """Return the digest of the facts of a plan but itself."""
    others = {name: fact for name, fact in facts.items() if name != "facts"}
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()
