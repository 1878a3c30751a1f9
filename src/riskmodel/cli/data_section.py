"""The section `data`: simulated households, a store of records, or the keys of a manifest."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from riskmodel.datasets import make_households
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.records.sources.manifest_schema import ManifestKeys
from riskmodel.schema.refusals import keys_of

SIMULATED, STORE, EVENTS = "simulated", "store", "events"
KINDS = {
    SIMULATED: "simulated households",
    STORE: "a store of records",
    EVENTS: "the events of a manifest",
}
_SIMULATION_KEYS = frozenset(inspect.signature(make_households).parameters)
_MANIFEST_KEYS = frozenset(keys_of(ManifestKeys))


def check_data(data: object) -> None:
    """Refuse a section that names no records or two kinds of them, and a key that is not known.

    The keys of a manifest are checked where it is read.

    Raises
    ------
    ConfigError
    """
    written = data if isinstance(data, Mapping) else {}
    kinds = [kind for kind in KINDS if written.get(kind) is not None]
    if len(kinds) > 1:
        named = " and ".join(KINDS[kind] for kind in kinds)
        raise ConfigError(
            f"data names {named}",
            code="cli.data",
            allowed="one kind of records",
            next_step="choose one: data=simulated, data=store, or data=NAME of your manifest",
        )
    if SIMULATED in kinds:
        _check_keys(written, (SIMULATED,), "data")
        _check_keys(written[SIMULATED], _SIMULATION_KEYS, f"data.{SIMULATED}")
    elif STORE in kinds:
        _check_keys(written, (STORE,), "data")
        if not isinstance(written[STORE], str):
            raise ConfigError(
                f"data.{STORE} is not a name",
                code="config.value",
                allowed="a folder",
                next_step=f"write data.{STORE}=FOLDER",
            )
    elif not _MANIFEST_KEYS.intersection(written):
        raise ConfigError(
            "data names no records",
            code="cli.data",
            allowed="data=simulated, data=store, or data=NAME of a manifest",
            next_step="choose one of them",
        )


def is_simulation_key(key: str) -> bool:
    """Tell whether a key of `data` is one of the simulated households, and of no manifest.

    Examples
    --------
    >>> is_simulation_key("n"), is_simulation_key("today")
    (True, False)
    """
    return key in _SIMULATION_KEYS and key not in _MANIFEST_KEYS


def names_records(data: Mapping[str, object]) -> bool:
    """Tell whether a section names records by itself, so that no option stands below it."""
    return not {EVENTS, STORE}.isdisjoint(data)


def with_simulation_inside(data: Mapping[str, object]) -> dict[str, object]:
    """Return a section with the keys of simulated households in their own mapping.

    Examples
    --------
    >>> with_simulation_inside({"n": 300})
    {'simulated': {'n': 300}}
    """
    inside = {key: value for key, value in data.items() if is_simulation_key(key)}
    beside = {key: value for key, value in data.items() if key not in inside}
    if not inside:
        return beside
    written = beside.get(SIMULATED)
    own = written if isinstance(written, Mapping) else {}
    return {**beside, SIMULATED: {**own, **inside}}


def _check_keys(written: object, known: tuple[str, ...] | frozenset[str], place: str) -> None:
    if not isinstance(written, Mapping):
        raise ConfigError(
            f"{place} is not a mapping",
            code="config.value",
            allowed="a mapping of keys",
            next_step=f"write {place}.KEY=VALUE for each key",
        )
    unknown = [str(key) for key in written if key not in known]
    if unknown:
        raise ConfigError(
            f"unknown key {place}.{unknown[0]}",
            code="config.key",
            allowed=sorted(known),
            next_step=did_you_mean(unknown[0], sorted(known)),
        )
