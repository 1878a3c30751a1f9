"""What is installed, what is missing, and whether the registry answers."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from riskmodel.cli.console import Console
from riskmodel.errors import RiskmodelError
from riskmodel.versions import show_versions

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "sklearn",
    "lightgbm",
    "duckdb",
    "numba",
    "shap",
    "mlflow",
    "hydra",
    "pydantic",
    "yaml",
    "joblib",
)


@dataclass(frozen=True)
class Finding:
    """One item that is checked: its name, whether it is well, and what to do if it is not."""

    name: str
    well: bool
    detail: str


@dataclass(frozen=True)
class Examination:
    """All items that `riskmodel doctor` checks; prints itself."""

    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nothing is missing."""
        return all(finding.well for finding in self.findings)

    def frame(self) -> pd.DataFrame:
        """Return one row per finding."""
        return pd.DataFrame([vars(finding) for finding in self.findings])

    def __repr__(self) -> str:
        lines = [f"{'ok  ' if f.well else 'MISSING'} {f.name}: {f.detail}" for f in self.findings]
        return "\n".join([*lines, "", repr(show_versions())])


def say_findings(console: Console) -> None:
    """Say what `examine` finds, and refuse if anything is missing."""
    examination = examine()
    console.say(examination)
    if not examination.well:
        missing = ", ".join(item.name for item in examination.findings if not item.well)
        raise RiskmodelError(
            f"not well: {missing}",
            code="doctor",
            next_step="install or correct what is marked MISSING above",
        )


def examine() -> Examination:
    """Check libraries; where none is missing, configurations, processors and the registry, too."""
    libraries = Examination(tuple(map(_library, LIBRARIES)))
    if not libraries.well:
        return libraries
    others = (
        _tried("configurations", _configurations),
        _tried("processors", _processors),
        _tried("registry", _registry),
    )
    return Examination((*libraries.findings, *others))


# What needs a library is loaded late, so that the doctor answers where one is missing.


def _configurations() -> str:
    from riskmodel.cli.configs import conf_folder

    folder = conf_folder()
    return f"in {folder.name}/ ({len(list(folder.iterdir()))} entries)"


def _processors() -> str:
    from joblib import cpu_count

    return f"{cpu_count()} may be used"


def _registry() -> str:
    from riskmodel.registry import check_registry

    return check_registry()


def _library(name: str) -> Finding:
    advice = " (LightGBM needs libgomp: apt-get install libgomp1)" if name == "lightgbm" else ""
    finding = _tried(
        name, lambda: f"version {getattr(importlib.import_module(name), '__version__', 'unknown')}"
    )
    return finding if finding.well else Finding(name, well=False, detail=finding.detail + advice)


def _tried(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, well=True, detail=look())
    except (ImportError, OSError, ValueError) as error:
        return Finding(name, well=False, detail=str(error).splitlines()[0])
