"""Loads a version: resolves its alias, downloads, verifies, then reads; runs none of its code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from riskmodel.disks import on_disk
from riskmodel.doors import door
from riskmodel.errors import RegistryError
from riskmodel.registry.artefacts.artefact import refused_by_reader, verified_files
from riskmodel.registry.backend.connection import Registry, existing_registry
from riskmodel.registry.backend.own_files import local_path
from riskmodel.registry.backend.scratch import scratch
from riskmodel.registry.backend.version import Version, resolve
from riskmodel.registry.events.doubts import tell_doubts
from riskmodel.registry.reading.loaded_model import LoadedModel
from riskmodel.serving import ARTEFACT, ServingError, checked_digest

# bytes that a disk must take on which a version's files find room
_TRIAL = 2**24


@door
def load(version: str | Version, digest: str | None = None) -> LoadedModel:
    """Load a version from the registry.

    Parameters
    ----------
    version : str or Version
        ``"NAME@ALIAS"`` or ``"NAME/NUMBER"``.
    digest : str, optional
        The artefact's: the sha256 of its manifest, 64 digits and letters, kept by yourself. It also
        protects against a change by somebody who can write to the registry. By default it is the
        one on the version's tag.

    Returns
    -------
    LoadedModel

    Raises
    ------
    RegistryError
        For a digest that is no sha256; where the registry is out of reach, holds no such version,
        or a file is not as it was published.
    """
    pinned = None if digest is None else pin(digest)
    with existing_registry() as registry:
        resolved = resolve(registry, version)
        tell_doubts(registry, resolved)
        known = version.digest if isinstance(version, Version) else resolved.digest
        if pinned is not None and pinned == resolved.package_digest != resolved.digest:
            raise RegistryError(
                "the digest is that of the package, and a load reads the artefact alone",
                code="registry.pin",
                place="digest",
                allowed="the artefact's digest",
                next_step="take version.digest, or check the package with riskmodel verify",
            )
        with downloaded(registry, resolved, ARTEFACT) as folder:
            if pinned not in (None, known) and _is_whole(folder, known):
                raise _of_another(resolved)
            return LoadedModel.read(folder, pinned or known, resolved)


def _is_whole(folder: Path, digest: str) -> bool:
    """Tell whether an artefact is the one that was published, whatever was asked for."""
    try:
        verified_files(folder, digest)
    except RegistryError:
        return False
    return True


def _of_another(version: Version) -> RegistryError:
    return RegistryError(
        f"the digest asked for is not that of {version.name} version {version.version}, whose "
        "files are as its tag says",
        code="registry.pin",
        place="digest",
        allowed=f"the artefact's digest of version {version.version}",
        next_step="if an alias moved to a new version, take that one's digest from your list of "
        "approved versions; if you expected this version, do not use it, and ask who published it",
    )


def pin(digest: str) -> str:
    """Return a digest that is asked for, or refuse what is no sha256.

    Raises
    ------
    RegistryError
    """
    try:
        return checked_digest(digest)
    except ServingError as error:
        raise refused_by_reader(error) from None


@door
def open_(folder: str | Path, digest: str | None = None) -> LoadedModel:
    """Open an artefact folder that `save` wrote, without MLflow.

    Parameters
    ----------
    folder : path-like
    digest : str, optional
        The sha256 of its manifest, kept by yourself.

    Returns
    -------
    LoadedModel
    """
    return LoadedModel.read(Path(folder), digest)


@contextmanager
def downloaded(registry: Registry, version: Version, part: str = "") -> Iterator[Path]:
    """Download a version's package, or a folder in it, for the time of the block."""
    import mlflow.artifacts

    named = registry.client.get_model_version_download_uri(version.name, version.version)
    source = registry.place_of(named)
    with scratch("loading") as folder:
        try:
            files = mlflow.artifacts.download_artifacts(
                artifact_uri=f"{source}/{part}".rstrip("/"),
                dst_path=str(folder),
                tracking_uri=registry.uri,
            )
        except (OSError, mlflow.MlflowException) as error:
            _refuse_disk(folder)
            _refuse_links(registry.address_of(source), version)
            raise RegistryError(
                f"the files of {version.name} version {version.version} cannot be downloaded "
                f"({type(error).__name__})",
                code="registry.files",
                next_step="check that the registry's artefact store is reachable from here",
            ) from None
        yield Path(files)


def _refuse_disk(folder: Path) -> None:
    """Tell of a disk that takes no download, of which MLflow does not tell.

    Raises
    ------
    DiskError
    """
    with on_disk(folder):
        (folder / "trial").write_bytes(bytes(_TRIAL))


def _refuse_links(address: str, version: Version) -> None:
    """Name the links of a store on this disk, which MLflow does not follow.

    Raises
    ------
    RegistryError
    """
    stored = local_path(address)
    if stored is None or not stored.is_dir():
        return
    linked = sorted(path.name for path in stored.rglob("*") if path.is_symlink())
    if linked:
        raise RegistryError(
            f"in the files of {version.name} version {version.version} a link stands in the place "
            f"of {', '.join(map(repr, linked[:3]))}",
            code="registry.tampered",
            allowed="files, as they were published",
            next_step="do not use it; put back the file from a backup, or ask who published it",
        )
