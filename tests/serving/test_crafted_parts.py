"""Verified bytes are not trusted: crafted tables, archives and JSON are refused, never a crash."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from published_models import households

import riskmodel as rm
from riskmodel import serving
from riskmodel.errors import RegistryError
from riskmodel.forests import PathTables

Tables = dict[str, np.ndarray]
FAR = 200_000_000


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Put other content into a file and the manifest, as somebody who may write both would."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    sha256 = hashlib.sha256(content).hexdigest()
    manifest["files"][name] = {"size": len(content), "sha256": sha256}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def packed(tables: Tables) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **tables)
    return stream.getvalue()


def tables_of(folder: Path) -> Tables:
    with np.load(folder / "tables.npz", allow_pickle=False) as stored:
        return dict(stored)


def test_a_table_that_names_a_place_outside_of_another_is_refused_by_every_reader(
    folder: Path,
) -> None:
    tables = tables_of(folder)
    tables["slot_output"][3] = FAR
    rewrite(folder, "tables.npz", packed(tables))
    with pytest.raises(serving.ServingError, match="the table slot_output is not one of a model"):
        serving.read(folder)
    with pytest.raises(RegistryError, match=r"the table slot_output .*\[registry.tampered\]"):
        rm.open(folder)


@pytest.mark.slow
def test_without_the_check_such_a_table_ends_the_process(folder: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from riskmodel.forests import PathTables\n"
        "with np.load(sys.argv[1]) as stored:\n"
        "    tables = dict(stored)\n"
        f"tables['slot_output'][3] = {FAR}\n"
        "PathTables.from_arrays(tables).evaluate(np.zeros((2000, 4)))\n"
    )
    command = [sys.executable, "-c", code, str(folder / "tables.npz")]
    assert subprocess.run(command, check=False, capture_output=True).returncode < 0


@pytest.mark.parametrize("kind", ["lightgbm", "logistic", "ebm", "longest_arrears", "blend"])
def test_no_changed_entry_of_a_whole_number_table_crashes(
    kind: str, published: dict[str, SimpleNamespace]
) -> None:
    """Each such table is harmed at several places: it is refused, or scores without an error."""
    tables = tables_of(published[kind].folder)
    evaluator = published[kind].scorer.model["evaluator"]
    columns = published[kind].scorer.columns
    matrix = published[kind].scorer.matrix(households(60, 3)).X
    rng = np.random.default_rng(0)
    refused = 0
    for name, table in tables.items():
        if table.dtype.kind not in "iu" or not table.size or name.endswith("background_rows"):
            continue
        for value in (-1, 1, FAR, -FAR):
            harmed = np.array(table)
            at = rng.integers(harmed.size)
            flat = harmed.reshape(-1)
            flat[at] = (int(flat[at]) + value) % 65_536 if table.dtype == np.uint16 else value
            given = tables | {name: harmed}
            try:
                serving.check_tables(evaluator, given, columns)
            except serving.ServingError as error:
                refused += error.code == "serving.tables"
                continue
            serving.EVALUATORS[evaluator](given)(matrix)
            if evaluator == "trees":
                PathTables.from_arrays(given).margin(matrix)
    assert refused > 2


def test_whole_tables_of_every_kind_pass(published: dict[str, SimpleNamespace]) -> None:
    for one in published.values():
        scorer = one.scorer
        serving.check_tables(scorer.model["evaluator"], scorer.tables, scorer.columns)


HARMED: dict[str, Callable[[Tables], Tables]] = {
    "a table less": lambda t: {name: own for name, own in t.items() if name != "leaf"},
    "a table of floats for whole numbers": lambda t: t | {"tests": t["tests"].astype(float)},
    "a table of another shape": lambda t: t | {"tests": t["tests"].reshape(-1, 3)},
    "an entry less": lambda t: t | {"leaf": t["leaf"][:-1]},
    "offsets that go back": lambda t: t | {"leaf_start": t["leaf_start"][::-1].copy()},
    "offsets that overflow": lambda t: t | {"table_start": t["table_start"] + 2**62},
    "a booster without trees": lambda t: t | {"booster_start": np.array([0, 0, 50])},
    "texts": lambda t: {name: own.astype("U9") for name, own in t.items()},
    "no tables": lambda t: {},
}


@pytest.mark.parametrize("harm", HARMED)
def test_tables_of_another_form_are_refused(folder: Path, harm: str) -> None:
    rewrite(folder, "tables.npz", packed(HARMED[harm](tables_of(folder))))
    with pytest.raises(serving.ServingError) as refusal:
        serving.read(folder)
    assert refusal.value.code == "serving.tables"


def _declaring(shape: str) -> bytes:
    """Return an npz of one array whose header declares a shape that its data has not."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header = header.ljust(117) + b"\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("leaf.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header + b"x")
    return stream.getvalue()


def _bomb() -> bytes:
    """Return an npz that declares more than is allowed; its own bytes are few."""
    content = bytearray(_declaring("(1,)"))
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 2**32 - 2)
    return bytes(content)


