"""The one reader of YAML: every scalar stays a text, made plain, and no key stands twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from riskmodel.errors import ConfigError
from riskmodel.texts import plain_text

_TYPED_TAGS = ("int", "float", "bool", "timestamp", "value")
_MERGE = "tag:yaml.org,2002:merge"
_INTEGER = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_FLAGS = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}


class Written(str):
    """A scalar as a YAML file writes it; the field that it stands in says whether it is a number.

    Examples
    --------
    >>> Written("010").number(), Written("1e3").number(), Written("5 %").number()
    (10, 1000.0, None)
    >>> Written("no").flag(), Written("nope").flag()
    (False, None)
    """

    __slots__ = ()

    def number(self) -> float | None:
        """Return the number that is written, or None."""
        if _INTEGER.fullmatch(self):
            return int(self)
        return float(self) if _NUMBER.fullmatch(self) else None

    def flag(self) -> bool | None:
        """Return the truth value that is written, or None."""
        return _FLAGS.get(self.lower())


YamlValue: TypeAlias = "dict[str, YamlValue] | list[YamlValue] | Written | None"
"""What a YAML file holds."""


def as_yaml_texts(value: object) -> object:
    """Return a value in which every text is one that a YAML file writes."""
    if isinstance(value, Mapping):
        return {key: as_yaml_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_yaml_texts(item) for item in value]
    return Written(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class YamlKind:
    """One kind of YAML file: what messages call it, and how its refusals are coded.

    Attributes
    ----------
    noun : str
    missing, broken : str
        Codes for a file that cannot be opened, and for one that is not YAML.
    advice : str
        Next step for a file that cannot be opened.
    """

    noun: str
    missing: str
    broken: str
    advice: str

    def refusal(self, path: Path, what: str, advice: str, code: str | None = None) -> ConfigError:
        """Return the refusal of a file."""
        return ConfigError(
            f"{self.noun} {path.name} {what}", code=code or self.broken, next_step=advice
        )


def read_yaml(path: Path, kind: YamlKind) -> YamlValue:
    """Return what a YAML file holds.

    Raises
    ------
    ConfigError
        For a file that cannot be opened, that is not YAML in utf-8, or that holds a key twice.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), path.name)
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise kind.refusal(
            path, "does not exist or cannot be opened", kind.advice, kind.missing
        ) from None
    except UnicodeDecodeError:
        raise kind.refusal(path, "is not written in utf-8", "save it as utf-8") from None
    except RecursionError:
        raise kind.refusal(path, "is nested too deeply", "write it with fewer levels") from None
    except yaml.YAMLError as error:
        what = f"is not YAML{_line_of(error)}"
        raise kind.refusal(path, what, "check indentation (blanks, no tabs) and colons") from None


def _line_of(error: yaml.YAMLError) -> str:
    """Return the line at which a text stops being YAML; nothing where it is not known."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return "" if mark is None else f" at line {mark.line + 1}"


def parse_yaml(text: str, name: str) -> YamlValue:
    """Return what a text in YAML holds; `name` is what a refusal calls its file.

    Examples
    --------
    >>> parse_yaml("code: 010", "mine.yaml")
    {'code': '010'}
    """
    loader = _TextLoader(text)
    loader.name = name
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


class _TextLoader(yaml.SafeLoader):
    """PyYAML's safe loader, in which scalars stay texts and a repeated key is refused."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.open_anchors: set[str] = set()

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) and event.anchor in self.open_anchors:
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem_mark=mark)
        anchor = event.anchor if isinstance(event, yaml.NodeEvent) else None
        if anchor is None or isinstance(event, yaml.AliasEvent):
            return super().compose_node(parent, index)
        self.open_anchors.add(anchor)
        node = super().compose_node(parent, index)
        self.open_anchors.discard(anchor)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        # Checked before keys are merged (<<): a mapping may write a merged key again.
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            name = plain_text(key.value)
            if name in seen:
                raise _repeated(name, key, self.name)
            seen.add(name)
        return node


def _repeated(name: str, key: yaml.ScalarNode, file: str) -> ConfigError:
    return ConfigError(
        f"the key {name!r} stands twice",
        place=f"{file}, line {key.start_mark.line + 1}",
        code="yaml.repeated_key",
        next_step="keep one of the two: only one of them would count",
    )


def _written(loader: _TextLoader, node: yaml.ScalarNode) -> Written:
    return Written(plain_text(loader.construct_scalar(node)))


for _tag in ("str", *_TYPED_TAGS):
    _TextLoader.add_constructor(f"tag:yaml.org,2002:{_tag}", _written)
