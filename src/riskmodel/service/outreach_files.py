"""The keys of a file of outreach, or of a set that has a name, for rules and channels."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.schema.yaml_files import YamlKind, read_yaml

CHANNELS_KEY = "channels"
"""The key of a file that holds what channels cost and reach; all others are rules."""
_FILE = YamlKind(
    "file of outreach",
    "outreach.missing",
    "outreach.yaml",
    "give the path of a YAML file, or the name of a set: default or korea",
)


def keys_written(
    source: Mapping[str, object] | str | PathLike[str],
    sets: Mapping[str, Mapping[str, object]],
    what: str,
    code: str,
    example: str,
) -> Mapping[str, object]:
    """Return the keys of a set that has a name, of a mapping or of a YAML file.

    Parameters
    ----------
    source : mapping, str or path-like
    sets : mapping of str to mapping
        By name.
    what : str
        Of what it is a set, such as ``"rules"``.
    code : str
        Of the refusal of a name that there is not.
    example : str
        What to write into a file that holds no keys.

    Raises
    ------
    ConfigError
        For an unknown name, or a file that cannot be read or holds no keys.
    """
    if isinstance(source, str) and source in sets:
        return sets[source]
    if isinstance(source, Mapping):
        return source
    path = Path(source)
    if not path.exists() and not path.suffix:
        raise ConfigError(
            f"unknown set of {what} {path.name!r}",
            code=code,
            allowed=sets,
            next_step=did_you_mean(path.name, sets),
        )
    content = read_yaml(path, _FILE)
    if not isinstance(content, Mapping):
        of_type = {list: "a list", type(None): "nothing"}
        holds = of_type.get(type(content), "a text")
        raise ConfigError(
            f"the file of outreach holds {holds}",
            place=path.name,
            code="arguments.type",
            allowed="keys, each with what it says",
            next_step=f"write {example}",
        )
    return content
