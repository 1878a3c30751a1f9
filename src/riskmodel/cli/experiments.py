"""What an experiment file says: its top level holds for the whole command, and names choose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

from riskmodel.cli.data_section import names_records, with_simulation_inside
from riskmodel.errors import ConfigError
from riskmodel.schema.yaml_files import Written

Content: TypeAlias = dict[str, object]

GROUP, CAPACITY = "experiment", "capacity"
NUMBER_OR = ", a number"


def as_experiment(content: Mapping[str, object], groups: Collection[str], place: str) -> Content:
    """Return an experiment file as Hydra composes it.

    Parameters
    ----------
    content : dict
        What the file holds.
    groups : collection of str
        The groups of which an option can be chosen.
    place : str
        What refusals call the file.

    Raises
    ------
    ConfigError
        For a group that is neither a name, a number nor a mapping, and a ``defaults`` without list.
    """
    written = {key: value for key, value in content.items() if value is not None}
    defaults = written.pop("defaults", [])
    if not isinstance(defaults, list):
        raise _no_list(place)
    for group in [key for key in written if key in groups]:
        section = section_of(group, written.pop(group), place)
        if isinstance(section, str):
            if _is_chosen(group, defaults):
                raise _chosen_twice(group, place)
            defaults = [*defaults, {f"override /{group}": section}]
            continue
        if group == "data" and names_records(section) and not _is_chosen(group, defaults):
            defaults = [*defaults, {f"override /{group}": None}]
        written[group] = section
    return {"defaults": defaults, **written} if defaults else written


def section_of(group: str, written: object, place: str) -> str | Content:
    """Return what is written for a group: the name of an option, or the keys of its section."""
    if group == CAPACITY and names_capacity(written):
        return {"contacts": written}
    if isinstance(written, str):
        return written
    if not isinstance(written, Mapping):
        raise ConfigError(
            f"{group} is neither a name nor a mapping",
            place=place,
            code="config.value",
            allowed=f"the name of an option{NUMBER_OR * (group == CAPACITY)}, or a mapping of keys",
            next_step=f"correct {group}",
        )
    return with_simulation_inside(written) if group == "data" else dict(written)


def names_capacity(written: object) -> bool:
    """Tell whether a text reads as a number or as per cent, which the capacity itself refuses.

    Examples
    --------
    >>> [names_capacity(text) for text in (".05", "-3", "2%", "share")]
    [True, True, True, False]
    """
    if not isinstance(written, str):
        return False
    return Written(written).number() is not None or written.strip().endswith("%")


def _is_chosen(group: str, defaults: list[object]) -> bool:
    keys = [key for entry in defaults if isinstance(entry, Mapping) for key in entry]
    return any(key.split()[-1].lstrip("/") == group for key in keys)


def _chosen_twice(group: str, place: str) -> ConfigError:
    return ConfigError(
        f"{group} is chosen twice, in defaults and below",
        place=place,
        code="config.value",
        allowed="one option of a group",
        next_step=f"keep {group}: NAME and take it out of defaults",
    )


def _no_list(place: str) -> ConfigError:
    return ConfigError(
        "defaults is not a list",
        place=place,
        code="config.value",
        allowed="a list such as [override /data: mine]",
        next_step="write data: mine instead, without defaults",
    )
