"""Loads a version: alias to number, download, verify, and only then read; no code of the artefact is run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.card import ModelCard
from riskmodel.errors import RegistryError
from riskmodel.explanation import explain
from riskmodel.explanation.evaluators import margin_of
from riskmodel.indicators import Catalogue
from riskmodel.metrics import Capacity
from riskmodel.models import Calibration, Encoder, Reference, RiskClassifier, Training
from riskmodel.panel import Column, Label, Recipe
from riskmodel.records import Records
from riskmodel.registry.artefact import read_json, verify
from riskmodel.registry.store import Registry, open_registry
from riskmodel.registry.version import Version, resolve
from riskmodel.scoring import ScoreList, Trace, score_round, trace_household
from riskmodel.serving import Scorer, ServingError
from riskmodel.serving import read as read_scorer

PATH_IN_MODEL = "artifacts/artefact"

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class LoadedModel:
    """A published model: it scores and explains as the one that was published, from its tables alone.

    Attributes
    ----------
    scorer : Scorer
        What a consumer without this package uses too.
    card : ModelCard
    recipe : Recipe or None
        How its features are built; None for a model fitted on a frame.
    columns_ : tuple of Column
    calibration_ : Calibration
    reference_ : Reference
        Quantiles and bands of the rounds that it was judged on.
    training_ : mapping
        Rows, positives and rounds that it was fitted on.
    version : Version or None
        None where it was opened from a folder.
    n_jobs : int or None
        Threads; None for the CPUs that the process may use.
    """

    scorer: Scorer
    card: ModelCard
    recipe: Recipe | None
    label: Label | None
    columns_: tuple[Column, ...]
    calibration_: Calibration
    reference_: Reference
    training_: Training
    params: Mapping[str, Any] = field(repr=False)
    version: Version | None = None
    n_jobs: int | None = None

    @classmethod
    def read(
        cls, folder: Path, digest: str | None = None, version: Version | None = None
    ) -> LoadedModel:
        """Read a folder whose manifest has this digest and whose files are those that it names."""
        verify(folder, digest)
        try:
            scorer = read_scorer(folder, digest)
            model, features = read_json(folder, "model.json"), read_json(folder, "features.json")
            return cls(
                scorer=scorer,
                card=ModelCard.from_dict(read_json(folder, "card.json")),
                recipe=None if features["recipe"] is None else Recipe.from_dict(features["recipe"]),
                label=None if model["label"] is None else Label.from_dict(model["label"]),
                columns_=tuple(map(_column, features["columns"])),
                calibration_=Calibration(**read_json(folder, "calibration.json")),
                reference_=Reference(
                    **{k: tuple(v) for k, v in read_json(folder, "reference.json").items()}
                ),
                training_=model["training"],
                params=model["params"],
                version=version,
            )
        except (ServingError, OSError, KeyError, TypeError) as error:
            raise RegistryError(
                "the artefact lacks what a model of this schema holds",
                code="registry.incomplete",
                next_step="publish the model again with this version of riskmodel",
            ) from error

    @property
    def kind(self) -> str:
        """The kind of model."""
        return str(self.scorer.model["kind"])

    @property
    def title(self) -> str:
        """What lists and tables call it: its version, or its kind where it was opened from a folder."""
        return f"{self.version.name} version {self.version.version}" if self.version else self.kind

    @property
    def catalogue_(self) -> Catalogue:
        """What its indicators are."""
        return self.recipe.catalogue if self.recipe else Catalogue()

    @property
    def encoder_(self) -> Encoder:
        """How frames become matrices."""
        names = tuple(column.name for column in self.columns_)
        return Encoder(names, {c.name: c.categories for c in self.columns_ if c.categories})

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Columns in the order of the fit."""
        return np.array([column.name for column in self.columns_], dtype=object)

    @property
    def classes_(self) -> NDArray[Any]:
        """The two classes; the second is the crisis class."""
        return np.asarray(self.scorer.model["classes"])

    def encode(self, X: Any) -> Floats:
        """Return X as the matrix that the model sees."""
        return self.encoder_.matrix(_frame(X))

    def margin(self, X: Any, area: Any = None) -> Floats:  # noqa: ARG002
        """Return the margin of each row: bit for bit that of the published model."""
        matrix = np.asarray(self.encode(X), dtype=np.float64)
        return margin_of(
            self.kind, dict(self.scorer.tables), matrix, self.n_jobs or joblib.cpu_count()
        )

    def log_odds(self, X: Any, area: Any = None) -> Floats:
        """Return the calibrated log-odds of the crisis class."""
        return self.calibration_.log_odds(self.margin(X, area))

    def predict_proba(self, X: Any, area: Any = None) -> Floats:
        """Return the probabilities of the other class and of the crisis class, shape (n_rows, 2)."""
        crisis = 1 / (1 + np.exp(-self.log_odds(X, area)))
        return np.column_stack([1 - crisis, crisis])

    def explain(self, X: Any) -> Any:
        """Return the contributions of each row, exact on the calibrated log-odds."""
        return explain(self, X)

    def unseen_categories(self, X: Any) -> dict[str, int]:
        """Return by column how many rows hold a category that the fit did not see."""
        return self.encoder_.unseen(_frame(X))

    def unfitted(self) -> RiskClassifier:
        """Return a classifier with the same recipe and parameters, to be fitted on other rounds."""
        return RiskClassifier(
            **self.params, label=self.label, recipe=self.recipe, columns=self.columns_
        )

    def frame(self) -> pd.DataFrame:
        """Return its card, one row a fact."""
        return self.card.frame()

    def __repr__(self) -> str:
        t = self.training_
        what = f"{self.kind} model with {len(self.columns_)} features"
        fitted = f"fitted on {t['rows']:,} rows, rounds {t['first_as_of']} to {t['last_as_of']}"
        return f"{what}, {fitted}" + (f"\n{self.version}" if self.version else "")


