"""Which versions run here: for model cards, manifests and reports of bugs."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import pandas as pd

PACKAGE = Path(__file__).parent
LIBRARIES = (
    "riskmodel",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "lightgbm",
    "shap",
    "duckdb",
    "numba",
    "hydra-core",
    "mlflow",
)


def own_version() -> str:
    """Return the version of riskmodel."""
    return _version("riskmodel")


def library_versions() -> dict[str, str]:
    """Return the version of each library of the core, ``"missing"`` where one is not installed."""
    return {name: _version(name) for name in LIBRARIES}


@cache
def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


@cache
def locked() -> str:
    """Return riskmodel and every library that it needs here, one ``name==version`` a line.

    Libraries of its extras are among them where they are installed. What else is installed is not
    told.

    Examples
    --------
    >>> [line for line in locked().splitlines() if line.startswith("riskmodel==")] != []
    True
    """
    versions: dict[str, str] = {}
    waiting = ["riskmodel"]
    while waiting:
        name = waiting.pop()
        if _version(name) == "missing" or name in versions:
            continue
        versions[name] = _version(name)
        waiting += _needs(name, with_extras=name == "riskmodel")
    return "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))


def _needs(name: str, *, with_extras: bool) -> list[str]:
    """Return the libraries that a library needs on this system, by their plain names."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    wanted = map(Requirement, metadata.requires(name) or ())
    return [
        canonicalize_name(one.name)
        for one in wanted
        if with_extras or one.marker is None or one.marker.evaluate({"extra": ""})
    ]


@cache
def source_digest() -> str:
    """Return the sha256 of riskmodel's own source, which changes between versions, too.

    It is read once in a process.
    """
    return digest_of_folder(PACKAGE)


def digest_of_folder(package: Path) -> str:
    """Return the sha256 of the source in a folder."""
    sha = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        sha.update(f"{path.relative_to(package).as_posix()} {content}\n".encode())
    return sha.hexdigest()


@dataclass(frozen=True)
class Versions:
    """The versions of Python and of every library of the core; prints itself as a table."""

    python: str
    system: str
    libraries: dict[str, str]

    def frame(self) -> pd.DataFrame:
        """Return one row per component."""
        rows = {"python": self.python, "system": self.system, **self.libraries}
        return pd.DataFrame({"component": list(rows), "version": list(rows.values())})

    def __repr__(self) -> str:
        return self.frame().to_string(index=False, justify="left")

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def show_versions() -> Versions:
    """Return what a bug report needs: Python, system and library versions; nothing personal.

    Examples
    --------
    >>> "lightgbm" in show_versions().libraries
    True
    """
    return Versions(platform.python_version(), platform.system(), library_versions())
