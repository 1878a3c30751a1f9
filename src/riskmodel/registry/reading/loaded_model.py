"""A published model, read from its artefact folder; no code of the artefact is run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from joblib import cpu_count
from numpy.typing import ArrayLike, NDArray

from riskmodel.card import ModelCard
from riskmodel.errors import ModelError, RegistryError, RiskmodelError
from riskmodel.forests import Arrays, Background
from riskmodel.indicators import Catalogue
from riskmodel.models import (
    Calibration,
    Encoder,
    Frame,
    Identity,
    Reference,
    Regions,
    RiskClassifier,
    ScoredByMargin,
    Settings,
    Training,
    features_of,
    kind_of,
    margin_of,
)
from riskmodel.panel import Column, Label, Panel, Recipe
from riskmodel.registry.artefacts.artefact import CARD, refused_by_reader, verified_files
from riskmodel.registry.backend.version import Version
from riskmodel.serving import Scorer, ServingError, scorer_from

Floats = NDArray[np.float64]
# what the parts of a model raise of content that is none
UNREADABLE = (RiskmodelError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, eq=False, repr=False)
class LoadedModel(ScoredByMargin):
    """A published model, which scores and explains from its tables alone.

    It gives the same results as the model that was published.

    Attributes
    ----------
    scorer : Scorer
        A consumer without this package uses the same.
    card : ModelCard
    recipe_ : Recipe or None
        How its features are built; None for a model fitted on a frame.
    label_ : Label or None
    columns_ : tuple of Column
    calibration_ : Calibration
    reference_ : Reference
        Quantiles and bands of the rounds that it was published with.
    training_ : Training
        Rows, positives and rounds that it was fitted on.
    settings : Settings
        Capacity, one-line rules, language and configuration of its experiment.
    params : mapping
        The parameters of the classifier.
    version : Version or None
        None where it was opened from a folder.
    n_jobs : int or None
        Threads; None for the CPUs that the process may use.
    """

    scorer: Scorer
    card: ModelCard
    recipe_: Recipe | None
    label_: Label | None
    columns_: tuple[Column, ...]
    calibration_: Calibration
    reference_: Reference
    training_: Training
    settings: Settings
    params: Mapping[str, Any] = field(repr=False)
    version: Version | None = None
    n_jobs: int | None = None

    @classmethod
    def read(
        cls, folder: Path, digest: str | None = None, version: Version | None = None
    ) -> LoadedModel:
        """Read a folder whose manifest has this digest and whose files are those that it names.

        Raises
        ------
        RegistryError
        """
        files = verified_files(folder, digest)
        try:
            scorer = scorer_from(*files)
        except ServingError as error:
            raise refused_by_reader(error) from None
        try:
            model, features = scorer.model, scorer.features
            recipe, label = features["recipe"], model["label"]
            reference = {name: tuple(part) for name, part in scorer.reference.items()}
            return cls(
                scorer=scorer,
                card=ModelCard.from_dict(json.loads(files.contents[CARD])),
                recipe_=None if recipe is None else Recipe.from_dict(recipe),
                label_=None if label is None else Label.from_dict(label),
                columns_=tuple(map(_column, features["columns"])),
                calibration_=Calibration(**scorer.calibration),
                reference_=Reference(**reference),
                training_=model["training"],
                settings=Settings.from_dict(scorer.settings),
                params=model["params"],
                version=version,
            )
        except UNREADABLE as error:
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
        """The model's name in lists and tables: its version, or its kind if it has none."""
        return f"{self.version.name} version {self.version.version}" if self.version else self.kind

    @property
    def identity(self) -> Identity:
        """Which published version it is; nothing where it was opened from a folder."""
        version = self.version
        return Identity(version.name, version.version, version.digest) if version else Identity()

    @cached_property
    def catalogue_(self) -> Catalogue:
        """The indicators of its columns, or what the columns of its frame are called."""
        return self.recipe_.catalogue if self.recipe_ else Catalogue.read(self.scorer.indicators)

    @cached_property
    def encoder_(self) -> Encoder:
        """How frames become matrices."""
        names = tuple(column.name for column in self.columns_)
        return Encoder(names, {c.name: c.categories for c in self.columns_ if c.categories})

    @cached_property
    def regions_(self) -> Regions | None:
        """The levels and slopes of its regions; None for a model without regions."""
        encoder = self.encoder_
        return Regions.from_arrays(self.scorer.tables, encoder.names, encoder.vocabulary)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Columns in the order of the fit."""
        return np.array([column.name for column in self.columns_], dtype=object)

    @property
    def classes_(self) -> NDArray[Any]:
        """The two classes; the second is the crisis class."""
        return np.asarray(self.scorer.model["classes"])

    def encode(self, X: Panel | Frame) -> Floats:
        """Return X as the matrix that the model sees."""
        return self.encoder_.matrix(features_of(X))

    def margin(self, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:  # noqa: ARG002
        """Return the margin of each row: bit for bit that of the published model."""
        n_jobs = self.n_jobs or cpu_count()
        return margin_of(kind_of(self.kind), self.tables(), self.encode(X), n_jobs)

    def unseen_categories(self, X: Panel | Frame) -> dict[str, int]:
        """Return by column how many rows hold a category outside of the vocabulary."""
        return self.encoder_.unseen(features_of(X))

    def unseen_cells(self, X: Panel | Frame) -> NDArray[np.bool_]:
        """Return which cells hold a category outside of the vocabulary, shape of the matrix."""
        return self.encoder_.unseen_cells(features_of(X))

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the published arrays that margins and contributions are computed from.

        Raises
        ------
        ModelError
            For a background: the published tables are filled against the rows of the fit.
        """
        if background is not None:
            _refuse_background()
        return dict(self.scorer.tables)

    def sketch(self) -> Arrays:
        """Return the published tables, which are there."""
        return self.tables()

    def joint_tables(self, outputs: list[int]) -> Arrays | None:  # noqa: ARG002
        """Return None: a published model keeps no counts of its background."""
        return None

    def unfitted(self) -> RiskClassifier:
        """Return a classifier with the same recipe and parameters, to be fitted on other rounds."""
        return RiskClassifier(
            **self.params,
            label=self.label_,
            recipe=self.recipe_,
            columns=self.columns_,
            catalogue=self.catalogue_,
        )

    def frame(self) -> pd.DataFrame:
        """Return its card, one row per fact."""
        return self.card.frame()

    def __repr__(self) -> str:
        training = self.training_
        rounds = f"rounds {training['first_as_of']} to {training['last_as_of']}"
        shown = (
            f"{self.kind} model with {len(self.columns_)} features, "
            f"fitted on {training['rows']:,} rows, {rounds}"
        )
        return f"{shown}\n{self.version}" if self.version else shown


def _refuse_background() -> NoReturn:
    raise ModelError(
        "a published model compares with the rows of its fit and with no others",
        code="explanation.background",
        allowed="background=None",
        next_step="explain the fitted model, or leave the background out",
    )


def _column(entry: Mapping[str, Any]) -> Column:
    own = {f.name: entry[f.name] for f in fields(Column) if f.compare and f.name in entry}
    categories = own["categories"]
    return Column(
        **own
        | {"categories": None if categories is None else tuple(categories)}
        | {"codes": tuple(own.get("codes", ()))}
    )
