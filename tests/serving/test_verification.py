"""An artefact is verified before it is read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from riskmodel import serving


@pytest.mark.parametrize("name", ["tables.npz", "features.json", "calibration.json"])
@pytest.mark.parametrize(
    "harm",
    [lambda b: b[: len(b) // 2], lambda b: b[:-1] + b"0", lambda b: b"", lambda b: b"\x80garbage"],
)
def test_a_changed_file_is_refused_before_it_is_read(folder: Path, name: str, harm: Any) -> None:
    (folder / name).write_bytes(harm((folder / name).read_bytes()))
    with pytest.raises(
        serving.ServingError, match=f"{name} is missing, cut short or changed"
    ) as refusal:
        serving.read(folder)
    assert refusal.value.code == "serving.changed"


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "tables.npz").unlink()
    with pytest.raises(serving.ServingError, match="tables.npz is missing"):
        serving.read(folder)


def test_a_manifest_of_other_content_is_refused_by_its_digest(folder: Path) -> None:
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert serving.read(folder, digest).model["kind"] == "lightgbm"
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"created": "today"}))
    with pytest.raises(serving.ServingError, match="sha256 differs"):
        serving.read(folder, digest)


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        ("", "serving.manifest"),
        ("[]", "serving.manifest"),
        ('{"files": {}}', "serving.manifest"),
        ('{"schema_version": 99, "files": {}}', "serving.schema"),
        ('{"schema_version": 2, "files": {}}', "serving.incomplete"),
        (
            '{"schema_version": 2, "files": {"../secret": {"size": 1, "sha256": ""}}}',
            "serving.changed",
        ),
        ('{"schema_version": 2, "files": {"tables.npz": 3}}', "serving.manifest"),
    ],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, manifest: str, code: str) -> None:
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(serving.ServingError) as refusal:
        serving.read(folder)
    assert refusal.value.code == code


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(serving.ServingError, match="no manifest"):
        serving.read(tmp_path)


def test_each_file_is_opened_once(
    folder: Path, count_opened: Callable[[Path, Callable[[], object]], Counter[str]]
) -> None:
    opened = count_opened(folder, lambda: serving.read(folder))
    assert opened == dict.fromkeys((path.name for path in folder.iterdir()), 1)
