"""The overrides of the command line, in Hydra's grammar and checked before they are applied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from riskmodel.cli.data_section import SIMULATED, is_simulation_key
from riskmodel.cli.experiments import names_number
from riskmodel.cli.shell_keys import SECTIONS
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.schema.refusals import keys_of

FREE_TEXT = ("by", "why")
# `model=` names a published version here; Hydra would take it for an option of a group.
ALIASES: Mapping[str, Mapping[str, str]] = {"score": {"model": "published"}}
# A quoted text, or a bare word in a list.
_ITEM = re.compile(r"""'[^']*'|"[^"]*"|[^\[\],]+""")


def overrides_of(words: Iterable[str], command: str) -> list[str]:
    """Return the overrides of a command, as Hydra's grammar has them."""
    return [_in_grammar(_renamed(word, ALIASES.get(command, {}))) for word in words]


def _renamed(word: str, aliases: Mapping[str, str]) -> str:
    key, equals, value = word.partition("=")
    section, _, inside = key.partition(".")
    if key == "capacity" and names_number(value):
        key = "capacity.contacts"
    elif section == "data" and is_simulation_key(inside.partition(".")[0]):
        key = f"data.{SIMULATED}.{inside}"
    return f"{aliases.get(key, key)}{equals}{value}"


def _in_grammar(word: str) -> str:
    key, _, value = word.partition("=")
    plain = value.isascii() and key not in FREE_TEXT
    if plain or value[:1] in ("'", '"', "{"):
        return word
    if value[:1] == "[":
        return f"{key}={_ITEM.sub(_item_in_quotes, value)}"
    return f"{key}={_in_quotes(value)}"


def _item_in_quotes(item: re.Match[str]) -> str:
    return item[0] if item[0].isascii() else _in_quotes(item[0])


def _in_quotes(text: str) -> str:
    bare = text.strip()
    escaped = bare.replace("\\", "\\\\").replace("'", "\\'")
    return bare if bare[:1] in ("'", '"') else f"'{escaped}'"


def parsed(words: list[str]) -> list[Override]:
    """Return overrides as Hydra understands them."""
    try:
        overrides = list(OverridesParser.create().parse_overrides(words))
    except HydraException as error:
        raise ConfigError(
            f"an override cannot be read: {str(error).splitlines()[0]}",
            code="config.override",
            allowed="key=value",
            next_step="put values with spaces or commas in quotes: why=\"'a, b'\"; a mapping with "
            "names of other letters goes into a file of your own folder (-cd)",
        ) from None
    for override in overrides:
        if override.is_delete():
            raise ConfigError(
                f"{override.key_or_group} cannot be taken out",
                code="config.override",
                allowed="key=value",
                next_step=f"write {override.key_or_group}=null, or choose another option",
            )
    return overrides


def forced(word: str) -> str:
    """Let a known key be set although the chosen option does not hold it yet."""
    key = word.split("=", 1)[0]
    return f"++{word}" if "." in key and key[0] not in "+~" else word


def check_key(key: str, keys: Iterable[str], command: str) -> None:
    """Refuse an override of a key that does not exist, with the nearest that does.

    Parameters
    ----------
    key : str
        As Hydra sees it, such as ``model.seeds``.
    keys : iterable of str
        The keys of the command's configuration, as users write them.
    command : str
    """
    first, _, rest = key.partition(".")
    known = sorted(keys)
    if first not in (*known, *ALIASES.get(command, {}).values()):
        raise ConfigError(
            f"unknown key or group {key!r}",
            code="config.key",
            allowed=known,
            next_step=did_you_mean(first, known),
        )
    section = rest.split(".")[0]
    known = sorted(keys_of(SECTIONS[first])) if first in SECTIONS else []
    if section and known and section not in known:
        raise ConfigError(
            f"unknown key {key!r}",
            code="config.key",
            allowed=[f"{first}.{k}" for k in known],
            next_step=did_you_mean(section, known),
        )
