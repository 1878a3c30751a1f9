"""Hydra configurations, checked against what exists, so that a typo lists the options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from riskmodel.cli.data_section import EVENTS, check_data
from riskmodel.cli.experiments import GROUP as EXPERIMENT
from riskmodel.cli.overrides import ALIASES, check_key, forced, overrides_of, parsed
from riskmodel.cli.shell_keys import typed
from riskmodel.cli.yaml_source import CONFIGURATION, read_as_texts
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.schema.yaml_files import read_yaml


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
    command = Command.of(name)
    own = None if folder is None else _existing(folder)
    composed = _composed(command, overrides_of(overrides, name), own)
    config = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    if not wants_help:
        _check_missing(config)
        plain = typed(plain)
        if "data" in plain:
            check_data(plain["data"])
    values = _by_outer_names(plain, name)
    if own is not None and isinstance(values.get("data"), dict):
        _look_beside(values["data"], own, composed.hydra.runtime.choices)
    return values


@dataclass(frozen=True)
class Command:
    """What a command's configuration holds.

    Attributes
    ----------
    name : str
    groups : frozenset of str
        Of each an option is chosen.
    keys : frozenset of str
        All keys of the composed configuration.
    """

    name: str
    groups: frozenset[str]
    keys: frozenset[str]

    @classmethod
    def of(cls, name: str) -> Command:
        """Return what the shipped file of a command says."""
        written = read_yaml(conf_folder() / f"{name}.yaml", CONFIGURATION)
        assert isinstance(written, dict)
        defaults = written.pop("defaults", None) or []
        groups = frozenset(
            str(group) for entry in defaults if isinstance(entry, dict) for group in entry
        )
        return cls(name, groups, (groups | {str(key) for key in written}) - {EXPERIMENT})

    @property
    def outer_names(self) -> list[str]:
        """The keys as users write them, and the group of experiments."""
        keys = self.keys | (self.groups & {EXPERIMENT})
        return sorted(_outer_name(key, self.name) for key in keys)


def _composed(command: Command, words: list[str], own: Path | None) -> DictConfig:
    """Return what Hydra composes, once the key of every override is checked."""
    GlobalHydra.instance().clear()
    read_as_texts(conf_folder(), own, command.groups - {EXPERIMENT})
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_folder())):
        overrides = parsed(words)
        for override in overrides:
            if override.key_or_group not in command.groups:
                check_key(str(override.key_or_group), command.outer_names, command.name)
        composed = _compose(command.name, [forced(word) for word in words])
        _check_known(composed, command)
        return _with_chosen_above(composed, command, overrides)


def _with_chosen_above(
    composed: DictConfig, command: Command, overrides: list[Override]
) -> DictConfig:
    """Put what the command line chooses of a group above what an experiment says of the group."""
    is_chosen = {str(o.key_or_group) for o in overrides} & command.groups
    chosen = is_chosen - {EXPERIMENT}
    if EXPERIMENT not in is_chosen or not chosen:
        return composed
    words = [forced(str(o.input_line)) for o in overrides if o.key_or_group != EXPERIMENT]
    without = _compose(command.name, words)
    for group in chosen:
        composed[group] = without[group]
    return composed


def _check_known(composed: DictConfig, command: Command) -> None:
    """Refuse a key that an experiment brings in beside those of the command."""
    unknown = [str(key) for key in composed if key not in (*command.keys, "hydra")]
    if unknown:
        known = [name for name in command.outer_names if name != EXPERIMENT]
        raise ConfigError(
            f"unknown key {unknown[0]!r}",
            place=f"experiment {composed.hydra.runtime.choices[EXPERIMENT]}",
            code="config.key",
            allowed=known,
            next_step=did_you_mean(unknown[0], known),
        )


def _by_outer_names(plain: Mapping[Any, Any], command: str) -> dict[str, Any]:
    return {_outer_name(str(key), command): value for key, value in plain.items()}


def _outer_name(key: str, command: str) -> str:
    """Return a key as users write it."""
    outer = {inner: name for name, inner in ALIASES.get(command, {}).items()}
    return outer.get(key, key)


def _look_beside(data: dict[str, Any], own: Path, choices: Mapping[str, Any]) -> None:
    """Make a manifest of the user's own find its files beside itself, as `read_records` does."""
    group = "data" if choices["data"] is not None else EXPERIMENT
    option = str(choices[group]).removesuffix(".yaml")
    manifest = own / group / f"{option}.yaml"
    if not manifest.is_file() or EVENTS not in data:
        return
    if data.get("root") is None:
        data["root"] = str(manifest.parent)
    beside = manifest.parent / str(data.get("catalogue"))
    if isinstance(data.get("catalogue"), str) and beside.is_file():
        data["catalogue"] = str(beside.resolve())


def _existing(folder: str | Path) -> Path:
    path = Path(folder).resolve()
    if not path.is_dir():
        raise ConfigError(
            f"configuration folder {str(folder)!r} does not exist",
            code="config.folder",
            next_step="create it with data/ and experiment/ inside, or correct the path after -cd",
        )
    return path


def _compose(name: str, overrides: list[str]) -> DictConfig:
    try:
        return hydra_compose(config_name=name, overrides=overrides, return_hydra_config=True)
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
