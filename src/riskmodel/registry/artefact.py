"""The artefact folder: arrays, JSON, texts and a manifest of their digests; verified before read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from riskmodel.card import ModelCard
from riskmodel.errors import RegistryError
from riskmodel.models import Reference, RiskClassifier, columns_of, kind_of
from riskmodel.registry.personal_data import refuse_personal_data
from riskmodel.serving import (
    MANIFEST,
    SCHEMA_VERSION,
    SCORER_FILES,
    Manifest,
    ServingError,
    read_files,
    read_manifest,
)
from riskmodel.versions import library_versions

CARD = "card.json"
NOT_PARAMS = ("label", "recipe", "columns", "n_jobs")


def write_artefact(
    folder: Path,
    model: RiskClassifier,
    card: ModelCard,
    reference: Reference,
    households: Iterable[object] = (),
) -> str:
    """Write a fitted model into an empty folder, and look it through for anything personal.

    Parameters
    ----------
    folder : Path
    model : RiskClassifier
        Fitted.
    card : ModelCard
    reference : Reference
    households : iterable
        Ids that must not occur in any file.

    Returns
    -------
    str
        sha256 of the manifest, which holds the sha256 of every other file.
    """
    recipe = model.recipe_
    _write_json(
        folder / "model.json",
        {
            "kind": model.kind,
            "evaluator": kind_of(model.kind).evaluator,
            "params": _params(model),
            "training": model.training_,
            "classes": model.classes_.tolist(),
            "label": None if model.label_ is None else model.label_.to_dict(),
        },
    )
    _write_json(
        folder / "features.json",
        {
            "columns": columns_of(model),
            "recipe": None if recipe is None else recipe.to_dict(),
            "digest": None if recipe is None else recipe.features.digest,
        },
    )
    _write_json(folder / "indicators.json", {} if recipe is None else recipe.catalogue.to_dict())
    _write_json(folder / "calibration.json", vars(model.calibration_))
    _write_json(folder / "reference.json", vars(reference))
    _write_json(folder / "card.json", card.to_dict())
    (folder / "card.md").write_text(card.markdown(), encoding="utf-8", newline="\n")
    np.savez_compressed(folder / "tables.npz", allow_pickle=False, **model.tables())
    for name, text in model.core_.audit_texts().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    refuse_personal_data(folder, households)
    return _write_manifest(folder, "" if recipe is None else recipe.data)


def verified_files(folder: Path, digest: str | None = None) -> dict[str, bytes]:
    """Return the content of the files that a model is read from; each is opened and hashed once.

    Parameters
    ----------
    folder : Path
        Every file in it must be as it was written, and the manifest must name it.
    digest : str, optional
        The sha256 that the manifest must have.

    Returns
    -------
    dict of str to bytes

    Raises
    ------
    RegistryError
    """
    try:
        manifest = read_manifest(folder, digest)
        _refuse_other_files(folder, manifest)
        return read_files(folder, manifest, (*SCORER_FILES, CARD))
    except ServingError as error:
        raise _registry_error(error, digest) from None


def _refuse_other_files(folder: Path, manifest: Manifest) -> None:
    paths = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    names = {path.relative_to(folder).as_posix() for path in paths}
    unnamed = sorted(names - set(manifest.files) - {MANIFEST})
    if unnamed:
        raise _tampered(
            f"holds files that the manifest does not name: {', '.join(unnamed)}",
            "the files named there",
        )
    linked = sorted(path.name for path in paths if path.is_symlink())
    if linked:
        raise _tampered(
            f"{linked[0]} is missing, cut short or changed", "the file as it was published"
        )


def _registry_error(error: ServingError, digest: str | None) -> RegistryError:
    """Return the refusal of the reader in the registry's words."""
    if error.code == "serving.schema":
        return RegistryError(
            error.message,
            code="registry.schema",
            allowed=error.allowed,
            next_step="read it with the version of riskmodel that wrote it",
        )
    if error.code == "serving.changed":
        return _tampered(error.message, "the file as it was published")
    if error.code == "serving.digest":
        return _tampered(
            f"{MANIFEST} is not the one that was published", f"sha256 {str(digest)[:12]}..."
        )
    return _tampered("has no manifest that can be read", "an artefact folder that riskmodel wrote")


def _write_manifest(folder: Path, data: str) -> str:
    files = {
        path.name: {"sha256": _sha256(path.read_bytes()), "size": path.stat().st_size}
        for path in sorted(folder.iterdir())
    }
    _write_json(
        folder / MANIFEST,
        {
            "schema_version": SCHEMA_VERSION,
            "files": files,
            "libraries": library_versions(),
            "data": data,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    return _sha256((folder / MANIFEST).read_bytes())


def _params(model: RiskClassifier) -> dict[str, Any]:
    params = {k: v for k, v in model.get_params(deep=False).items() if k not in NOT_PARAMS}
    if not isinstance(params["random_state"], int | np.integer | None):
        raise RegistryError(
            "random_state is a generator, from which nobody could fit the model again",
            code="registry.random_state",
            allowed="a whole number",
            next_step="fit with random_state=0",
        )
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in params.items()}


def _write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _tampered(message: str, allowed: str) -> RegistryError:
    return RegistryError(
        message,
        code="registry.tampered",
        place="artefact",
        allowed=allowed,
        next_step="do not use it; download it again, or ask who published it",
    )
