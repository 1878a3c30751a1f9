"""The resolved configuration as it is printed and kept: without what people write freely."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from riskmodel.cli.shell_keys import shown
from riskmodel.registry import kept


def resolved(config: Mapping[str, object]) -> dict[str, object]:
    """Return what of a composed configuration is printed and kept.

    Examples
    --------
    >>> resolved({"name": "a", "registry": {"uri": "https://kim@host"}, "publish": "true"})
    {'name': 'a', 'publish': True}
    >>> resolved({"data": {"events": {"file": "/home/kim/a.csv", "where": "note <> 'Kim'"}}})
    {'data': {'events': {'file': 'a.csv', 'where': '(left out)'}}}
    """
    return kept(shown(config))


def as_yaml(config: Mapping[str, object]) -> str:
    """Return a configuration as YAML, in the order of its keys."""
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)
