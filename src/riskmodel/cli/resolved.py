"""The resolved configuration as it is printed and kept: no paths, addresses or people's names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

import yaml

from riskmodel.cli.shell_keys import shown

# Where things lie, who acts and how often: not what an experiment is.
_LEFT_OUT = frozenset(
    {
        ("registry",),
        ("output",),
        ("again",),
        ("by",),
        ("why",),
        ("data", "root"),
        ("data", "simulated", "folder"),
    }
)
_NAMES_A_FILE = frozenset(("file", "store", "catalogue"))
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/+[^\s'\"]+|[\w.+-]+@[\w-]+\.[\w.-]+", re.IGNORECASE)
_QUOTED_PATH = re.compile(r"(['\"])(?:~|[A-Za-z]:)?[/\\][^'\"]*\1")
_PATH = re.compile(r"(?<![\w:/.<%])(?:~?/(?:[\w.~-]+/)+[^\s'\"]*|~/\S+|[A-Za-z]:[\\/][^'\"]+)")


def resolved(config: Mapping[str, object]) -> dict[str, object]:
    """Return a composed configuration without paths, addresses and people's names.

    Examples
    --------
    >>> resolved({"name": "a", "registry": {"uri": "https://kim@host"}, "store": "/srv/kim/oct"})
    {'name': 'a', 'store': 'oct'}
    >>> resolved({"data": {"where": "x IN (SELECT * FROM '/home/kim/a.csv')"}})
    {'data': {'where': "x IN (SELECT * FROM '(path)')"}}
    """
    return _without_places(shown(config), ())


def as_yaml(config: Mapping[str, object]) -> str:
    """Return a configuration as YAML, in the order of its keys."""
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)


def _without_places(section: Mapping[str, object], above: tuple[str, ...]) -> dict[str, object]:
    return {
        str(key): _without((*above, str(key)), value)
        for key, value in section.items()
        if (*above, str(key)) not in _LEFT_OUT
    }


def _without(place: tuple[str, ...], value: object) -> object:
    if isinstance(value, Mapping):
        return _without_places(value, place)
    if isinstance(value, list):
        return [_without(place, item) for item in value]
    if not isinstance(value, str):
        return value
    if place[-1] in _NAMES_A_FILE:
        return PurePath(value.replace("\\", "/")).name
    text = _ADDRESS.sub("(address)", value)
    return _PATH.sub("(path)", _QUOTED_PATH.sub(r"\1(path)\1", text))
