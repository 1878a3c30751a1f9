"""Hydra configurations, checked against what exists, so that a typo lists the options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from riskmodel.cli.overrides import ALIASES, check_key, forced, overrides_of, parsed
from riskmodel.cli.shell_keys import typed
from riskmodel.cli.yaml_source import read_as_texts, search_path_of
from riskmodel.errors import ConfigError, did_you_mean


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
    words = overrides_of(overrides, name)
    composed = _composed(name, words, folder)
    config = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    if not wants_help:
        _check_missing(config)
        plain = typed(plain)
    values = _by_outer_names(plain, name)
    if folder is not None and isinstance(values.get("data"), dict):
        option = composed.hydra.runtime.choices.data
        _look_beside(values["data"], Path(folder) / "data" / f"{option}.yaml")
    return values


def _composed(name: str, words: list[str], folder: str | Path | None) -> DictConfig:
    """Return what Hydra composes, once the key of every override is checked."""
    search = [] if folder is None else [f"hydra.searchpath=[{_search_path(folder)}]"]
    groups = _groups(folder)
    GlobalHydra.instance().clear()
    read_as_texts(conf_folder())
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_folder())):
        overrides = parsed(words)
        is_option = [override.key_or_group in groups for override in overrides]
        options = [word for word, chooses in zip(words, is_option, strict=True) if chooses]
        base = _compose(name, search + options)
        keys = [_outer_name(str(key), name) for key in base]
        for override, chooses in zip(overrides, is_option, strict=True):
            if not chooses:
                check_key(str(override.key_or_group), keys, name)
        return _compose(name, search + [forced(word) for word in words], with_choices=True)


def _by_outer_names(plain: Mapping[Any, Any], command: str) -> dict[str, Any]:
    return {_outer_name(str(key), command): value for key, value in plain.items()}


def _outer_name(key: str, command: str) -> str:
    """Return a key as users write it."""
    outer = {inner: name for name, inner in ALIASES.get(command, {}).items()}
    return outer.get(key, key)


def _look_beside(data: dict[str, Any], manifest: Path) -> None:
    """Make a manifest of the user's own find its files beside itself, as `read_records` does."""
    if not manifest.is_file() or "events" not in data:
        return
    if data.get("root") is None:
        data["root"] = str(manifest.parent)
    beside = manifest.parent / str(data.get("catalogue"))
    if isinstance(data.get("catalogue"), str) and beside.is_file():
        data["catalogue"] = str(beside.resolve())


def _search_path(folder: str | Path) -> str:
    path = Path(folder).resolve()
    if not path.is_dir():
        raise ConfigError(
            f"configuration folder {str(folder)!r} does not exist",
            code="config.folder",
            next_step="create it with data/ and experiment/ inside, or correct the path after -cd",
        )
    return f"'{search_path_of(path)}'"


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
        *group, option = str(error.missing_cfg_file).split("/")
        raise ConfigError(
            f"no option {option!r} in group {'/'.join(group) or name!r}",
            code="config.option",
            allowed=options or "see the folder conf",
            next_step=did_you_mean(option, options),
        ) from None
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise ConfigError(
            f"the configuration cannot be composed: {str(error).splitlines()[0]}",
            code="config.compose",
            next_step="check keys and values against `riskmodel COMMAND --help`",
        ) from None


def _check_missing(config: DictConfig) -> None:
    missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        raise ConfigError(
            f"{', '.join(missing)} must be given",
            code="config.missing",
            next_step=f"add {' '.join(f'{key}=...' for key in missing)}",
        )
