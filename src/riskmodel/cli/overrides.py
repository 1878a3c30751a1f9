"""The overrides of the command line: values as YAML writes them, checked before they count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import GrammarParseError, OmegaConfBaseException

from riskmodel.cli.data_section import SIMULATED, is_simulation_key
from riskmodel.cli.experiments import names_capacity
from riskmodel.cli.references import as_texts, unresolved
from riskmodel.cli.shell_keys import SECTIONS
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.schema.refusals import keys_of
from riskmodel.schema.yaml_files import Written, YamlValue, parse_yaml

# `model=` names a published version here; otherwise it is an option of a group.
ALIASES: Mapping[str, Mapping[str, str]] = {
    "score": {"model": "published"},
    "trace": {"model": "published"},
    "plan": {"model": "published"},
}


@dataclass(frozen=True)
class Override:
    """One word of the command line: a key, and the value that it is given."""

    key: str
    value: YamlValue

    @classmethod
    def of(cls, word: str, command: str) -> Override:
        """Return what a word says.

        Examples
        --------
        >>> Override.of("label.outcome=010", "train")
        Override(key='label.outcome', value='010')
        >>> Override.of("capacity={강남: 5}", "train").value
        {'강남': '5'}
        """
        written, _, text = word.partition("=")
        key = written.lstrip("+")
        section, _, inside = key.partition(".")
        if key == "capacity" and names_capacity(text):
            key = "capacity.contacts"
        elif section == "data" and is_simulation_key(inside.partition(".")[0]):
            key = f"data.{SIMULATED}.{inside}"
        return cls(ALIASES.get(command, {}).get(key, key), _value_of(text, key))

    def choice(self) -> str:
        """Return the option that is chosen of a group, in Hydra's grammar."""
        if not isinstance(self.value, str):
            raise ConfigError(
                f"{self.key} is not the name of an option",
                code="config.override",
                allowed=f"{self.key}=NAME, or {self.key}.KEY=VALUE for one key of it",
                next_step="see riskmodel COMMAND --help for the keys",
            )
        escaped = self.value.replace("\\", "\\\\").replace("'", "\\'")
        return f"{self.key}='{escaped}'"

    def apply(self, config: DictConfig) -> None:
        """Give the key its value."""
        value = as_texts(self.value, tuple(self.key.split(".")))
        try:
            OmegaConf.update(config, self.key, value, merge=True, force_add=True)
        except GrammarParseError as error:
            raise unresolved(error) from None
        except (OmegaConfBaseException, ValueError, TypeError):
            raise ConfigError(
                f"{self.key} cannot be given this value",
                code="config.override",
                allowed="a value of the same shape: a name, a list or a mapping",
                next_step="see riskmodel COMMAND --help for the keys",
            ) from None


def _value_of(text: str, key: str) -> YamlValue:
    """Return a list or a mapping as YAML writes it; anything else as the text that it is."""
    bare = text.strip()
    if bare == "null":
        return None
    if bare[:1] in ("[", "{"):
        return _in_yaml(bare, key)
    is_quoted = len(bare) > 1 and bare[0] == bare[-1] and bare[0] in ("'", '"')
    return Written(bare[1:-1] if is_quoted else bare)


def _in_yaml(text: str, key: str) -> YamlValue:
    try:
        return parse_yaml(text, key)
    except (yaml.YAMLError, RecursionError):
        raise ConfigError(
            f"the value of {key} cannot be read",
            code="config.override",
            allowed="a list [a, b] or a mapping {a: b}",
            next_step="close every bracket, and put words with commas or colons in quotes",
        ) from None


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
