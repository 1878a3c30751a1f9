"""Small published models: what an artefact must hold, written by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.models import KINDS, RiskClassifier, columns_of
from riskmodel.panel import Column
from riskmodel.serving import SCHEMA_VERSION

EXPLAINED = tuple(name for name, kind in KINDS.items() if kind.evaluator)
INDICATORS = {
    "rent": {
        "ko": "임대료 체납",
        "en": "rent arrears",
        "kind": "state",
        "unit": "months",
        "direction": 1,
    },
    "power": {"ko": "단전", "en": "power cut", "direction": 1, "sensitivity": "violence"},
}
COLUMNS = (
    Column("rent__now__ever", "rent", "now", "ever", 1),
    Column("power__count__6M", "power", "count", "6M", 1),
    Column("power__recency__ever", "power", "recency", "ever", 1),
    Column("borough"),
)


def households(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    power = rng.poisson(0.4, n)
    return pd.DataFrame(
        {
            "rent__now__ever": np.where(rng.random(n) < 0.1, np.nan, rng.poisson(1.0, n)).astype(
                "float32"
            ),
            "power__count__6M": power.astype("float32"),
            "power__recency__ever": np.where(power > 0, 2.0 ** -rng.random(n), 0).astype("float32"),
            "borough": pd.Categorical(rng.choice(["north", "south", "강남"], n)),
        }
    )


def publish(model: RiskClassifier, folder: Path) -> Path:
    """Write what an artefact must hold, and its manifest."""
    folder.mkdir(exist_ok=True)
    c = model.calibration_
    margin = np.sort(model.margin(households(1000, 5)))
    parts: dict[str, Any] = {
        "model": {"kind": model.kind, "evaluator": KINDS[model.kind].evaluator},
        "features": {"columns": columns_of(model)},
        "indicators": INDICATORS,
        "calibration": {"slope": c.slope, "intercept": c.intercept},
        "reference": {
            "quantiles": margin[::10].tolist(),
            "bands": [
                {"name": "usual", "from_margin": None},
                {"name": "high", "from_margin": float(margin[900])},
            ],
        },
        "settings": {"lang": "en"},
    }
    for name, part in parts.items():
        (folder / f"{name}.json").write_text(json.dumps(part, ensure_ascii=False), encoding="utf-8")
    np.savez(folder / "tables.npz", **model.tables())
    files = {
        p.name: {"sha256": hashlib.sha256(p.read_bytes()).hexdigest(), "size": p.stat().st_size}
        for p in folder.iterdir()
        if p.name != "manifest.json"
    }
    (folder / "manifest.json").write_text(
        json.dumps({"schema_version": SCHEMA_VERSION, "files": files}), encoding="utf-8"
    )
    return folder
