"""Golden values: records, X, y and margins of fixed seeds.

``python tests/test_golden.py`` wrote them on the locked versions, Python 3.11, Linux. A change that
moves one of them on purpose writes them again and says why in the CHANGELOG; any other change that
moves one is a fault.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import riskmodel as rm
from riskmodel.records.digest import fingerprint
from riskmodel.records.table_schemas import SCHEMAS

GOLDEN = Path(__file__).with_name("golden.json")
WORLDS: dict[str, dict[str, Any]] = {
    "plain": {"n": 1_000, "random_state": 0},
    "another seed": {"n": 1_000, "random_state": 1},
    "hard": {"n": 500, "preset": "hard", "random_state": 2},
    "korea": {"n": 1_000, "preset": "korea", "n_rounds": 8, "random_state": 3},
}
OTHER_TABLES = ("events", "attributes", "members", "coverage", "deliveries", "unmatched")
KINDS = ("lightgbm", "logistic", "indicator_count", "longest_arrears")


def digest_of_panel(panel: rm.Panel) -> str:
    """Return the sha256 of names, dtypes, index, X and y."""
    sha = hashlib.sha256()
    sha.update(json.dumps([[c, str(panel.X[c].dtype)] for c in panel.X]).encode())
    index = panel.X.index.to_frame(index=False)
    sha.update("\n".join(index["household_id"]).encode())
    sha.update(index["as_of_date"].to_numpy("datetime64[D]").astype(np.int64).tobytes())
    for name in panel.X:
        column = panel.X[name]
        values = column.cat.codes if column.dtype == "category" else column
        sha.update(values.to_numpy(np.float32).tobytes())
    if panel.y is not None:
        sha.update(panel.y.to_numpy(np.float64).tobytes())
    return sha.hexdigest()


@cache
def records_of(name: str) -> rm.Records:
    return rm.make_households(**WORLDS[name])


@cache
def panel_of(name: str) -> rm.Panel:
    records = records_of(name)
    return rm.build_panel(records, rounds=records.rounds, label=records.label)


def margins_of(kind: str) -> list[float]:
    """Return quantiles of the margins on the last round of the plain world."""
    panel = panel_of("plain")
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    options = {"seeds": 2, "n_estimators": 40} if kind == "lightgbm" else {}
    model = rm.make_classifier(panel, kind=kind, **options).fit(train.X, train.y)
    return np.quantile(model.margin(test.X), [0, 0.1, 0.5, 0.9, 0.99, 1]).tolist()


def digest_of_other_tables(name: str) -> str:
    """Return the sha256 of all tables but that of contacts."""
    records, sha = records_of(name), hashlib.sha256()
    for table, schema in SCHEMAS.items():
        if table in OTHER_TABLES:
            sha.update(f"{table} {fingerprint(records._batches(table), schema)}".encode())
    return sha.hexdigest()


PARTS: dict[str, tuple[Callable[[str], Any], tuple[str, ...]]] = {
    "records": (lambda name: records_of(name).digest, tuple(WORLDS)),
    "other tables": (digest_of_other_tables, tuple(WORLDS)),
    "panel": (lambda name: digest_of_panel(panel_of(name)), tuple(WORLDS)),
    "margins": (margins_of, KINDS),
}


def golden(part: str, name: str) -> Any:
    return json.loads(GOLDEN.read_text(encoding="utf-8"))[part][name]


@pytest.mark.parametrize("name", WORLDS)
def test_records_of_a_seed_are_what_they_were(name: str) -> None:
    assert records_of(name).digest == golden("records", name)


@pytest.mark.parametrize("name", WORLDS)
def test_tables_beside_contacts_are_what_they_were(name: str) -> None:
    assert digest_of_other_tables(name) == golden("other tables", name)


@pytest.mark.parametrize("name", WORLDS)
def test_features_and_labels_of_a_seed_are_what_they_were(name: str) -> None:
    assert digest_of_panel(panel_of(name)) == golden("panel", name)


@pytest.mark.parametrize("kind", KINDS)
def test_margins_of_a_seed_are_what_they_were(kind: str) -> None:
    # where the optimiser of the logistic model stops depends on the versions of the libraries
    relative = 1e-5 if kind == "logistic" else 1e-7
    assert margins_of(kind) == pytest.approx(golden("margins", kind), rel=relative, abs=1e-12)


if __name__ == "__main__":
    measured: dict[str, dict[str, Any]] = {}
    for part, (measure, names) in PARTS.items():
        measured[part] = {name: measure(name) for name in names}
    GOLDEN.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8", newline="\n")
