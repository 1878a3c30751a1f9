"""Hydra's files, read by the one reader of YAML: scalars stay texts, and no key stands twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

from riskmodel.schema.yaml_files import Written, YamlKind, read_yaml

CONFIGURATION = YamlKind(
    "configuration", "config.file", "config.file", "name an option of its group"
)
_SCHEME, _HEADER = "riskmodel", 512


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
        content = OmegaConf.create(_texts(read_yaml(path, CONFIGURATION) or {}))
        head = path.read_text(encoding="utf-8")[:_HEADER]
        return ConfigResult(
            provider=self.provider,
            path=self.full_path(),
            config=content,
            header=self._get_header_dict(head),
        )

    def available(self) -> bool:
        """Tell whether the folder is there."""
        return self.is_group("")

    def is_group(self, config_path: str) -> bool:
        """Tell whether a path is a folder of options."""
        return self._path(config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Tell whether a path is a file."""
        return self._path(self._normalize_file_name(config_path)).is_file()

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return the options of a group."""
        names: list[str] = []
        for entry in self._path(config_path).iterdir():
            self._list_add_result(names, f"{config_path}/{entry.name}", entry.name, results_filter)
        return sorted(set(names))

    def _path(self, config_path: str) -> Path:
        return Path(self.path) / config_path


class ShippedAsTexts(SearchPathPlugin):
    """Makes Hydra read the folder of shipped configurations, and no other, by `TextSource`."""

    folder = ""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Change the scheme of the shipped folder."""
        for element in search_path.get_path():
            if element.path == self.folder:
                element.path = search_path_of(Path(self.folder))


def search_path_of(folder: Path) -> str:
    """Return the search path that reads a folder by `TextSource`."""
    return f"{_SCHEME}://{folder.as_posix()}"


def read_as_texts(shipped: Path) -> None:
    """Make Hydra read the shipped configurations by `TextSource`."""
    ShippedAsTexts.folder = str(shipped)
    Plugins.instance().register(TextSource)
    Plugins.instance().register(ShippedAsTexts)


def _texts(content: Any) -> Any:
    """Return what was read with plain texts, which alone OmegaConf takes."""
    if isinstance(content, dict):
        return {str(key): _texts(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_texts(value) for value in content]
    return str(content) if isinstance(content, Written) else content