def load(version: str | Version, digest: str | None = None) -> LoadedModel:
    """Load a version from the registry.

    Parameters
    ----------
    version : str or Version
        ``"NAME@ALIAS"`` or ``"NAME/NUMBER"``.
    digest : str, optional
        The sha256 of its manifest, kept by yourself: protects also against who can write to the registry. Default:
        the one on the version's tag.

    Returns
    -------
    LoadedModel

    Raises
    ------
    RegistryError
        Where the registry is out of reach, holds no such version, or a file is not as it was published.
    """
    with open_registry() as registry:
        found = resolve(registry, version)
        pinned = version.digest if isinstance(version, Version) else found.digest
        with downloaded(registry, found) as folder:
            return LoadedModel.read(folder, digest or pinned, found)


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


def score(
    model: Any, records: Records, as_of: Any, capacity: Capacity = 0.02, **rest: Any
) -> ScoreList:
    """Score one round's cohort, by name of a version, and list as many as can be contacted.

    Parameters
    ----------
    model : str, Version, LoadedModel or RiskClassifier
        ``"NAME@ALIAS"`` and ``"NAME/NUMBER"`` are loaded from the registry first.
    records, as_of, capacity, **rest
        See `riskmodel.scoring.score_round`.

    Returns
    -------
    ScoreList
    """
    return score_round(_loaded(model), records, as_of, capacity, **rest)


def trace(
    household: str, as_of: Any, model: Any, records: Records, capacity: Capacity = 0.02, **rest: Any
) -> Trace:
    """Tell all that made one household's score on one date: what was seen, what it came to, listed or not and why.

    Parameters
    ----------
    household : str
        Its household_id; any household of the records, listed or not.
    as_of : date-like
    model : str, Version, LoadedModel or RiskClassifier
        ``"NAME@ALIAS"`` and ``"NAME/NUMBER"`` are loaded from the registry first.
    records : Records
        They may hold more than was known on the date: what could not be seen yet is told as such.
    capacity : float, int or mapping, default 0.02
        Of the round's list.
    **rest
        ``lang``, ``top`` and ``masked``; see `riskmodel.scoring.trace_household`.

    Returns
    -------
    Trace
    """
    return trace_household(household, as_of, _loaded(model), records, capacity, **rest)


def _loaded(model: Any) -> Any:
    return load(model) if isinstance(model, str | Version) else model


@contextmanager
def downloaded(registry: Registry, version: Version) -> Iterator[Path]:
    """Download a version's artefact folder for the time of the block."""
    import mlflow.artifacts

    client = registry.client
    source = client.get_model_version_download_uri(version.name, version.version)
    with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
        try:
            found = mlflow.artifacts.download_artifacts(
                artifact_uri=f"{source}/{PATH_IN_MODEL}", dst_path=folder, tracking_uri=registry.uri
            )
        except (OSError, mlflow.MlflowException) as error:
            raise RegistryError(
                f"the files of {version.name} version {version.version} are not to be had ({type(error).__name__})",
                code="registry.files",
                next_step="check that the registry's artefact store is reachable from here",
            ) from None
        yield Path(found)


def _frame(X: Any) -> Any:
    """Return the features of a Panel, or X itself."""
    return getattr(X, "X", X)


def _column(entry: Mapping[str, Any]) -> Column:
    own = {field.name: entry[field.name] for field in fields(Column)}
    categories = own["categories"]
    return Column(**own | {"categories": None if categories is None else tuple(categories)})
