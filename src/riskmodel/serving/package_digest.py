"""The digest of a whole package, as MLflow keeps it: the artefact, its code and its metadata."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from riskmodel.serving.refusal import ServingError
from riskmodel.serving.verification import checked_digest

# MLflow writes it into a download; it names the model and the version
OF_A_DOWNLOAD = "registered_model_meta"
# Python writes it beside the code that it runs
COMPILED = "__pycache__"
ARTEFACT = "artifacts/artefact"

_CHUNK = 2**20


def package_digest(folder: Path, *, running: bool = False) -> str:
    """Return the sha256 over all files of a package: of a line with sha256 and path for each.

    Parameters
    ----------
    folder : Path
    running : bool, default False
        Whether the package's code is running, so that Python has compiled it there.

    Raises
    ------
    ServingError
        Where the folder holds a link, or something that is neither file nor folder.
    """
    lines = [f"{_sha256(path)}  {name}\n" for name, path in _files(folder, running=running)]
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def check_package(folder: Path, digest: str, *, running: bool = False) -> None:
    """Refuse a package that has not this digest.

    Raises
    ------
    ServingError
    """
    pinned = checked_digest(digest)
    found = package_digest(folder, running=running)
    if found == pinned:
        return
    if _sha256(folder / ARTEFACT / "manifest.json") == pinned:
        raise ServingError(
            "the digest is that of the artefact, which is in order, but the package has another",
            "serving.pin",
            "the digest of the package",
            "take version.package_digest, or the one that riskmodel verify prints",
        )
    raise ServingError(
        "the package is not the one that was published (its sha256 differs)",
        "serving.digest",
        next_step="download the version again; if it still differs, do not use it, "
        "and ask who published it",
    )


def _files(folder: Path, *, running: bool) -> Iterator[tuple[str, Path]]:
    """Return name and path of the files that are digested, in the order of their names."""
    paths = {path.relative_to(folder).as_posix(): path for path in _paths(folder)}
    for name, path in sorted(paths.items()):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ServingError(
                "the package holds a link, or something that is no file",
                "serving.foreign_files",
                "the files as they were published",
                "download the version again",
            )
        is_left_out = name == OF_A_DOWNLOAD or (running and name.startswith(f"{COMPILED}/"))
        if path.is_file() and not is_left_out:
            yield name, path


def _paths(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        yield from (Path(place) / name for name in (*folders, *files))


def _sha256(path: Path) -> str:
    """Return the sha256 of a file; nothing where there is none."""
    sha = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                sha.update(chunk)
    except OSError:
        return ""
    return sha.hexdigest()
