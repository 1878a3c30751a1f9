"""Hydra configurations, checked against what exists, so that a typo lists the options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import GrammarParseError, OmegaConfBaseException

from riskmodel.cli.data_section import EVENTS, check_data
from riskmodel.cli.experiments import GROUP as EXPERIMENT
from riskmodel.cli.overrides import ALIASES, Override, check_key
from riskmodel.cli.references import resolved_values, unresolved
from riskmodel.cli.shell_keys import typed
from riskmodel.cli.yaml_source import CONFIGURATION, read_as_texts
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.schema.yaml_files import read_yaml

_SHAPE = re.compile(r"^In '([^']*)'.*\n(?:Cannot merge|Merge error)")


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
    composed = _composed(command, [Override.of(word, name) for word in overrides], own)
    config = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
    plain = resolved_values(config)
    if not wants_help:
        _check_missing(config)
        plain = typed(plain, _outer_names(name))
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


def _composed(command: Command, overrides: list[Override], own: Path | None) -> DictConfig:
    """Return what Hydra composes of the chosen options, with the overridden values."""
    choices = [override for override in overrides if override.key in command.groups]
    values = [override for override in overrides if override.key not in command.groups]
    for override in values:
        check_key(override.key, command.outer_names, command.name)

    GlobalHydra.instance().clear()
    read_as_texts(conf_folder(), own, command.groups - {EXPERIMENT})
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_folder())):
        composed = _compose(command.name, [choice.choice() for choice in choices])
        _check_known(composed, command)
        _check_chosen(composed, command)
        _put_above_experiment(composed, command, choices)
    for override in values:
        override.apply(composed)
    return composed


def _put_above_experiment(composed: DictConfig, command: Command, choices: list[Override]) -> None:
    """Let an option that the command line chooses replace what an experiment says of its group."""
    others = [choice for choice in choices if choice.key != EXPERIMENT]
    if len(others) in (0, len(choices)):
        return
    without = _compose(command.name, [choice.choice() for choice in others])
    for choice in others:
        composed[choice.key] = without[choice.key]


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


def _check_chosen(composed: DictConfig, command: Command) -> None:
    """Refuse a group of which nothing is chosen."""
    without = sorted(group for group in command.groups - {EXPERIMENT} if group not in composed)
    if without:
        raise ConfigError(
            f"nothing is chosen for {without[0]}",
            code="config.missing",
            next_step=f"leave {without[0]} out to have the default, or name an option",
        )


def _by_outer_names(plain: Mapping[Any, Any], command: str) -> dict[str, Any]:
    return {_outer_name(str(key), command): value for key, value in plain.items()}


def _outer_name(key: str, command: str) -> str:
    """Return a key as users write it."""
    return _outer_names(command).get(key, key)


def _outer_names(command: str) -> dict[str, str]:
    """Return how users write the keys that are called otherwise inside."""
    return {inner: name for name, inner in ALIASES.get(command, {}).items()}


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


def _nearest_option(group: str, option: str, options: list[str]) -> str:
    """Return the advice for an option that is not there; a file of one's own is none yet."""
    file = PurePath(option)
    if file.suffix in (".yaml", ".yml"):
        chosen = f"{group}={file.stem}"
        return f"put the file into a folder FOLDER/{group}, and write -cd FOLDER {chosen}"
    return did_you_mean(option, options)


def _compose(name: str, overrides: list[str]) -> DictConfig:
    try:
        return hydra_compose(config_name=name, overrides=overrides, return_hydra_config=True)
    except ConfigError:
        raise
    except RecursionError:
        raise _not_composed("a file chooses itself in its defaults") from None
    except MissingConfigException as error:
        options = sorted(error.options or [])
        group, _, option = str(error.missing_cfg_file).rpartition("/")
        group = group.partition("/")[0] or name
        raise ConfigError(
            f"no option {option!r} in group {group!r}",
            code="config.option",
            allowed=options or "see the folder conf",
            next_step=_nearest_option(group, option, options),
        ) from None
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        if "interpolation" in str(error) or isinstance(error.__cause__ or error, GrammarParseError):
            raise unresolved(error) from None
        raise _not_composed(_in_words(error)) from None


def _in_words(error: Exception) -> str:
    """Return what Hydra says, or which file writes a key in another shape than its option."""
    reshaped = _SHAPE.search(str(error))
    if reshaped is not None:
        return f"in {reshaped[1]} a list stands for a mapping, or a mapping for a list"
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _not_composed(what: str) -> ConfigError:
    return ConfigError(
        f"the configuration cannot be composed: {what}",
        code="config.compose",
        next_step="check keys and values against `riskmodel COMMAND --help`",
    )


def _check_missing(config: DictConfig) -> None:
    missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        raise ConfigError(
            f"{', '.join(missing)} must be given",
            code="config.missing",
            next_step=f"add {' '.join(f'{key}=...' for key in missing)}",
        )
