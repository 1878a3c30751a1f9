"""Verifies a version: its artefact, the whole package, and a digest that was kept; runs no code."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from riskmodel.doors import door
from riskmodel.errors import RegistryError
from riskmodel.registry.artefacts.artefact import refused_by_reader
from riskmodel.registry.backend.connection import existing_registry
from riskmodel.registry.backend.version import DIGEST_TAG, PACKAGE_TAG, Version, resolve
from riskmodel.registry.reading.loaded_model import LoadedModel
from riskmodel.registry.reading.loading import downloaded, pin
from riskmodel.serving import ARTEFACT, ServingError, package_digest


@dataclass(frozen=True, repr=False)
class Verification:
    """What of a version was compared with what; prints itself.

    Attributes
    ----------
    version : Version
    package_digest : str
        sha256 over all files of the package, as downloaded now.
    pinned : str
        What the digest that was given is of: ``"artefact"`` or ``"package"``; empty without one.
    artefact_files : int
    """

    version: Version
    package_digest: str
    pinned: str
    artefact_files: int

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {**vars(self), "version": vars(self.version)}

    def lines(self) -> list[str]:
        """Return what was checked, and what could not be."""
        version = self.version
        lines = [
            f"{version.name} version {version.version} is whole",
            f"artefact: {self.artefact_files} files have the size and sha256 that the manifest "
            f"says; the manifest's is {version.digest}, as on the tag {DIGEST_TAG}",
            self._of_package(),
        ]
        if self.pinned:
            return [*lines, f"the digest that was given is that of the {self.pinned}"]
        return [
            *lines,
            "no digest was given: whoever can write to the registry can change files and tags",
        ]

    def _of_package(self) -> str:
        if self.version.package_digest:
            return (
                "package: all its files, MLflow's code and metadata among them, have the sha256 "
                f"{self.package_digest}, as on the tag {PACKAGE_TAG}"
            )
        if self.pinned == "package":
            return (
                "package: all its files, MLflow's code and metadata among them, have the sha256 "
                f"{self.package_digest}, as given; the version has no tag {PACKAGE_TAG}"
            )
        return (
            f"package: not checked, since the version has no tag {PACKAGE_TAG}; its code and "
            f"metadata may be anyone's (sha256 now {self.package_digest})"
        )

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in self.lines())


@door
def verify(version: str | Version, digest: str | None = None) -> Verification:
    """Compare all files of a version with what was published, and run none of them.

    Parameters
    ----------
    version : str or Version
        ``"NAME@ALIAS"`` or ``"NAME/NUMBER"``.
    digest : str, optional
        The artefact's or the package's, kept by yourself.

    Returns
    -------
    Verification

    Raises
    ------
    RegistryError
        For a digest that is no sha256 or of neither, a file that is missing or not as it was
        published, a link, and files that do not belong to the version.
    """
    pinned = None if digest is None else pin(digest)
    with existing_registry() as registry:
        resolved = resolve(registry, version)
        with downloaded(registry, resolved) as folder:
            return _verified(folder, resolved, pinned)


def _verified(folder: Path, version: Version, pinned: str | None) -> Verification:
    artefact = folder / ARTEFACT
    LoadedModel.read(artefact, version.digest, version)
    try:
        found = package_digest(folder)
    except ServingError as error:
        raise refused_by_reader(error) from None
    if version.package_digest and found != version.package_digest:
        raise RegistryError(
            "the artefact is as it was published, but a file beside it is not: MLflow's code "
            "(serving.py), MLmodel, requirements or examples, or one that does not belong there",
            code="registry.tampered",
            place="package",
            allowed=f"sha256 {version.package_digest[:12]}...",
            next_step="load it by rm.load, which runs none of it, or not at all; ask who "
            "published it. Where __pycache__ lies there, somebody has run it in place: remove it",
        )
    of = {version.digest: "artefact", found: "package"}
    if pinned is not None and pinned not in of:
        raise RegistryError(
            "the digest that was given is neither that of the artefact nor that of the package",
            code="registry.tampered",
            place="digest",
            allowed=f"sha256 {version.digest[:12]}... or {found[:12]}...",
            next_step="do not use the version unless you know why it differs; ask who published it",
        )
    n_files = sum(path.is_file() for path in artefact.iterdir())
    return Verification(version, found, of[pinned] if pinned else "", n_files)
