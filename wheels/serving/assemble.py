"""Puts the module into the wheel, assembled from the sources of riskmodel.serving."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[2]
MODULE = "riskmodel_serving.py"


class AssembledModule(BuildHookInterface[Any]):
    """Writes the module into a folder that is not kept, and names it to the builder."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Assemble the module before the wheel is packed."""
        module = ROOT / "build" / "serving" / MODULE
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(assembled(), encoding="utf-8", newline="\n")
        build_data["force_include"][str(module)] = MODULE
        build_data["extra_metadata"][str(ROOT / "LICENSE")] = "LICENSE"


def assembled() -> str:
    """Return the module's text.

    What assembles it is imported without the packages around it, which need libraries that no build
    should have to install.
    """
    for package in ("riskmodel", "riskmodel.serving"):
        empty = ModuleType(package)
        empty.__path__ = [str(ROOT.joinpath("src", *package.split(".")))]
        sys.modules[package] = empty
    return str(importlib.import_module("riskmodel.serving.assembly").reader_source())
