"""Hydra's files, read by the one reader of YAML: scalars stay texts, and no key stands twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

from riskmodel.cli.experiments import GROUP, as_experiment
from riskmodel.cli.references import MANIFESTS, as_texts
from riskmodel.schema.yaml_files import YamlKind, read_yaml

CONFIGURATION = YamlKind(
    "configuration", "config.file", "config.file", "name an option of its group"
)
_SCHEME, _OWN = "riskmodel", "own"
_PACKAGE = re.compile(r"\A(?:\s*#.*\n)*?\s*# *@package +(\S+)")


class TextSource(ConfigSource):
    """A folder of configurations whose scalars stay texts."""

    @staticmethod
    def scheme() -> str:
        """Return the scheme of the search path that it reads."""
        return _SCHEME

    def load_config(self, config_path: str) -> ConfigResult:
        """Return one file for Hydra to compose."""
        path = self._path(self._normalize_file_name(config_path))
        if not path.is_file():
            raise ConfigLoadError(f"no configuration {config_path}")
        written = read_yaml(path, CONFIGURATION) or {}
        if not isinstance(written, dict):
            raise CONFIGURATION.refusal(path, "holds no keys", "write a key, a colon and a value")
        package = _PACKAGE.search(path.read_text(encoding="utf-8"))
        if package is not None and config_path.startswith(f"{MANIFESTS}/"):
            raise CONFIGURATION.refusal(
                path, "has a header # @package", "leave it out: a manifest sets keys of data alone"
            )
        header = {"package": None if package is None else package[1]}
        content: Mapping[str, object] = written
        if config_path.startswith(f"{GROUP}/"):
            content = as_experiment(written, FoldersOfTexts.groups, path.name)
            header["package"] = header["package"] or "_global_"
        return ConfigResult(
            provider=self.provider,
            path=self.full_path(),
            config=OmegaConf.create(as_texts(content, tuple(config_path.split("/")[:-1]))),
            header=header,
        )

    def available(self) -> bool:
        """Tell whether the folder is there."""
        return self.is_group("")

    def is_group(self, config_path: str) -> bool:
        """Tell whether a path is a folder of options."""
        return self._path(config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Tell whether a path is a file; the commands' own files are the shipped ones alone."""
        if self.provider == _OWN and "/" not in config_path:
            return False
        return self._path(self._normalize_file_name(config_path)).is_file()

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return the options of a group."""
        names: list[str] = []
        for entry in self._path(config_path).iterdir():
            self._list_add_result(names, f"{config_path}/{entry.name}", entry.name, results_filter)
        return sorted(set(names))

    def _path(self, config_path: str) -> Path:
        return Path(self.path) / config_path


class FoldersOfTexts(SearchPathPlugin):
    """Makes Hydra read the user's folder, then the shipped one, by `TextSource`."""

    shipped = Path()
    own: Path | None = None
    groups: frozenset[str] = frozenset()

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Change the scheme of the shipped folder, and put the user's before it."""
        for element in search_path.get_path():
            if element.path == str(self.shipped):
                element.path = _search_path_of(self.shipped)
        if self.own is not None:
            search_path.prepend(_OWN, _search_path_of(self.own))


def read_as_texts(shipped: Path, own: Path | None, groups: frozenset[str]) -> None:
    """Make Hydra read configurations by `TextSource`; a file of the user's comes first.

    Parameters
    ----------
    shipped : Path
    own : Path, optional
        The folder of the user's configurations.
    groups : frozenset of str
        The groups of which the command takes an option.
    """
    FoldersOfTexts.shipped, FoldersOfTexts.own, FoldersOfTexts.groups = shipped, own, groups
    Plugins.instance().register(TextSource)
    Plugins.instance().register(FoldersOfTexts)


def _search_path_of(folder: Path) -> str:
    return f"{_SCHEME}://{folder.as_posix()}"
