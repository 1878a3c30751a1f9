"""Hydra configurations, checked against what exists, so that a typo lists the options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from riskmodel.cli.shell_keys import SECTIONS, typed
from riskmodel.cli.yaml_source import read_as_texts, search_path_of
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.schema.refusals import keys_of

FREE_TEXT = ("by", "why")
# a published model is named by `model=`, which Hydra would take for an option of the group of that name
# a quoted text or a bare word in a list
_WORD = re.compile(r"""'[^']*'|"[^"]*"|[^\[\],]+""")
ALIASES = {"score": {"model": "published"}}


def conf_folder() -> Path:
    """Return the folder of shipped configurations: the wheel's own, else the checkout's."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "conf"
    return shipped if shipped.is_dir() else package.parents[1] / "conf"


def compose(
    name: str,
    overrides: Iterable[str] = (),
    folder: str | Path | None = None,
    *,
    wants_help: bool = False,
) -> dict[str, Any]:
    """Compose a configuration and check every key.

    Parameters
    ----------
    name : str
        The command's configuration: ``"train"``, ``"score"``, ``"promote"`` or ``"version"``.
    overrides : iterable of str
        ``key=value`` as in Hydra.
    folder : path-like, optional
        A folder of your own configurations, searched beside the shipped ones.
    wants_help : bool
        To be shown only: what must be given may be missing.

    Returns
    -------
    dict
        Plain Python values.

    Raises
    ------
    ConfigError
        For a misspelled group, option or key, with the list of those that exist.
    """
    aliases = ALIASES.get(name, {})
    words = [_quoted(_renamed(word, aliases)) for word in overrides]
    search = [] if folder is None else [f"hydra.searchpath=[{_search_path(folder)}]"]
    GlobalHydra.instance().clear()
    read_as_texts(conf_folder())
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_folder())):
        parsed = _parse(words)
        choices = [
            word for word, o in zip(words, parsed, strict=True) if o.key_or_group in _groups(folder)
        ]
        base = _compose(name, search + choices)
        for override in parsed:
            if override.key_or_group not in _groups(folder):
                _check_key(str(override.key_or_group), base)
        whole = _compose(name, search + [_forced(word) for word in words], with_choices=True)
    config = OmegaConf.masked_copy(whole, [str(key) for key in whole if key != "hydra"])
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    shown = {inner: outer for outer, inner in aliases.items()}
    if not wants_help:
        _check_missing(config)
        plain = typed(plain)
    values = {shown.get(str(key), str(key)): value for key, value in plain.items()}
    if folder is not None and isinstance(values.get("data"), dict):
        _place(values["data"], Path(folder) / "data" / f"{whole.hydra.runtime.choices.data}.yaml")
    return values


def _place(data: dict[str, Any], manifest: Path) -> None:
    """Let a manifest of one's own look for its files and its catalogue where it stands, as it does when it is read."""
    if not manifest.is_file() or "events" not in data:
        return
    if data.get("root") is None:
        data["root"] = str(manifest.parent)
    beside = manifest.parent / str(data.get("catalogue"))
    if isinstance(data.get("catalogue"), str) and beside.is_file():
        data["catalogue"] = str(beside.resolve())


def _forced(word: str) -> str:
    """Let a known key be set although the chosen option does not hold it yet."""
    key = word.split("=", 1)[0]
    return f"++{word}" if "." in key and key[0] not in "+~" else word


def _search_path(folder: str | Path) -> str:
    path = Path(folder).resolve()
    if not path.is_dir():
        raise ConfigError(
            f"configuration folder {str(folder)!r} does not exist",
            code="config.folder",
            next_step="create it with data/ and experiment/ inside, or correct the path after -cd",
        )
    return f"'{search_path_of(path)}'"


def _renamed(word: str, aliases: Mapping[str, str]) -> str:
    key, equals, value = word.partition("=")
    if key == "capacity" and value[:1].isdecimal():
        key = "capacity.contacts"
    return f"{aliases.get(key, key)}{equals}{value}"


def _quoted(word: str) -> str:
    key, _, value = word.partition("=")
    plain = value.isascii() and key not in FREE_TEXT
    if plain or value[:1] in ("'", '"', "{"):
        return word
    if value[:1] == "[":
        return f"{key}={_WORD.sub(lambda found: found[0] if found[0].isascii() else _in_quotes(found[0]), value)}"
    return f"{key}={_in_quotes(value)}"


def _in_quotes(text: str) -> str:
    bare = text.strip()
    escaped = bare.replace("\\", "\\\\").replace("'", "\\'")
    return bare if bare[:1] in ("'", '"') else f"'{escaped}'"


def _parse(words: list[str]) -> list[Any]:
    try:
        return list(OverridesParser.create().parse_overrides(words))
    except HydraException as error:
        raise ConfigError(
            f"an override cannot be read: {str(error).splitlines()[0]}",
            code="config.override",
            allowed="key=value",
            next_step="put values with spaces or commas in quotes: why=\"'a, b'\"; a mapping with names of other "
            "letters goes into a file of your own folder (-cd)",
        ) from None


def _groups(folder: str | Path | None) -> set[str]:
    roots = [conf_folder()] + ([Path(folder)] if folder is not None else [])
    return {
        entry.name for root in roots if root.is_dir() for entry in root.iterdir() if entry.is_dir()
    }


def _compose(name: str, overrides: list[str], *, with_choices: bool = False) -> DictConfig:
    try:
        return hydra_compose(
            config_name=name, overrides=overrides, return_hydra_config=with_choices
        )
    except ConfigError:
        raise
    except MissingConfigException as error:
        options = sorted(error.options or [])
        asked = str(error.missing_cfg_file).split("/")
        raise ConfigError(
            f"no option {asked[-1]!r} in group {'/'.join(asked[:-1]) or name!r}",
            code="config.option",
            allowed=options or "see the folder conf",
            next_step=did_you_mean(asked[-1], options),
        ) from None
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise ConfigError(
            f"the configuration cannot be composed: {str(error).splitlines()[0]}",
            code="config.compose",
            next_step="check keys and values against `riskmodel COMMAND --help`",
        ) from None


def _check_key(key: str, base: DictConfig) -> None:
    first, _, rest = key.partition(".")
    known = sorted(str(name) for name in base)
    if first not in known:
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


def _check_missing(config: DictConfig) -> None:
    missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        raise ConfigError(
            f"{', '.join(missing)} must be given",
            code="config.missing",
            next_step=f"add {' '.join(f'{key}=...' for key in missing)}",
        )