def _pickled() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, leaf=np.array([{"a": 1}], dtype=object))
    return stream.getvalue()


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no archive": lambda: b"PK\x03\x04garbage",
    "an array of 8 TB": lambda: _declaring("(1000000000000,)"),
    "a negative side": lambda: _declaring("(-1, -1)"),
    "a shape that overflows": lambda: _declaring("(4294967296, 4294967296)"),
    "4 GiB unpacked": _bomb,
    "a pickle": _pickled,
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_an_archive_that_is_none_is_refused(folder: Path, case: str) -> None:
    rewrite(folder, "tables.npz", ARCHIVES[case]())
    with pytest.raises(RegistryError) as refusal:
        rm.open(folder)
    assert refusal.value.code == "registry.tampered"
    assert "tables.npz" in str(refusal.value)


JSON: dict[str, bytes] = {
    "no UTF-8": b"\xff\xfe{}",
    "too deep": 200_000 * b"[",
    "too deep a mapping": 100_000 * b'{"a":',
    "a list": b"[]",
    "nothing": b"",
    "a number of 5,000 digits": b'{"columns": ' + 5_000 * b"9" + b"}",
    "null": b"null",
    "an empty mapping": b"{}",
}


@pytest.mark.parametrize("name", ["features.json", "calibration.json", "reference.json"])
@pytest.mark.parametrize("case", JSON)
def test_json_that_is_none_is_refused(folder: Path, name: str, case: str) -> None:
    rewrite(folder, name, JSON[case])
    with pytest.raises(RegistryError, match=f"{name} cannot be read"):
        rm.open(folder)


CHANGES: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a slope that is a text": ("calibration.json", lambda p: p.update(slope="1")),
    "an infinite slope": ("calibration.json", lambda p: p.update(slope=float("inf"))),
    "no band": ("reference.json", lambda p: p.update(bands=[])),
    "quantiles of texts": ("reference.json", lambda p: p.update(quantiles=["a"])),
    "a column without a name": ("features.json", lambda p: p["columns"][0].pop("name")),
    "a category that is a number": (
        "features.json",
        lambda p: p["columns"][3].update(categories=[1]),
    ),
    "kinds of no family of life": (
        "features.json",
        lambda p: p["columns"][0].update(way="kinds", family="sports", codes=[]),
    ),
    "kinds that do not say what they count": (
        "features.json",
        lambda p: p["columns"][0].update(way="kinds", family="housing"),
    ),
    "a family of one indicator": (
        "features.json",
        lambda p: p["columns"][0].update(family="housing", codes=[]),
    ),
    "no column": ("features.json", lambda p: p.update(columns=[])),
    "an unknown language": ("settings.json", lambda p: p.update(lang="xx")),
    "an indicator that is a list": ("indicators.json", lambda p: p.update(rent=[])),
}


@pytest.mark.parametrize("case", CHANGES)
def test_parts_of_another_form_are_refused(folder: Path, case: str) -> None:
    name, change = CHANGES[case]
    part = json.loads((folder / name).read_text(encoding="utf-8"))
    change(part)
    rewrite(folder, name, json.dumps(part).encode())
    with pytest.raises(serving.ServingError, match=f"{name} cannot be read"):
        serving.read(folder)
