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
        ('{"schema_version": 2, "files": {}}', "serving.foreign_files"),
        ('{"schema_version": "2", "files": {}}', "serving.manifest"),
        ('{"schema_version": 2, "files": ' + 100_000 * "[", "serving.manifest"),
        (
            '{"schema_version": 2, "files": {"../secret": {"size": 1, "sha256": ""}}}',
            "serving.manifest",
        ),
        (
            '{"schema_version": 2, "files": {"a.json": {"size": 1e999, "sha256": ""}}}',
            "serving.manifest",
        ),
        ('{"schema_version": 2, "files": {"tables.npz": 3}}', "serving.manifest"),
    ],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, manifest: str, code: str) -> None:
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(serving.ServingError) as refusal:
        serving.read(folder)
    assert refusal.value.code == code


def test_a_manifest_of_nothing_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"schema_version": 2, "files": {}}')
    with pytest.raises(serving.ServingError, match="lists no model.json") as refusal:
        serving.read(tmp_path)
    assert refusal.value.code == "serving.incomplete"


@pytest.mark.parametrize(
    ("schema", "reader"), [(99, "riskmodel 9.1.0 or later,"), (1, "riskmodel 9.1.0,")]
)
def test_another_schema_says_which_version_reads_it(folder: Path, schema: int, reader: str) -> None:
    libraries = {"riskmodel": "9.1.0"}
    manifest = {"schema_version": schema, "files": {}, "libraries": libraries}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(serving.ServingError, match=f"read it with {reader}") as refusal:
        serving.read(folder)
    assert f"schema {schema}, written by riskmodel 9.1.0" in str(refusal.value)


@pytest.mark.parametrize("digest", ["", "abc", 63 * "a", 64 * "g", 65 * "a", "sha256:" + 64 * "a"])
def test_a_digest_that_is_no_sha256_is_refused(folder: Path, digest: str) -> None:
    with pytest.raises(serving.ServingError, match="no sha256") as refusal:
        serving.read(folder, digest)
    assert refusal.value.code == "serving.pin"


def test_a_pin_may_be_written_in_capital_letters(folder: Path) -> None:
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert serving.read(folder, digest.upper()).model["kind"] == "lightgbm"


def test_a_link_and_a_foreign_file_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "extra.py").write_text("")
    with pytest.raises(serving.ServingError, match="does not name: extra.py"):
        serving.read(folder)
    (folder / "extra.py").unlink()
    kept = (folder / "tables.npz").rename(tmp_path / "tables.npz")
    (folder / "tables.npz").symlink_to(kept)
    with pytest.raises(serving.ServingError, match="tables.npz is missing, cut short or changed"):
        serving.read(folder)


def test_a_file_is_not_read_before_its_size_is_known(folder: Path) -> None:
    with (folder / "tables.npz").open("r+b") as handle:
        handle.truncate(2**42)
    with pytest.raises(serving.ServingError, match="tables.npz is missing, cut short or changed"):
        serving.read(folder)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(serving.ServingError, match="no manifest"):
        serving.read(tmp_path)


def test_each_file_is_opened_once(
    folder: Path, count_opened: Callable[[Path, Callable[[], object]], Counter[str]]
) -> None:
    opened = count_opened(folder, lambda: serving.read(folder))
    assert opened == dict.fromkeys((path.name for path in folder.iterdir()), 1)
