"""The resolved configuration as it is printed and kept: without what people write freely."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from riskmodel.cli.shell_keys import shown
from riskmodel.registry import LEFT_OUT, kept


def resolved(config: Mapping[str, object]) -> dict[str, object]:
    """Return what of a composed configuration is printed and kept.

    Examples
    --------
    >>> resolved({"name": "a", "registry": {"uri": "https://kim@host"}, "publish": "true"})
    {'name': 'a', 'publish': True}
    >>> resolved({"data": {"events": {"file": "/home/kim/a.csv", "where": "note <> 'Kim'"}}})
    {'data': {'events': {'file': '(left out)', 'where': '(left out)'}}}
    """
    return kept(shown(config))


def for_help(config: Mapping[str, object], shipped: Mapping[str, object]) -> dict[str, object]:
    """Return a composed configuration to look up its keys in.

    Sections that are as they are shipped stand whole. What somebody wrote stands as it is printed
    before a run; a folder or an address is left out, and its key stays.

    Examples
    --------
    >>> shipped = {"name": "household-crisis", "output": None, "registry": {"uri": None}}
    >>> for_help({**shipped, "output": "/home/kim"}, shipped)
    {'name': 'household-crisis', 'output': '(left out)', 'registry': {'uri': None}}
    """
    written = resolved(config)
    return {
        key: value if key in shipped and config[key] == shipped[key] else written.get(key, LEFT_OUT)
        for key, value in shown(config).items()
    }


def as_yaml(config: Mapping[str, object]) -> str:
    """Return a configuration as YAML, in the order of its keys."""
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)
