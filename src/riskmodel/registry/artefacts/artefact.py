"""The artefact folder: arrays, JSON, texts, and a manifest of their digests to verify them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riskmodel.card import ModelCard
from riskmodel.errors import RegistryError
from riskmodel.models import (
    Reference,
    RiskClassifier,
    Settings,
    accepted_days,
    blended,
    columns_of,
    kind_of,
)
from riskmodel.models.inputs import OF_THE_PANEL
from riskmodel.registry.artefacts.personal_data import refuse_personal_data
from riskmodel.serving import (
    MANIFEST,
    SCHEMA_VERSION,
    SCORER_FILES,
    ServingError,
    column_words,
    read_files,
    read_manifest,
)
from riskmodel.versions import library_versions

CARD = "card.json"
NOT_PARAMS = (*OF_THE_PANEL, "n_jobs")


def write_artefact(
    folder: Path,
    model: RiskClassifier,
    card: ModelCard,
    reference: Reference,
    settings: Settings,
    households: Iterable[object] = (),
) -> str:
    """Write a fitted model into an empty folder, and search it for personal data.

    Parameters
    ----------
    folder : Path
    model : RiskClassifier
        Fitted.
    card : ModelCard
    reference : Reference
    settings : Settings
        Of the experiment.
    households : iterable
        Ids that must not occur in any file.

    Returns
    -------
    str
        sha256 of the manifest, which holds the sha256 of every other file.
    """
    recipe = model.recipe_
    contents = {
        "model.json": _model_content(model),
        "features.json": _features_content(model),
        "indicators.json": model.catalogue_.to_dict(),
        "calibration.json": vars(model.calibration_),
        "reference.json": vars(reference),
        "settings.json": settings.to_dict(),
        CARD: card.to_dict(),
    }
    for name, content in contents.items():
        _write_json(folder / name, content)
    np.savez_compressed(folder / "tables.npz", allow_pickle=False, **model.tables())

    texts = {**card.pages(), **model.core_.audit_texts()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")

    refuse_personal_data(folder, households)
    return _write_manifest(folder, "" if recipe is None else recipe.data)


def _model_content(model: RiskClassifier) -> dict[str, object]:
    return {
        "kind": model.kind,
        "evaluator": kind_of(model.kind).evaluator,
        "params": fit_params(model),
        "training": model.training_,
        "classes": model.classes_.tolist(),
        "label": None if model.label_ is None else model.label_.to_dict(),
    }


def _features_content(model: RiskClassifier) -> dict[str, object]:
    recipe, indicators = model.recipe_, model.catalogue_.to_dict()
    return {
        "columns": [{**one, "words": column_words(one, indicators)} for one in columns_of(model)],
        "recipe": None if recipe is None else recipe.to_dict(),
        "digest": None if recipe is None else recipe.features.digest,
    }


class VerifiedFiles(NamedTuple):
    """The content of the files that a model is read from, by name, and the manifest's sha256."""

    contents: dict[str, bytes]
    digest: str


def verified_files(folder: Path, digest: str | None = None) -> VerifiedFiles:
    """Return the content of the files that a model is read from. Each file is hashed once.

    Parameters
    ----------
    folder : Path
        Every file in it must be as it was written, and the manifest must name it.
    digest : str, optional
        The sha256 that the manifest must have.

    Returns
    -------
    VerifiedFiles

    Raises
    ------
    RegistryError
    """
    try:
        manifest = read_manifest(folder, digest)
        contents = read_files(folder, manifest, (*SCORER_FILES, CARD))
        return VerifiedFiles(contents, manifest.digest)
    except ServingError as error:
        raise refused_by_reader(error) from None


def refused_by_reader(error: ServingError) -> RegistryError:
    """Return the refusal of the reader in the registry's words."""
    if error.code == "serving.pin":
        return RegistryError(
            error.message,
            code="registry.pin",
            place="digest",
            allowed=error.allowed,
            next_step=error.next_step,
        )
    if error.code == "serving.schema":
        return RegistryError(
            error.message,
            code="registry.schema",
            allowed=error.allowed,
            next_step=error.next_step,
        )
    if error.code == "serving.incomplete":
        return RegistryError(
            error.message,
            code="registry.incomplete",
            next_step="publish the model again with this version of riskmodel",
        )
    if error.code == "serving.no_manifest":
        return RegistryError(
            error.message,
            code="registry.tampered",
            allowed="an artefact folder of riskmodel, such as artifacts/artefact of a package",
            next_step="give that folder; where it is the one, download the version again",
        )
    if error.code == "serving.manifest":
        return _tampered("has no manifest that can be read", "an artefact folder of riskmodel")
    return _tampered(error.message, error.allowed or "the files as they were published")


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


def fit_params(model: RiskClassifier) -> dict[str, object]:
    """Return by which parameters a model was fitted, as plain data.

    Raises
    ------
    RegistryError
        For a random_state by which it could not be fitted again.
    """
    params = model.get_params(deep=False)
    if not isinstance(params["random_state"], int | np.integer | None):
        raise RegistryError(
            "random_state is a generator, so that the model could not be fitted again",
            code="registry.random_state",
            allowed="a whole number",
            next_step="fit with random_state=0",
        )
    kept = {name: value for name, value in params.items() if name not in NOT_PARAMS}
    plain = {name: _plain(value) for name, value in kept.items()}
    return {
        **plain,
        "members": list(blended(model.kind, model.members)) or None,
        "accept_rounds": accepted_days(model.accept_rounds),
    }


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


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
