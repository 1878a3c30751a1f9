"""Environments of their own, for those who have something else installed than the developer."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path


def python_with(requirement: str, folder: Path) -> Path:
    """Make an environment with one package and what it needs, and return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    install(python, requirement)
    return python


def install(python: Path, *given: str) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *given], check=True, env=clean())


def clean() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
