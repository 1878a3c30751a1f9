"""What is installed, what is missing, and whether the registry answers."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from joblib import cpu_count

from riskmodel.cli.configs import conf_folder
from riskmodel.registry import check_registry
from riskmodel.versions import show_versions


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


def examine() -> Examination:
    """Check libraries, configurations, processors and the registry."""
    return Examination(
        (
            *(
                _library(name)
                for name in ("lightgbm", "duckdb", "numba", "shap", "mlflow", "hydra")
            ),
            _tried(
                "configurations",
                lambda: f"in {conf_folder().name}/ ({len(list(conf_folder().iterdir()))} entries)",
            ),
            Finding("processors", well=True, detail=f"{cpu_count()} may be used"),
            _tried("registry", check_registry),
        )
    )


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
